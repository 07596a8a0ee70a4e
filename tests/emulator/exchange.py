"""Requests on a connection and their answers: the script's faults first, then the service, then the record.

Rules: what a fault says is done here and nowhere else, so that a service only knows how to answer well. A connection is
kept alive between answers, as Falcon's is.
"""

from __future__ import annotations

import json
from email.utils import formatdate
from typing import Any, BinaryIO, Iterator, Mapping

from tests.emulator.faults import ENDLESS
from tests.emulator.listener import Connection
from tests.emulator.tenant import Tenant
from tests.emulator.wire import Answer, BadRequest, Request, json_answer, read_request, render

Fault = Mapping[str, Any]


class Exchange:
    """The requests of one connection."""

    def __init__(self, tenant: Tenant, connection: Connection) -> None:
        self._tenant = tenant
        self._connection = connection
        self._stream: BinaryIO = connection.socket.makefile("rb")
        self._over = False
        self.tenant = ""  # whose token the present request bears, as far as that is known

    def requests(self) -> Iterator[Request]:
        """The requests, until either side has had enough."""
        try:
            while not self._over:
                request = read_request(self._stream, self._connection.peer)
                if request is None:
                    break
                self._over = request.wants_close
                yield request
        except BadRequest as error:
            self._connection.socket.sendall(
                render(json_answer(400, {"errors": [{"code": 400, "message": str(error)}]}))
            )
        finally:
            self._stream.close()

    def is_spoiled(self, kind: str, request: Request, fault: Fault, base: Mapping[str, str]) -> bool:
        """Let the fault have the request: True where it took the answer into its own hands."""
        tenant = self._tenant
        tenant.pause(fault.get("delay", 0))
        if fault.get("hints"):
            self._connection.socket.sendall(b"HTTP/1.1 103 Early Hints\r\nLink: </style.css>; rel=preload\r\n\r\n")
        if "answer" in fault:
            self._send(kind, request, scripted(fault["answer"], tenant.clock.now()), base)
        elif "do" in fault:
            tenant.record(kind, request, 0, self.tenant)
            self._over = True
            if fault["do"] == "hang":
                tenant.pause(fault.get("seconds", float("inf")))
            elif fault["do"] in ENDLESS:
                self._drip(*ENDLESS[fault["do"]])
            elif fault["do"] == "reset":
                self._connection.reset()
        return "answer" in fault or "do" in fault

    def answer(self, kind: str, request: Request, answer: Answer, fault: Fault, base: Mapping[str, str]) -> None:
        """Answer well, bent as far as the fault wants it; `base` are the headers that every answer bears."""
        self._send(kind, request, bend(answer, fault), base)

    def _drip(self, first: bytes, again: bytes) -> None:
        """The first piece, then the other one again and again, until the client has had enough or all of us end."""
        try:
            self._connection.socket.sendall(first)
            while not self._tenant.stopping.wait(0.02):
                self._connection.socket.sendall(again)
        except OSError:
            pass

    def _send(self, kind: str, request: Request, answer: Answer, base: Mapping[str, str]) -> None:
        self._tenant.record(kind, request, answer.status, self.tenant)
        self._connection.socket.sendall(render(answer._replace(headers=merged(base, answer.headers))))
        self._over = self._over or answer.cut_after is not None


def merged(usual: Mapping[str, str], wished: Mapping[str, str]) -> dict[str, str]:
    """Headers over headers, whatever their spelling."""
    spelled = {name.lower() for name in wished}
    return {**{name: value for name, value in usual.items() if name.lower() not in spelled}, **wished}


def bend(answer: Answer, fault: Fault) -> Answer:
    """A good answer with some of its JSON replaced or removed."""
    if not {"merge", "remove", "resource"} & set(fault):
        return answer
    tree = json.loads(answer.body)
    for resource in (tree.get("resources") or []) if "resource" in fault else []:
        partition = resource["dataFeedURL"].partition("?")[0].rpartition("/")[2]
        if fault.get("partition", partition) == partition:
            for name, value in fault.get("resource", {}).items():
                resource[name] = value.replace("{partition}", partition) if isinstance(value, str) else value
    tree.update(fault.get("merge", {}))
    for name in fault.get("remove", []):
        tree.pop(name, None)
    return answer._replace(body=json.dumps(tree).encode())


def scripted(wish: Mapping[str, Any], now: float) -> Answer:
    """The answer that a fault asks for; in its headers "+30" is 30 s from now, in epoch seconds or as a Date."""
    body = wish.get("body", "")
    text = body if isinstance(body, str) else json.dumps(body)
    usual = {"Content-Type": "text/html" if text.startswith("<") else "application/json"}
    wished = {}
    for name, value in wish.get("headers", {}).items():
        wished[name] = str(value)
        if wished[name][:1] in ("+", "-") and wished[name][1:].isdigit():
            then = now + int(value)
            wished[name] = formatdate(then, usegmt=True) if name.lower() == "date" else str(int(then))
    return Answer(wish.get("status", 200), merged(usual, wished), text.encode(), wish.get("truncate"))
