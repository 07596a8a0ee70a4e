"""How far a partition has come: received, written, receipted, settled, committed.

Theory. The reader notes a mark after each batch: the last offset in it and the ticket, the count of bytes that the
sink had written by then. When splunkd has taken that many bytes out of the pipe the mark is receipted; `SETTLE` seconds
later it is settled and may be committed (splunkd can drop its last half second when it stops an input). Marks closer
than `GRAIN` seconds are merged into the later one, which only makes a commit wait longer, never less.

Rules: committed <= receipted <= written <= received. Offsets are followed as they come: a lower one is a reset by the
vendor, and from then on the new sequence counts. 0 is a real offset; None means that there is none. Callers hold a
lock: the reader notes, the supervisor commits. Times are monotonic seconds.
"""

from __future__ import annotations

import hashlib
from collections import deque
from typing import Deque, NamedTuple, Optional

from falcon_streams.core.envelope import Event

SETTLE = 1.0
GRAIN = 0.05


class Mark(NamedTuple):
    """The last placed event of a batch, the sink's ticket behind it, and when it was written."""

    event: Event
    ticket: int
    at: float


class _Receipt(NamedTuple):
    event: Event
    at: float


class Position:
    """One partition's way from received to committed, within one run of the input."""

    def __init__(self) -> None:
        self.last: Optional[Event] = None
        self.written_offset: Optional[int] = None
        self._marks: Deque[Mark] = deque()
        self._receipts: Deque[_Receipt] = deque()

    def wrote(self, event: Event, ticket: int, at: float) -> None:
        """A batch that ends with this placed event was handed to the sink."""
        self.last = event
        self.written_offset = event.offset
        merged = self._marks and at - self._marks[-1].at < GRAIN
        mark = Mark(event, ticket, self._marks[-1].at if merged else at)
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
        receipted: Optional[Event] = None
        while self._marks and self._marks[0].ticket <= taken:
            receipted = self._marks.popleft().event
        if receipted is not None:
            self._receipts.append(_Receipt(receipted, at))

    def settled(self, until: float) -> Optional[Event]:
        """The event up to which all was receipted `SETTLE` seconds before `until`; None where that is nothing new."""
        found: Optional[Event] = None
        while self._receipts and self._receipts[0].at <= until - SETTLE:
            found = self._receipts.popleft().event
        return found


def fingerprint(line: bytes) -> str:
    """What a line is recognised by when Falcon sends it again: the SHA-256 of its bytes, in hex."""
    return hashlib.sha256(line).hexdigest()
