"""Counts what passes through a partition's readers: the numbers of its statistics line, and samples in the log.

Rules: the reader calls it for every batch. It looks at columns only, and reads an event again only if its type or
customer is new, or its offset is missing. All sets are bounded, because their names come from outside. The log gets a
sample of a bad line at most once a minute.
"""

from __future__ import annotations

import logging
from typing import FrozenSet, List, NamedTuple, Optional, Sequence, Set

from falcon_streams.core.batch import Batch
from falcon_streams.core.catalogue import is_known
from falcon_streams.core.envelope import Event, read_event
from falcon_streams.core.partition_name import read_cid, split
from falcon_streams.core.tenants import Register, Tenants
from falcon_streams.core.text import tidy
from falcon_streams.ports import Clock
from falcon_streams.run.progress import Progress

LOG = logging.getLogger(__name__)
_SAMPLE_EVERY = 60.0
_SAMPLE_LENGTH = 120
_MOST_NAMES = 1000


class Elsewhere:
    """The children whose own streams the input reads: what the parent's stream bears of them would come twice."""

    def __init__(self) -> None:
        self.cids: FrozenSet[str] = frozenset()

    def has(self, customer: bytes) -> bool:
        """Whether the events of a customer come by a stream of its own."""
        return read_cid(customer.decode("ascii", "replace")) in self.cids


class Filters(NamedTuple):
    """The event types that Falcon is to send, those that we drop (`excluded`), what of each tenant we drop, and whose
    events come by another stream."""

    event_types: Sequence[str] = ()
    excluded: FrozenSet[str] = frozenset()
    register: Optional[Register] = None
    elsewhere: Optional[Elsewhere] = None


class Tally:
    """Counts for one feed into the progress of its partition."""

    def __init__(self, progress: Progress, filters: Filters, clock: Clock) -> None:
        self._progress = progress
        self._excluded = frozenset(name.encode() for name in filters.excluded)
        self._register = filters.register
        self._elsewhere = None if split(progress.partition)[0] else filters.elsewhere
        self._clock = clock
        self._sampled_at: Optional[float] = None
        self._types: Set[bytes] = set()
        self._customers: Set[bytes] = set()

    def admit(self, batch: Batch) -> Batch:
        """Count the events; return those that are not excluded."""
        counters, progress = self._progress.counters, self._progress
        unplaced = batch.unplaced()
        for line, malformed in unplaced:
            self._note_bad(line, malformed)
        if batch.sole_customer() not in self._customers:
            for event in self._first_of(batch, batch.customers, self._customers):
                progress.note_customer(event.customer)
        for event in self._first_of(batch, batch.types, self._types):
            self._note_type(event.type)
        wanted = batch.without(self._excluded)
        if self._register is not None and not self._register.tenants.take_all:
            wanted = self._wanted_by(self._register.tenants, wanted)
        if self._elsewhere is not None and self._elsewhere.cids:
            wanted = _without_children(self._elsewhere, wanted)
        counters.excluded += len(batch.lines) - len(wanted.lines)
        counters.events += len(wanted.lines)
        counters.placed += len(wanted.lines) - (wanted.offsets.count(b"") if unplaced else 0)
        progress.last_event_at = now = self._clock.now()
        created = batch.last_created()
        progress.lag = progress.lag if created is None else max(now - created, 0.0)  # Falcon's clock may be ahead
        return wanted

    def _wanted_by(self, tenants: Tenants, batch: Batch) -> Batch:
        """The batch without the events that their tenants do not want."""
        partition = self._progress.partition
        asked = {name: tenants.of_customer(name, partition) for name in set(batch.customers)}
        if all(tenant.takes_all for tenant in asked.values()):
            return batch
        pairs = list(zip(batch.customers, batch.types))
        refused = {pair for pair in set(pairs) if not asked[pair[0]].takes(pair[1].decode("utf-8"))}
        return batch.chosen([pair not in refused for pair in pairs]) if refused else batch

    def overlong(self, count: int) -> None:
        """`count` lines of this feed were cut because they were too long."""
        self._progress.counters.overlong += count
        LOG.error("overlong_line", {"partition": self._progress.partition, "lines": count})

    def _first_of(self, batch: Batch, column: Sequence[bytes], known: Set[bytes]) -> List[Event]:
        """The first event of each name in a column that is not known yet, and for which there is room."""
        new = sorted(set(column) - known)[: _MOST_NAMES - len(known)]
        known.update(new)
        return [read_event(batch.lines[column.index(name)]) for name in new]

    def _note_type(self, name: str) -> None:
        types = self._progress.types
        if name in types or len(types) >= _MOST_NAMES:
            return
        types.add(name)
        if name and not is_known(name):
            self._progress.counters.unknown_types += 1
            fields = {"partition": self._progress.partition, "event_type": tidy(name)}
            LOG.warning("unknown_event_type", fields)

    def _note_bad(self, line: bytes, malformed: bool) -> None:
        counters = self._progress.counters
        if malformed:
            counters.malformed += 1
        else:
            counters.unplaced += 1
        now = self._clock.monotonic()
        if self._sampled_at is None or now - self._sampled_at >= _SAMPLE_EVERY:
            self._sampled_at = now
            sample = tidy(line[:_SAMPLE_LENGTH].decode("utf-8", "replace"))
            fields = {"partition": self._progress.partition, "length": len(line), "sample": sample}
            LOG.warning("malformed_line" if malformed else "unplaced_line", fields)


def _without_children(elsewhere: Elsewhere, batch: Batch) -> Batch:
    refused = {customer for customer in set(batch.customers) if elsewhere.has(customer)}
    return batch.chosen([customer not in refused for customer in batch.customers]) if refused else batch
