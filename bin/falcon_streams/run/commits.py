"""The commits of one run: where each partition begins, what is stored while it runs, and what an orderly end leaves.

Rules: only the supervisor calls these methods, except `save`, which runs in its own thread. A record is loaded once,
when its partition is first opened in this run; a record that must not be used ends the input. What cannot be stored now
is due again, and never blocks reading. A look costs as much as has happened since the last one, and not as many
partitions as there are: readers announce what they have written, and a partition that rests is not asked.

Trails age only while this process runs, not by the wall clock. While the process is held up, while the machine sleeps,
or between two runs, splunkd may lose what it has in memory; and setting the clock changes nothing in splunkd. So a gap
between two looks, a pause between two runs, and a step of the clock all move the trails along.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from dataclasses import asdict, replace
from typing import Deque, Dict, FrozenSet, Iterable, Iterator, List, NamedTuple, Optional, Sequence, Tuple

from falcon_streams.core.finish import Finish, StopAt
from falcon_streams.core.moment import iso_time
from falcon_streams.core.record import Owner, Record, StartPosition, first_record
from falcon_streams.core.resume import StartFrom, resume_at_origin, resume_at_step, step_to_resume
from falcon_streams.errors import Retryable
from falcon_streams.ports import Clock, OffsetStore, Sink
from falcon_streams.run.happenings import Committed
from falcon_streams.run.progress import Progress

LOG = logging.getLogger(__name__)
CLOCK_JUMP = 2.0
# The supervisor looks about once a second. If more than this has passed since the last look, the process did not run,
# and nobody knows for how long of it: nothing of that time counts, because many short pauses add up.
LONGEST_LOOK = 2.0
# How many records one commit takes. To render one costs as much as to read several events, and while it is done,
# the loop that reads two thousand feeds hardly runs.
MOST_RECORDS = 256


class Beginning(NamedTuple):
    """What the settings and splunkd say about where partitions begin to read, and where they end."""

    name: str
    owner: Owner
    start_from: StartFrom
    replay_seconds: float
    splunkd_started: Optional[float]
    stop_at: Optional[StopAt] = None


class Commits:
    """All partitions' progress in this run, and the store behind it."""

    def __init__(self, beginning: Beginning, store: OffsetStore, clock: Clock) -> None:
        self.progress: Dict[str, Progress] = {}
        self._announced: Deque[Progress] = deque()  # readers append, without a lock
        self._unreceipted: Dict[str, Progress] = {}
        self._unsettled: Dict[str, Progress] = {}
        self._beginning = beginning
        self._store = store
        self._clock = clock
        self._since: Optional[int] = None
        self._before: Optional[int] = None
        self._saving = threading.Lock()
        self._first: Deque[Record] = deque()
        self._looked: Optional[Tuple[float, float]] = None
        self.known = store.partitions()

    def begin(self, partition: str, served_at: Optional[float], first: bool) -> Progress:
        """The progress of a partition that is about to be opened.

        `served_at` is Falcon's clock in epoch seconds; `first` says whether the first discovery offers the partition,
        of a tenant that was there when this run began. Raises Fatal if its record must not be used, or if `stop_at`
        leaves the partition out.
        """
        known = self.progress.get(partition)
        if known is None:
            stored = self._store.load(partition)
            finish = self._finish(partition, served_at, stored)
            if stored is None:
                known = self._anew(partition, served_at, first, finish)
            else:
                known = self._again(self._moved(stored, finish), finish)
            known.over_at = self._over_at(finish, served_at)
            self.progress[partition] = self._unsettled[partition] = known
        return known

    def finished(self, partitions: Iterable[str]) -> FrozenSet[str]:
        """Those of these partitions of which the store knows that they have passed the present `stop_at`."""
        stop_at = self._beginning.stop_at
        if stop_at is None:
            return frozenset()
        finishes = ((record.partition, record.finish) for record in self._records(self.known.intersection(partitions)))
        return frozenset(name for name, each in finishes if each and each.passed and each.setting == stop_at.setting)

    @property
    def have_finished(self) -> bool:
        """Whether all partitions that were opened in this run have passed their finish, and the store knows that."""
        return all(progress.has_finished for progress in self.progress.values())

    @property
    def several(self) -> bool:
        """Whether this run has opened more than one partition. Readers ask, too."""
        return len(self.progress) > 1

    def follow_clock(self, at: float) -> None:
        """Note the time that has passed until the monotonic time `at`, so that trails age only while the process
        runs."""
        now = self._clock.now()
        if self._looked is not None:
            passed = at - self._looked[0]
            lived = passed if passed <= LONGEST_LOOK else 0.0
            jump = now - self._looked[1] - lived
            if abs(jump) > CLOCK_JUMP:
                for progress in self.progress.values():
                    progress.shift(jump)
        self._looked = (at, now)

    @property
    def awaits_receipt(self) -> bool:
        """Whether something written awaits its receipt."""
        return bool(self._announced or self._unreceipted)

    def receipt(self, sink: Sink, at: float) -> None:
        """Note what splunkd has taken by the monotonic time `at`; ask the sink only if something awaits a receipt."""
        self._take_announced()
        taken = sink.taken() if self._unreceipted else 0
        for progress in [*self._unreceipted.values()]:
            progress.receipt(taken, at)
            if not progress.awaits_receipt:  # what its reader writes from now on is announced
                del self._unreceipted[progress.partition]

    def due(self, until: float) -> Tuple[Record, ...]:
        """The records to store for what has settled by this monotonic time: of thousands, those whose turn it is."""
        self._take_announced()
        now = self._clock.now()
        records: List[Record] = []
        for progress in [*self._unsettled.values()]:
            if len(records) == MOST_RECORDS:
                progress.settle(until)
                continue
            del self._unsettled[progress.partition]
            record = progress.due(until, now)
            if record is not None:
                records.append(record)
            if not progress.rests:
                self._unsettled[progress.partition] = progress  # behind all that have not had their turn
        return tuple(records)

    def _take_announced(self) -> None:
        while self._announced:
            progress = self._announced.popleft()
            self._unreceipted[progress.partition] = self._unsettled[progress.partition] = progress

    def final_records(self, until: float) -> Tuple[Record, ...]:
        """The records to store at an orderly stop: those committed in this run are marked clean."""
        records = (progress.final_record(until, self._clock.now()) for progress in self.progress.values())
        return tuple(record for record in records if record is not None)

    def save(self, records: Sequence[Record]) -> Committed:
        """Store the records. Runs in its own thread, because a store may be slow."""
        with self._saving:
            return self._keep(records)

    def save_first(self, record: Record) -> Committed:
        """Store a record before its partition is opened. Runs in the reader's thread. Where many begin, whoever has the
        store next stores the records of all that wait for it."""
        self._first.append(record)
        with self._saving:
            waiting = [self._first.popleft() for _ in range(len(self._first))]
            return self._keep(waiting) if waiting else Committed(())

    def _keep(self, records: Sequence[Record]) -> Committed:
        try:
            self._store.save(records)
        except Retryable as error:
            return Committed(tuple(records), error)
        return Committed(tuple(records))

    def saved(self, committed: Committed) -> None:
        """Note what was stored, or say why it was not."""
        for record in committed.records:
            if committed.error is None:
                self.progress[record.partition].stored(record)
        if committed.error is not None:
            names = ",".join(record.partition for record in committed.records)
            LOG.error("commit_failed", {"partition": names, "error": str(committed.error)})

    def _anew(self, partition: str, served_at: Optional[float], first: bool, finish: Optional[Finish]) -> Progress:
        now, beginning = self._clock.now(), self._beginning
        if self._since is None:
            # Use Falcon's clock if it is behind ours: `newest` must not drop what Falcon has yet to create.
            ours_ms = int(min(now, now if served_at is None else served_at) * 1000)
            self._since = min([beginning.start_from.since(ours_ms), *self._earlier_starts()])
        origin = beginning.start_from.origin(partition, self._since)
        record = first_record(
            beginning.name, partition, beginning.owner.of(partition), origin, now, beginning.splunkd_started
        )
        record = replace(record, finish=finish)
        first_open = beginning.start_from.newest and first and not self.known
        resume = resume_at_origin(origin, first_open)
        since = None if origin.not_before is None else iso_time(origin.not_before)
        LOG.info("starting", {"partition": partition, "from": resume.query, "since": since, **_told(finish)})
        progress = Progress(record, resume, beginning.replay_seconds, self._announced.append)
        if origin.not_before is not None or finish is not None:
            progress.must_store()  # these times count from this start, and must not move at the next one
        return progress

    def _earlier_starts(self) -> Iterator[int]:
        """Where this input began at `newest` or at a time: a partition that appears later begins there, not later."""
        starts = (record.origin.not_before for record in self._records(self.known))
        return (start for start in starts if start is not None)

    def _finish(self, partition: str, served_at: Optional[float], stored: Optional[Record]) -> Optional[Finish]:
        """Where a partition ends: as its record says, else as another partition's record does, else as resolved now."""
        stop_at = self._beginning.stop_at
        if stop_at is None:
            return None
        known = stored.finish if stored is not None else None
        if known is not None and known.setting == stop_at.setting:
            return known
        finish = stop_at.finish(partition, int((self._clock.now() if served_at is None else served_at) * 1000))
        if finish.before is not None and self._before is None:
            told = (record.finish for record in self._records(self.known))
            earlier = (each.before for each in told if each and each.before and each.setting == stop_at.setting)
            self._before = next(earlier, finish.before)
        return finish._replace(before=self._before) if finish.before is not None else finish

    def _over_at(self, finish: Optional[Finish], served_at: Optional[float]) -> Optional[float]:
        """The monotonic time at which Falcon's clock reaches a finish, None for a finish that no clock tells."""
        if finish is None or finish.before is None:
            return None
        falcon_now = self._clock.now() if served_at is None else served_at
        return self._clock.monotonic() + finish.before / 1000 - falcon_now

    def _records(self, partitions: Iterable[str]) -> Iterator[Record]:
        records = (self._store.load(partition) for partition in sorted(partitions))
        return (record for record in records if record is not None)

    def _moved(self, stored: Record, finish: Optional[Finish]) -> Record:
        """The record for another finish than before: it begins anew at the first event that was left out, unless it
        goes back further anyway. Events that were read behind that one come again."""
        former = stored.finish
        behind = None if former is None or former == finish else former.behind
        step = step_to_resume(stored, self._beginning.splunkd_started, self._beginning.replay_seconds)
        if behind is None or step.offset is None or step.offset < behind:
            return stored
        record = replace(stored.reset(None), origin=StartPosition(offset=behind))
        return replace(record, offset=None, identity=None, created=None)

    def _again(self, stored: Record, finish: Optional[Finish]) -> Progress:
        beginning, owner = self._beginning, self._beginning.owner.of(stored.partition)
        step = step_to_resume(stored, beginning.splunkd_started, beginning.replay_seconds)
        same_account = (stored.client_id, stored.member_cid) == (owner.client_id, owner.member_cid)
        resume = resume_at_step(stored, step, same_account)
        fields = {"partition": stored.partition, "offset": stored.offset, "from": resume.query, "clean": stored.clean}
        LOG.info("resuming", {**fields, **_told(finish)})
        record = stored.resumed_at(step).shifted(self._clock.now() - stored.updated_at)
        record = replace(record, splunkd_started=beginning.splunkd_started, finish=finish, **asdict(owner))
        return Progress(record, resume, beginning.replay_seconds, self._announced.append)


def _told(finish: Optional[Finish]) -> Dict[str, object]:
    """A finish in the fields of a log line."""
    if finish is None:
        return {}
    return {"until": finish.offset if finish.before is None else iso_time(finish.before)}
