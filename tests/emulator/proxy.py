"""A CONNECT proxy that answers as the real Falcon hosts, so that `us-1` and the region redirect run unmodified.

Rules: a Falcon name on port 443 leads to the emulator's API or firehose, a port of the emulator itself to that port,
anything else nowhere; every target asked for is kept. A tunnel passes on how each side ends: FIN as FIN, reset as
reset.
"""

from __future__ import annotations

import base64
import select
import socket
import ssl
from typing import Callable, Optional

from tests.emulator.clouds import API_HOSTS, FIREHOSE_HOSTS
from tests.emulator.exchange import Exchange
from tests.emulator.listener import Connection
from tests.emulator.tenant import Tenant
from tests.emulator.wire import Answer, Request, render_head

_PIECE = 65536


class Proxy:
    """The proxy before a tenant's API and firehose."""

    def __init__(self, tenant: Tenant, api_port: int, feed_port: int) -> None:
        self._tenant = tenant
        self._api_port = api_port
        self._feed_port = feed_port

    def serve(self, connection: Connection) -> None:
        """Tunnel one connection, or refuse it."""
        exchange, tenant = Exchange(self._tenant, connection), self._tenant
        for request in exchange.requests():
            fault = tenant.faults.take("proxy", tenant.clock.now()) or {}
            port = self._port(request.target)
            allowed = self._is_allowed(request)
            tenant.proxied.append(request.target)
            if exchange.is_spoiled("proxy", request, fault, {}):
                continue
            if not allowed:
                refusal = Answer(407, {"Proxy-Authenticate": 'Basic realm="emulator"'}, b"")
            elif request.method != "CONNECT" or port is None:
                refusal = Answer(502, {}, b"")
            else:
                tenant.record("proxy", request, 200)
                self._tunnel(connection, port)
                return
            exchange.answer("proxy", request, refusal, fault, {})

    def _port(self, target: str) -> Optional[int]:
        host, _, port = target.rpartition(":")
        if host in ("127.0.0.1", "localhost") and port in (str(self._api_port), str(self._feed_port)):
            return int(port)
        if port != "443":
            return None
        return self._api_port if host in API_HOSTS else self._feed_port if host in FIREHOSE_HOSTS else None

    def _is_allowed(self, request: Request) -> bool:
        login = self._tenant.options.proxy_login
        kind, _, value = str(request.headers.get("Proxy-Authorization", "")).partition(" ")
        wanted = base64.b64encode(":".join(login or ()).encode()).decode()
        return login is None or (kind.lower() == "basic" and value.strip() == wanted)

    def _tunnel(self, connection: Connection, port: int) -> None:
        upstream = Connection(socket.create_connection(("127.0.0.1", port)), connection.peer)
        try:
            connection.socket.sendall(render_head(200, {}))
            Tunnel(connection, upstream).run(self._tenant.stopping.is_set)
        finally:
            upstream.break_off()


class Tunnel:
    """Two connections, each carrying what the other receives."""

    def __init__(self, one: Connection, other: Connection) -> None:
        self._sides = {one.socket: (one, other), other.socket: (other, one)}
        self._owed: dict[socket.socket, bytes] = {one.socket: b"", other.socket: b""}
        for sock in self._owed:
            sock.setblocking(False)

    def run(self, is_stopping: Callable[[], bool]) -> None:
        """Carry bytes until both sides have ended, or one was reset."""
        listening = set(self._sides)
        while (listening or any(self._owed.values())) and not is_stopping():
            readers = [sock for sock in listening if not self._owed[self._sides[sock][1].socket]]
            writers = [sock for sock, owed in self._owed.items() if owed]
            pending = [sock for sock in readers if isinstance(sock, ssl.SSLSocket) and sock.pending()]
            readable, writable, _ = select.select(readers, writers, [], 0.0 if pending else 0.2)
            try:
                for sock in {*readable, *pending}:
                    if not self._receive(sock):
                        listening.discard(sock)
                for sock in writable:
                    self._owed[sock] = self._owed[sock][sock.send(self._owed[sock]) :]
            except (ssl.SSLWantReadError, ssl.SSLWantWriteError, BlockingIOError):
                continue
            except OSError:
                for connection, _ in self._sides.values():
                    connection.reset()
                return

    def _receive(self, sock: socket.socket) -> bool:
        other = self._sides[sock][1].socket
        data = sock.recv(_PIECE)
        if data:
            self._owed[other] += data
        elif not self._owed[other]:
            socket.socket.shutdown(other, socket.SHUT_WR)
        return bool(data)
