"""A sink and a store in memory, and feeds that are scripted as lists of bytes."""

from __future__ import annotations

from typing import Callable, Dict, FrozenSet, List, Optional, Sequence, Tuple, Union

from falcon_streams.core.batch import Batch
from falcon_streams.core.claim import Claim, Trace, View
from falcon_streams.core.discovery import Stream
from falcon_streams.core.record import Record, read_record
from falcon_streams.errors import Retryable, Stopped


class MemorySink:
    """Keeps what is written; `hold` lets nothing leave the pipe until it is False again."""

    def __init__(self) -> None:
        self.written: List[Tuple[str, bytes]] = []
        self.hold = False
        self.stopped = self.closed = False
        self._bytes = self._taken = 0

    def write(self, partition: str, batch: Batch) -> int:
        """Keep the events."""
        if self.stopped:
            raise Stopped("stopped")
        self.written += [(partition, line) for line in batch.lines]
        self._bytes += sum(map(len, batch.lines))
        return self._bytes

    def gather(self) -> None:
        """What is written goes out at once all the same."""

    def write_gathered(self) -> None:
        """Nothing is gathered."""

    def taken(self) -> int:
        """Everything, unless it is held."""
        if not self.hold:
            self._taken = self._bytes
        return self._taken

    def stop(self) -> None:
        """Refuse further writes."""
        self.stopped = True

    def close(self) -> None:
        """Note that the stream was ended."""
        self.closed = True

    def lines(self, partition: Optional[str] = None) -> List[bytes]:
        """What was written, in order."""
        return [line for name, line in self.written if partition in (None, name)]


class MemoryStore:
    """Keeps records as bytes, as a real store must; `broken` refuses to take any."""

    def __init__(self) -> None:
        self.stored: Dict[str, bytes] = {}
        self.saves: List[Record] = []
        self.broken = False

    def partitions(self) -> frozenset[str]:
        """The partitions that have a record."""
        return frozenset(self.stored)

    def load(self, partition: str) -> Optional[Record]:
        """The record, None where there never was one."""
        data = self.stored.get(partition)
        return None if data is None else read_record(data)

    def save(self, records: Sequence[Record]) -> None:
        """Keep the records."""
        if self.broken:
            raise Retryable("the disk is full")
        for record in records:
            self.stored[record.partition] = record.to_bytes()
            self.saves.append(record)


class MemoryClaims:
    """Keeps claims as a store must: a generation is inserted once; `broken` answers nothing."""

    def __init__(self) -> None:
        self.claims: Dict[int, Claim] = {}
        self.traces: FrozenSet[Trace] = frozenset()
        self.broken: Optional[Exception] = None

    def look(self) -> View:
        """The newest claim, and the traces."""
        self._refuse()
        return View(self.claims[max(self.claims)] if self.claims else None, self.traces)

    def insert(self, claim: Claim) -> bool:
        """Add a claim, unless there is one of its generation."""
        self._refuse()
        return self.claims.setdefault(claim.generation, claim) is claim

    def replace(self, claim: Claim) -> None:
        """Replace a claim that is there."""
        self._refuse()
        if claim.generation not in self.claims:
            raise Retryable("there is no such claim", status=404)
        self.claims[claim.generation] = claim

    def _refuse(self) -> None:
        if self.broken is not None:
            raise self.broken


Step = Union[bytes, Exception]


class ScriptedFeed:
    """Gives one scripted step at each read: bytes, or an error to raise; b"" at its end."""

    gathers = True

    def __init__(self, steps: Sequence[Step]) -> None:
        self._steps = list(steps)
        self.finished = self.closed = False

    def read(self) -> bytes:
        """The next step."""
        if self.closed:
            raise AssertionError("read after close")
        if self.finished or not self._steps:
            return b""
        step = self._steps.pop(0)
        if isinstance(step, Exception):
            raise step
        return step

    def share(self) -> Optional[int]:
        """It has no descriptor."""
        return None

    def disown(self, start: bytes) -> Retryable:
        """What says that this was no feed."""
        return Retryable(f"no event stream: {start!r}")

    def finish(self) -> None:
        """No more."""
        self.finished = True

    def abort(self) -> None:
        """No more."""
        self.finished = True

    def close(self) -> None:
        """Closed."""
        self.closed = True


class ScriptedFeeds:
    """Opens feeds made by a function of stream and position; keeps what was asked for."""

    def __init__(self, make: Callable[[Stream, str], ScriptedFeed]) -> None:
        self._make = make
        self.asked: List[Tuple[str, str]] = []
        self.opened: List[ScriptedFeed] = []

    def open(self, stream: Stream, position: str) -> ScriptedFeed:
        """Open one."""
        self.asked.append((stream.partition, position))
        feed = self._make(stream, position)
        self.opened.append(feed)
        return feed
