"""The add-on's settings as the Configuration page reads and writes them: logging, checkpoints, and the proxies.

Rules: `logging`, `checkpoint` and `proxy` are always there; `proxy:<name>` is made and removed. A proxy's password and
the token of a shared KV store live in `storage/passwords`; like an account's secret they go only to the host that they
were entered for. Who may not write the conf touches no secret either.
"""

from __future__ import annotations

import re
from contextlib import nullcontext
from typing import Any, ContextManager, Dict, List, Mapping, NamedTuple, Optional, Tuple

from falcon_streams.core.text import tidy
from falcon_streams.errors import Fatal, Refused
from falcon_streams.pages.editor import Editor
from falcon_streams.pages.rest import MASK, SECRETS, Change, Entry, demand_write, form_secret
from falcon_streams.pages.secret_change import SecretChange, demand_again
from falcon_streams.splunk.accounts import ACCOUNT_CONF, SETTINGS_CONF
from falcon_streams.splunk.settings import Values, check_stanza, stanza_schema, written
from falcon_streams.splunk.stored_secret import StoredSecret, checkpoint_token, proxy_password

_NAMED = re.compile(r"proxy:[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
_FIXED = ("logging", "checkpoint", "proxy")
_WORDS = ("proxy:default", "proxy:none")  # what an account says for "the default one" and "none"


class _Secret(NamedTuple):
    """The secret of a stanza, and the setting without which it means nothing."""

    stored: StoredSecret
    of: str

    @property
    def field(self) -> str:
        """Its field in the form."""
        return self.stored.user


class AddonSettings:
    """The collection behind `falcon_event_streams_settings`."""

    needs: Tuple[str, ...] = (SECRETS,)

    def __init__(self, editor: Editor) -> None:
        self._editor = editor

    def entries(self) -> List[Entry]:
        """All stanzas."""
        found = [name for name, _ in self._editor.stanzas(SETTINGS_CONF) if _NAMED.fullmatch(name)]
        return [self.entry(name) for name in (*_FIXED, *found)]

    def entry(self, name: str) -> Entry:
        """One stanza, with its defaults."""
        return _entry(name, self._existing(name))

    def prepare(self, name: str, form: Dict[str, str], new: bool) -> Change:
        """Check who sent a form, then a named proxy that is to be added, or a stanza that is to be changed."""
        demand_write(self._editor, SETTINGS_CONF, "" if new else name)
        return self._prepare_new(name, form) if new else self._prepare_edit(name, form)

    def _prepare_new(self, name: str, form: Dict[str, str]) -> Change:
        if not _NAMED.fullmatch(name) or name in _WORDS:
            raise Refused(400, f"[{tidy(name)}] is no name of a proxy. Use proxy: and 1 to 64 letters, digits, _ and -")
        self._refuse_taken(name)
        secret = _proxy_secret(name)
        entered = form_secret(form, secret.field)
        values = _checked(name, form)
        _refuse_half(name, secret, values, entered)
        filled = {key: each for key, each in written(_schema(name), form).items() if each}

        def change() -> Entry:
            self._refuse_taken(name)
            # without a password one that is left from a stanza of this name goes, too
            with SecretChange(self._editor, secret.stored, entered, values):
                self._editor.create_stanza(SETTINGS_CONF, name, filled)
            return _entry(name, form)

        return change

    def _prepare_edit(self, name: str, form: Dict[str, str]) -> Change:
        former = self._existing(name)
        secret = _secret_of(name)
        entered = form_secret(form, secret.field) if secret is not None else ""
        wanted = {**former, **form}
        values = _checked(name, wanted)
        texts = written(_schema(name), form)
        kept = None if secret is None else self._kept(name, secret, former, values, entered)

        def change() -> Entry:
            if self._existing(name) != former:
                raise Refused(409, f"[{name}] was changed by somebody else meanwhile. Look at it, then save again")
            with self._secret_change(secret, kept, values):
                self._editor.edit_stanza(SETTINGS_CONF, name, texts)
            return _entry(name, wanted)

        return change

    def delete(self, name: str) -> None:
        """Remove a named proxy that no account uses, with its password."""
        demand_write(self._editor, SETTINGS_CONF, name)
        self._existing(name)
        if name in _FIXED:
            raise Refused(400, f"[{name}] is always there. Disable it instead")
        chosen = name.partition(":")[2]
        users = sorted(each for each, raw in self._editor.stanzas(ACCOUNT_CONF) if raw.get("proxy") == chosen)
        if users:
            raise Refused(409, f"[{name}] is used by account {', '.join(users)}. Choose another proxy there first")
        secret = _proxy_secret(name)
        with SecretChange(self._editor, secret.stored, "", {}):
            self._editor.delete_stanza(SETTINGS_CONF, name)

    def _existing(self, name: str) -> Dict[str, str]:
        known = name in _FIXED or _NAMED.fullmatch(name)
        raw = self._editor.stanza(SETTINGS_CONF, name) if known else None
        if raw is None:
            raise Refused(404, f"there is no stanza [{tidy(name)}]")
        return raw

    def _refuse_taken(self, name: str) -> None:
        if self._editor.stanza(SETTINGS_CONF, name) is not None:
            raise Refused(409, f"[{name}] exists already. Edit it, or choose another name")

    def _secret_change(self, secret: Optional[_Secret], kept: Optional[str], values: Values) -> ContextManager[None]:
        return nullcontext() if secret is None else SecretChange(self._editor, secret.stored, kept, values)

    def _kept(
        self, name: str, secret: _Secret, former: Mapping[str, str], values: Values, entered: str
    ) -> Optional[str]:
        """What becomes of the secret: a new one, None for the stored one, empty for none."""
        if entered:
            _refuse_half(name, secret, values, entered)
            return entered
        if not values.get(secret.of):
            return ""
        stored = secret.stored.read(self._editor) or ""
        _refuse_half(name, secret, values, stored)
        try:
            before: Values = _checked(name, former)
        except Fatal:  # edited by hand, and wrong: what it was entered for is not known
            before = {}
        demand_again(self._editor, secret.stored, stored, before, values)
        return None


def _checked(name: str, raw: Mapping[str, str]) -> Values:
    return check_stanza(_schema(name), name, raw)


def _schema(name: str) -> Dict[str, Any]:
    return stanza_schema("settings", name.partition(":")[0])


def _secret_of(name: str) -> Optional[_Secret]:
    if name == "logging":
        return None
    if name == "checkpoint":
        return _Secret(checkpoint_token(), "management_uri")
    return _proxy_secret(name)


def _proxy_secret(name: str) -> _Secret:
    return _Secret(proxy_password(name.partition(":")[2]), "username")


def _refuse_half(name: str, secret: _Secret, values: Values, entered: str) -> None:
    if values.get(secret.of) and not entered:
        raise Refused(
            400, f"[{name}] {secret.field} is required where there is a {secret.of}. Enter it, or remove the other"
        )
    if entered and not values.get(secret.of):
        raise Refused(
            400, f"[{name}] {secret.of} is required where there is a {secret.field}. Enter it, or remove the other"
        )


def _entry(name: str, raw: Mapping[str, str]) -> Entry:
    known = _schema(name)["properties"]
    # whatever else somebody wrote into the conf by hand, a secret for instance, is not shown
    shown = {setting: value for setting, value in raw.items() if setting in known}
    secret = _secret_of(name)
    if secret is None:
        return Entry(name, shown)
    return Entry(name, {**shown, secret.field: MASK if raw.get(secret.of) else ""})
