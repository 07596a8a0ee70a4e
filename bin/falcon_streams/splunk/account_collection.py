"""Accounts as the Configuration page reads and writes them: the conf's stanza and its secret, both or neither.

Rules: what is saved is what the schema takes; it is tried at Falcon first, unless the caller says not to. The secret is
stored first, then the conf; where the conf is refused, the former secret comes back. A stored secret goes only where it
was entered for: when cloud, URL, allowed domains, proxy or CA change, it is asked for again. An account in use stays.
"""

from __future__ import annotations

from typing import Callable, Dict, List, Mapping, Optional, Tuple

from falcon_streams.errors import Fatal, Refused
from falcon_streams.splunk.credentials import (
    ACCOUNT_CONF,
    SECRET_USER,
    Account,
    account_realm,
    check_account,
    make_account,
)
from falcon_streams.splunk.editor import Editor
from falcon_streams.splunk.rest import MASK, Entry, form_secret
from falcon_streams.splunk.secret_change import SecretChange
from falcon_streams.splunk.settings import Values, check_name, is_true, read_schema, written

SECRET, UNTRIED = "client_secret", "save_without_test"
# Where the secret is sent to, and over which way.
_DESTINATION = ("cloud", "base_url", "allowed_domains", "proxy", "ca_bundle")
_INHERITED = "default"

TryAccount = Callable[[Account], None]
"""Asks Falcon with an account; raises Refused with the sentence of the hop that failed."""


class Accounts:
    """The collection behind `falcon_event_streams_account`."""

    needs_secrets = True

    def __init__(self, editor: Editor, try_account: TryAccount) -> None:
        self._editor = editor
        self._try = try_account

    def entries(self) -> List[Entry]:
        """All accounts."""
        return [_entry(name, raw) for name, raw in self._editor.stanzas(ACCOUNT_CONF) if name != _INHERITED]

    def entry(self, name: str) -> Entry:
        """One account."""
        return _entry(name, self._existing(name))

    def create(self, name: str, form: Dict[str, str]) -> Entry:
        """Check, try and save a new account."""
        check_name(name[:64], name)
        if name == _INHERITED:
            raise Refused(400, "[default] is what all accounts inherit from. Choose another name")
        if self._editor.stanza(ACCOUNT_CONF, name) is not None:
            raise Refused(409, f"account {name} exists already. Edit it, or choose another name")
        secret, untried = _taken(form)
        values = check_account(name, form)
        if not secret:
            raise Refused(400, f"[{name}] client_secret is required. Copy it from Falcon when the API client is made")
        texts = _filled(written(read_schema("account"), form))
        self._try_unless(untried, name, values, secret)
        with SecretChange(self._editor, account_realm(name), SECRET_USER, secret):
            self._editor.create_stanza(ACCOUNT_CONF, name, texts)
        return _entry(name, form)

    def edit(self, name: str, form: Dict[str, str]) -> Entry:
        """Check, try and save a changed account."""
        former = self._existing(name)
        secret, untried = _taken(form)
        wanted = {**former, **form}
        values = check_account(name, wanted)
        if not secret:
            _demand_again(name, former, values)
        usable = secret or self._editor.secret(account_realm(name), SECRET_USER)
        if not usable:
            raise Refused(400, f"[{name}] client_secret is required: none is stored. Enter it")
        texts = written(read_schema("account"), form)
        self._try_unless(untried, name, values, usable)
        with SecretChange(self._editor, account_realm(name), SECRET_USER, secret or None):
            self._editor.edit_stanza(ACCOUNT_CONF, name, texts)
        return _entry(name, wanted)

    def delete(self, name: str) -> None:
        """Remove an account that no input uses, with its secret."""
        self._existing(name)
        users = sorted(each for each, settings in self._editor.inputs() if settings.get("account") == name)
        if users:
            raise Refused(
                409, f"account {name} is used by input {', '.join(users)}. Delete it there, or name another account"
            )
        with SecretChange(self._editor, account_realm(name), SECRET_USER, ""):
            self._editor.delete_stanza(ACCOUNT_CONF, name)

    def _existing(self, name: str) -> Dict[str, str]:
        # what stands in [default] would be every account's: proxy and CA beside secrets that were not entered for them
        raw = self._editor.stanza(ACCOUNT_CONF, name) if name != _INHERITED else None
        if raw is None:
            raise Refused(404, f"there is no account {name[:64]!r}")
        return raw

    def _try_unless(self, untried: bool, name: str, values: Values, secret: str) -> None:
        account = make_account(self._editor, name, values, secret)
        if not untried:
            self._try(account)


def _taken(form: Dict[str, str]) -> Tuple[str, bool]:
    return form_secret(form, SECRET), is_true(form.pop(UNTRIED, ""))


def _filled(form: Mapping[str, str]) -> Dict[str, str]:
    return {setting: value for setting, value in form.items() if value.strip()}


def _demand_again(name: str, former: Mapping[str, str], values: Values) -> None:
    try:
        before: Optional[Values] = check_account(name, former)
    except Fatal:  # edited by hand, and wrong: what it was sent to is not known
        before = None
    changed = [each for each in _DESTINATION if before is None or before.get(each) != values.get(each)]
    if changed:
        raise Refused(
            400,
            f"[{name}] client_secret has to be entered again, because {', '.join(changed)} changes: a stored secret is "
            "sent only where it was entered for",
        )


def _entry(name: str, raw: Mapping[str, str]) -> Entry:
    known = read_schema("account")["properties"]
    # a secret that somebody wrote into the conf by hand is not shown either
    return Entry(name, {**{setting: value for setting, value in raw.items() if setting in known}, SECRET: MASK})
