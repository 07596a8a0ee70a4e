"""The TLS server in front of the router.

Rules: bound to 127.0.0.1, a certificate of its own CA for that address and localhost; the handshake runs in the
connection's own thread, so that a silent client holds nobody up; the switches `rest_delay_s` and `rest_status` act
here, never on /stand-in.
"""

from __future__ import annotations

import ssl
import sys
import time
import traceback
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import trustme

from tests.splunkd.rest.exchange import Answer, Refused, render_messages
from tests.splunkd.rest.router import Router
from tests.splunkd.switches import Switches

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

    def __init__(self, port: int, certificate: Path, router: Router, switches: Switches) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(certificate)
        self.router = router
        self.switches = switches

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

    def do_DELETE(self) -> None:
        self._respond()

    def log_message(self, format: str, *args: Any) -> None:
        """Requests are not logged: their addresses can name credentials."""

    def _respond(self) -> None:
        path = urlsplit(self.path)
        arguments = dict(parse_qsl(path.query, keep_blank_values=True))
        try:
            arguments.update(self._form())
            self._misbehave(path.path)
            answer = self.server.router.answer(
                self.command, path.path, arguments, self.headers.get("Authorization", "")
            )
        except Refused as refused:
            as_json = arguments.get("output_mode") == "json"
            answer = Answer(
                refused.status,
                None,
                render_messages(refused, as_json),
                f"{'application/json' if as_json else 'text/xml'}; charset=UTF-8",
            )
        self._send(answer)

    def _form(self) -> dict[str, str]:
        length = int(self.headers.get("Content-Length") or 0)
        if length > _MOST_BODY:
            self.close_connection = True
            raise Refused(413, "Content-Length too large")
        body = self.rfile.read(length)
        return dict(parse_qsl(body.decode("utf-8"), keep_blank_values=True))

    def _misbehave(self, path: str) -> None:
        switches = self.server.switches
        if unquote(path).startswith("/stand-in") or switches.rest_path not in unquote(path):
            return
        if switches.inputs_only:
            session = self.server.router.session_of(self.headers.get("Authorization", ""))
            if session is None or session.stanza is None:
                return
        if switches.rest_delay_s > 0:
            time.sleep(switches.rest_delay_s)
        if switches.rest_status:
            raise Refused(switches.rest_status, "The server is busy.")

    def _send(self, answer: Answer) -> None:
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.content_type)
        self.send_header("Content-Length", str(len(answer.body)))
        self.send_header("Cache-Control", "no-store, no-cache, must-revalidate, max-age=0")
        # As splunkd does; the SDK closes its socket before it reads unless it is told that the connection closes.
        self.send_header("Connection", "Close" if self.close_connection else "Keep-Alive")
        self.end_headers()
        self.wfile.write(answer.body)
