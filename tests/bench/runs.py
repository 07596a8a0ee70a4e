"""One run of a contender between source and drain, from its start to its end, and what it cost on the way.

Rules: costs are those of the process between two instants, so its start-up has no part in them. A run ends its
processes, whatever happens; if nothing comes through, the input's own log is part of the error.
"""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import sys
import termios
import time
from pathlib import Path
from types import TracebackType
from typing import Dict, List, NamedTuple, Optional, Type, Union

from tests.bench import meters
from tests.bench.drain import Drain, Stamp, Watch
from tests.bench.source import FIRST, GREETED, Blast, LongLines, Pace
from tests.bench.stage import Stage

OURS, FLOOR, TEXTBOOK = "ours", "floor", "textbook"
# After its first events a contender still does what follows a start.
CALM = {OURS: 0.3, FLOOR: 0.1, TEXTBOOK: 0.1}
# What was received is receipted, settled and committed within this time, and belongs to the cost.
SETTLED = {OURS: 2.2, FLOOR: 0.0, TEXTBOOK: 0.0}


class Cost(NamedTuple):
    """What an order cost: seconds of CPU, seconds from the first byte sent to the last one in the pipe."""

    cpu: float
    wall: float


class Run:
    """A contender, started and greeted. A context manager."""

    def __init__(self, stage: Stage, python: Path, who: str = OURS, partitions: int = 1) -> None:
        self.stage = stage
        self.who = who
        self._python = python
        self._partitions = partitions

    def __enter__(self) -> Run:
        fifo = self._fifo = self.stage.fifo()
        self.drain = Drain([fifo])
        self.drain.begin(Watch(FIRST, anywhere=True))
        self.began = time.monotonic()
        self.process = self._start(fifo)
        try:
            self.feeds = self.stage.source.wait_for_feeds(self._partitions)
            self.first_event_at = self.drain.seen(30.0)
            self.drain.begin(Watch(GREETED, self._partitions, anywhere=True))
            self.drain.seen(30.0)
        except BaseException:
            self.__exit__(None, None, None)
            raise
        time.sleep(CALM[self.who])
        return self

    def __exit__(
        self, kind: Optional[Type[BaseException]], error: Optional[BaseException], trace: Optional[TracebackType]
    ) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        self.drain.close()
        if error is not None:
            print(self.stage.log()[-3000:], flush=True)

    @property
    def pid(self) -> int:
        """The process."""
        return self.process.pid

    def waiting(self) -> int:
        """How many bytes are in the pipe."""
        descriptor = os.open(self._fifo, os.O_RDONLY | os.O_NONBLOCK)
        try:
            answer = fcntl.ioctl(descriptor, termios.FIONREAD, b"\0\0\0\0")
            return int.from_bytes(answer, sys.byteorder)
        finally:
            os.close(descriptor)

    def carry(self, order: Union[Blast, LongLines]) -> Cost:
        """Let every feed send this, and wait for the end of all."""
        self.drain.begin(Watch(order.mark, len(self.feeds), anywhere=len(self.feeds) > 1))
        before = meters.cpu_seconds(self.pid)
        for feed in self.feeds:
            self.stage.source.order(feed, order)
        ended = self.drain.seen()
        began = min(float(self.stage.source.answer(feed)) for feed in self.feeds)
        time.sleep(SETTLED[self.who])
        return Cost(meters.cpu_seconds(self.pid) - before, ended - began)

    def pace(self, rate: float, seconds: float) -> Pacing:
        """Let every feed send events at this rate; what became of each."""
        self.drain.begin(Stamp(seconds + 1.0))
        before = meters.cpu_seconds(self.pid)
        for feed in self.feeds:
            self.stage.source.order(feed, Pace(f"bench-{feed}", rate, seconds))
        sent: Dict[str, float] = {}
        for feed in self.feeds:
            sent.update(self.stage.source.answer(feed))
        stamps = self.drain.stamps(seconds)
        return Pacing(sent, stamps, (meters.cpu_seconds(self.pid) - before) / seconds)

    def _start(self, fifo: Path) -> subprocess.Popen[bytes]:
        if self.who == OURS:
            return self.stage.start_ours(self._python, fifo, self._partitions)
        return self.stage.start_reader(self.who, self._python, fifo)


class Pacing(NamedTuple):
    """Events sent one by one: when each was sent, when each was in the pipe, and the share of a core it took."""

    sent: Dict[str, float]
    arrived: Dict[str, float]
    share: float

    @property
    def lost(self) -> int:
        """Events that were not in the pipe a second after the last one was sent."""
        return len(self.sent) - len(self.arrived.keys() & self.sent.keys())

    def latencies(self) -> List[float]:
        """Seconds on the way, in ascending order."""
        return sorted(at - self.sent[mark] for mark, at in self.arrived.items() if mark in self.sent)


def percentile(ordered: List[float], share: float) -> float:
    """The value that this share of the ordered values does not exceed."""
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
