"""splunkd's end of the pipes: a process that takes what contenders write as fast as it comes, and notes instants.

Rules: it reads named FIFOs, because only a FIFO tells our sink what was taken. It knows nothing of events but the marks
that the source sets: `watch` waits for the last event of a run, `stamp` collects the instant at which each marked event
was there to its last byte. Between orders it reads nothing, so the pipes fill.
"""

from __future__ import annotations

import multiprocessing
import os
import re
import select
import time
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Dict, List, NamedTuple, Sequence, Tuple

from tests.bench.meters import THEIR_CORES

PIECE = 1 << 20
# A marked event is the last one of its feed, so with one feed it ends what is in the pipe: the search costs nothing.
TAIL = 4096
_STAMPED = re.compile(rb'"Mark":"([^"]{1,60}-[0-9]{7}-)"[^\n]*?</event>')


class Watch(NamedTuple):
    """Wait until the mark was seen so many times; `anywhere` where it may not be the last."""

    mark: str
    times: int = 1
    anywhere: bool = False


class Stamp(NamedTuple):
    """Collect the instants of events for so long."""

    seconds: float


class Drain:
    """The process, seen from the bench."""

    def __init__(self, fifos: Sequence[Path]) -> None:
        """Reads these FIFOs, which nobody needs to have opened yet."""
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=run, args=(theirs, list(fifos)), daemon=True)
        self._process.start()
        self._pipe.recv()

    def close(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.join()
        self._pipe.close()

    def begin(self, order: object) -> None:
        """Give it a `Watch` or a `Stamp`; comes back when it has begun."""
        self._pipe.send(order)
        self._pipe.recv()

    def seen(self, seconds: float = 300.0) -> float:
        """When the mark that is watched for was there; AssertionError when time is up."""
        assert self._pipe.poll(seconds), "the mark did not come through"
        return float(self._pipe.recv())

    def stamps(self, seconds: float) -> Dict[str, float]:
        """The instants by mark, once the time is over."""
        assert self._pipe.poll(seconds + 30.0), "the drain has stopped"
        stamps: Dict[str, float] = self._pipe.recv()
        return stamps


def run(owner: Connection, fifos: List[Path]) -> None:
    """The process itself."""
    os.sched_setaffinity(0, THEIR_CORES)
    poll = select.poll()
    for fifo in fifos:
        poll.register(os.open(fifo, os.O_RDONLY | os.O_NONBLOCK), select.POLLIN)
    owner.send("open")
    while True:
        try:
            order = owner.recv()
        except EOFError:
            return
        owner.send("begun")
        owner.send(_watch(poll, order) if isinstance(order, Watch) else _stamp(poll, order.seconds))


def _watch(poll: select.poll, order: Watch) -> float:
    wanted = order.mark.encode()
    buffer = bytearray(PIECE)
    kept: Dict[int, bytes] = {}
    seen = 0
    while True:
        for descriptor in _ready(poll, -1):
            count = os.readv(descriptor, [buffer])
            begin = 0 if order.anywhere else max(0, count - TAIL)
            text = kept.get(descriptor, b"") + buffer[begin:count]
            seen += text.count(wanted)
            kept[descriptor] = text[1 - len(wanted) :]  # one byte less than the mark, so that none counts twice
            if seen >= order.times:
                return time.monotonic()


def _stamp(poll: select.poll, seconds: float) -> Dict[str, float]:
    stamps: Dict[str, float] = {}
    held: Dict[int, bytes] = {}
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        for descriptor in _ready(poll, 50):
            data = held.pop(descriptor, b"") + os.read(descriptor, PIECE)
            now = time.monotonic()
            whole, end, rest = data.rpartition(b"</event>")
            stamps.update((mark.decode(), now) for mark in _STAMPED.findall(whole + end))
            held[descriptor] = rest
    return stamps


def _ready(poll: select.poll, milliseconds: int) -> List[int]:
    """Descriptors with something to read; those whose writer has gone are forgotten."""
    events: List[Tuple[int, int]] = poll.poll(milliseconds)
    for descriptor, flags in events:
        if not flags & select.POLLIN:
            poll.unregister(descriptor)
            os.close(descriptor)
    return [descriptor for descriptor, flags in events if flags & select.POLLIN]
