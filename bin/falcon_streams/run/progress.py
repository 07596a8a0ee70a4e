"""One partition's progress in a run: where the next feed opens, what was written, receipted, settled and stored.

Rules: the reader notes what it wrote, the supervisor takes what may be committed. One lock guards both; it is taken per
batch, never per event. `core/positions.py` says when a mark is receipted and when it is settled. A record is handed out
until it is stored, so a full disk delays a commit but loses none. Only the first commit of this run completes a replay:
until then the stored record stays as it is. Whoever looks after many partitions is told when one has something to be
receipted after it had nothing, and need not ask those that rest. A partition has passed its finish when its reader has
reached that, and the last commit is `replay_seconds` old: splunkd could lose what is younger, and nobody would read it
again.
"""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import Callable, List, Optional, Sequence, Set

from falcon_streams.core.delivery import Counted, Delivery
from falcon_streams.core.envelope import Event
from falcon_streams.core.finish import Finish
from falcon_streams.core.identity import fingerprint
from falcon_streams.core.positions import Mark, Marks, OffsetSequence, is_reset
from falcon_streams.core.record import Record
from falcon_streams.core.resume import (
    NEWEST,
    Resume,
    resume_after,
    resume_at_origin,
    resume_from_oldest,
    resume_new_sequence,
)

_MOST_CUSTOMERS = 1000
_MOST_UNPLACED = 1000


class Counters:
    """What the statistics line of a partition shows. Its reader or the supervisor writes each number, never both."""

    def __init__(self) -> None:
        self.events = 0
        self.placed = 0
        self.bytes = 0
        self.malformed = 0
        self.unplaced = 0
        self.excluded = 0
        self.before_start = 0
        self.gaps = 0
        self.resets = 0
        self.unknown_types = 0
        self.overlong = 0
        self.reconnects = 0
        self.refreshes = 0

    def counted(self) -> Counted:
        """What the account of deliveries counts."""
        return Counted(self.placed, self.excluded, self.before_start, self.malformed + self.unplaced, self.gaps)


class Progress:
    """How far one partition has come, over all its feeds of this run."""

    def __init__(
        self,
        record: Record,
        resume: Resume,
        replay_seconds: float,
        announce: Callable[[Progress], None] = lambda progress: None,
    ) -> None:
        """`record` is what would be stored now; `resume` says where the first feed opens. The reader calls `announce`
        for each batch that is the only one to await its receipt; it must not block.

        Others read `record`, the newest record, stored or about to be; `written_offset`, the last offset that the sink
        got in this run; and `unplaced`, the fingerprints of lines without an offset written since the last event.
        """
        self.partition = record.partition
        self.record = record
        self.written_offset: Optional[int] = None
        self.unplaced: List[str] = []
        self.customers: Set[str] = set(record.customers)
        self.types: Set[str] = set()
        self.counters = Counters()
        self.delivery = Delivery()
        self.last_event_at: Optional[float] = None
        self.lag: Optional[float] = None
        self.finish: Optional[Finish] = record.finish
        self.has_reached_finish = False  # its reader says so
        self.over_at: Optional[float] = None  # when Falcon's clock reaches the finish, as monotonic time
        self._resume = resume
        self._replay_seconds = replay_seconds
        self._announce = announce
        self._lock = threading.Lock()
        self._last: Optional[Event] = None
        self._sequence = self._committed_sequence = OffsetSequence()
        self._written, self._receipted = Marks(), Marks()
        self._settled: Optional[Mark] = None
        self._committed = False
        self._unsaved: Optional[Record] = None

    # -- called by the reader --------------------------------------------------------------------------------------

    def resume(self) -> Resume:
        """Where the next feed opens. Called once before each open.

        `newest` applies to the first open only: a retry must not skip what arrived in the meantime.
        """
        last = self._last  # read once: the supervisor may reset it
        if last is not None:
            return resume_after(last)
        resume = self._resume
        if resume.query == NEWEST:
            self._resume = resume_at_origin(self.record.origin, first_open=False)
        return resume

    def read_new_sequence(self) -> None:
        """Falcon's new sequence has already passed our offset: the next feed opens at the start of that sequence."""
        self._resume = resume_new_sequence(self.resume(), self._last_created())
        self.begin_sequence(self._resume.not_before)

    def _last_created(self) -> Optional[int]:
        last = self._last
        return last.created if last is not None else self.record.created

    def begin_sequence(self, not_before: Optional[int]) -> None:
        """From now on, offsets belong to a new sequence. It is read without what was created before `not_before` (epoch
        milliseconds, None for all of it)."""
        with self._lock:
            self._begin_sequence(not_before)
        self.unplaced.clear()

    def _begin_sequence(self, not_before: Optional[int]) -> None:
        self._sequence = OffsetSequence(self._sequence.number + 1, not_before)
        self._last = None

    def note_customer(self, customer: str) -> None:
        """Note a customer; the reader calls this for names that are new to it."""
        if customer and len(self.customers) < _MOST_CUSTOMERS:
            self.customers.add(customer)

    def wrote(self, last: Event, ticket: int, at: float) -> bool:
        """The sink has a batch whose last placed event is this.

        Returns whether this batch is the only one that awaits its receipt.
        """
        with self._lock:
            if self._last is not None and is_reset(self._last, last):
                self._begin_sequence(None)
            self._last = last
            self.written_offset = last.offset
            alone = not self._written
            self._written.add(last, self._sequence, ticket, at, self.counters.counted())
        if alone:
            self._announce(self)
        return alone

    def leave_out(self, offset: int) -> None:
        """The event at this offset is behind the finish, and the reader leaves it out. The first one counts."""
        if self.finish is not None and self.finish.behind is None:
            self.finish = self.finish._replace(behind=offset)

    def wrote_unplaced(self, lines: Sequence[bytes], after_event: bool) -> None:
        """These lines without an offset were written last; `after_event` says that their batch also had an event."""
        if after_event:
            self.unplaced.clear()
        room = _MOST_UNPLACED - len(self.unplaced)
        self.unplaced += map(fingerprint, lines[:room])

    # -- called by the supervisor ----------------------------------------------------------------------------------

    def read_from_oldest(self) -> None:
        """The offset is beyond Falcon's head: the next feed opens at the oldest event."""
        self._resume = resume_from_oldest(self.resume(), self._last_created())
        with self._lock:
            self._last = None

    @property
    def awaits_receipt(self) -> bool:
        """Whether something written awaits its receipt."""
        return bool(self._written)

    @property
    def rests(self) -> bool:
        """Whether nothing can become due before the reader has written again."""
        is_open = self.finish is not None and not self.finish.passed
        return not (self._written or self._receipted or self._settled or self._unsaved is not None or is_open)

    def receipt(self, taken: int, at: float) -> None:
        """At this monotonic time, splunkd has taken `taken` bytes out of the pipe."""
        with self._lock:
            mark = self._written.take_receipted(taken)
        if mark is not None:
            self._receipted.append(mark._replace(at=at))

    def settle(self, until: float) -> None:
        """Note what has settled by the monotonic time `until`; only the last mark of it is kept."""
        self._settled = self._receipted.take_settled(until) or self._settled

    def due(self, until: float, now: float) -> Optional[Record]:
        """The record to store for what has settled by the monotonic time `until`, None for nothing."""
        self.settle(until)
        if self._settled is not None:
            self._commit(self._settled, now)
            self._settled = None
        is_old = now - self.record.updated_at >= self._replay_seconds
        if self.has_reached_finish and is_old and not (self._written or self._receipted):
            self._pass_finish()
        return self._unsaved

    def _pass_finish(self) -> None:
        if self.finish is not None and not self.finish.passed:
            self.finish = self.finish._replace(passed=True)
            self.record = self._unsaved = replace(self.record, finish=self.finish)

    def _commit(self, mark: Mark, now: float) -> None:
        record = self.record
        if mark.sequence != self._committed_sequence:
            self._committed_sequence = mark.sequence
            record = record.reset(mark.sequence.not_before)
        record = record.committed(mark.event, tuple(sorted(self.customers)), now, self._replay_seconds)
        self.record = record if self.finish is None else replace(record, finish=self.finish)
        self._unsaved = self.record
        self._committed = True
        self.delivery.committed(mark.event, mark.sequence.number, mark.counted, now)

    @property
    def has_finished(self) -> bool:
        """Whether the store knows that this partition has passed its finish."""
        return self.finish is not None and self.finish.passed and self._unsaved is None

    def stored(self, record: Record) -> None:
        """The store has this record."""
        if self._unsaved is record:
            self._unsaved = None

    def final_record(self, until: float, now: float) -> Optional[Record]:
        """The record to store at an orderly stop, marked clean if this run has committed anything."""
        due = self.due(until, now)
        return replace(self.record, clean=True) if self._committed else due

    def must_store(self) -> None:
        """Store the record before the first open, although nothing was committed yet."""
        self._unsaved = self.record

    @property
    def waits_for_store(self) -> bool:
        """Whether the record must be stored before a feed is opened."""
        return self._unsaved is not None and not self._committed

    def shift(self, seconds: float) -> None:
        """Move the trail by seconds in which this process did not run."""
        self.record = self.record.shifted(seconds)
