"""The add-on's settings as the Configuration page reads and writes them: logging, checkpoints, and the proxies.

Rules:

- `logging`, `checkpoint`, and `proxy` are always there. A page adds and deletes `proxy:<name>` only.
- A proxy's password and the token of a shared KV store are in `storage/passwords`. Like an account's secret, they go
  only where they were entered for.
- A caller who may not write the conf changes no secret either.
- A proxy that an account uses is not deleted. A stanza that somebody else changed in the meantime is not saved.
"""

from __future__ import annotations

import re
from contextlib import nullcontext
from typing import Any, ContextManager, Dict, List, Mapping, NamedTuple, Optional, Tuple

from falcon_streams.core.text import tidy
from falcon_streams.errors import Refused
from falcon_streams.pages.conf_stanzas import ConfStanzas, StanzaKind
from falcon_streams.pages.rest import MASK, SECRETS, Change, Entry, entered_secret, without
from falcon_streams.pages.secret_change import SecretChange, require_secret_again, values_before
from falcon_streams.splunk.accounts import ACCOUNT_CONF, RESERVED_PROXY_NAMES, SETTINGS_CONF
from falcon_streams.splunk.settings import Values, check_stanza, known, stanza_schema, written
from falcon_streams.splunk.stored_secret import StoredSecret, checkpoint_token, proxy_password
from falcon_streams.splunk.writable_splunkd import WritableSplunkd

_NAMED = re.compile(r"proxy:[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
_FIXED = ("logging", "checkpoint", "proxy")
_SETTINGS = StanzaKind(
    SETTINGS_CONF,
    is_shown=lambda name: name in _FIXED or _NAMED.fullmatch(name) is not None,
    called=lambda name: f"[{name}]",
    missing=lambda name: f"there is no stanza [{tidy(name)}]",
)


class _Secret(NamedTuple):
    """The secret of a stanza, and the setting that it requires: neither means anything without the other."""

    stored: StoredSecret
    requires: str

    @property
    def field(self) -> str:
        """Its field in the form."""
        return self.stored.user


class AddonSettings:
    """The collection behind `falcon_event_streams_settings`."""

    needs: Tuple[str, ...] = (SECRETS,)

    def __init__(self, splunkd: WritableSplunkd) -> None:
        self._splunkd = splunkd
        self._stanzas = ConfStanzas(splunkd, _SETTINGS)

    def entries(self) -> List[Entry]:
        """All stanzas, the fixed ones first."""
        found = dict(self._stanzas.every())
        named = [name for name in found if name not in _FIXED]
        return [_entry(name, found.get(name, {})) for name in (*_FIXED, *named)]

    def entry(self, name: str) -> Entry:
        """One stanza."""
        return _entry(name, self._stanzas.existing(name))

    def prepare(self, name: str, form: Mapping[str, str], new: bool) -> Change:
        """Check the caller, then the form."""
        if new:
            self._require_addable(name)
        former = None if new else self._stanzas.to_change(name)
        secret = _secret_of(name)
        settings = form if secret is None else without(form, secret.field)
        wanted = {**(former or {}), **settings}
        values = _checked(name, wanted)
        texts = written(_schema(name), settings)
        secret_change: ContextManager[None] = nullcontext()
        if secret is not None:
            secret_change = self._secret_change(name, secret, form, former, values)

        def change() -> Entry:
            self._stanzas.require_unchanged(name, former)
            with secret_change:
                self._stanzas.write(name, former, texts)
            return _entry(name, wanted)

        return change

    def delete(self, name: str) -> None:
        """Remove a named proxy and its password. Refused 409 if an account uses it."""
        self._stanzas.to_change(name)
        if name in _FIXED:
            raise Refused(400, f"[{name}] is always there. Disable it instead")
        chosen = name.partition(":")[2]
        users = sorted(each for each, raw in self._splunkd.stanzas(ACCOUNT_CONF) if raw.get("proxy") == chosen)
        if users:
            raise Refused(409, f"[{name}] is used by account {', '.join(users)}. Choose another proxy there first")
        with SecretChange(self._splunkd, proxy_password(chosen), "", {}):
            self._stanzas.delete(name)

    def _require_addable(self, name: str) -> None:
        self._stanzas.require_right_to_add()
        if not _NAMED.fullmatch(name) or name.partition(":")[2] in RESERVED_PROXY_NAMES:
            raise Refused(400, f"[{tidy(name)}] is no name of a proxy. Use proxy: and 1 to 64 letters, digits, _ and -")
        self._stanzas.require_free(name)

    def _secret_change(
        self,
        name: str,
        secret: _Secret,
        form: Mapping[str, str],
        former: Optional[Mapping[str, str]],
        values: Values,
    ) -> SecretChange:
        """Store the secret of the form, or keep the stored one. Remove it if nothing needs it, and also if the stanza
        is new: then it is left over from a former stanza of this name."""
        entered = entered_secret(form, secret.field)
        if entered or former is None:
            _refuse_half(name, secret, values, entered)
            return SecretChange(self._splunkd, secret.stored, entered, values)
        if not values.get(secret.requires):
            return SecretChange(self._splunkd, secret.stored, "", values)
        stored = secret.stored.read(self._splunkd) or ""
        _refuse_half(name, secret, values, stored)
        require_secret_again(self._splunkd, secret.stored, stored, values_before(_checked, name, former), values)
        return SecretChange(self._splunkd, secret.stored, None, values)


def _checked(name: str, raw: Mapping[str, str]) -> Values:
    return check_stanza(_schema(name), name, raw)


def _schema(name: str) -> Dict[str, Any]:
    return stanza_schema("settings", name.partition(":")[0])


def _secret_of(name: str) -> Optional[_Secret]:
    if name == "logging":
        return None
    if name == "checkpoint":
        return _Secret(checkpoint_token(), "management_uri")
    return _Secret(proxy_password(name.partition(":")[2]), "username")


def _refuse_half(name: str, secret: _Secret, values: Values, entered: str) -> None:
    if values.get(secret.requires) and not entered:
        raise Refused(
            400,
            f"[{name}] {secret.field} is required where there is a {secret.requires}. Enter it, or remove the other",
        )
    if entered and not values.get(secret.requires):
        raise Refused(
            400,
            f"[{name}] {secret.requires} is required where there is a {secret.field}. Enter it, or remove the other",
        )


def _entry(name: str, raw: Mapping[str, str]) -> Entry:
    shown = known(_schema(name), raw)
    secret = _secret_of(name)
    if secret is None:
        return Entry(name, shown)
    return Entry(name, {**shown, secret.field: MASK if raw.get(secret.requires) else ""})
