"""From a path to the endpoint that answers it, with the session checked before.

Rules (REST API user manual, splunklib.binding): `Authorization: Splunk <key>` or Basic; no good session is 401 with
`call not properly authenticated`, unless the endpoint asks for none; an unknown path is 404; a method that is not the
endpoint's is 405. In the namespace of a disabled app there is nothing: the documents are silent, so this is the hard
side.
"""

from __future__ import annotations

import base64
import binascii
from typing import Callable, NamedTuple, Protocol

from tests.splunkd.rest.exchange import Answer, Question, Refused, Request, page, render, split_path
from tests.splunkd.rest.sessions import NOBODY, Session, Sessions

_LOGIN = "/services/auth/login"
_METHODS = ("GET", "POST", "DELETE")


class Endpoint(Protocol):
    """Answers what lies under its path; `rest` is what follows that path."""

    def answer(self, question: Question, rest: list[str]) -> Answer: ...


class _Mount(NamedTuple):
    endpoint: Endpoint
    methods: tuple[str, ...]
    for_all: bool


class Router:
    """Endpoints by the path they own; the longest path wins."""

    def __init__(self, sessions: Sessions, is_disabled: Callable[[str], bool] = lambda app: False) -> None:
        """`is_disabled` says whether an app is."""
        self._sessions = sessions
        self._is_disabled = is_disabled
        self._mounts: dict[tuple[str, ...], _Mount] = {}

    def add(self, path: str, endpoint: Endpoint, methods: tuple[str, ...] = _METHODS, *, for_all: bool = False) -> None:
        """`for_all`: without a session too."""
        self._mounts[tuple(path.split("/"))] = _Mount(endpoint, methods, for_all)

    def session_of(self, authorization: str) -> Session | None:
        """Whom an Authorization header stands for."""
        kind, _, value = authorization.partition(" ")
        if kind in ("Splunk", "Bearer"):
            known = self._sessions.find_token(value.strip()) if kind == "Bearer" else None
            return known or self._sessions.find(value.strip())
        if kind == "Basic":
            try:
                name, _, password = base64.b64decode(value).decode().partition(":")
            except (binascii.Error, UnicodeDecodeError):
                return None
            return self._sessions.login(name, password)
        return None

    def answer(self, request: Request) -> Answer:
        """Raises Refused for what goes wrong."""
        if request.path.rstrip("/") == _LOGIN:
            return self._login(request)
        owner, app, segments = split_path(request.path)
        length = self._length(segments)
        mount = self._mounts.get(tuple(segments[:length]))
        session = self.session_of(request.authorization)
        if session is None:
            if mount is None or not mount.for_all:
                raise Refused(401, "call not properly authenticated", "WARN")
            session = NOBODY
        if mount is None:
            raise Refused(404, "Not Found")
        if app is not None and self._is_disabled(app):
            raise Refused(404, f"Application does not exist: {app}")
        if request.method not in mount.methods:
            raise Refused(405, "Method Not Allowed")
        question = Question(request.method, segments, owner, app, request.arguments, session, request)
        answer = mount.endpoint.answer(question, segments[length:])
        if answer.entries is None:
            return answer
        return Answer(
            answer.status,
            None,
            render(request.path.rstrip("/"), page(question, answer.entries), question.json),
            "application/json; charset=UTF-8" if question.json else "text/xml; charset=UTF-8",
        )

    def _length(self, segments: list[str]) -> int:
        """How much of a path names its endpoint; 0 where none does."""
        return next((n for n in range(len(segments), 0, -1) if tuple(segments[:n]) in self._mounts), 0)

    def _login(self, request: Request) -> Answer:
        arguments = request.arguments
        session = self._sessions.login(arguments.get("username", ""), arguments.get("password", ""))
        if session is None:
            raise Refused(401, "Login failed", "WARN")
        if request.json:
            return Answer(body=f'{{"sessionKey":"{session.key}","message":"","code":""}}'.encode())
        return Answer(
            body=f"<response>\n  <sessionKey>{session.key}</sessionKey>\n</response>\n".encode(),
            content_type="text/xml; charset=UTF-8",
        )
