"""splunkd's end of the pipe: a process that takes what a contender writes as fast as it comes, and notes instants.

Rules: it reads a named FIFO, because only a FIFO tells our sink what was taken. It knows nothing of events but the
marks that the source sets. `watch` waits for one mark; `stamp` collects the instant at which each marked event was
there to its last byte. Between orders it reads nothing, so the pipe fills.
"""

from __future__ import annotations

import multiprocessing
import os
import re
import select
import time
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Dict, Tuple

from tests.bench.meters import THEIR_CORES

PIECE = 1 << 20
TAIL = 4096
_STAMPED = re.compile(rb'"Mark":"([^"]{1,60}-[0-9]{7}-)"[^\n]*?</event>')


class Drain:
    """The process, seen from the bench."""

    def __init__(self, fifo: Path, first: str) -> None:
        """Reads the FIFO from its opening; looks for the mark `first` at once."""
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=run, args=(theirs, fifo, first), daemon=True)
        self._process.start()

    def close(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.join()

    def seen(self, seconds: float = 300.0) -> Tuple[float, int]:
        """When the mark that is looked for was there, and the bytes read by then; AssertionError when time is up."""
        assert self._pipe.poll(seconds), "the mark did not come through"
        at, size = self._pipe.recv()
        return float(at), int(size)

    def watch(self, mark: str) -> None:
        """Look for this mark from now on; nothing may be on its way."""
        self._order(("watch", mark))

    def stamp(self, seconds: float) -> Dict[str, float]:
        """Collect the instants of marked events for so long."""
        self._order(("stamp", seconds))
        assert self._pipe.poll(seconds + 30.0), "the drain has stopped"
        stamps: Dict[str, float] = self._pipe.recv()
        return stamps

    def _order(self, order: Tuple[str, object]) -> None:
        self._pipe.send(order)
        assert self._pipe.poll(30.0)
        self._pipe.recv()  # it has begun


def run(owner: Connection, fifo: Path, first: str) -> None:
    """The process itself."""
    os.sched_setaffinity(0, THEIR_CORES)
    descriptor = os.open(fifo, os.O_RDONLY)
    _watch(owner, descriptor, first)
    while True:
        try:
            kind, value = owner.recv()
        except EOFError:
            return
        owner.send("begun")
        if kind == "watch":
            _watch(owner, descriptor, value)
        else:
            owner.send(_stamp(descriptor, value))


def _watch(owner: Connection, descriptor: int, mark: str) -> None:
    wanted, size = mark.encode(), 0
    buffer = bytearray(PIECE)
    tail = b""
    while True:
        count = os.readv(descriptor, [buffer])
        if not count:
            os._exit(0)
        size += count
        # the marked event is the last one sent, so it ends what is in the pipe
        tail = (tail + buffer[max(0, count - TAIL) : count])[-TAIL:]
        if wanted in tail:
            owner.send((time.monotonic(), size))
            return


def _stamp(descriptor: int, seconds: float) -> Dict[str, float]:
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    stamps: Dict[str, float] = {}
    held = b""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if not poll.poll(50):
            continue
        held += os.read(descriptor, PIECE)
        now = time.monotonic()
        end = held.rfind(b"</event>") + len(b"</event>")
        if end >= len(b"</event>"):
            for mark in _STAMPED.findall(held[:end]):
                stamps[mark.decode()] = now
            held = held[end:]
    return stamps
