"""A host on loopback that does with each connection what a test tells it, over TLS or, as a proxy, in the clear.

Rules: it keeps every request it reads, and ends a connection when the test's act returns. `close` sets `ended`, for
acts that wait for the end of the test. An act sends raw bytes; nothing completes or corrects them.
"""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable
from typing import Any, NamedTuple

PATIENCE = 5.0


class Request(NamedTuple):
    """One request as it came: the request line, headers with names in lower case, the body."""

    line: str
    headers: dict[str, str]
    body: bytes


def answer(status: int = 200, body: bytes = b"", *lines: str) -> bytes:
    """A whole answer; `lines` are further header lines."""
    head = [f"HTTP/1.1 {status} Told", *lines, f"Content-Length: {len(body)}"]
    return "\r\n".join([*head, "", ""]).encode() + body


class Host:
    """Serves one connection after the other in a thread of its own."""

    def __init__(self, context: ssl.SSLContext | None = None) -> None:
        """`context` is the TLS that it speaks; None for plain bytes."""
        self.requests: list[Request] = []
        self.act: Callable[[Any], object] = lambda sock: sock.sendall(answer())
        self.ended = threading.Event()
        self._context = context
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.url = f"https://127.0.0.1:{self.port}"
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def says(self, data: bytes) -> None:
        """Answer each request with these bytes."""
        self.act = lambda sock: sock.sendall(data)

    def close(self) -> None:
        """End the acts that wait for it; see `join`."""
        self.ended.set()
        self.join()

    def join(self) -> None:
        """Take no more connections, and wait for the last act."""
        if self._listener.fileno() == -1:
            return
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(PATIENCE)
        assert not self._thread.is_alive()

    def _serve(self) -> None:
        while True:
            try:
                plain = self._listener.accept()[0]
            except OSError:
                return  # closed
            plain.settimeout(PATIENCE)
            with plain:
                try:
                    self._converse(plain)
                except OSError:
                    continue  # the client went away, which its test judges

    def _converse(self, plain: socket.socket) -> None:
        if self._context is None:
            self._exchange(plain)
            return
        with self._context.wrap_socket(plain, server_side=True) as sock:
            self._exchange(sock)

    def _exchange(self, sock: socket.socket) -> None:
        with sock.makefile("rb") as file:
            line = file.readline().decode().strip()
            headers = {}
            while text := file.readline().decode().strip():
                name, _, value = text.partition(": ")
                headers[name.lower()] = value
            self.requests.append(Request(line, headers, file.read(int(headers.get("content-length", 0)))))
        self.act(sock)
