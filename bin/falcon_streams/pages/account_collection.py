"""Accounts as the Configuration page reads and writes them: the conf's stanza and its secret, both or neither.

Rules: what is saved is what the schema takes; it is tried at Falcon first, unless the caller says not to. Who may not
save it learns nothing about it. The secret is stored first, then the conf; where the conf is refused, the former secret
comes back. A stored secret goes only where it was entered for: when cloud, URL, allowed domains, proxy or CA change, it
is asked for again. An account in use stays, and one that somebody else has changed since it was checked.
"""

from __future__ import annotations

from functools import partial
from typing import Callable, Dict, List, Mapping, NamedTuple, Tuple

from falcon_streams.errors import Fatal, Refused
from falcon_streams.pages.editor import Editor
from falcon_streams.pages.rest import MASK, SECRETS, Change, Entry, demand_write, form_secret
from falcon_streams.pages.secret_change import SecretChange, demand_again
from falcon_streams.splunk.accounts import ACCOUNT_CONF, Account, check_account, make_account
from falcon_streams.splunk.settings import Values, check_name, is_true, read_schema, written
from falcon_streams.splunk.stored_secret import client_secret

SECRET, UNTRIED = "client_secret", "save_without_test"
_INHERITED = "default"

TryAccount = Callable[[Account], None]
"""Asks Falcon with an account; raises Refused with the sentence of the hop that failed."""


class Draft(NamedTuple):
    """What a form comes to: the account's values, the texts for the conf, the whole stanza, the secret to use, whether
    it was entered, and the stanza as it was."""

    values: Values
    texts: Dict[str, str]
    wanted: Dict[str, str]
    secret: str
    entered: bool
    former: Dict[str, str]


class Accounts:
    """The collection behind `falcon_event_streams_account`."""

    needs: Tuple[str, ...] = (SECRETS,)

    def __init__(self, editor: Editor, try_account: TryAccount) -> None:
        self._editor = editor
        self._try = try_account

    def entries(self) -> List[Entry]:
        """All accounts."""
        return [_entry(name, raw) for name, raw in self._editor.stanzas(ACCOUNT_CONF) if name != _INHERITED]

    def entry(self, name: str) -> Entry:
        """One account."""
        return _entry(name, self._existing(name))

    def prepare(self, name: str, form: Dict[str, str], new: bool) -> Change:
        """Check who sent a form, then the form, then try it at Falcon unless it says not to."""
        demand_write(self._editor, ACCOUNT_CONF, "" if new else name)
        untried = is_true(form.pop(UNTRIED, ""))
        draft = self._drafted(name, form) if new else self._redrafted(name, form)
        account = self._account(name, draft)
        if not untried:
            self._try(account)
        return partial(self._create if new else self._edit, name, draft)

    def _create(self, name: str, draft: Draft) -> Entry:
        self._refuse_taken(name)
        self._account(name, draft)
        with SecretChange(self._editor, client_secret(name), draft.secret, draft.values):
            self._editor.create_stanza(ACCOUNT_CONF, name, _filled(draft.texts))
        return _entry(name, draft.wanted)

    def _edit(self, name: str, draft: Draft) -> Entry:
        if self._existing(name) != draft.former:
            raise Refused(409, f"account {name} was changed by somebody else meanwhile. Look at it, then save again")
        self._account(name, draft)
        entered = draft.secret if draft.entered else None
        with SecretChange(self._editor, client_secret(name), entered, draft.values):
            self._editor.edit_stanza(ACCOUNT_CONF, name, draft.texts)
        return _entry(name, draft.wanted)

    def delete(self, name: str) -> None:
        """Remove an account that no input uses, with its secret."""
        demand_write(self._editor, ACCOUNT_CONF, name)
        self._existing(name)
        users = sorted(each for each, settings in self._editor.inputs() if settings.get("account") == name)
        if users:
            raise Refused(
                409, f"account {name} is used by input {', '.join(users)}. Delete it there, or name another account"
            )
        with SecretChange(self._editor, client_secret(name), "", {}):
            self._editor.delete_stanza(ACCOUNT_CONF, name)

    def _drafted(self, name: str, form: Dict[str, str]) -> Draft:
        check_name(name[:64], name)
        if name == _INHERITED:
            raise Refused(400, "[default] is what all accounts inherit from. Choose another name")
        self._refuse_taken(name)
        secret = form_secret(form, SECRET)
        values = check_account(name, form)
        if not secret:
            raise Refused(400, f"[{name}] client_secret is required. Copy it from Falcon when the API client is made")
        return Draft(values, written(read_schema("account"), form), form, secret, True, {})

    def _redrafted(self, name: str, form: Dict[str, str]) -> Draft:
        former = self._existing(name)
        secret = form_secret(form, SECRET)
        wanted = {**former, **form}
        values = check_account(name, wanted)
        stored = client_secret(name)
        usable = secret or stored.read(self._editor)
        if not usable:
            raise Refused(400, f"[{name}] client_secret is required: none is stored. Enter it")
        if not secret:
            demand_again(self._editor, stored, usable, _checked_before(name, former), values)
        return Draft(values, written(read_schema("account"), form), wanted, usable, bool(secret), former)

    def _account(self, name: str, draft: Draft) -> Account:
        """Raises Fatal where its proxy is of no use; it may have been removed since the form was checked."""
        return make_account(self._editor, name, draft.values, draft.secret)

    def _refuse_taken(self, name: str) -> None:
        if self._editor.stanza(ACCOUNT_CONF, name) is not None:
            raise Refused(409, f"account {name} exists already. Edit it, or choose another name")

    def _existing(self, name: str) -> Dict[str, str]:
        # what stands in [default] would be every account's: proxy and CA beside secrets that were not entered for them
        raw = self._editor.stanza(ACCOUNT_CONF, name) if name != _INHERITED else None
        if raw is None:
            raise Refused(404, f"there is no account {name[:64]!r}")
        return raw


def _filled(form: Mapping[str, str]) -> Dict[str, str]:
    return {setting: value for setting, value in form.items() if value.strip()}


def _checked_before(name: str, former: Mapping[str, str]) -> Values:
    try:
        return check_account(name, former)
    except Fatal:  # edited by hand, and wrong: what the secret was sent to is not known
        return {}


def _entry(name: str, raw: Mapping[str, str]) -> Entry:
    known = read_schema("account")["properties"]
    # a secret that somebody wrote into the conf by hand is not shown either
    return Entry(name, {**{setting: value for setting, value in raw.items() if setting in known}, SECRET: MASK})
