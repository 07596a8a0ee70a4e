"""The HTTP server in front of the site.

Rules: bound to 127.0.0.1, plain HTTP as splunkweb is by default; every answer has splunkweb's X-Frame-Options and
X-Content-Type-Options; nothing is cached, so that a test sees what it changed.
"""

from __future__ import annotations

import sys
import traceback
from http.cookies import CookieError, SimpleCookie
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

from tests.splunkd.rest.exchange import pairs
from tests.splunkd.web.page import Page, Visit, sentence
from tests.splunkd.web.site import Site

_MOST_BODY = 16 << 20
_IDLE_SECONDS = 60.0


class WebServer(ThreadingHTTPServer):
    """Bound when made; `serve_forever` in a thread, `shutdown` to end it."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, port: int, site: Site) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.site = site

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    @property
    def uri(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A browser that went away is no event here; anything else is a fault of the stand-in."""
        if not isinstance(sys.exc_info()[1], OSError):
            traceback.print_exc()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "Splunkd"
    sys_version = ""
    timeout = _IDLE_SECONDS
    server: WebServer

    def do_GET(self) -> None:
        self._respond()

    def do_HEAD(self) -> None:
        self._respond()

    def do_POST(self) -> None:
        self._respond()

    def do_PUT(self) -> None:
        self._respond()

    def do_DELETE(self) -> None:
        self._respond()

    def log_message(self, format: str, *args: Any) -> None:
        """Requests are not logged."""

    def _respond(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        if length > _MOST_BODY:
            self.close_connection = True
            self._send(sentence(413, "Content-Length too large"))
            return
        address = urlsplit(self.path)
        visit = Visit(
            self.command,
            address.path,
            pairs(address.query),
            {name.lower(): value for name, value in self.headers.items()},
            self._cookies(),
            self.rfile.read(length),
            self.client_address[0],
            self.server.port,
        )
        self._send(self.server.site.answer(visit))

    def _cookies(self) -> dict[str, str]:
        try:
            return {name: morsel.value for name, morsel in SimpleCookie(self.headers.get("Cookie", "")).items()}
        except CookieError:
            return {}

    def _send(self, page: Page) -> None:
        self.send_response(page.status)
        self.send_header("Content-Type", page.content_type)
        self.send_header("Content-Length", str(len(page.body)))
        self.send_header("Cache-Control", "no-store, no-cache, must-revalidate, max-age=0")
        self.send_header("X-Frame-Options", "SAMEORIGIN")
        self.send_header("X-Content-Type-Options", "nosniff")
        for name, value in page.headers:
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(page.body)
