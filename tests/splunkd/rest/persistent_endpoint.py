"""The endpoints that apps bring: what splunkd checks itself, before and after an app's handler.

Rules (restmap.conf.spec): the session is checked before (401), then the capabilities (403), then the length of the body
(413), whether the output mode that was asked for is one of the endpoint's (400), and how many requests are under way
(503). These three statuses are not documented. A handler that fails is 500, with a line in splunkd.log.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
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
        self._lock = threading.Lock()
        self._under_way = 0

    def answer(self, question: Question, rest: list[str]) -> Answer:
        self._check(question)
        with self._place():
            return self._ask(question, rest)

    def _ask(self, question: Question, rest: list[str]) -> Answer:
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
        most = self._script.most_bytes
        if most is not None and len(question.request.body) > most:
            raise Refused(413, f"Content-Length of {len(question.request.body)} too large (maximum is {most})")
        mode = question.arguments.get("output_mode")
        if mode is not None and mode not in self._script.output_modes:
            raise Refused(400, f"Output mode {mode!r} is not supported by this endpoint.")

    @contextmanager
    def _place(self) -> Iterator[None]:
        """One of the places for requests that are under way."""
        most = self._script.most_at_once
        with self._lock:
            if most is not None and self._under_way >= most:
                raise Refused(503, "The maximum number of concurrent requests for this endpoint has been reached.")
            self._under_way += 1
        try:
            yield
        finally:
            with self._lock:
                self._under_way -= 1
