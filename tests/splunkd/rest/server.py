"""The TLS server in front of the reception.

Rules: the certificate is the home's (`certificates`); the handshake runs in the
connection's own thread, so that a silent client holds nobody up. A body is read whole; a form in it is taken apart
only where the Content-Type says that it is one, or says nothing. Each request's line goes into splunkd_access.log, as
splunkd writes it: what stands in an address is on the disk.
"""

from __future__ import annotations

import ssl
from datetime import datetime, timezone
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tests.splunkd.rest.exchange import Answer, Refused, Request, form_pairs, pairs
from tests.splunkd.rest.reception import Reception, refusal
from tests.splunkd.wire import IDLE_SECONDS, Conversation, Listener


class Server(Listener):
    """splunkd's management port."""

    def __init__(self, port: int, certificate: Path, reception: Reception, access_log: Path) -> None:
        super().__init__(port, _Asking)
        self._access = open(access_log, "a", encoding="utf-8", errors="backslashreplace", buffering=1)  # noqa: SIM115
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(certificate)
        self.reception = reception

    @property
    def uri(self) -> str:
        return f"https://127.0.0.1:{self.port}"

    def note(self, peer: str, line: str, status: int) -> None:
        """Write a request's line into splunkd_access.log."""
        now = datetime.now(timezone.utc)
        self._access.write(
            f'{peer} - - [{now:%d/%b/%Y:%H:%M:%S}.{now.microsecond // 1000:03d} +0000] "{line}" {status}\n'
        )

    def get_request(self) -> tuple[Any, Any]:
        plain, address = self.socket.accept()
        plain.settimeout(IDLE_SECONDS)
        return self._context.wrap_socket(plain, server_side=True, do_handshake_on_connect=False), address


class _Asking(Conversation):
    server: Server

    def respond(self) -> None:
        answer = self._answer(self.body())
        self.server.note(self.client_address[0], self.requestline, answer.status)
        # As splunkd does; the SDK closes its socket before it reads unless it is told that the connection closes.
        connection = ("Connection", "Close" if self.close_connection else "Keep-Alive")
        self.send(answer.status, answer.content_type, answer.body, (*answer.headers, connection))

    def _answer(self, body: bytes | None) -> Answer:
        path = urlsplit(self.path)
        query = pairs(path.query)
        if body is None:
            return refusal(Refused(413, "Content-Length too large"), dict(query).get("output_mode") == "json")
        request = Request(
            self.command,
            path.path,
            query,
            form_pairs(body, self.headers.get("Content-Type", "")),
            body,
            self.headers.get("Authorization", ""),
            self.client_address[0],
            self.headers.get("Content-Type", ""),
        )
        return self.server.reception.answer(request)
