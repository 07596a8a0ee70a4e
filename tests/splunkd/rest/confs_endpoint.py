"""`configs/conf-<name>` and `properties/<name>` over REST.

Rules (REST API reference, splunklib.client.Configurations, splunk-sdk-csharp-pcl's ConfigurationStanza): values are
layered, from the app's view inside a namespace and globally outside of one; a collection never answers 404,
`properties/<name>` does where no layer has the file; a stanza that exists is answered 409, one that does not 404;
writes go to the app's local folder. `configs/conf-<name>` takes no setting that is called `name`, because that is its
word for the stanza; `properties/<name>/<stanza>` takes any.
"""

from __future__ import annotations

from tests.splunkd.conf.layers import Confs
from tests.splunkd.rest.exchange import Answer, Entry, Question, Refused
from tests.splunkd.rest.permission import demand, marked

_DEFAULT_APP = "search"
_PREFIX = "conf-"


class ConfsEndpoint:
    """`configs/conf-x[/stanza]`, with enable and disable."""

    def __init__(self, confs: Confs) -> None:
        self._confs = confs

    def answer(self, question: Question, rest: list[str]) -> Answer:
        if not rest or not rest[0].startswith(_PREFIX):
            raise Refused(404, "Not Found")
        conf = rest[0][len(_PREFIX) :]
        if question.method != "GET":
            demand(question.session, "admin_all_objects")
        if len(rest) == 1:
            listed = self._create(conf, question) if question.method == "POST" else self._list(conf, question)
            return marked(listed, question.session)
        if rest[1] == "_reload":
            return Answer(entries=[])
        return marked(self._stanza(conf, rest[1], rest[2:], question), question.session)

    def _list(self, conf: str, question: Question) -> Answer:
        stanzas = self._confs.merged(conf, question.app)
        return Answer(entries=[self._shown(conf, name, settings) for name, settings in stanzas.items()])

    def _create(self, conf: str, question: Question) -> Answer:
        settings = question.settings()
        name = settings.pop("name", "")
        if not name:
            raise Refused(400, "The following required arguments are missing: name.")
        if self._confs.own(conf, name, question.app) is not None:
            raise Refused(409, f"An object with name={name} already exists")
        self._confs.set(conf, question.app or _DEFAULT_APP, name, settings)
        return Answer(201, [self._entry(conf, name, question.app)])

    def _stanza(self, conf: str, name: str, action: list[str], question: Question) -> Answer:
        if self._confs.own(conf, name, question.app) is None:
            raise Refused(404, f"Could not find object id={name}")
        app = question.app or self._confs.owner(conf, name)
        if question.method == "DELETE":
            if not self._confs.removable(conf, name, app):
                raise Refused(400, f"Object id={name} cannot be deleted in config={conf}.")
            self._confs.remove(conf, app, name)
            return self._list(conf, question)
        if question.method == "POST":
            settings = question.settings()
            if "name" in settings:
                raise Refused(400, 'Argument "name" is not supported by this handler.')
            if action in (["enable"], ["disable"]):
                settings = {"disabled": "1" if action == ["disable"] else "0"}
            self._confs.set(conf, app, name, settings)
        return Answer(entries=[self._entry(conf, name, question.app)])

    def _entry(self, conf: str, name: str, app: str | None) -> Entry:
        return self._shown(conf, name, self._confs.stanza(conf, name, app) or {})

    def _shown(self, conf: str, name: str, settings: dict[str, str]) -> Entry:
        owner = self._confs.owner(conf, name)
        disabled = str(settings.get("disabled", "0")).lower() in ("1", "true")
        content = {**settings, "disabled": disabled, "eai:appName": owner, "eai:userName": "nobody"}
        return Entry(name, f"configs/conf-{conf}", content, owner, self._confs.removable(conf, name, owner))


class PropertiesEndpoint:
    """`properties/x[/stanza[/key]]`, as far as the SDKs ask it."""

    def __init__(self, confs: Confs) -> None:
        self._confs = confs

    def answer(self, question: Question, rest: list[str]) -> Answer:
        if question.method == "POST" and not rest:
            demand(question.session, "admin_all_objects")
            conf = question.settings().get("__conf", "")
            if self._confs.known(conf, question.app):
                return Answer(303, [])
            self._confs.create_file(conf, question.app or _DEFAULT_APP)
            return Answer(201, [])
        if question.method == "POST":
            return self._write(question, rest)
        if not rest or not self._confs.known(rest[0], question.app):
            raise Refused(404, f"{rest[0] if rest else ''} does not exist")
        stanzas = self._confs.merged(rest[0], question.app)
        if len(rest) == 1:
            return Answer(entries=[Entry(name, f"properties/{rest[0]}", {}) for name in stanzas])
        if rest[1] not in stanzas:
            raise Refused(404, f"{rest[1]} does not exist")
        settings = stanzas[rest[1]]
        if len(rest) == 2:
            path = f"properties/{rest[0]}/{rest[1]}"
            return Answer(entries=[Entry(name, path, {"value": value}) for name, value in settings.items()])
        if rest[2] not in settings:
            raise Refused(404, f"{rest[2]} does not exist")
        return Answer(body=settings[rest[2]].encode(), content_type="text/plain; charset=UTF-8")

    def _write(self, question: Question, rest: list[str]) -> Answer:
        """A new stanza, which `__stanza` names, or settings of one that is there."""
        demand(question.session, "admin_all_objects")
        app, settings = question.app or _DEFAULT_APP, question.settings()
        if not self._confs.known(rest[0], question.app):
            raise Refused(404, f"{rest[0]} does not exist")
        if len(rest) == 1:
            name = settings.get("__stanza", "")
            if not name or len(settings) > 1:
                raise Refused(400, "The following required arguments are missing: __stanza.")
            if self._confs.own(rest[0], name, question.app) is not None:
                raise Refused(409, f"An object with name={name} already exists")
            self._confs.set(rest[0], app, name, {})
            return Answer(201, [])
        if len(rest) > 2 or self._confs.own(rest[0], rest[1], question.app) is None:
            raise Refused(404, f"Could not find object id={rest[-1]}")
        self._confs.set(rest[0], app, rest[1], settings)
        return Answer(200, [])
