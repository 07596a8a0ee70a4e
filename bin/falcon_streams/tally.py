"""What passes through a partition's readers, counted: the numbers of its statistics line, and the samples in the log.

Rules: called by the reader for every batch, so it is plain loops and sets. A type or customer is remembered once; both
sets are bounded, because their names come from outside. A bad line is sampled in the log at most once a minute.
"""

from __future__ import annotations

import logging
from typing import FrozenSet, List, NamedTuple, Optional, Sequence

from falcon_streams.core.answer import tidy
from falcon_streams.core.catalogue import is_known
from falcon_streams.core.envelope import Event
from falcon_streams.ports import Clock
from falcon_streams.progress import Progress

LOG = logging.getLogger(__name__)
_SAMPLE_EVERY = 60.0
_SAMPLE_LENGTH = 120
_MOST_TYPES = 1000


class Filters(NamedTuple):
    """What the admin wants of the feed: `event_types` for Falcon to send, `excluded` for us to drop, both by name."""

    event_types: Sequence[str] = ()
    excluded: FrozenSet[str] = frozenset()


class Tally:
    """Counts for one feed into the progress of its partition."""

    def __init__(self, progress: Progress, filters: Filters, clock: Clock) -> None:
        self._progress = progress
        self._excluded = filters.excluded
        self._clock = clock
        self._sampled_at: Optional[float] = None

    def admit(self, events: List[Event]) -> List[Event]:
        """Count the events; return those the admin wants."""
        counters, progress = self._progress.counters, self._progress
        wanted: List[Event] = []
        for event in events:
            if event.offset is None:
                self._note_bad(event)
            if event.customer not in progress.customers:
                progress.note_customer(event.customer)
            if event.type not in progress.types:
                self._note_type(event)
            if event.type in self._excluded:
                counters.excluded += 1
            else:
                wanted.append(event)
        counters.events += len(wanted)
        if events:
            progress.last_event_at = now = self._clock.now()
            created = events[-1].created
            progress.lag = now - created / 1000.0 if created is not None else progress.lag
        return wanted

    def overlong(self, count: int) -> None:
        """So many lines of this feed were cut at the limit of their length."""
        self._progress.counters.overlong += count
        LOG.error("overlong_line", {"partition": self._progress.partition, "lines": count})

    def _note_type(self, event: Event) -> None:
        types = self._progress.types
        if len(types) >= _MOST_TYPES:
            return
        types.add(event.type)
        if event.type and not is_known(event.type):
            self._progress.counters.unknown_types += 1
            fields = {"partition": self._progress.partition, "event_type": tidy(event.type)}
            LOG.warning("unknown_event_type", fields)

    def _note_bad(self, event: Event) -> None:
        counters = self._progress.counters
        if event.malformed:
            counters.malformed += 1
        else:
            counters.unplaced += 1
        now = self._clock.monotonic()
        if self._sampled_at is None or now - self._sampled_at >= _SAMPLE_EVERY:
            self._sampled_at = now
            sample = tidy(event.raw[:_SAMPLE_LENGTH].decode("utf-8", "replace"))
            fields = {"partition": self._progress.partition, "length": len(event.raw), "sample": sample}
            LOG.warning("malformed_line" if event.malformed else "unplaced_line", fields)
