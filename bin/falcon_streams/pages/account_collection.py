"""Accounts as the Configuration page reads and writes them: a stanza of the conf and its secret, both or neither.

Rules:

- A caller who may not save an account learns nothing about it.
- The schema decides what an account may say. Falcon is asked with it before it is saved, unless the form says not to.
- The secret is stored before the stanza. If splunkd refuses the stanza, the former secret comes back.
- A stored secret goes only where it was entered for: if cloud, URL, allowed domains, proxy, or CA change, the form has
  to bring it again.
- An account that an input uses is not deleted. An account that somebody else changed in the meantime is not saved.
"""

from __future__ import annotations

from typing import Callable, List, Mapping, Optional, Tuple

from falcon_streams.errors import Refused
from falcon_streams.pages.conf_stanzas import ConfStanzas, StanzaKind
from falcon_streams.pages.rest import MASK, SECRETS, Change, Entry, entered_secret, without
from falcon_streams.pages.secret_change import SecretChange, require_secret_again, values_before
from falcon_streams.splunk.accounts import (
    ACCOUNT_CONF,
    RESERVED_PROXY_NAMES,
    Account,
    check_account,
    make_account,
    read_proxy_stanza,
)
from falcon_streams.splunk.settings import Values, check_name, is_true, known, read_schema, written
from falcon_streams.splunk.stored_secret import client_secret
from falcon_streams.splunk.writable_splunkd import WritableSplunkd

SECRET, SAVE_WITHOUT_TEST = "client_secret", "save_without_test"
_INHERITED = "default"
# [default] is hidden: every account would inherit its proxy and CA, beside secrets that were not entered for them
_ACCOUNTS = StanzaKind(
    ACCOUNT_CONF,
    is_shown=lambda name: name != _INHERITED,
    called=lambda name: f"account {name}",
    missing=lambda name: f"there is no account {name[:64]!r}",
)

ConnectionTest = Callable[[Account], None]
"""Asks Falcon with an account. Raises Refused with the sentence of the hop that failed."""


class Accounts:
    """The collection behind `falcon_event_streams_account`."""

    needs: Tuple[str, ...] = (SECRETS,)

    def __init__(self, splunkd: WritableSplunkd, check_connection: ConnectionTest) -> None:
        self._splunkd = splunkd
        self._stanzas = ConfStanzas(splunkd, _ACCOUNTS)
        self._check_connection = check_connection

    def entries(self) -> List[Entry]:
        """All accounts."""
        return [_entry(name, raw) for name, raw in self._stanzas.every()]

    def entry(self, name: str) -> Entry:
        """One account."""
        return _entry(name, self._stanzas.existing(name))

    def prepare(self, name: str, form: Mapping[str, str], new: bool) -> Change:
        """Check the caller, then the form, then the connection."""
        if new:
            self._require_addable(name)
        former = None if new else self._stanzas.to_change(name)
        settings = without(form, SECRET, SAVE_WITHOUT_TEST)
        wanted = {**(former or {}), **settings}
        values = check_account(name, wanted)
        entered = entered_secret(form, SECRET)
        secret = entered or self._stored_secret(name, former, values)
        texts = written(read_schema("account"), settings)
        account = make_account(self._splunkd, name, values, secret)
        if not is_true(form.get(SAVE_WITHOUT_TEST, "")):
            self._check_connection(account)
        secret_change = SecretChange(self._splunkd, client_secret(name), entered or None, values)

        def change() -> Entry:
            self._stanzas.require_unchanged(name, former)
            if values["proxy"] not in RESERVED_PROXY_NAMES:  # somebody may have deleted it in the meantime
                read_proxy_stanza(self._splunkd, name, values["proxy"])
            with secret_change:
                self._stanzas.write(name, former, texts)
            return _entry(name, wanted)

        return change

    def delete(self, name: str) -> None:
        """Remove an account and its secret. Refused 409 if an input uses it."""
        self._stanzas.to_change(name)
        users = sorted(each for each, settings in self._splunkd.inputs() if settings.get("account") == name)
        if users:
            raise Refused(
                409, f"account {name} is used by input {', '.join(users)}. Delete it there, or name another account"
            )
        with SecretChange(self._splunkd, client_secret(name), "", {}):
            self._stanzas.delete(name)

    def _require_addable(self, name: str) -> None:
        self._stanzas.require_right_to_add()
        check_name(name[:64], name)
        if name == _INHERITED:
            raise Refused(400, "[default] is what all accounts inherit from. Choose another name")
        self._stanzas.require_free(name)

    def _stored_secret(self, name: str, former: Optional[Mapping[str, str]], values: Values) -> str:
        """The stored secret, for a form without one. Refused 400 if there is none, or if it was entered for another
        address."""
        if former is None:
            raise Refused(400, f"[{name}] client_secret is required. Copy it from Falcon when the API client is made")
        stored = client_secret(name)
        secret = stored.read(self._splunkd)
        if not secret:
            raise Refused(400, f"[{name}] client_secret is required: none is stored. Enter it")
        require_secret_again(self._splunkd, stored, secret, values_before(check_account, name, former), values)
        return secret


def _entry(name: str, raw: Mapping[str, str]) -> Entry:
    return Entry(name, {**known(read_schema("account"), raw), SECRET: MASK})
