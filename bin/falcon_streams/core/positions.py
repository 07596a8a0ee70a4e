"""How far a partition has come: received, written, receipted, settled, committed.

Theory. The reader notes a mark after each batch: the last offset in it and the ticket, the count of bytes that the
sink had written by then. When splunkd has taken that many bytes out of the pipe the mark is receipted; `SETTLE` seconds
later it is settled and may be committed (splunkd can drop its last half second when it stops an input). Marks closer
than `GRAIN` seconds are merged into the later one, which only makes a commit wait longer, never less.

Rules: committed <= receipted <= written <= received. A reset by the vendor begins a new sequence of offsets; each mark
knows its own, because marks of the former one may still await their receipt. An offset that does not rise is a reset,
whoever has noticed it. 0 is a real offset; None means that there is none. Callers hold a lock: the reader notes, the
supervisor commits. Times are monotonic seconds. `run/progress.py` keeps the marks of a partition.
"""

from __future__ import annotations

from typing import Deque, NamedTuple, Optional

from falcon_streams.core.envelope import Event

SETTLE = 1.0
GRAIN = 0.05


class OffsetSequence(NamedTuple):
    """One sequence of offsets: how many resets before it, and the creation time (epoch milliseconds) below which its
    events were not read, None for all."""

    number: int = 0
    not_before: Optional[int] = None


class Mark(NamedTuple):
    """The last placed event of a batch, its sequence, the sink's ticket behind it, and when it was written; or, once it
    is receipted, when that was."""

    event: Event
    sequence: OffsetSequence
    ticket: int
    at: float


class Marks(Deque[Mark]):
    """The marks of one partition that await their receipt, or those that have it and settle; the oldest is first."""

    def add(self, event: Event, sequence: OffsetSequence, ticket: int, at: float) -> None:
        """Add the mark of a batch; closer than `GRAIN` to the one before, it replaces that and keeps its time."""
        if self and at - self[-1].at < GRAIN:
            self[-1] = Mark(event, sequence, ticket, self[-1].at)
        else:
            self.append(Mark(event, sequence, ticket, at))

    def take_receipted(self, taken: int) -> Optional[Mark]:
        """Take out the marks whose bytes are among the `taken` ones; returns the last of them."""
        found: Optional[Mark] = None
        while self and self[0].ticket <= taken:
            found = self.popleft()
        return found

    def take_settled(self, until: float) -> Optional[Mark]:
        """Take out the marks that were receipted `SETTLE` seconds before `until`; returns the last of them."""
        found: Optional[Mark] = None
        while self and self[0].at <= until - SETTLE:
            found = self.popleft()
        return found


def is_reset(before: Event, event: Event) -> bool:
    """Whether this event begins a new sequence: its offset does not rise above that of the event before."""
    return _offset(event) <= _offset(before)


def _offset(event: Event) -> int:
    return -1 if event.offset is None else event.offset
