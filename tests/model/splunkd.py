"""splunkd as the model knows it: a pipe of some elements, a memory that is lost at a kill, and an index that stays.

Rules: what splunkd has taken is indexed `MEMORY` seconds later. The end of an input loses what is in the pipe and the
`LAST` half second of the memory; the end of splunkd loses all of both.
"""

from __future__ import annotations

from typing import Callable, Dict, List, NamedTuple

from falcon_streams.core.batch import Batch
from falcon_streams.errors import Stopped
from tests.model.strands import StrandClock, pause

ROOM = 8
MEMORY = 25.0
LAST = 0.5


class Element(NamedTuple):
    """One event on its way: `ticket` counts the elements up to it, `at` is when it was written or taken."""

    partition: str
    offset: int
    ticket: int
    at: float


class ModelPipe:
    """The port `Sink`, and what becomes of the events behind it."""

    def __init__(self, clock: StrandClock, wrote: Callable[[str, int], None]) -> None:
        self.blocked = False
        self.index: Dict[str, List[int]] = {}
        self.receipted: Dict[str, int] = {}
        self._clock = clock
        self._wrote = wrote
        self._stopped = False
        self._written = self._taken = 0
        self._pipe: List[Element] = []
        self._memory: List[Element] = []

    def write(self, partition: str, batch: Batch) -> int:
        """Put the events into the pipe, waiting for room."""
        for offset in map(int, batch.offsets):
            while len(self._pipe) >= ROOM and not self._stopped:
                pause()
            if self._stopped:
                raise Stopped("stopped")
            self._written += 1
            self._pipe.append(Element(partition, offset, self._written, self._clock.monotonic()))
            self._wrote(partition, offset)
        return self._written

    def taken(self) -> int:
        """How many elements left the pipe."""
        return self._taken

    def take(self, count: int) -> None:
        """splunkd takes so many elements, and indexes what has been in its memory long enough."""
        at = self._clock.monotonic()
        moved, self._pipe = self._pipe[:count], self._pipe[count:]
        for element in moved:
            self._taken = element.ticket
            self.receipted[element.partition] = max(self.receipted.get(element.partition, -1), element.offset)
            self._memory.append(element._replace(at=at))
        self._settle([element for element in self._memory if element.at <= at - MEMORY])

    def stop(self) -> None:
        """Refuse further writes."""
        self._stopped = True

    def close(self) -> None:
        """The end of the stream."""

    def lose(self, splunkd_too: bool) -> None:
        """The input has ended, or splunkd was killed with it; the next input gets a new pipe."""
        if splunkd_too:
            self._memory.clear()
        else:
            kept = [element for element in self._memory if element.at <= self._clock.monotonic() - LAST]
            self._memory = kept
        self._pipe.clear()
        self._written = self._taken = 0
        self._stopped = False

    def flush(self) -> None:
        """Index all that was taken."""
        self._settle(list(self._memory))

    def _settle(self, elements: List[Element]) -> None:
        for element in elements:
            self._memory.remove(element)
            self.index.setdefault(element.partition, []).append(element.offset)
