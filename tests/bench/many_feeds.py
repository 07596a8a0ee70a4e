"""The source for thousands of feeds: one process and one loop, where `source.py` has a thread for each feed.

Rules: each feed is greeted with one event, then waits for orders, which go to all feeds at once: `Beats`, `Paces`, and
`Backlog`. A feed that is gone takes no part any more. All instants are of the machine's monotonic clock, which
processes share. It ends with its owner.
"""

from __future__ import annotations

import multiprocessing
import os
import random
import re
import resource
import selectors
import socket
import ssl
import time
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Callable, Dict, List, NamedTuple, Optional, Union

from tests.bench import sample
from tests.bench.meters import THEIR_CORES
from tests.bench.source import GREETED, HEAD, HEARTBEAT
from tests.emulator.authority import Authority

POOL = 2000
LOOK_AGAIN = 0.05
BETWEEN_LOOKS = 50
BACKLOG_FROM = 10_000_000
_OFFSET = re.compile(rb'"offset":[0-9]+')


class Beats(NamedTuple):
    """Send each feed a heartbeat every `apart` seconds, the feeds in turn, for so long."""

    apart: float
    seconds: float


class Paces(NamedTuple):
    """Send events one by one, at this rate in all, each to another feed, for so many seconds, marked `<mark>-<number>`;
    answers the instant of each send."""

    mark: str
    rate: float
    seconds: float


class Backlog(NamedTuple):
    """Send each feed so many events, as fast as it takes them, then one marked so; answers when it began."""

    mark: str
    events: int
    times: int = 1
    cut: int = 64 * 1024


Order = Union[Beats, Paces, Backlog]


class ManyFeeds:
    """The process, seen from the bench."""

    def __init__(self, ca_dir: Path) -> None:
        """`ca_dir` is the folder of the emulator's CA."""
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=serve, args=(theirs, ca_dir), daemon=True)
        self._process.start()
        self.port: int = self._pipe.recv()

    def close(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.join()

    def order(self, order: Order) -> None:
        """Let all feeds do this; `answer` waits for it."""
        self._pipe.send(order)

    def answer(self, seconds: float = 300.0) -> Any:
        """What came of the last order."""
        assert self._pipe.poll(seconds), "the source has nothing to say in time"
        return self._pipe.recv()


def serve(owner: Connection, ca_dir: Path) -> None:
    """The process itself."""
    os.sched_setaffinity(0, THEIR_CORES)
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    listener = socket.create_server(("127.0.0.1", 0), backlog=1024)
    owner.send(listener.getsockname()[1])
    _Loop(owner, listener, Authority(ca_dir).server_context()).run()


class _Feed:
    """One connection: its handshake, its request, then bytes that wait to be sent."""

    def __init__(self, sock: ssl.SSLSocket) -> None:
        self.socket = sock
        self.request = b""
        self.is_shaken = self.is_open = self.has_left = False
        self.bodies: List[memoryview] = []


class _Loop:
    def __init__(self, owner: Connection, listener: socket.socket, context: ssl.SSLContext) -> None:
        self._owner = owner
        self._listener = listener
        self._context = context
        self._selector = selectors.DefaultSelector()
        listener.setblocking(False)
        self._selector.register(listener, selectors.EVENT_READ)
        self._selector.register(owner, selectors.EVENT_READ)
        self._feeds: List[_Feed] = []  # in the order in which they were opened
        self._pool = sample.make_lines(POOL, seed=11)
        self._offset = 0  # of the last event: higher than all before, as on each of the feeds
        self._bodies: Dict[Any, bytes] = {}

    def run(self) -> None:
        try:
            while True:
                self._turn(None)
        except EOFError:
            return

    def _turn(self, seconds: Optional[float]) -> None:
        orders: List[Order] = []
        for key, events in self._selector.select(seconds):
            if key.fileobj is self._listener:
                self._accept()
            elif key.fileobj is self._owner:
                orders.append(self._owner.recv())
            else:
                if events & selectors.EVENT_READ:
                    self._guarded(key.data, self._hear)
                if events & selectors.EVENT_WRITE:
                    self._guarded(key.data, self._push)
        for order in orders:
            self._owner.send(self._carry_out(order))

    # -- opening ---------------------------------------------------------------------------------------------------

    def _accept(self) -> None:
        plain, _ = self._listener.accept()
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        plain.setblocking(False)
        sock = self._context.wrap_socket(plain, server_side=True, do_handshake_on_connect=False)
        self._selector.register(sock, selectors.EVENT_READ, _Feed(sock))

    def _hear(self, feed: _Feed) -> None:
        """Go on with the handshake and the request; raises OSError for a reader that has left."""
        if not feed.is_shaken:
            feed.socket.do_handshake()
            feed.is_shaken = True
        piece = feed.socket.recv(65536)
        if not piece:
            raise OSError("it has left")
        feed.request += piece
        if not feed.is_open and b"\r\n\r\n" in feed.request:
            feed.is_open = True
            self._feeds.append(feed)
            feed.socket.sendall(HEAD + self._event(0, GREETED))

    def _guarded(self, feed: _Feed, work: Callable[[_Feed], None]) -> None:
        """Do this with a feed, which is forgotten if its reader has left."""
        if feed.has_left:
            return
        try:
            work(feed)
        except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
            return
        except OSError:
            feed.has_left = True
            feed.bodies = []
            self._selector.unregister(feed.socket)
            feed.socket.close()
            if feed.is_open:
                self._feeds.remove(feed)

    # -- orders ----------------------------------------------------------------------------------------------------

    def _carry_out(self, order: Order) -> object:
        if isinstance(order, Beats):
            self._beat(order)
            return None
        if isinstance(order, Paces):
            return self._pace(order)
        return self._send_backlog(order)

    def _beat(self, order: Beats) -> None:
        feeds, apart, beat = list(self._feeds), order.apart / max(len(self._feeds), 1), sample.chunk(HEARTBEAT)
        began = time.monotonic()
        for number in range(int(order.seconds / apart)):
            _sleep_until(began + number * apart)
            self._guarded(feeds[number % len(feeds)], partial(_send, beat))

    def _pace(self, order: Paces) -> Dict[str, float]:
        feeds = random.Random(7).sample(self._feeds, len(self._feeds))
        sent: Dict[str, float] = {}
        began = time.monotonic()
        for number in range(int(order.rate * order.seconds)):
            mark = f"{order.mark}-{number:07d}-"
            event = self._event(number, mark)
            if number % BETWEEN_LOOKS == 0:
                self._turn(0.0)  # a reader that leaves says goodbye, and waits for the answer
            if not self._feeds:
                break
            _sleep_until(began + number / order.rate)
            sent[mark] = time.monotonic()
            self._guarded(feeds[number % len(feeds)], partial(_send, event))
        return sent

    def _send_backlog(self, order: Backlog) -> float:
        key = (order.events, order.cut)
        if key not in self._bodies:
            lines = sample.make_lines(order.events, first_offset=BACKLOG_FROM)
            self._bodies[key] = sample.cut_by_size(lines, order.cut)
        self._offset = max(self._offset, BACKLOG_FROM + order.events)
        body, last = self._bodies[key], self._event(0, order.mark)
        began = time.monotonic()
        for feed in list(self._feeds):
            feed.bodies = [memoryview(body)] * order.times + [memoryview(last)]
            self._selector.modify(feed.socket, selectors.EVENT_READ | selectors.EVENT_WRITE, feed)
        while any(feed.bodies for feed in self._feeds):
            self._turn(LOOK_AGAIN)
        return began

    def _event(self, number: int, mark: str) -> bytes:
        """An event of the pool, as the next one in a chunk of its own."""
        self._offset += 1
        line = _OFFSET.sub(b'"offset":%d' % self._offset, self._pool[number % POOL], 1)
        return sample.chunk(b'%b,"Mark":"%b"}\n' % (line[:-1], mark.encode()))

    def _push(self, feed: _Feed) -> None:
        """Send what the socket takes now."""
        count = feed.socket.send(feed.bodies[0])
        feed.bodies[0] = feed.bodies[0][count:]
        if not feed.bodies[0]:
            del feed.bodies[0]
        if not feed.bodies:
            self._selector.modify(feed.socket, selectors.EVENT_READ, feed)


def _send(data: bytes, feed: _Feed) -> None:
    feed.socket.sendall(data)


def _sleep_until(due: float) -> None:
    wait = due - time.monotonic()
    if wait > 0:
        time.sleep(wait)
