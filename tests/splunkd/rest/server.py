"""The TLS server in front of the reception.

Rules: bound to 127.0.0.1, a certificate of its own CA for that address and localhost; the handshake runs in the
connection's own thread, so that a silent client holds nobody up. A body is read whole; a form in it is taken apart
only where the Content-Type says that it is one, or says nothing.
"""

from __future__ import annotations

import ssl
import sys
import traceback
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import trustme

from tests.splunkd.rest.exchange import Answer, Refused, Request, form_pairs, pairs
from tests.splunkd.rest.reception import Reception, refusal

_MOST_BODY = 16 << 20
_IDLE_SECONDS = 60.0


def make_certificate(folder: Path) -> tuple[Path, Path]:
    """The CA's file and the server's chain, made once for a home."""
    authority_file, server_file = folder / "ca.pem", folder / "server.pem"
    if not server_file.exists():
        authority = trustme.CA(organization_name="splunkd stand-in")
        server = authority.issue_cert("localhost", "127.0.0.1")
        authority.cert_pem.write_to_path(str(authority_file))
        server.private_key_and_cert_chain_pem.write_to_path(str(server_file))
        server_file.chmod(0o600)
    return authority_file, server_file


class Server(ThreadingHTTPServer):
    """Bound when made; `serve_forever` in a thread, `shutdown` to end it."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, port: int, certificate: Path, reception: Reception) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(certificate)
        self.reception = reception

    @property
    def uri(self) -> str:
        return f"https://127.0.0.1:{self.server_address[1]}"

    def get_request(self) -> tuple[Any, Any]:
        plain, address = self.socket.accept()
        plain.settimeout(_IDLE_SECONDS)
        return self._context.wrap_socket(plain, server_side=True, do_handshake_on_connect=False), address

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away or speaks no TLS is no event here; anything else is a fault of the stand-in."""
        if not isinstance(sys.exc_info()[1], OSError):
            traceback.print_exc()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "Splunkd"
    sys_version = ""
    server: Server

    def do_GET(self) -> None:
        self._respond()

    def do_POST(self) -> None:
        self._respond()

    def do_PUT(self) -> None:
        self._respond()

    def do_DELETE(self) -> None:
        self._respond()

    # Known to nobody here; the router answers 405.

    def do_HEAD(self) -> None:
        self._respond()

    def do_PATCH(self) -> None:
        self._respond()

    def do_OPTIONS(self) -> None:
        self._respond()

    def log_message(self, format: str, *args: Any) -> None:
        """Requests are not logged: their addresses can name credentials."""

    def _respond(self) -> None:
        path = urlsplit(self.path)
        query = pairs(path.query)
        try:
            body = self._body()
        except Refused as refused:
            self._send(refusal(refused, dict(query).get("output_mode") == "json"))
            return
        request = Request(
            self.command,
            path.path,
            query,
            form_pairs(body, self.headers.get("Content-Type", "")),
            body,
            self.headers.get("Authorization", ""),
            self.client_address[0],
        )
        self._send(self.server.reception.answer(request))

    def _body(self) -> bytes:
        length = int(self.headers.get("Content-Length") or 0)
        if length > _MOST_BODY:
            self.close_connection = True
            raise Refused(413, "Content-Length too large")
        return self.rfile.read(length)

    def _send(self, answer: Answer) -> None:
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.content_type)
        self.send_header("Content-Length", str(len(answer.body)))
        self.send_header("Cache-Control", "no-store, no-cache, must-revalidate, max-age=0")
        for name, value in answer.headers:
            self.send_header(name, value)
        # As splunkd does; the SDK closes its socket before it reads unless it is told that the connection closes.
        self.send_header("Connection", "Close" if self.close_connection else "Keep-Alive")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(answer.body)
