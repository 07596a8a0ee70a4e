"""The sending side of a feed's connection: writes that notice at once when the client leaves.

Rules: the socket does not block. What has to wait here yields the instant until which it would, and is resumed by the
loop of the feeds then, or earlier: when the bell rings, when the client is heard, when there is room to write. A FIN is
a goodbye even if a reset follows it, because a client that closes with unread bytes sends both; a reset alone is none.
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Generator
from typing import Callable

from tests.emulator.listener import Connection

Steps = Generator[float, None, None]  # of emulated instants: when to go on at the latest


class Ended(Exception):
    """The feed is over; `how` is one of fin, reset (the client's), eof, cut, server reset (ours)."""

    def __init__(self, how: str) -> None:
        super().__init__(how)
        self.how = how


class Pipe:
    """What a feed writes to."""

    def __init__(self, connection: Connection, look: Callable[[], Steps], until: Callable[[], float]) -> None:
        """`look` is asked whenever time has passed in here; it raises `Ended` when the feed is to end.

        `until` says when it will have something to say at the latest.
        """
        self._socket = connection.socket
        self._look = look
        self._until = until
        self.written = 0
        self.is_full = False  # whoever resumes us has to wait for room to write, too
        self.was_heard = True  # whether there may be something to read
        self._socket.setblocking(False)

    def write(self, data: bytes, most: int = 0) -> Steps:
        """Write it all, at most that many bytes at a time."""
        view = memoryview(data)
        while view:
            try:
                sent = self._socket.send(view[: most or len(view)])
                self.written += sent
                view = view[sent:]
            except (ssl.SSLWantWriteError, ssl.SSLWantReadError, BlockingIOError):
                self.is_full = True
                yield self._until()
                self.is_full = False
                self.listen()
                yield from self._look()
            except OSError as error:
                raise Ended(_farewell(error)) from None

    def wait(self, until: float) -> Steps:
        """Wait for the bell, the client's goodbye, or that instant."""
        yield until
        self.listen()

    def listen(self) -> None:
        """Raise `Ended` when the client has left."""
        if not self.was_heard:
            return
        self.was_heard = False
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
