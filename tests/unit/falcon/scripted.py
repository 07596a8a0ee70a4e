"""A transport that sends nothing: it gives the answers of a script and keeps what it was asked."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from falcon_streams.core.answer import Answer
from falcon_streams.errors import Retryable
from falcon_streams.falcon.transport import ANSWER_SECONDS, Form, Transport


class Sent(NamedTuple):
    """One request that Bearers made."""

    method: str
    url: str
    headers: Mapping[str, str]
    form: Mapping[str, str]
    seconds: float
    body: bytes = b""


class ScriptedTransport(Transport):
    """Gives the answers of a script, one a request, and keeps what was sent."""

    def __init__(self, *script: Answer | Retryable) -> None:
        self.script = list(script)
        self.sent: list[Sent] = []

    def send(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        form: Form | None = None,
        seconds: float = ANSWER_SECONDS,
    ) -> Answer:
        fields, body = ({}, form) if isinstance(form, bytes) else (dict(form or {}), b"")
        self.sent.append(Sent(method, url, dict(headers), fields, seconds, body))
        step = self.script.pop(0)
        if isinstance(step, Retryable):
            raise step
        return step


def answered(status: int, tree: Any = None, **headers: str) -> Answer:
    return Answer(status, headers, b"" if tree is None else json.dumps(tree).encode())
