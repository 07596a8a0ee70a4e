"""Sockets whose time-out limits a whole exchange, not each single read.

Theory. Python's time-out limits one `recv`. A server that sends one byte at a time, or `100 Continue` or a proxy's
headers without end, answers every `recv` in time and holds a thread for ever. Here a time-out, once set, is a deadline:
each read gets what is left of it. Setting it again starts it again; None waits without a limit.

Rules: only reads need this; Python already limits the whole of a write or a TLS handshake. Seconds are the machine's,
as for every socket. The host name is looked up before there is a socket: the system's resolver has a limit of its own.
"""

from __future__ import annotations

import socket
import ssl
import time
from typing import Any, Optional


class _Bounded(socket.socket):
    """Its time-out limits all reads since it was set."""

    _until: Optional[float] = None

    def settimeout(self, value: Optional[float]) -> None:
        self._until = time.monotonic() + value if value else None
        super().settimeout(value)

    def recv(self, *arguments: Any) -> bytes:
        """See `socket`. Raises socket.timeout once the time is up."""
        if self._until is not None:
            self._leave_what_is_left(self._until)
        return super().recv(*arguments)

    def recv_into(self, *arguments: Any) -> int:
        """See `socket`. Raises socket.timeout once the time is up."""
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
    """A TLS connection; contexts create it through their `sslsocket_class`."""


def bound(sock: socket.socket) -> BoundedSocket:
    """The same connection, with a time-out that limits the whole exchange; `sock` is detached and no longer usable."""
    timeout = sock.gettimeout()
    bounded = BoundedSocket(sock.family, sock.type, sock.proto, fileno=sock.detach())
    bounded.settimeout(timeout)
    return bounded
