"""Batches out of events that a test made by hand."""

from __future__ import annotations

from falcon_streams.core.batch import Batch, row_of
from falcon_streams.core.envelope import Event


def batch_of(*events: Event) -> Batch:
    """A batch of these events, one at least."""
    customers, offsets, types, seconds, millis = zip(*map(row_of, events))
    malformed = frozenset(place for place, event in enumerate(events) if event.malformed)
    return Batch([event.raw for event in events], customers, offsets, types, seconds, millis, malformed)
