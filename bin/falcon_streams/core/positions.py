"""How far a partition has come: received, written, receipted, settled, committed.

Theory. The reader notes a mark after each batch: the last offset in it and the ticket, the count of bytes that the
sink had written by then. When splunkd has taken that many bytes out of the pipe the mark is receipted; `SETTLE` seconds
later it is settled and may be committed (splunkd can drop its last half second when it stops an input). Marks closer
than `GRAIN` seconds are merged into the later one, which only makes a commit wait longer, never less.

Rules: committed <= receipted <= written <= received. A reset by the vendor begins a new sequence of offsets; each mark
knows its own, because marks of the former one may still await their receipt. An offset that does not rise is a reset,
whoever has noticed it. 0 is a real offset; None means that there is none. Callers hold a lock: the reader notes, the
supervisor commits. Times are monotonic seconds.
"""

from __future__ import annotations

from collections import deque
from typing import Deque, NamedTuple, Optional

from falcon_streams.core.envelope import Event

SETTLE = 1.0
GRAIN = 0.05


class Sequence(NamedTuple):
    """One sequence of offsets: how many resets before it, and the creation time (epoch milliseconds) below which its
    events were not read, None for all."""

    number: int = 0
    not_before: Optional[int] = None


class Mark(NamedTuple):
    """The last placed event of a batch, its sequence, the sink's ticket behind it, and when it was written."""

    event: Event
    sequence: Sequence
    ticket: int
    at: float


class Settled(NamedTuple):
    """The event up to which all may be committed, and its sequence."""

    event: Event
    sequence: Sequence


class _Receipt(NamedTuple):
    settled: Settled
    at: float


class Position:
    """One partition's way from received to committed, within one run of the input."""

    def __init__(self) -> None:
        self.last: Optional[Event] = None
        self.sequence = Sequence()
        self.written_offset: Optional[int] = None
        self._marks: Deque[Mark] = deque()
        self._receipts: Deque[_Receipt] = deque()

    def begin_sequence(self, not_before: Optional[int] = None) -> None:
        """Falcon has begun a new sequence; what was created before `not_before` is not read."""
        self.sequence = Sequence(self.sequence.number + 1, not_before)
        self.last = None

    def wrote(self, event: Event, ticket: int, at: float) -> None:
        """A batch that ends with this placed event was handed to the sink."""
        if self.last is not None and _offset(event) <= _offset(self.last):
            self.begin_sequence()
        self.last = event
        self.written_offset = event.offset
        merged = self._marks and at - self._marks[-1].at < GRAIN
        mark = Mark(event, self.sequence, ticket, self._marks[-1].at if merged else at)
        if merged:
            self._marks[-1] = mark
        else:
            self._marks.append(mark)

    @property
    def awaits_receipt(self) -> bool:
        """Whether something was written that splunkd was not yet seen to have taken."""
        return bool(self._marks)

    def receipt(self, taken: int, at: float) -> None:
        """`taken` bytes are out of the pipe at this time: the marks up to there are receipted."""
        receipted: Optional[Settled] = None
        while self._marks and self._marks[0].ticket <= taken:
            mark = self._marks.popleft()
            receipted = Settled(mark.event, mark.sequence)
        if receipted is not None:
            self._receipts.append(_Receipt(receipted, at))

    def settled(self, until: float) -> Optional[Settled]:
        """The event up to which all was receipted `SETTLE` seconds before `until`; None where that is nothing new."""
        found: Optional[Settled] = None
        while self._receipts and self._receipts[0].at <= until - SETTLE:
            found = self._receipts.popleft().settled
        return found


def _offset(event: Event) -> int:
    return -1 if event.offset is None else event.offset
