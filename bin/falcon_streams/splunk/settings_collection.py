"""The add-on's settings as the Configuration page reads and writes them: logging, and the proxies.

Rules: `proxy` and `logging` are always there; `proxy:<name>` is made and removed. A proxy's password lives in
`storage/passwords`; like an account's secret it goes only to the proxy it was entered for.
"""

from __future__ import annotations

import re
from typing import Any, Dict, List, Mapping, Optional

from falcon_streams.core.answer import tidy
from falcon_streams.errors import Fatal, Refused
from falcon_streams.splunk.credentials import ACCOUNT_CONF, PROXY_USER, SETTINGS_CONF, proxy_realm
from falcon_streams.splunk.editor import Editor
from falcon_streams.splunk.rest import MASK, Entry, form_secret
from falcon_streams.splunk.secret_change import SecretChange
from falcon_streams.splunk.settings import Values, check_stanza, stanza_schema, written

PASSWORD = "password"
_DESTINATION = ("username", "type", "host", "port")
_NAMED = re.compile(r"proxy:[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
_FIXED = ("logging", "proxy")
_WORDS = ("proxy:default", "proxy:none")  # what an account says for "the default one" and "none"


class AddonSettings:
    """The collection behind `falcon_event_streams_settings`."""

    needs_secrets = True

    def __init__(self, editor: Editor) -> None:
        self._editor = editor

    def entries(self) -> List[Entry]:
        """All stanzas."""
        found = [name for name, _ in self._editor.stanzas(SETTINGS_CONF) if _NAMED.fullmatch(name)]
        return [self.entry(name) for name in (*_FIXED, *found)]

    def entry(self, name: str) -> Entry:
        """One stanza, with its defaults."""
        return _entry(name, self._existing(name))

    def rehearse(self, name: str, form: Dict[str, str], new: bool) -> None:
        """Nothing here takes time."""

    def create(self, name: str, form: Dict[str, str]) -> Entry:
        """Add a named proxy."""
        if not _NAMED.fullmatch(name) or name in _WORDS:
            raise Refused(400, f"[{tidy(name)}] is no name of a proxy. Use proxy: and 1 to 64 letters, digits, _ and -")
        if self._editor.stanza(SETTINGS_CONF, name) is not None:
            raise Refused(409, f"[{name}] exists already. Edit it, or choose another name")
        password = form_secret(form, PASSWORD)
        _refuse_half(name, _checked(name, form), password)
        filled = {key: each for key, each in written(_schema(name), form).items() if each}
        # without a password one that is left from a stanza of this name goes, too
        with SecretChange(self._editor, _realm(name), PROXY_USER, password):
            self._editor.create_stanza(SETTINGS_CONF, name, filled)
        return _entry(name, form)

    def edit(self, name: str, form: Dict[str, str]) -> Entry:
        """Change a stanza."""
        former = self._existing(name)
        password = form_secret(form, PASSWORD) if name != "logging" else ""
        wanted = {**former, **form}
        values = _checked(name, wanted)
        texts = written(_schema(name), form)
        with SecretChange(self._editor, _realm(name), PROXY_USER, self._change(name, former, values, password)):
            self._editor.edit_stanza(SETTINGS_CONF, name, texts)
        return _entry(name, wanted)

    def delete(self, name: str) -> None:
        """Remove a named proxy that no account uses, with its password."""
        self._existing(name)
        if name in _FIXED:
            raise Refused(400, f"[{name}] is always there. Disable it instead")
        chosen = name.partition(":")[2]
        users = sorted(each for each, raw in self._editor.stanzas(ACCOUNT_CONF) if raw.get("proxy") == chosen)
        if users:
            raise Refused(409, f"[{name}] is used by account {', '.join(users)}. Choose another proxy there first")
        with SecretChange(self._editor, _realm(name), PROXY_USER, ""):
            self._editor.delete_stanza(SETTINGS_CONF, name)

    def _existing(self, name: str) -> Dict[str, str]:
        known = name in _FIXED or _NAMED.fullmatch(name)
        raw = self._editor.stanza(SETTINGS_CONF, name) if known else None
        if raw is None:
            raise Refused(404, f"there is no stanza [{tidy(name)}]")
        return raw

    def _change(self, name: str, former: Mapping[str, str], values: Values, password: str) -> Optional[str]:
        """What becomes of the password: a new one, None for the stored one, empty for none."""
        if name == "logging":
            return None
        if password:
            _refuse_half(name, values, password)
            return password
        if not values.get("username"):
            return ""
        stored = self._editor.secret(_realm(name), PROXY_USER)
        _refuse_half(name, values, stored or "")
        try:
            before: Values = _checked(name, former)
        except Fatal:  # edited by hand, and wrong: which proxy it was entered for is not known
            before = {}
        changed = [each for each in _DESTINATION if before.get(each) != values.get(each)]
        if changed:
            raise Refused(
                400,
                f"[{name}] password has to be entered again, because {', '.join(changed)} changes: a stored password "
                "is sent only to the proxy it was entered for",
            )
        return None


def _checked(name: str, raw: Mapping[str, str]) -> Values:
    return check_stanza(_schema(name), name, raw)


def _schema(name: str) -> Dict[str, Any]:
    return stanza_schema("settings", "logging" if name == "logging" else "proxy")


def _refuse_half(name: str, values: Values, password: str) -> None:
    if values.get("username") and not password:
        raise Refused(400, f"[{name}] password is required where there is a user name. Enter it, or remove the name")
    if password and not values.get("username"):
        raise Refused(400, f"[{name}] username is required where there is a password. Enter it, or remove the password")


def _realm(name: str) -> str:
    return proxy_realm(name.partition(":")[2])


def _entry(name: str, raw: Mapping[str, str]) -> Entry:
    if name == "logging":
        return Entry(name, dict(raw))
    return Entry(name, {**raw, PASSWORD: MASK if raw.get("username") else ""})
