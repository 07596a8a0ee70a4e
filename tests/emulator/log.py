"""The retained log of one partition: lines by offset, as Falcon keeps them for every app id (Event Streams reference
3.4).

Rules: a line is kept byte for byte, in a temporary file, with a few numbers per line in memory, so that a million
events cost some seventy megabytes. An event is addressed by its index; `index_of` finds it by offset, inclusive,
clamped at the floor. A line that brings no offset, or one that does not grow, still has its place: `keys` only ever
grow, and seeking goes by keys. A log never forgets what was published, retention only moves its floor: the ledger
needs the rest.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import tempfile
import threading
from array import array
from bisect import bisect_left, bisect_right
from typing import Iterable, Iterator, NamedTuple, Optional

_LARGEST_OFFSET = (1 << 63) - 1


class Line(NamedTuple):
    """One event to publish: what the line says of itself, and the line without its end."""

    offset: Optional[int]
    event_type: str
    bytes: bytes


class Log:
    """One generation of a partition: from its first offset until the vendor starts anew."""

    def __init__(self, first_offset: int) -> None:
        self.next_offset = first_offset
        self._file: Optional[io.FileIO] = None  # a quiet partition needs none
        self._offsets = array("q")
        self._keys = array("q")
        self._ends = array("Q")
        self._types = array("H")
        self._published_at = array("d")
        self._digests = bytearray()
        self._type_ids: dict[str, int] = {}
        self.type_names: list[str] = []
        self._trimmed = 0
        self.sent = 0  # the index after the last event that was sent to anybody
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._ends)

    def close(self) -> None:
        """Give the file back."""
        if self._file is not None:
            self._file.close()

    def append(self, lines: Iterable[Line], at: float) -> list[int]:
        """Publish lines in this order; returns the offsets by which they are found."""
        kept = []
        with self._lock:
            position = self._ends[-1] if self._ends else 0
            at = max(at, self._published_at[-1]) if self._published_at else at
            blocks = []
            for offset, event_type, line in lines:
                key = max(self.next_offset, -1 if offset is None else offset)
                self.next_offset = key + 1
                position += len(line) + 1
                blocks.append(line)
                self._offsets.append(key if offset is None else offset)
                self._keys.append(key)
                self._types.append(self._type_id(event_type))
                self._published_at.append(at)
                self._digests += hashlib.sha256(line).digest()
                kept.append((self._offsets[-1], position))
            if blocks:
                self._write(b"\n".join(blocks) + b"\n")
                self._ends.extend(end for _, end in kept)  # last: now the lines are there to be read
        return [offset for offset, _ in kept]

    # -- reading ---------------------------------------------------------------------------------------------------

    def floor(self, oldest: float) -> int:
        """The index of the first retained event: neither trimmed nor published before `oldest`."""
        return min(len(self), max(self._trimmed, bisect_left(self._published_at, oldest)))

    def trim(self, keep: int) -> None:
        """Retain only the newest `keep` events."""
        self._trimmed = max(self._trimmed, len(self) - keep)

    def index_of(self, offset: int) -> int:
        """The index of the first event at or above this offset; `len` where there is none yet."""
        return min(bisect_left(self._keys, offset), len(self))

    def offset_at(self, index: int) -> int:
        """The offset of the event at this index."""
        return self._offsets[index]

    def type_at(self, index: int) -> str:
        """The type of the event at this index, as a filter compares it."""
        return self.type_names[self._types[index]]

    def published_at(self, index: int) -> float:
        """When the event at this index was published, in emulated epoch seconds."""
        return self._published_at[index]

    def sha256_at(self, index: int) -> str:
        """The SHA-256 of the line at this index, in hex."""
        return self._digests[32 * index : 32 * index + 32].hex()

    def read(self, first: int, last: int) -> bytes:
        """The lines from `first` up to but not including `last`, each with its line end."""
        if last <= first or self._file is None:
            return b""
        start = self._ends[first - 1] if first else 0
        return os.pread(self._file.fileno(), self._ends[last - 1] - start, start)

    def line(self, index: int) -> bytes:
        """One line, without its end."""
        return self.read(index, index + 1)[:-1]

    def reach(self, first: int, size: int) -> int:
        """The index up to which lines from `first` on make at most `size` bytes; at least one line."""
        start = self._ends[first - 1] if first else 0
        return min(len(self), max(first + 1, bisect_right(self._ends, start + size)))

    def runs(self, first: int, last: int, wanted: frozenset[str]) -> Iterator[tuple[int, int]]:
        """The stretches of wanted events between two indexes."""
        ids = {number for name, number in list(self._type_ids.items()) if name in wanted}
        begun = None
        for index in range(first, last):
            if self._types[index] in ids:
                begun = index if begun is None else begun
            elif begun is not None:
                yield begun, index
                begun = None
        if begun is not None:
            yield begun, last

    def _write(self, data: bytes) -> None:
        if self._file is None:  # open until `close`
            self._file = tempfile.TemporaryFile(prefix="falcon-emulator-log-", buffering=0)  # noqa: SIM115
        view = memoryview(data)
        while view:
            view = view[self._file.write(view) :]

    def _type_id(self, event_type: str) -> int:
        number = self._type_ids.get(event_type)
        if number is None:
            number = self._type_ids[event_type] = len(self.type_names)
            self.type_names.append(event_type)
        return number


def read_line(line: bytes) -> Line:
    """A line and what it says of itself: offset and type, as far as it says them."""
    if b"\n" in line:
        raise ValueError("a line holds no line end")
    try:
        metadata = json.loads(line)["metadata"]
        offset, event_type = metadata.get("offset"), metadata.get("eventType")
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        offset = event_type = None
    addressable = isinstance(offset, int) and not isinstance(offset, bool) and 0 <= offset <= _LARGEST_OFFSET
    return Line(offset if addressable else None, event_type if isinstance(event_type, str) else "", line)
