"""The firehose of the bench: a process that sends prebuilt bytes, over TLS or plain, faster than any reader takes them.

Rules: each feed is greeted with a few events, then waits for orders: `Blast` sends bytes as fast as they go, `Pace`
one event at a time, each in a segment of its own, and notes when. The last event of a blast carries a mark that the
drain looks for. All instants are of the machine's monotonic clock, which processes share. It ends with its owner.
"""

from __future__ import annotations

import multiprocessing
import os
import queue
import socket
import threading
import time
from functools import cache
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Dict, List, NamedTuple, Optional, Tuple, Union

from tests.bench import sample
from tests.bench.meters import THEIR_CORES
from tests.emulator.authority import Authority

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
GREETING, POOL = 300, 2000
FIRST, GREETED = "bench-first-end", "bench-greeted-end"  # marks of the first and the last event of the greeting
HEARTBEAT = b"\r\n"
BY_EVENT = 0


class Blast(NamedTuple):
    """Send the sample so many times, in chunks of so many bytes (BY_EVENT: one event each), then an event marked so."""

    mark: str
    events: int
    cut: int = BY_EVENT
    times: int = 1


class LongLines(NamedTuple):
    """Send that many lines of so many bytes each in chunks of 256 KiB, then an event marked so."""

    mark: str
    size: int
    lines: int
    times: int = 1


class Pace(NamedTuple):
    """Send events at this rate for so many seconds, marked `<mark>-<number>`; answers the instant of each send."""

    mark: str
    rate: float
    seconds: float


class Beat(NamedTuple):
    """Send heartbeats, this many seconds apart, for so long."""

    apart: float
    seconds: float


Order = Union[Blast, LongLines, Pace, Beat]


class Source:
    """The process, seen from the bench. Feeds are numbered in the order in which they were opened."""

    def __init__(self, ca_dir: Optional[Path]) -> None:
        """`ca_dir` is the folder of the emulator's CA for TLS, None for plain sockets."""
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=serve, args=(theirs, ca_dir), daemon=True)
        self._process.start()
        self.port: int = self._pipe.recv()
        self.feeds: List[str] = []
        self._answers: Dict[int, Any] = {}

    def close(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.join()

    def wait_for_feeds(self, count: int, seconds: float = 60.0) -> List[int]:
        """The numbers of so many feeds that were opened since the last call; AssertionError when time is up."""
        known = len(self.feeds)
        deadline = time.monotonic() + seconds
        while len(self.feeds) < known + count:
            self._take(deadline)
        return list(range(known, known + count))

    def order(self, feed: int, order: Order) -> None:
        """Let a feed do this; `answer` waits for it."""
        self._pipe.send((feed, order))

    def answer(self, feed: int, seconds: float = 300.0) -> Any:
        """What came of the feed's last order: the instants of its sends."""
        deadline = time.monotonic() + seconds
        while feed not in self._answers:
            self._take(deadline)
        return self._answers.pop(feed)

    def _take(self, deadline: float) -> None:
        assert self._pipe.poll(max(0.0, deadline - time.monotonic())), "the source has nothing to say in time"
        feed, said = self._pipe.recv()
        if feed == len(self.feeds):
            self.feeds.append(said)
        else:
            self._answers[feed] = said


def serve(owner: Connection, ca_dir: Optional[Path]) -> None:
    """The process itself: accepts feeds, hands each its orders."""
    os.sched_setaffinity(0, THEIR_CORES)
    context = None if ca_dir is None else Authority(ca_dir).server_context()
    listener = socket.create_server(("127.0.0.1", 0), backlog=128)
    owner.send(listener.getsockname()[1])
    _pool()
    feeds: List[_Feed] = []
    said = threading.Lock()

    def say(feed: int, what: Any) -> None:
        with said:
            owner.send((feed, what))

    def accept() -> None:
        while True:
            sock, _ = listener.accept()
            threading.Thread(target=greet, args=(sock,), daemon=True).start()

    def greet(sock: socket.socket) -> None:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            plain_or_tls = sock if context is None else context.wrap_socket(sock, server_side=True)
            path = _read_request(plain_or_tls)
            with starting:
                feed = _Feed(plain_or_tls, len(feeds), say)
                feeds.append(feed)
                say(feed.number, path)
            feed.run()
        except OSError:
            sock.close()  # the reader has left

    starting = threading.Lock()
    threading.Thread(target=accept, daemon=True).start()
    while True:
        try:
            number, order = owner.recv()
        except EOFError:
            return
        feeds[number].orders.put(order)


class _Feed:
    def __init__(self, sock: socket.socket, number: int, say: Any) -> None:
        self._socket = sock
        self.number = number
        self._say = say
        self.orders: queue.SimpleQueue[Order] = queue.SimpleQueue()

    def run(self) -> None:
        first, *lines = _pool()[:GREETING]
        self._socket.sendall(HEAD + sample.chunk(_with_mark(first, FIRST) + b"\n"))
        self._socket.sendall(sample.cut_by_event([*lines, _with_mark(first, GREETED)]))
        while True:
            order = self.orders.get()
            self._say(self.number, self._carry_out(order))

    def _carry_out(self, order: Order) -> object:
        if isinstance(order, Pace):
            return self._pace(order)
        if isinstance(order, Beat):
            self._beat(order)
            return None
        body, last = _prebuilt(order)
        began = time.monotonic()
        for _ in range(order.times):
            self._socket.sendall(body)
        self._socket.sendall(last)
        return began

    def _pace(self, order: Pace) -> Dict[str, float]:
        pool = _pool()
        sent: Dict[str, float] = {}
        began = time.monotonic()
        for number in range(int(order.rate * order.seconds)):
            mark = f"{order.mark}-{number:07d}-"
            event = sample.chunk(_with_mark(pool[number % POOL], mark) + b"\n")
            due = began + number / order.rate
            wait = due - time.monotonic()
            if wait > 0:
                time.sleep(wait)
            sent[mark] = time.monotonic()
            self._socket.sendall(event)
        return sent

    def _beat(self, order: Beat) -> None:
        until = time.monotonic() + order.seconds
        while time.monotonic() < until:
            self._socket.sendall(sample.chunk(HEARTBEAT))
            time.sleep(order.apart)


_BUILT: Dict[Any, bytes] = {}


def _prebuilt(order: Union[Blast, LongLines]) -> Tuple[bytes, bytes]:
    key = order._replace(mark="")
    if key not in _BUILT:
        _BUILT[key] = _build(order)
    return _BUILT[key], sample.chunk(_with_mark(sample.make_lines(1)[0], order.mark) + b"\n")


def _build(order: Union[Blast, LongLines]) -> bytes:
    if isinstance(order, LongLines):
        line = _with_mark(sample.make_lines(1)[0], "x" * order.size)[: order.size - 2] + b'"}'
        return sample.cut_by_size([line] * order.lines, 256 * 1024)
    lines = sample.make_lines(order.events)
    return sample.cut_by_event(lines) if order.cut == BY_EVENT else sample.cut_by_size(lines, order.cut)


@cache
def _pool() -> List[bytes]:
    return sample.make_lines(POOL, seed=11)


def _with_mark(line: bytes, mark: str) -> bytes:
    return b'%b,"Mark":"%b"}' % (line[:-1], mark.encode())


def _read_request(sock: socket.socket) -> str:
    data = b""
    while b"\r\n\r\n" not in data:
        piece = sock.recv(65536)
        if not piece:
            raise OSError("no request")
        data += piece
    return data.split(b" ", 2)[1].decode("ascii")
