"""How far a partition has come: received, written, receipted, settled, committed.

Theory. After each batch, the reader notes a mark: the last offset in the batch and the ticket, the count of bytes that
the sink had written by then. When splunkd has taken that many bytes out of the pipe, the mark is receipted. `SETTLE`
seconds later it is settled and may be committed (splunkd can drop its last half second when it stops an input). Marks
closer than `GRAIN` seconds are merged into the later one, which can only make a commit wait longer.

Rules: committed <= receipted <= written <= received. A reset by the vendor begins a new sequence of offsets. Each mark
knows its own sequence, because marks of the former one may still await their receipt. An offset that does not rise is a
reset, whoever notices it. 0 is a real offset; None means that there is none. Callers hold a lock: the reader notes, the
supervisor commits. Times are monotonic seconds. `run/progress.py` keeps the marks of a partition.
"""

from __future__ import annotations

from typing import Deque, NamedTuple, Optional

from falcon_streams.core.delivery import NOTHING, Counted
from falcon_streams.core.envelope import Event

SETTLE = 1.0
GRAIN = 0.05


class OffsetSequence(NamedTuple):
    """One sequence of offsets: how many resets came before it, and the creation time (epoch milliseconds) before which
    its events were not read, None if all were."""

    number: int = 0
    not_before: Optional[int] = None


class Mark(NamedTuple):
    """The last placed event of a batch, its sequence, the sink's ticket after the batch, the time of its write or,
    later, of its receipt, and what was counted up to it."""

    event: Event
    sequence: OffsetSequence
    ticket: int
    at: float
    counted: Counted = NOTHING


class Marks(Deque[Mark]):
    """The marks of one partition that await their receipt, or those that have it and settle; the oldest first."""

    def add(self, event: Event, sequence: OffsetSequence, ticket: int, at: float, counted: Counted = NOTHING) -> None:
        """Add the mark of a batch. If the mark before it is closer than `GRAIN`, replace that one and keep its time."""
        if self and at - self[-1].at < GRAIN:
            self[-1] = Mark(event, sequence, ticket, self[-1].at, counted)
        else:
            self.append(Mark(event, sequence, ticket, at, counted))

    def take_receipted(self, taken: int) -> Optional[Mark]:
        """Take out the marks whose bytes are among those `taken`; return the last of them."""
        found: Optional[Mark] = None
        while self and self[0].ticket <= taken:
            found = self.popleft()
        return found

    def take_settled(self, until: float) -> Optional[Mark]:
        """Take out the marks that were receipted `SETTLE` seconds before `until`; return the last of them."""
        found: Optional[Mark] = None
        while self and self[0].at <= until - SETTLE:
            found = self.popleft()
        return found


def is_reset(before: Event, event: Event) -> bool:
    """Whether this event begins a new sequence: its offset does not rise above that of the event before."""
    return _offset(event) <= _offset(before)


def _offset(event: Event) -> int:
    return -1 if event.offset is None else event.offset
