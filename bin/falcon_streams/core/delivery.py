"""What a partition has delivered, as the log accounts for it: ranges of offsets, and how many events each has.

Theory. A range begins one after the end of the range before it, and ends at a committed offset. So the ranges of a run
leave out no offset, and it does not matter whether Falcon's own sequence has holes: only events are counted, never
offsets. The next run begins its first range one after the offset at which it resumes. After an orderly stop, that is
where the last range ended. After a kill it lies before that end if events are read again, and behind it if the input
was killed before it told of them: then the offsets between are in no range, and whoever reads the log sees that.

Rules: pure. What a range says was taken by splunkd and has settled, because a range ends where a commit does. Nothing
is claimed for the moment in which Falcon begins a new sequence: the ranges go on after the first commit there. The
reader calls `begin`, the supervisor everything else.
"""

from __future__ import annotations

from typing import List, NamedTuple, Optional

from falcon_streams.core.envelope import Event
from falcon_streams.core.resume import Resume


class Counted(NamedTuple):
    """Counts of a run: events with an offset that splunkd got, events that `exclude_event_types` and the start
    dropped, lines without an offset, and gaps."""

    sent: int = 0
    excluded: int = 0
    before_start: int = 0
    no_offset: int = 0
    gaps: int = 0

    def since(self, before: Counted) -> Counted:
        """What was counted after `before`."""
        return Counted(*(now - then for now, then in zip(self, before)))


NOTHING = Counted()


class Range(NamedTuple):
    """All offsets from `first` to `last`, and what was counted there. `number` counts the ranges of this run from 1.
    `since` is the creation time of an event at the beginning (epoch milliseconds), `reset_at` the time (epoch seconds)
    at which the sequence of offsets began if this run saw that."""

    first: int
    last: int
    counted: Counted
    number: int
    since: Optional[int]
    reset_at: Optional[float]


class Delivery:
    """The ranges of one partition in one run."""

    def __init__(self) -> None:
        self._first: Optional[int] = None
        self._since: Optional[int] = None
        self._from = self._counted = NOTHING
        self._last: Optional[Event] = None
        self._sequence = 0
        self._reset_at: Optional[float] = None
        self._number = 0
        self._ranges: List[Range] = []

    def begin(self, resume: Resume, event: Event) -> None:
        """A feed that was opened like this begins with this event. Only the first feed of a run counts."""
        if self._first is None:
            known = resume.offset if resume.identity is not None else None
            self._first = event.offset if known is None else known + 1
            self._since = event.created

    def committed(self, event: Event, sequence: int, counted: Counted, now: float) -> None:
        """Everything up to this event, of the sequence of this number, is committed."""
        if sequence != self._sequence:
            self._close()
            self._sequence, self._reset_at = sequence, now
            self._begin_after(event, counted)
        elif self._first is None:
            self._begin_after(event, counted)
        else:
            self._last, self._counted = event, counted

    def take(self) -> List[Range]:
        """The ranges that nobody was told of yet; none while nothing is committed."""
        self._close()
        ranges, self._ranges = self._ranges, []
        return ranges

    def _close(self) -> None:
        last, first = self._last, self._first
        if last is None or last.offset is None or first is None:
            return
        self._number += 1
        counted = self._counted.since(self._from)
        self._ranges.append(Range(first, last.offset, counted, self._number, self._since, self._reset_at))
        self._begin_after(last, self._counted)

    def _begin_after(self, event: Event, counted: Counted) -> None:
        self._first = None if event.offset is None else event.offset + 1
        self._since = event.created
        self._from = counted
        self._last = None
