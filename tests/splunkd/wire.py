"""HTTP as splunkd and splunkweb speak it here: a server's threads, a body read whole, an answer that nobody caches.

Rules: bound to 127.0.0.1, each connection in a thread of its own. A body beyond 16 MiB is not read. Requests are not
logged: their addresses can name credentials. A client that went away is no event; anything else is a fault of ours.
"""

from __future__ import annotations

import sys
import traceback
from collections.abc import Iterable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

IDLE_SECONDS = 60.0
_MOST_BODY = 16 << 20


class Listener(ThreadingHTTPServer):
    """Bound when made; `serve_forever` in a thread, `shutdown` to end it."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, port: int, conversation: type[Conversation]) -> None:
        super().__init__(("127.0.0.1", port), conversation)

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say what was no client's doing."""
        if not isinstance(sys.exc_info()[1], OSError):
            traceback.print_exc()


class Conversation(BaseHTTPRequestHandler):
    """One connection. Whoever derives from it answers in `respond`, whatever the method."""

    protocol_version = "HTTP/1.1"
    server_version = "Splunkd"
    sys_version = ""
    timeout = IDLE_SECONDS

    def respond(self) -> None:
        """Answer one request by `send`."""
        raise NotImplementedError

    def do_GET(self) -> None:
        self.respond()

    do_HEAD = do_POST = do_PUT = do_DELETE = do_PATCH = do_OPTIONS = do_GET

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing."""

    def body(self) -> bytes | None:
        """The request's body; None for one that is too large, after which the connection ends."""
        length = int(self.headers.get("Content-Length") or 0)
        if length > _MOST_BODY:
            self.close_connection = True
            return None
        return self.rfile.read(length)

    def send(self, status: int, content_type: str, body: bytes, headers: Iterable[tuple[str, str]]) -> None:
        """Answer, without the body where only the head was asked for."""
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store, no-cache, must-revalidate, max-age=0")
        for name, value in headers:
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)
