"""A partition's log as Falcon has it: a sequence of events from an offset on, of which the oldest are given up.

Rules: each line bears a serial, which is the model's alone: it rises over all partitions and all sequences, and never
comes again. An event is rendered anew each time it is sent, in the style of the day; a line without an offset always
looks the same. A child's event is followed by one of the parent, whose stream it is.
"""

from __future__ import annotations

import re
from typing import List, NamedTuple, Optional

PARENT = "parent"
_SERIAL = re.compile(rb'"n":"?(\d+)')
_STYLES = (
    b'{"metadata":{"customerIDString":"%s","offset":%d,"eventType":"A","eventCreationTime":%d},"event":{%s}}\r\n',
    b'{"event":{%s},"metadata":{"eventCreationTime":%d,"version":"1.0","eventType":"A","offset":%d,'
    b'"customerIDString":"%s"}}\r\n',
)


class Entry(NamedTuple):
    """One line of a log; `offset` None for a line without one, `created` in epoch milliseconds of Falcon's clock."""

    serial: int
    sequence: int
    offset: Optional[int]
    created: int
    customer: str

    def render(self, style: int) -> bytes:
        """The line as it is sent."""
        if self.offset is None:
            return b'no JSON, "n":"%d"\r\n' % self.serial
        # one in two has an id, as some types of events have
        event = b'"n":"%d"' % self.serial + (b',"CompositeId":"c%d"' % self.serial if self.serial % 2 else b"")
        told = (self.customer.encode(), self.offset, self.created, event)
        return _STYLES[style] % (told if style == 0 else told[::-1])


class Log:
    """The log of one partition."""

    def __init__(self) -> None:
        self.sequence = 0
        self.entries: List[Entry] = []
        self._next_offset = 0

    def reset(self) -> None:
        """Falcon begins a new sequence; nothing of the former one is left."""
        self.sequence += 1
        self.entries = []
        self._next_offset = 0

    def append(self, serial: int, created: int, customer: str = PARENT) -> Entry:
        """An event arrives."""
        self.entries.append(Entry(serial, self.sequence, self._next_offset, created, customer))
        self._next_offset += 1
        return self.entries[-1]

    def append_unplaced(self, serial: int, created: int) -> Entry:
        """A line without an offset arrives."""
        self.entries.append(Entry(serial, self.sequence, None, created, ""))
        return self.entries[-1]

    def age(self) -> None:
        """Falcon gives up all that it holds."""
        self.entries = []

    def after(self, serial: int, offset: int) -> List[Entry]:
        """What follows the line of this serial; before the first line is sent (serial -1), what begins at this offset;
        all of it where both are -1."""
        if not self.entries or self.entries[-1].serial <= serial:
            return []
        if serial >= 0 or offset < 0:
            return [entry for entry in self.entries if entry.serial > serial]
        places = [place for place, each in enumerate(self.entries) if each.offset is not None and each.offset >= offset]
        return self.entries[places[0] :] if places else []


def serial_of(line: bytes) -> int:
    """The serial that a line bears."""
    found = _SERIAL.search(line)
    assert found is not None, line
    return int(found[1])
