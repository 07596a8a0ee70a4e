"""splunkd as the model knows it: a pipe of some elements, a memory that is lost at a kill, and an index that stays.

Rules: what splunkd has taken is indexed `MEMORY` seconds later. The end of an input loses what is in the pipe and the
`LAST` half second of the memory; the end of splunkd loses all of both. While the machine sleeps, splunkd does too.
"""

from __future__ import annotations

from typing import Callable, Dict, List, NamedTuple, Set

from falcon_streams.core.batch import Batch
from falcon_streams.errors import SplunkdGone, Stopped
from tests.model.log import serial_of
from tests.model.strands import StrandClock, pause

ROOM = 8
MEMORY = 25.0
LAST = 0.5


class Element(NamedTuple):
    """One event on its way: `ticket` counts the elements up to it, `at` is when it was written or taken."""

    partition: str
    serial: int
    ticket: int
    at: float


class ModelPipe:
    """The port `Sink`, and what becomes of the events behind it."""

    def __init__(self, clock: StrandClock, wrote: Callable[[str, int], None]) -> None:
        self.blocked = False
        self.index: Set[int] = set()
        self.receipted: Dict[str, int] = {}
        self.may_write: Callable[[], bool] = lambda: True
        self.is_gone = False
        self._clock = clock
        self._wrote = wrote
        self._stopped = False
        self._written = self._taken = 0
        self._pipe: List[Element] = []
        self._memory: List[Element] = []

    def write(self, partition: str, batch: Batch) -> int:
        """Put the events into the pipe, waiting for room."""
        if not self.may_write():
            raise Stopped("another one reads")
        for serial in map(serial_of, batch.lines):
            while len(self._pipe) >= ROOM and not (self._stopped or self.is_gone):
                pause()
            if self._stopped:
                raise Stopped("stopped")
            if self.is_gone:
                raise SplunkdGone("nobody reads the pipe")
            self._written += 1
            self._pipe.append(Element(partition, serial, self._written, self._clock.monotonic()))
            self._wrote(partition, serial)
        return self._written

    def gather(self) -> None:
        """What is written goes out at once all the same."""

    def write_gathered(self) -> None:
        """Nothing is gathered."""

    def taken(self) -> int:
        """How many elements left the pipe."""
        return self._taken

    def take(self, count: int) -> None:
        """splunkd takes so many elements, and indexes what has been in its memory long enough."""
        at = self._clock.monotonic()
        moved, self._pipe = self._pipe[:count], self._pipe[count:]
        for element in moved:
            self._taken = element.ticket
            self.receipted[element.partition] = max(self.receipted.get(element.partition, -1), element.serial)
            self._memory.append(element._replace(at=at))
        self._settle(lambda element: element.at <= at - MEMORY)

    def stop(self) -> None:
        """Refuse further writes."""
        self._stopped = True

    def close(self) -> None:
        """The end of the stream."""

    def die(self) -> None:
        """splunkd is killed; the input may live on for a while."""
        self.is_gone = True
        self._memory.clear()
        self._pipe.clear()

    def sleep(self, seconds: float) -> None:
        """The machine sleeps so long."""
        self._memory = [element._replace(at=element.at + seconds) for element in self._memory]

    def begin(self) -> None:
        """The former input has ended, and with it its pipe; the next one gets a new one."""
        self._memory = [each for each in self._memory if each.at <= self._clock.monotonic() - LAST]
        self._pipe.clear()
        self._written = self._taken = 0
        self._stopped = self.is_gone = False

    def flush(self) -> None:
        """Index all that was taken."""
        self._settle(lambda element: True)

    def _settle(self, is_safe: Callable[[Element], bool]) -> None:
        self.index.update(element.serial for element in self._memory if is_safe(element))
        self._memory = [element for element in self._memory if not is_safe(element)]
