"""What has arrived in the index so far: by partition, by event type, and how fast.

Rules: pure; times are given. An event is new the first time that its partition and offset are seen, and a repeat
afterwards: the exact check, by SHA-256, is the verdict's.
"""

from __future__ import annotations

import json
from collections import Counter, deque
from collections.abc import Iterable
from typing import NamedTuple

from tests.integration.comparison import partition_of
from tests.splunkd.intake.index import Event

WINDOW = 4.0  # seconds that a rate is taken over: a live one, that does not flicker


class Place(NamedTuple):
    """Where an event stands in Falcon's stream."""

    partition: str
    offset: int


def place_of(event: Event) -> Place:
    """The partition and the offset of an indexed event."""
    return Place(partition_of(event), int(str(metadata_of(event)["offset"])))


def metadata_of(event: Event) -> dict[str, object]:
    """The head that Falcon gives every event."""
    metadata: dict[str, object] = json.loads(event.raw)["metadata"]
    return metadata


class Speed:
    """A rate over the last seconds."""

    def __init__(self) -> None:
        self._looks: deque[tuple[float, int]] = deque()

    def note(self, at: float, count: int) -> None:
        """There were so many at that time."""
        self._looks.append((at, count))
        while len(self._looks) > 2 and self._looks[1][0] <= at - WINDOW:
            self._looks.popleft()

    def begin_again(self) -> None:
        """Nothing moves: what was before says nothing about what comes."""
        self._looks.clear()

    @property
    def rate(self) -> float:
        """So many a second; 0 until there are two looks."""
        if len(self._looks) < 2:
            return 0.0
        (first, before), (last, now) = self._looks[0], self._looks[-1]
        return (now - before) / (last - first) if last > first else 0.0


class Stream:
    """What has arrived of one partition."""

    def __init__(self) -> None:
        self.offsets: set[int] = set()
        self.newest = 0.0
        self.speed = Speed()


class Tally:
    """All that has arrived."""

    def __init__(self, partitions: Iterable[str]) -> None:
        self.streams = {name: Stream() for name in partitions}
        self.types: Counter[str] = Counter()
        self.indexed = 0

    def take(self, events: Iterable[Event], at: float) -> None:
        """Count what the index has got since the last time."""
        for event in events:
            metadata = metadata_of(event)
            stream = self.streams[partition_of(event)]
            stream.offsets.add(int(str(metadata["offset"])))
            stream.newest = max(stream.newest, event.time)
            self.types[str(metadata["eventType"])] += 1
            self.indexed += 1
        for stream in self.streams.values():
            stream.speed.note(at, len(stream.offsets))

    def pause(self) -> None:
        """Nobody reads: the rates begin again."""
        for stream in self.streams.values():
            stream.speed.begin_again()

    @property
    def arrived(self) -> int:
        """How many different events there are."""
        return sum(len(stream.offsets) for stream in self.streams.values())

    @property
    def repeated(self) -> int:
        """How many came again."""
        return self.indexed - self.arrived
