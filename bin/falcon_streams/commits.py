"""The commits of one run: where each partition begins, what is stored while it runs, and what an orderly end leaves.

Rules: only the supervisor calls. A record is loaded once, when its partition is first opened in this run; a record that
must not be used ends the input. What cannot be stored now is tried again at the next call, and never blocks reading.
"""

from __future__ import annotations

import logging
from dataclasses import asdict, replace
from typing import Dict, List, NamedTuple, Optional

from falcon_streams.core.answer import tidy
from falcon_streams.core.record import Owner, Record, first_record
from falcon_streams.core.resume import StartFrom, resume_at_origin, resume_at_step, step_to_resume
from falcon_streams.errors import Retryable
from falcon_streams.ports import Clock, OffsetStore, Sink
from falcon_streams.progress import Progress

LOG = logging.getLogger(__name__)


class Beginning(NamedTuple):
    """What the settings and splunkd say about where partitions begin."""

    name: str
    owner: Owner
    start_from: StartFrom
    replay_seconds: float
    splunkd_started: Optional[float]


class Commits:
    """All partitions' progress in this run, and the store behind it."""

    def __init__(self, beginning: Beginning, store: OffsetStore, clock: Clock) -> None:
        self.progress: Dict[str, Progress] = {}
        self._beginning = beginning
        self._store = store
        self._clock = clock
        self._started_ms: Optional[int] = None
        self.known = store.partitions()

    def begin(self, partition: str, served_at: Optional[float], first: bool) -> Progress:
        """The progress of a partition that is about to be opened.

        `served_at` is Falcon's clock in epoch seconds, `first` whether the first discovery of this run offers it.
        Raises Fatal where its record must not be used.
        """
        known = self.progress.get(partition)
        if known is None:
            stored = self._store.load(partition)
            known = self._anew(partition, served_at, first) if stored is None else self._again(stored)
            self.progress[partition] = known
        return known

    def receipt(self, sink: Sink, at: float) -> None:
        """Note what splunkd has taken by the monotonic time `at`; the sink is asked only while something is awaited."""
        awaited = [progress for progress in self.progress.values() if progress.awaits_receipt]
        taken = sink.taken() if awaited else 0
        for progress in awaited:
            progress.receipt(taken, at)

    def commit(self, until: float) -> None:
        """Store what had settled at this monotonic time."""
        for progress in self.progress.values():
            record = progress.due(until, self._clock.now())
            if record is not None and self._save(record):
                progress.stored(record)

    def farewell(self) -> None:
        """An orderly stop: mark clean what was committed in this run."""
        for progress in self.progress.values():
            record = progress.farewell()
            if record is not None:
                self._save(record)

    def _anew(self, partition: str, served_at: Optional[float], first: bool) -> Progress:
        now = self._clock.now()
        if self._started_ms is None:
            # Falcon's clock, where it is behind ours: `newest` must not drop what Falcon has yet to create.
            ours_ms = int(min(now, now if served_at is None else served_at) * 1000)
            self._started_ms = min([ours_ms, *self._earlier_starts()])
        beginning = self._beginning
        origin = beginning.start_from.origin(partition, self._started_ms)
        record = first_record(beginning.name, partition, beginning.owner, origin, now, beginning.splunkd_started)
        resume = resume_at_origin(origin, first_open=first and not self.known)
        LOG.info("starting", {"partition": partition, "from": resume.query})
        progress = Progress(record, resume, beginning.replay_seconds)
        if beginning.start_from.newest:  # stored before the first open, else at the next commit
            progress.must_store()
            if self._save(record):
                progress.stored(record)
        return progress

    def _earlier_starts(self) -> List[int]:
        """When this input began at `newest`: a partition that came later begins then, not now."""
        records = (self._store.load(partition) for partition in self.known)
        starts = (record.origin.not_before for record in records if record is not None)
        return [start for start in starts if start is not None]

    def _again(self, stored: Record) -> Progress:
        beginning, owner = self._beginning, self._beginning.owner
        step = step_to_resume(stored, beginning.splunkd_started, beginning.replay_seconds)
        same_account = (stored.client_id, stored.member_cid) == (owner.client_id, owner.member_cid)
        resume = resume_at_step(stored, step, same_account)
        fields = {"partition": stored.partition, "offset": stored.offset, "from": resume.query, "clean": stored.clean}
        LOG.info("resuming", fields)
        record = replace(stored.resumed_at(step), splunkd_started=beginning.splunkd_started, **asdict(owner))
        return Progress(record, resume, beginning.replay_seconds)

    def _save(self, record: Record) -> bool:
        try:
            self._store.save(record)
        except Retryable as error:
            LOG.error("commit_failed", {"partition": record.partition, "error": tidy(str(error))})
            return False
        return True
