"""`data/inputs/<scheme>` and `data/modular-inputs` over REST.

Rules (REST API reference, splunklib.client.Inputs): an entry's content is the layered stanza; enable and disable are
addresses of their own; what may be written is said in `inputs/changes`.
"""

from __future__ import annotations

from typing import Any

from tests.splunkd.conf.layers import Confs
from tests.splunkd.inputs.changes import Changes
from tests.splunkd.inputs.roster import Roster, is_disabled
from tests.splunkd.inputs.scheme import Scheme
from tests.splunkd.rest.exchange import Answer, Entry, Question, Refused
from tests.splunkd.rest.permission import demand

_DEFAULT_APP = "search"


class InputsEndpoint:
    """`data/inputs`: the kinds; `data/inputs/<scheme>`: its stanzas."""

    def __init__(self, confs: Confs, roster: Roster, changes: Changes, server_host: str) -> None:
        self._confs = confs
        self._roster = roster
        self._changes = changes
        self._server_host = server_host

    def answer(self, question: Question, rest: list[str]) -> Answer:
        if not rest:
            kinds = self._roster.schemes
            return Answer(entries=[Entry(name, "data/inputs", {}, actions=("create",)) for name in kinds])
        scheme = self._roster.schemes.get(rest[0])
        if scheme is None:
            raise Refused(404, "Not Found")
        if question.method == "GET":
            demand(question.session, "list_inputs", _editing(scheme))
            return self._read(scheme, rest[1:])
        demand(question.session, _editing(scheme))
        if rest[1:] == ["_reload"]:
            for stanza in self._roster.stanzas(scheme.name):
                self._roster.refresh(stanza)
            return self._list(scheme)
        return self._change(scheme, rest[1:], question)

    def _read(self, scheme: Scheme, rest: list[str]) -> Answer:
        if not rest:
            return self._list(scheme)
        return Answer(entries=[self._entry(scheme, rest[0])])

    def _list(self, scheme: Scheme) -> Answer:
        names = [stanza.partition("://")[2] for stanza in self._roster.stanzas(scheme.name)]
        return Answer(entries=[self._entry(scheme, name) for name in names])

    def _change(self, scheme: Scheme, rest: list[str], question: Question) -> Answer:
        wanted = question.settings()
        if not rest:
            name = wanted.pop("name", "")
            self._changes.create(scheme, question.app or _DEFAULT_APP, name, wanted)
            return Answer(201, [self._entry(scheme, name)])
        name = rest[0]
        app = question.app or self._confs.owner("inputs", f"{scheme.name}://{name}")
        if question.method == "DELETE":
            self._changes.delete(scheme, app, name)
            return self._list(scheme)
        if rest[1:] in (["enable"], ["disable"]):
            self._changes.switch(scheme, app, name, disabled=rest[1] == "disable")
        elif rest[1:]:
            raise Refused(404, "Not Found")
        else:
            self._changes.edit(scheme, app, name, wanted)
        return Answer(entries=[self._entry(scheme, name)])

    def _entry(self, scheme: Scheme, name: str) -> Entry:
        stanza = f"{scheme.name}://{name}"
        settings = self._roster.settings(stanza)
        if settings is None:
            raise Refused(404, f"Could not find object id={name}")
        owner = self._confs.owner("inputs", stanza)
        disabled = is_disabled(settings)
        content: dict[str, Any] = {
            **settings,
            "disabled": disabled,
            "host_resolved": self._server_host,
            "eai:appName": owner,
            "eai:userName": "nobody",
        }
        return Entry(
            name,
            f"data/inputs/{scheme.name}",
            content,
            owner,
            self._confs.removable("inputs", stanza, owner),
            ("enable",) if disabled else ("disable",),
        )


def _editing(scheme: Scheme) -> str:
    """The capability to change inputs of a scheme, as authorize.conf.spec names those of Splunk's own schemes
    (edit_modinput_journald) and add-ons name theirs (LukeMurphey/splunk-webhooks-input: edit_modinput_webhook)."""
    return f"edit_modinput_{scheme.name}"


class KindsEndpoint:
    """`data/modular-inputs`: what the schemes said."""

    def __init__(self, roster: Roster) -> None:
        self._roster = roster

    def answer(self, question: Question, rest: list[str]) -> Answer:
        schemes = [scheme for scheme in self._roster.schemes.values() if not rest or scheme.name == rest[0]]
        if question.method != "GET" or (rest and not schemes):
            raise Refused(404, "Not Found")
        return Answer(entries=[_kind(scheme) for scheme in schemes])


def _kind(scheme: Scheme) -> Entry:
    arguments = {
        argument.name: {
            "title": argument.title,
            "description": argument.description,
            "data_type": argument.data_type,
            "required_on_create": argument.required_on_create,
            "required_on_edit": argument.required_on_edit,
        }
        for argument in scheme.arguments.values()
    }
    content = {
        "title": scheme.title,
        "description": scheme.description,
        "streaming_mode": scheme.streaming_mode,
        "endpoint": {"args": arguments},
    }
    return Entry(scheme.name, "data/modular-inputs", content, scheme.app)
