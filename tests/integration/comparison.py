"""The ledger check: every event that Falcon had, is it in the index, once or more, in its order?

Rules: events are compared by (partition, offset, SHA-256 of the line as it was published, whatever sending brought it:
`emulator/events/renditions.py`). A repeat is a second arrival of the same three;
order is judged over first arrivals, partition by partition. What is indexed but was never published is a stranger.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Callable, NamedTuple, Tuple

from tests.emulator.events.renditions import original
from tests.splunkd.intake.index import Event

Key = Tuple[str, int, str]
_OFFSET = re.compile(rb'"offset":\s*"?(\d+)')


class Comparison(NamedTuple):
    """What the ledger and the index say about each other."""

    sent: int
    indexed: int
    missing: int
    repeated: int
    strangers: int
    disordered: int

    @property
    def holds(self) -> bool:
        """Whether the promise was kept, repeats aside."""
        return self.missing == self.strangers == self.disordered == 0

    def __str__(self) -> str:
        return (
            f"{self.sent:,} sent, {self.indexed:,} indexed, {self.missing:,} missing, {self.repeated:,} repeated, "
            f"{self.strangers:,} strangers, {self.disordered:,} out of order"
        )


def key_of(event: Event) -> Key:
    """Partition, offset and SHA-256 of an indexed event."""
    return (partition_of(event), *name_of(event.raw))


def compare(
    ledger: Mapping[str, Sequence[Sequence[object]]], events: Iterable[Event], key: Callable[[Event], Key] = key_of
) -> Comparison:
    """Hold the emulator's ledger (offset, SHA-256, ... per partition) against the index's rows in their order."""
    places = {
        (partition, int(str(entry[0])), str(entry[1])): place
        for partition, entries in ledger.items()
        for place, entry in enumerate(entries)
    }
    arrivals: Counter[Key] = Counter()
    strangers = disordered = indexed = 0
    latest: dict[str, int] = {}
    for event in events:
        found = key(event)
        indexed += 1
        if found not in places:
            strangers += 1
            continue
        arrivals[found] += 1
        if arrivals[found] == 1:
            disordered += places[found] < latest.get(found[0], -1)
            latest[found[0]] = max(places[found], latest.get(found[0], -1))
    repeated = sum(count - 1 for count in arrivals.values())
    return Comparison(len(places), indexed, len(places) - len(arrivals), repeated, strangers, disordered)


def lost(
    ledger: Mapping[str, Sequence[Sequence[object]]], events: Iterable[Event], key: Callable[[Event], Key] = key_of
) -> list[Key]:
    """The events of the ledger that are not in the index, by partition and offset."""
    arrived = {key(event) for event in events}
    sent = ((partition, int(str(entry[0])), str(entry[1])) for partition in ledger for entry in ledger[partition])
    return sorted(each for each in sent if each not in arrived)


def name_of(raw: bytes) -> tuple[int, str]:
    """Offset, -1 where there is none to be read, and SHA-256 of a line as it was published."""
    found = _OFFSET.search(raw)
    return int(found.group(1)) if found else -1, hashlib.sha256(original(raw)).hexdigest()


def partition_of(event: Event) -> str:
    """The indexed field `falcon_partition`."""
    return str(json.loads(event.fields or "{}").get("falcon_partition", ""))
