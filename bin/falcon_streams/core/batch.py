"""The events of one read of a feed, as columns: the interpreter's loops do the work of each event, not ours.

Theory. Per event, the hot path matches one anchored pattern and copies bytes. The five groups of each match are the
columns. Sets over columns find new types and customers; one join over columns renders (`splunk/stream_xml.py`). A batch
with a line that the pattern does not match is read event by event into the same columns, so there is one way from here
on.

Rules: lines stay as they arrived. Columns have equal length, in the order of arrival. Digits stay digits: an empty
offset means unplaced, and empty seconds mean that there is no readable creation time.
"""

from __future__ import annotations

import re
from itertools import compress
from operator import itemgetter
from typing import Any, Callable, FrozenSet, List, NamedTuple, Optional, Sequence, Tuple

from falcon_streams.core.envelope import FAST, Event, is_plain, read_event

Row = Tuple[bytes, bytes, bytes, bytes, bytes]
_CLOSING = {ord("}")}
_last_byte = itemgetter(-1)
_groups: Callable[[Any], Row] = re.Match.groups


class Batch(NamedTuple):
    """Some events. `seconds` and `millis` are the creation time; `malformed` holds the places of lines that are not a
    JSON object."""

    lines: Sequence[bytes]
    customers: Sequence[bytes]
    offsets: Sequence[bytes]
    types: Sequence[bytes]
    seconds: Sequence[bytes]
    millis: Sequence[bytes]
    malformed: FrozenSet[int] = frozenset()

    def last_placed(self) -> Optional[Event]:
        """The last event that has an offset."""
        for place in range(len(self.lines) - 1, -1, -1):
            if self.offsets[place]:
                return read_event(self.lines[place])
        return None

    def unplaced_at_end(self) -> Sequence[bytes]:
        """The lines without an offset that follow the last event."""
        place = len(self.lines)
        while place and not self.offsets[place - 1]:
            place -= 1
        return self.lines[place:]

    def unplaced(self) -> List[Tuple[bytes, bool]]:
        """The lines without an offset, and whether each is malformed."""
        if b"" not in self.offsets:
            return []
        places = [place for place, offset in enumerate(self.offsets) if not offset]
        return [(self.lines[place], place in self.malformed) for place in places]

    def sole_customer(self) -> Optional[bytes]:
        """The customer of all these events, None if they have several, or there are none."""
        first = self.customers[0] if self.customers else None
        return first if first is not None and self.customers.count(first) == len(self.customers) else None

    def last_created(self) -> Optional[float]:
        """When the last event was created, in epoch seconds; None if it does not say."""
        return int(self.seconds[-1] + self.millis[-1]) / 1000.0 if self.seconds[-1] else None

    def without(self, types: FrozenSet[bytes]) -> Batch:
        """The batch without the events of these types."""
        if types.isdisjoint(self.types):
            return self
        return self.chosen([name not in types for name in self.types])

    def chosen(self, kept: Sequence[bool]) -> Batch:
        """The batch of those events whose place in `kept` is true."""
        places = compress(range(len(kept)), kept)
        malformed = frozenset(now for now, before in enumerate(places) if before in self.malformed)
        return Batch._make((*(tuple(compress(column, kept)) for column in self[:-1]), malformed))


def read_batch(lines: Sequence[bytes]) -> Batch:
    """Peek at the lines: at least one, and none of them empty. Never raises: see `read_event`."""
    matches = list(map(FAST.match, lines))
    if all(matches) and set(map(_last_byte, lines)) == _CLOSING:
        customers, offsets, types, seconds, millis = zip(*map(_groups, matches))
        if is_plain(b"".join(customers + types)):
            return Batch(lines, customers, offsets, types, seconds, millis)
    return _read_one_by_one(lines)


def _read_one_by_one(lines: Sequence[bytes]) -> Batch:
    events = [read_event(line) for line in lines]
    customers, offsets, types, seconds, millis = zip(*map(row_of, events))
    malformed = frozenset(place for place, event in enumerate(events) if event.malformed)
    return Batch(lines, customers, offsets, types, seconds, millis, malformed)


def row_of(event: Event) -> Row:
    """One event as a row of the columns."""
    offset = b"" if event.offset is None else b"%d" % event.offset
    seconds = b"" if event.created is None else b"%d" % (event.created // 1000)
    millis = b"" if event.created is None else b"%03d" % (event.created % 1000)
    return _name(event.customer), offset, _name(event.type), seconds, millis


def _name(text: str) -> bytes:
    return text.encode("utf-8", "backslashreplace")  # JSON can hold halves of surrogate pairs
