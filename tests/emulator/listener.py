"""Listening sockets on loopback, their connections, and every way a connection can end.

Rules: one thread per connection, the TLS handshake in it, so that a slow client holds up nobody. All connections are
known, so that `stop` ends them at once; one that somebody else has taken over is kept and is theirs to end. A
connection ends in an orderly way (close_notify, FIN), broken off (FIN alone) or reset (RST): what the other side sees
of it matters here.
"""

from __future__ import annotations

import socket
import ssl
import struct
import threading
from typing import Callable, Optional

_HANDSHAKE_TIMEOUT = 10.0
_IDLE_TIMEOUT = 120.0  # of a kept-alive connection on which nothing is asked
_JOIN_TIMEOUT = 5.0
_BACKLOG = 1024  # as many as may connect at once: a thousand tenants after an outage


class Connection:
    """One accepted connection."""

    def __init__(self, sock: socket.socket, peer: str) -> None:
        self.socket = sock
        self.peer = peer
        self.is_kept = False  # somebody has taken it over from the thread that served it

    def close(self) -> None:
        """End in an orderly way: close_notify where TLS is spoken, then FIN."""
        if isinstance(self.socket, ssl.SSLSocket):
            try:
                self.socket.settimeout(0)
                self.socket.unwrap()
            except (OSError, ValueError):
                pass  # the goodbye is sent; the client's own is not waited for
        self.break_off()

    def break_off(self) -> None:
        """End without a word: FIN alone."""
        self.shut_down()
        self.socket.close()

    def reset(self) -> None:
        """End so that the client sees its connection reset."""
        try:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            socket.close(self.socket.detach())
        except OSError:
            pass  # it has ended already

    def shut_down(self) -> None:
        """Wake whoever reads or writes here; any thread may call it."""
        try:
            socket.socket.shutdown(self.socket, socket.SHUT_RDWR)
        except OSError:
            pass  # it has ended already


class Listener:
    """A port on 127.0.0.1 whose connections are given to `serve`, each in a thread of its own."""

    def __init__(self, serve: Callable[[Connection], None], port: int, context: Optional[ssl.SSLContext]) -> None:
        self._serve = serve
        self._context = context
        self._open: dict[Connection, threading.Thread] = {}
        self._lock = threading.Lock()
        self._stopped = False
        self._socket = socket.create_server(("127.0.0.1", port), backlog=_BACKLOG)
        self.port: int = self._socket.getsockname()[1]
        self.accepted = 0
        self._thread = threading.Thread(target=self._accept, name=f"emulator-port-{self.port}", daemon=True)
        self._thread.start()

    def present(self, context: ssl.SSLContext) -> None:
        """Speak TLS with this to whoever connects from now on."""
        self._context = context

    def stop(self) -> None:
        """Listen no more, end every connection, wait for their threads."""
        self._stopped = True
        try:
            self._socket.shutdown(socket.SHUT_RDWR)  # wakes the accept
        except OSError:
            pass
        self._socket.close()
        self._thread.join(_JOIN_TIMEOUT)
        with self._lock:
            threads = dict(self._open)
        for connection in threads:
            connection.shut_down()
        for thread in threads.values():
            thread.join(_JOIN_TIMEOUT)

    def _accept(self) -> None:
        while not self._stopped:
            try:
                sock, address = self._socket.accept()
            except OSError:
                return
            self.accepted += 1
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            connection = Connection(sock, str(address[0]))
            thread = threading.Thread(target=self._run, args=(connection,), name="emulator-connection", daemon=True)
            with self._lock:
                self._open[connection] = thread
                thread.start()

    def _run(self, connection: Connection) -> None:
        try:
            if self._context is not None:
                connection.socket.settimeout(_HANDSHAKE_TIMEOUT)
                connection.socket = self._context.wrap_socket(
                    connection.socket, server_side=True, do_handshake_on_connect=False
                )
                connection.socket.do_handshake()
            connection.socket.settimeout(_IDLE_TIMEOUT)
            if not self._stopped:
                self._serve(connection)
        except OSError:
            pass  # the client went away, or does not trust the test CA
        finally:
            if not connection.is_kept:
                connection.break_off()
            with self._lock:
                self._open.pop(connection, None)
