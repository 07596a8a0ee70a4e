"""The sending side of a feed's connection: writes that notice at once when the client leaves.

Rules: the socket does not block; whoever waits here waits for the client's goodbye, the feed's bell and the socket's
readiness together. A FIN is a goodbye even if a reset follows it, because a client that closes with unread bytes sends
both; a reset alone is none.
"""

from __future__ import annotations

import select
import socket
import ssl
from typing import Callable

from tests.emulator.feed import Bell
from tests.emulator.listener import Connection

_LOOK_AGAIN = 0.05  # an injected clock cannot ring the bell; this is how late its passing may be noticed


class Ended(Exception):
    """The feed is over; `how` is one of fin, reset (the client's), eof, cut, server reset (ours)."""

    def __init__(self, how: str) -> None:
        super().__init__(how)
        self.how = how


class Pipe:
    """What a feed writes to."""

    def __init__(self, connection: Connection, bell: Bell, look: Callable[[], None]) -> None:
        """`look` is called whenever time has passed in here; it raises `Ended` when the feed is to end."""
        self._socket = connection.socket
        self._bell = bell
        self._look = look
        self.written = 0
        self._socket.setblocking(False)

    def write(self, data: bytes, most: int = 0) -> None:
        """Write it all, at most that many bytes at a time."""
        view = memoryview(data)
        while view:
            try:
                sent = self._socket.send(view[: most or len(view)])
                self.written += sent
                view = view[sent:]
            except (ssl.SSLWantWriteError, ssl.SSLWantReadError, BlockingIOError):
                self.wait(_LOOK_AGAIN, writing=True)
                self._look()
            except OSError as error:
                raise Ended(_farewell(error)) from None

    def wait(self, seconds: float, writing: bool = False) -> None:
        """Wait for the bell, the client's goodbye, or room to write; `_LOOK_AGAIN` at most."""
        writers = [self._socket] if writing else []
        readers = [self._socket, self._bell]
        ready, _, _ = select.select(readers, writers, [], max(0.0, min(seconds, _LOOK_AGAIN)))
        if self._bell in ready:
            self._bell.hush()
        if self._socket in ready:
            self.listen()

    def listen(self) -> None:
        """Raise `Ended` when the client has left."""
        try:
            # The kernel is asked first: Python 3.11 tells of a reset under TLS as of a FIN (its gh-115627).
            socket.socket.recv(self._socket, 1, socket.MSG_PEEK)
            if not self._socket.recv(4096):
                raise Ended("fin")
        except (ssl.SSLWantReadError, BlockingIOError):
            return
        except OSError as error:
            raise Ended(_farewell(error)) from None


def _farewell(error: OSError) -> str:
    """What the client did: a send after its FIN fails with EPIPE, whatever came after the FIN."""
    return "reset" if isinstance(error, (ConnectionResetError, ConnectionAbortedError, TimeoutError)) else "fin"
