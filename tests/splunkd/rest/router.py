"""From a path to the endpoint that answers it, with the session checked before.

Rules (REST API user manual, splunklib.binding): `Authorization: Splunk <key>` or Basic; no good session is 401 with
`call not properly authenticated`; an unknown path is 404.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import Protocol

from tests.splunkd.rest.exchange import Answer, Question, Refused, page, render, split_path
from tests.splunkd.rest.sessions import Session, Sessions


class Endpoint(Protocol):
    """Answers what lies under its path; `rest` is what follows that path."""

    def answer(self, question: Question, rest: list[str]) -> Answer: ...


class Router:
    """Endpoints by the path they own; the longest path wins."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions
        self._endpoints: dict[tuple[str, ...], Endpoint] = {}

    def add(self, path: str, endpoint: Endpoint) -> None:
        self._endpoints[tuple(path.split("/"))] = endpoint

    def session_of(self, authorization: str) -> Session | None:
        """Whom an Authorization header stands for."""
        kind, _, value = authorization.partition(" ")
        if kind in ("Splunk", "Bearer"):
            return self._sessions.find(value.strip())
        if kind == "Basic":
            try:
                name, _, password = base64.b64decode(value).decode().partition(":")
            except (binascii.Error, UnicodeDecodeError):
                return None
            return self._sessions.login(name, password)
        return None

    def answer(self, method: str, path: str, arguments: Mapping[str, str], authorization: str) -> Answer:
        """Raises Refused for what goes wrong."""
        if path.rstrip("/") == "/services/auth/login":
            return self._login(arguments)
        session = self.session_of(authorization)
        if session is None:
            raise Refused(401, "call not properly authenticated", "WARN")
        owner, app, segments = split_path(path)
        endpoint, rest = self._find(segments)
        question = Question(method, segments, owner, app, dict(arguments), session)
        answer = endpoint.answer(question, rest)
        if answer.entries is None:
            return answer
        return Answer(
            answer.status,
            None,
            render(path.rstrip("/"), page(question, answer.entries), question.json),
            "application/json; charset=UTF-8" if question.json else "text/xml; charset=UTF-8",
        )

    def _find(self, segments: list[str]) -> tuple[Endpoint, list[str]]:
        for length in range(len(segments), 0, -1):
            endpoint = self._endpoints.get(tuple(segments[:length]))
            if endpoint is not None:
                return endpoint, segments[length:]
        raise Refused(404, "Not Found")

    def _login(self, arguments: Mapping[str, str]) -> Answer:
        session = self._sessions.login(arguments.get("username", ""), arguments.get("password", ""))
        if session is None:
            raise Refused(401, "Login failed", "WARN")
        if arguments.get("output_mode") == "json":
            return Answer(body=f'{{"sessionKey":"{session.key}","message":"","code":""}}'.encode())
        return Answer(
            body=f"<response>\n  <sessionKey>{session.key}</sessionKey>\n</response>\n".encode(),
            content_type="text/xml; charset=UTF-8",
        )
