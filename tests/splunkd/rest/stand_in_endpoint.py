"""`/stand-in/...`: the switches. Nothing under this path is Splunk's; it answers JSON, to an admin's session.

| GET | what |
|---|---|
| inputs | every scheduled input: pid, session key, runs with exit codes and times, throttle |
| scripts | every persistent script (`script:<name>`) and its pid |
| switches | the switches and their values |
| stats | events in memory, events for indexes that are not configured |

| POST | fields |
|---|---|
| switches | any of them by name |
| inputs/<stanza>/pause, /resume | stop and go on reading the input's stdout |
| inputs/<stanza>/close | close the reading end of the present process's stdout |
| inputs/<stanza>/pace | bytes_per_second, 0 for as fast as it goes |
| inputs/<stanza>/signal | signal: TERM, KILL, STOP, CONT, INT or a number |
| inputs/<stanza>/revoke, revoke | end the session keys of one input, of all |
| server-info | any field of server/info |
| users | name, password, capabilities (comma list) |
| kill | SIGKILL to the stand-in itself |
"""

from __future__ import annotations

import json
import os
import signal
from typing import Any, Callable

from tests.splunkd.inputs.roster import Roster
from tests.splunkd.inputs.run import Run
from tests.splunkd.intake.index import Index
from tests.splunkd.rest.exchange import Answer, Question, Refused
from tests.splunkd.rest.instance_endpoints import InfoEndpoint
from tests.splunkd.rest.permission import demand
from tests.splunkd.rest.sessions import Sessions
from tests.splunkd.switches import Switches


class StandInEndpoint:
    """Everything a test does to the stand-in that no admin could do to splunkd."""

    def __init__(
        self,
        roster: Roster,
        index: Index,
        sessions: Sessions,
        switches: Switches,
        info: InfoEndpoint,
        scripts: Callable[[], dict[str, int | None]],
    ) -> None:
        self._roster = roster
        self._index = index
        self._sessions = sessions
        self._switches = switches
        self._info = info
        self._scripts = scripts

    def answer(self, question: Question, rest: list[str]) -> Answer:
        demand(question.session, "admin_all_objects")
        if question.method == "GET":
            return _told(self._tell(rest))
        if len(rest) == 3 and rest[0] == "inputs":
            return _told(self._touch(rest[1], rest[2], question.settings()))
        actions: dict[str, Callable[[dict[str, str]], Any]] = {
            "switches": self._switch,
            "revoke": lambda _: {"revoked": self._sessions.revoke_inputs()},
            "server-info": self._info.pose,
            "users": self._add_user,
            "kill": lambda _: os.kill(os.getpid(), signal.SIGKILL),
        }
        if len(rest) != 1 or rest[0] not in actions:
            raise Refused(404, "Not Found")
        return _told(actions[rest[0]](question.settings()))

    def _tell(self, rest: list[str]) -> Any:
        if rest == ["inputs"]:
            return self._roster.told()
        if rest == ["scripts"]:
            return self._scripts()
        if rest == ["switches"]:
            return self._switches.told()
        if rest == ["stats"]:
            return {"pending": self._index.pending(), "missing_indexes": self._index.missing()}
        raise Refused(404, "Not Found")

    def _touch(self, stanza: str, action: str, fields: dict[str, str]) -> Any:
        throttle = self._roster.throttle(stanza)
        if action == "pause":
            throttle.pause()
        elif action == "resume":
            throttle.resume()
        elif action == "pace":
            throttle.bytes_per_second = float(_needed(fields, "bytes_per_second"))
        elif action == "close":
            self._run(stanza).hang_up()
        elif action == "revoke":
            return {"revoked": self._sessions.revoke_inputs(stanza)}
        elif action == "signal":
            return {"pid": self._signal(stanza, _needed(fields, "signal"))}
        else:
            raise Refused(404, "Not Found")
        return {}

    def _run(self, stanza: str) -> Run:
        schedule = self._roster.schedule(stanza)
        run = schedule.current() if schedule else None
        if run is None:
            raise Refused(404, f"{stanza} does not run")
        return run

    def _signal(self, stanza: str, name: str) -> int:
        run = self._run(stanza)
        run.signal(int(name) if name.isdigit() else signal.Signals[f"SIG{name.upper().replace('SIG', '')}"].value)
        return run.pid

    def _switch(self, fields: dict[str, str]) -> Any:
        try:
            self._switches.change(fields)
        except ValueError as error:
            raise Refused(400, str(error)) from error
        return self._switches.told()

    def _add_user(self, fields: dict[str, str]) -> Any:
        capabilities = [name.strip() for name in fields.get("capabilities", "").split(",") if name.strip()]
        self._sessions.add_user(_needed(fields, "name"), _needed(fields, "password"), capabilities)
        return {"name": fields["name"], "capabilities": capabilities}


def _needed(fields: dict[str, str], name: str) -> str:
    if name not in fields:
        raise Refused(400, f"The following required arguments are missing: {name}.")
    return fields[name]


def _told(value: Any) -> Answer:
    return Answer(body=json.dumps(value).encode())
