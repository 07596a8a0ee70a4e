"""The endpoints that apps bring: what splunkd checks itself, before and after an app's handler.

Rules (restmap.conf.spec): the session is checked before (401), then the capabilities (403), then whether the output
mode that was asked for is one of the endpoint's (400; the status is not documented). A handler that fails is 500, with
a line in splunkd.log.
"""

from __future__ import annotations

import json
from typing import Callable

from tests.splunkd.persistent import call
from tests.splunkd.persistent.child import Child, HandlerFailed
from tests.splunkd.persistent.script import Script
from tests.splunkd.rest.exchange import Answer, Question, Refused
from tests.splunkd.rest.sessions import Sessions

METHODS = ("GET", "POST", "PUT", "DELETE")


class PersistentEndpoint:
    """One script."""

    def __init__(
        self,
        script: Script,
        child: Child,
        server: Callable[[], call.Server],
        sessions: Sessions,
        complain: Callable[[str], None],
    ) -> None:
        self._script = script
        self._child = child
        self._server = server
        self._sessions = sessions
        self._complain = complain

    def answer(self, question: Question, rest: list[str]) -> Answer:
        self._check(question)
        system = self._sessions.open_for_system() if self._script.pass_system_auth else None
        told = call.document(self._script, question, rest, self._server(), system.key if system else None)
        try:
            said = self._child.ask(self._script, json.dumps(told).encode("utf-8"))
            return call.answer(said, call.output_mode(self._script, question))
        except HandlerFailed as error:
            raise Refused(500, str(error)) from error
        except call.AnswerRefused as error:
            self._complain(f"{self._script.handler} of {self._script.name} answered what is no answer: {error}")
            raise Refused(500, f"Bad response from python handler {self._script.handler}. See splunkd.log.") from error
        finally:
            if system is not None:
                self._sessions.revoke(system.key)

    def _check(self, question: Question) -> None:
        unmet = self._script.refused(question.method, question.session.capabilities)
        if unmet is not None:
            raise Refused(
                403,
                f"You (user={question.session.user}) do not have permission to perform this operation "
                f"(requires capability: {unmet}).",
            )
        mode = question.arguments.get("output_mode")
        if mode is not None and mode not in self._script.output_modes:
            raise Refused(400, f"Output mode {mode!r} is not supported by this endpoint.")
