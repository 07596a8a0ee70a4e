"""Sockets whose time-out bounds a whole exchange, and not each read of it.

Theory. Python's time-out holds for one `recv`. Whoever answers a byte at a time, or sends `100 Continue` or a proxy's
headers without end, keeps every one of them within it and holds a thread for ever. Here a time-out, once set, is a
deadline: each read gets what is left of it. Whoever sets it anew begins anew; None waits without a limit.

Rules: reads are bounded; of a write, and of a TLS handshake, Python bounds the whole already. Seconds are those of the
machine, as every socket's are. The name of a host is looked up before there is a socket: the system's resolver has a
limit of its own.
"""

from __future__ import annotations

import socket
import ssl
import time
from typing import Any, Optional


class _Bounded(socket.socket):
    """Its time-out bounds all reads since it was set."""

    _until: Optional[float] = None

    def settimeout(self, value: Optional[float]) -> None:
        self._until = time.monotonic() + value if value else None
        super().settimeout(value)

    def recv(self, *arguments: Any) -> bytes:
        """See `socket`. Raises socket.timeout once the time is over."""
        if self._until is not None:
            self._leave_what_is_left(self._until)
        return super().recv(*arguments)

    def recv_into(self, *arguments: Any) -> int:
        """See `socket`. Raises socket.timeout once the time is over."""
        if self._until is not None:
            self._leave_what_is_left(self._until)
        return super().recv_into(*arguments)

    def _leave_what_is_left(self, until: float) -> None:
        left = until - time.monotonic()
        if left <= 0:
            raise socket.timeout("the exchange took too long")
        super().settimeout(left)


class BoundedSocket(_Bounded):
    """A socket that is not encrypted, or not yet."""


class BoundedTls(_Bounded, ssl.SSLSocket):
    """A TLS connection; a context makes it of its `sslsocket_class`."""


def bound(sock: socket.socket) -> BoundedSocket:
    """The same connection, with a time-out that bounds the whole; the socket handed in is used up."""
    timeout = sock.gettimeout()
    bounded = BoundedSocket(sock.family, sock.type, sock.proto, fileno=sock.detach())
    bounded.settimeout(timeout)
    return bounded
