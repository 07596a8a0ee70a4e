"""`storage/passwords` over REST.

Rules (Splunk platform reference 3, authorize.conf.spec): reading needs list_storage_passwords or
edit_storage_passwords, writing edit_storage_passwords; 409 for what exists, 404 for what does not. Where
a password cannot be decrypted the whole answer is 500 (TA-thehive-cortex#11), or the entry has no clear text
(solnlib#311): the switch `undecryptable`. It can be changed and deleted all the same.
"""

from __future__ import annotations

from tests.splunkd.rest.credential_name import name_of
from tests.splunkd.rest.credentials import Credential, Credentials
from tests.splunkd.rest.exchange import Answer, Entry, Question, Refused
from tests.splunkd.rest.permission import demand
from tests.splunkd.switches import Switches

COLLECTION = "storage/passwords"
_MASK = "********"


class PasswordsEndpoint:
    """GET list and entity, POST to make and to change, DELETE."""

    def __init__(self, credentials: Credentials, switches: Switches) -> None:
        self._credentials = credentials
        self._switches = switches

    def answer(self, question: Question, rest: list[str]) -> Answer:
        if question.method == "GET":
            demand(question.session, "list_storage_passwords", "edit_storage_passwords")
        else:
            demand(question.session, "edit_storage_passwords")
        if not rest:
            return self._create(question) if question.method == "POST" else self._list(question)
        credential = self._credentials.find(question.app, rest[0])
        if credential is None:
            raise Refused(404, f"Could not find object id={rest[0]}")
        if question.method == "DELETE":
            self._credentials.remove(credential)
            return self._list(question)
        if question.method == "POST":
            clear = question.settings().get("password")
            if not clear:
                raise Refused(400, "The following required arguments are missing: password.")
            credential = self._credentials.store(credential.app, credential.realm, credential.username, clear)
        return Answer(entries=[self._entry(credential)])

    def _list(self, question: Question) -> Answer:
        return Answer(entries=[self._entry(credential) for credential in self._credentials.all(question.app)])

    def _create(self, question: Question) -> Answer:
        settings = question.settings()
        missing = [name for name in ("name", "password") if not settings.get(name)]
        if missing:
            raise Refused(400, f"The following required arguments are missing: {', '.join(missing)}.")
        unknown = sorted(set(settings) - {"name", "password", "realm"})
        if unknown:
            raise Refused(400, f'Argument "{unknown[0]}" is not supported by this handler.')
        app = question.app or "search"
        realm, username = settings.get("realm", ""), settings["name"]
        if self._credentials.find(app, name_of(realm, username)) is not None:
            raise Refused(409, f"Cannot create {name_of(realm, username)}: an object with this name already exists")
        return Answer(201, [self._entry(self._credentials.store(app, realm, username, settings["password"]))])

    def _entry(self, credential: Credential) -> Entry:
        if credential.clear is None and self._switches.undecryptable == "500":
            raise Refused(500, "Internal Server Error")
        content = {
            "clear_password": credential.clear,
            "encr_password": credential.encrypted,
            "password": _MASK,
            "realm": credential.realm or None,
            "username": credential.username,
        }
        return Entry(credential.name, COLLECTION, content, credential.app, removable=True)
