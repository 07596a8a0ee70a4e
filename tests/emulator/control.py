"""The control endpoint: the levers for other processes, as JSON over plain HTTP on loopback.

`POST /<lever>` with an object of arguments answers {"result": ...}; a lever that returns rows answers one JSON value
per line instead. 400 bears the sentence of what was wrong, 404 means no such lever. `GET /` names the levers.
"""

from __future__ import annotations

import inspect
import json
from collections.abc import Iterator
from itertools import islice
from typing import Any

from tests.emulator.levers import LEVERS, Levers
from tests.emulator.listener import Connection
from tests.emulator.wire import (
    LAST_CHUNK,
    Answer,
    BadRequest,
    Request,
    chunk,
    json_answer,
    read_request,
    render,
    render_head,
)

_ROWS_PER_CHUNK = 2000


class Control:
    """The control endpoint of an emulator."""

    def __init__(self, levers: Levers) -> None:
        self._levers = levers

    def serve(self, connection: Connection) -> None:
        """Answer the calls of one connection."""
        with connection.socket.makefile("rb") as stream:
            while True:
                try:
                    request = read_request(stream, connection.peer)
                except BadRequest:
                    return
                if request is None:
                    return
                found = self._call(request)
                if isinstance(found, Answer):
                    connection.socket.sendall(render(found))
                else:
                    send_rows(connection, found)

    def _call(self, request: Request) -> Any:
        name = request.path.strip("/")
        if not name:
            return json_answer(200, {"levers": LEVERS})
        if name not in LEVERS:
            return json_answer(404, {"error": f"no lever {name}"})
        try:
            result = call(getattr(self._levers, name), json.loads(request.body or b"{}"))
        except (TypeError, ValueError, KeyError) as error:
            return json_answer(400, {"error": str(error)})
        return result if isinstance(result, Iterator) else json_answer(200, {"result": result})


def call(lever: Any, arguments: dict[str, Any]) -> Any:
    """Call a lever by its arguments' names, the ones that take any number included."""
    signature = inspect.signature(lever)
    strange = set(arguments) - set(signature.parameters)
    if strange:
        raise ValueError(f"{lever.__name__} takes no {', '.join(sorted(strange))}")
    bound = signature.bind_partial()
    bound.arguments.update({name: arguments[name] for name in signature.parameters if name in arguments})
    return lever(*bound.args, **bound.kwargs)


def send_rows(connection: Connection, rows: Iterator[Any]) -> None:
    """Stream rows, one JSON value per line."""
    head = {"Content-Type": "application/x-ndjson", "Transfer-Encoding": "chunked"}
    connection.socket.sendall(render_head(200, head))
    while True:
        piece = "".join(json.dumps(row) + "\n" for row in islice(rows, _ROWS_PER_CHUNK))
        if not piece:
            break
        connection.socket.sendall(chunk(piece.encode()))
    connection.socket.sendall(LAST_CHUNK)
