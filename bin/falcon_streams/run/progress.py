"""One partition over all its feeds of a run: where the next feed opens, how far it came, what is to be stored.

Rules: the reader notes what it wrote, the supervisor takes what may be committed; the one lock stands between these two
and is taken per batch, never per event. A record is handed out until it was stored, so a full disk delays a commit but
loses none. A replay counts as done only with the first commit of this run: until then the stored record stays as it is.
"""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import List, Optional, Sequence, Set, Tuple

from falcon_streams.core.envelope import Event
from falcon_streams.core.identity import fingerprint
from falcon_streams.core.positions import Position
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
    """What the statistics line of a partition shows; written by its reader and the supervisor, one writer each."""

    def __init__(self) -> None:
        self.events = 0
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


class Progress:
    """The state of one partition in this process."""

    def __init__(self, record: Record, resume: Resume, replay_seconds: float) -> None:
        """`record` as it would be stored now, `resume` where the first feed opens."""
        self.partition = record.partition
        self.counters = Counters()
        self.last_event_at: Optional[float] = None
        self.lag: Optional[float] = None
        self.customers: Set[str] = set(record.customers)
        self.types: Set[str] = set()
        self._record = record
        self._resume = resume
        self._replay_seconds = replay_seconds
        self._position = Position()
        self._lock = threading.Lock()
        self._unsaved: Optional[Record] = None
        self._committed = False
        self._unplaced: List[str] = []
        self._sequence = self._position.sequence

    @property
    def record(self) -> Record:
        """The newest record of this partition, stored or about to be."""
        return self._record

    @property
    def written_offset(self) -> Optional[int]:
        """The last offset handed to the sink in this run."""
        return self._position.written_offset

    def resume(self) -> Resume:
        """Where the next feed opens; called by the reader, once before each open.

        `newest` holds for the first try only: what comes while a second one is prepared lies behind the start.
        """
        last = self._position.last
        if last is not None:
            return resume_after(last)
        resume = self._resume
        if resume.query == NEWEST:
            self._resume = resume_at_origin(self._record.origin, first_open=False)
        return resume

    @property
    def unplaced(self) -> Sequence[str]:
        """The fingerprints of the lines without an offset that were written since the last event; for the reader."""
        return self._unplaced

    def read_from_oldest(self) -> None:
        """The offset lies beyond Falcon's head: the next feed opens at the oldest event; by the supervisor."""
        self._resume = resume_from_oldest(self.resume(), self._last_created())
        with self._lock:
            self._position.last = None

    def read_new_sequence(self) -> None:
        """Falcon has begun a new sequence that has passed our offset already: the next feed opens at its start; by the
        reader."""
        self._resume = resume_new_sequence(self.resume(), self._last_created())
        self.begin_sequence(self._resume.not_before)

    def begin_sequence(self, not_before: Optional[int]) -> None:
        """What is written from now on has offsets of a new sequence, read without what was created before `not_before`
        (epoch milliseconds, None for all of it); by the reader."""
        with self._lock:
            self._position.begin_sequence(not_before)
        self._unplaced.clear()

    def _last_created(self) -> Optional[int]:
        last = self._position.last
        return last.created if last is not None else self._record.created

    def note_customer(self, customer: str) -> None:
        """A customer was seen; called by the reader for names it has not seen yet."""
        if customer and len(self.customers) < _MOST_CUSTOMERS:
            self.customers.add(customer)

    def wrote(self, last: Event, ticket: int, at: float) -> bool:
        """A batch that ends with this placed event was handed to the sink; called by the reader.

        Returns whether it is the only one that awaits its receipt.
        """
        with self._lock:
            alone = not self._position.awaits_receipt
            self._position.wrote(last, ticket, at)
        return alone

    def wrote_unplaced(self, lines: Sequence[bytes], after_event: bool) -> None:
        """These lines without an offset were written last, after an event of the same batch or not; by the reader."""
        if after_event:
            self._unplaced.clear()
        room = _MOST_UNPLACED - len(self._unplaced)
        self._unplaced += map(fingerprint, lines[:room])

    @property
    def awaits_receipt(self) -> bool:
        """Whether something was written that splunkd was not yet seen to have taken."""
        return self._position.awaits_receipt

    def receipt(self, taken: int, at: float) -> None:
        """`taken` bytes are out of splunkd's pipe at this monotonic time; by the supervisor, as all below."""
        with self._lock:
            self._position.receipt(taken, at)

    def must_store(self) -> None:
        """The record has to be stored before the first open, although nothing was committed yet."""
        self._unsaved = self._record

    @property
    def waits_for_store(self) -> bool:
        """Whether the record has to be stored before a feed is opened."""
        return self._unsaved is not None and not self._committed

    def due(self, until: float, now: float) -> Optional[Record]:
        """The record to store for what had settled at the monotonic time `until`, None for nothing."""
        with self._lock:
            settled = self._position.settled(until)
        if settled is not None:
            self._committed = True
            record = self._record
            if settled.sequence != self._sequence:
                self._sequence = settled.sequence
                record = record.reset(settled.sequence.not_before)
            customers: Tuple[str, ...] = tuple(sorted(self.customers))
            self._record = record.committed(settled.event, customers, now, self._replay_seconds)
            self._unsaved = self._record
        return self._unsaved

    def shift(self, seconds: float) -> None:
        """Move the trail along by time that this process has not lived through."""
        self._record = self._record.shifted(seconds)

    def stored(self, record: Record) -> None:
        """This record is on disk."""
        if self._unsaved is record:
            self._unsaved = None

    def farewell(self) -> Optional[Record]:
        """The record of an orderly stop, None where nothing was committed in this run."""
        return replace(self._record, clean=True) if self._committed else None
