"""The ledger: what was published, and what of it was sent to whom how often.

Rules: it keeps nothing itself but reads the logs and the feeds' stretches, so that a million events cost it nothing
until it is asked, and then an integer each. Rows come as iterators in the order of publication. A SHA-256 is that of
the line without its end. `times` counts what was handed to the socket whole, whether or not the client read it.
"""

from __future__ import annotations

from array import array
from itertools import groupby
from typing import Iterable, Iterator, NamedTuple, Optional

from tests.emulator.feed import Feed
from tests.emulator.log import Log
from tests.emulator.partition import Partition


class Delivery(NamedTuple):
    """One event and one consumer that it was sent to."""

    app_id: str
    client_id: str
    partition: str
    generation: int
    offset: int
    sha256: str
    times: int


def published(partition: Partition) -> Iterator[tuple[int, str]]:
    """Offset and SHA-256 of everything published to a partition, resets included."""
    for log in list(partition.logs):
        for index in range(len(log)):
            yield log.offset_at(index), log.sha256_at(index)


def counted(partition: Partition, feeds: Iterable[Feed]) -> Iterator[tuple[int, str, int]]:
    """The same, with how often these feeds sent it."""
    mine = [feed for feed in feeds if feed.partition is partition]
    for generation, log in enumerate(list(partition.logs)):
        times = _times(log, generation, mine)
        for index, count in enumerate(times):
            yield log.offset_at(index), log.sha256_at(index), count


def deliveries(partition: Partition, feeds: Iterable[Feed], app_id: Optional[str] = None) -> Iterator[Delivery]:
    """Every event that was sent, consumer by consumer."""
    mine = [feed for feed in feeds if feed.partition is partition and app_id in (None, feed.asked.app_id)]
    for consumer, group in groupby(sorted(mine, key=_consumer), key=_consumer):
        consumed = list(group)
        for generation, log in enumerate(list(partition.logs)):
            for index, count in enumerate(_times(log, generation, consumed)):
                if count:
                    offset, sha256 = log.offset_at(index), log.sha256_at(index)
                    yield Delivery(*consumer, partition.name, generation, offset, sha256, count)


def _consumer(feed: Feed) -> tuple[str, str]:
    return feed.asked.app_id, feed.asked.client_id


def _times(log: Log, generation: int, feeds: list[Feed]) -> array[int]:
    times = array("i", bytes(4 * len(log)))
    for feed in feeds:
        for _, first, last in [stretch for stretch in list(feed.stretches) if stretch[0] == generation]:
            last = min(last, len(times))
            runs = [(first, last)] if feed.wanted is None else log.runs(first, last, feed.wanted)
            for start, stop in runs:
                for index in range(start, stop):
                    times[index] += 1
        for number, index in list(feed.withheld):
            times[index] -= number == generation
        for number, index in list(feed.repeated):
            times[index] += number == generation
    return times
