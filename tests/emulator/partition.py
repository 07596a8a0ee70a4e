"""One partition's retained events: a log addressed by offset, shared by all app ids (reference 3.4).

Rules: offsets are inclusive and grow; a request below the floor is clamped to it; `publish` takes a line as it is. What
was sent is counted per event, so that a test can ask whether everything was delivered.
"""

from __future__ import annotations

import hashlib
import json
import threading
from array import array
from bisect import bisect_left
from typing import Iterable, List, NamedTuple, Optional


class Entry(NamedTuple):
    """One retained event: its offset, its type as the filter sees it, and its line without the line end."""

    offset: int
    type: str
    line: bytes


class Partition:
    """A partition's log."""

    def __init__(self, name: str, first_offset: int = 0) -> None:
        self.name = name
        self.next_offset = first_offset
        self.entries: List[Entry] = []
        self.floor = 0
        self.changed = threading.Condition()
        self._highest: List[int] = []
        self._sent = array("I")
        self.epoch = 0

    def publish(self, lines: Iterable[bytes]) -> None:
        """Append lines as they are; an offset in the line's metadata counts, else the next one."""
        with self.changed:
            for line in lines:
                offset, event_type = read_metadata(line)
                self._append(Entry(self.next_offset if offset is None else offset, event_type, line))
            self.changed.notify_all()

    def append(self, event_type: str, line: bytes) -> None:
        """Append one made event, whose line bears `next_offset`. The caller holds `changed`."""
        self._append(Entry(self.next_offset, event_type, line))

    def position_of(self, offset: int) -> int:
        """The index of the first retained entry at or above this offset."""
        return max(self.floor, bisect_left(self._highest, offset))

    def sent(self, index: int) -> None:
        """The entry at this index has been sent once more."""
        self._sent[index] += 1

    def reset(self, first_offset: int = 0) -> None:
        """The vendor starts the offsets anew: the log is empty and begins low again."""
        with self.changed:
            self.entries, self._highest, self._sent = [], [], array("I")
            self.next_offset, self.floor = first_offset, 0
            self.epoch += 1
            self.changed.notify_all()

    def ledger(self) -> List[List[object]]:
        """What was published: offset, SHA-256 of the line, how often it was sent."""
        pairs = zip(list(self.entries), self._sent)
        return [[entry.offset, hashlib.sha256(entry.line).hexdigest(), sent] for entry, sent in pairs]

    def _append(self, entry: Entry) -> None:
        self.entries.append(entry)
        self._highest.append(max(entry.offset, self._highest[-1]) if self._highest else entry.offset)
        self._sent.append(0)
        self.next_offset = max(self.next_offset, entry.offset + 1)


def read_metadata(line: bytes) -> tuple[Optional[int], str]:
    """Offset and type of a line, as far as it has them."""
    try:
        metadata = json.loads(line)["metadata"]
        return int(metadata["offset"]), str(metadata.get("eventType", ""))
    except (ValueError, KeyError, TypeError, RecursionError):
        return None, ""
