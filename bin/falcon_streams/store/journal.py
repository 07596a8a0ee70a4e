"""The records of child tenants in one file, to which a commit appends one line: a thousand records cost one fsync.

Rules: those of the folder (`store/folder.py`); `core/journal_line.py` has the lines. The file is written whole, as any
checkpoint, by the first commit of each process and when it has grown to several times that size; between, it is
appended to. So a process that has lost the folder, and is held up within an append, appends to a file that its
successor has put away. If the file is not as this process has left it, as after a commit that has failed, the next one
writes it whole. What cannot be read is kept aside and refused, all of it: a record that is lost in it may be the
newest of any tenant.
"""

from __future__ import annotations

import logging
import os
import uuid
from itertools import chain
from typing import Dict, FrozenSet, Mapping, NamedTuple, Optional, Sequence

from falcon_streams.core.journal_line import Contents, Found, afresh, first_line, lines_of, read_lines
from falcon_streams.core.record import Record, RecordTooNew, RecordUnreadable
from falcon_streams.errors import Fatal
from falcon_streams.splunk.private_file import NO_LINK
from falcon_streams.store.folder import Folder, aside_of, closed_to_us, too_new

LOG = logging.getLogger(__name__)
JOURNAL = "tenants.journal"
_BINARY = getattr(os, "O_BINARY", 0)
_TIMES, _LEAST = 4, 1_000_000  # compact from so many times the size on, and from so many bytes on


class _Place(NamedTuple):
    """A file as this process has left it: its first line, its size, and its size when it was written whole."""

    first: bytes
    size: int
    whole: int

    def has_room(self, more: int) -> bool:
        """Whether so many bytes more are less than a file that is worth compacting."""
        return self.size + more <= max(_TIMES * self.whole, _LEAST)


class Journal:
    """The records of tenants: the port `OffsetStore`, with `remove` and `faults`."""

    def __init__(self, folder: Folder) -> None:
        self._folder = folder
        self._path = folder.path / JOURNAL
        self._known: Optional[Contents] = None
        self._place: Optional[_Place] = None  # None: the next commit writes the file whole
        self._damaged = False

    def partitions(self) -> FrozenSet[str]:
        """The partitions that have a record; `load` says why the file cannot be used."""
        try:
            return frozenset(self._contents().records)
        except Fatal:
            return frozenset()

    def look(self) -> Dict[str, Record]:
        """The records by partition; none if the file cannot be used. Nothing is moved aside."""
        try:
            return self._found().contents.records
        except (OSError, RecordTooNew, RecordUnreadable):
            return {}

    def faults(self) -> Sequence[str]:
        """A sentence if the file cannot be used; empty if it can, or if there is none."""
        try:
            found = self._found()
        except FileNotFoundError:
            aside = aside_of(self._path)
            return [f"a damaged checkpoint is kept as {aside}"] if aside.exists() else []
        except (OSError, RecordTooNew, RecordUnreadable):
            return [self._fault()]
        return [] if found.contents.input == self._folder.name else [self._fault()]

    def _fault(self) -> str:
        return f"the checkpoint {self._path} cannot be used"

    def load(self, partition: str) -> Optional[Record]:
        """The record of a partition. Raises Fatal if the file exists but must not be used."""
        return self._contents().records.get(partition)

    def save(self, records: Sequence[Record]) -> None:
        """Store the records durably, all or none. Raises Retryable if the folder cannot be written now, RestartNeeded
        if another process has taken it over, Fatal if the file must not be used."""
        self._commit({record.partition: record for record in records}, ())

    def remove(self, partitions: FrozenSet[str]) -> None:
        """Remove the records of these partitions, as far as they have one. Raises what `save` raises."""
        there = partitions & self.partitions()
        if there:
            self._commit({}, sorted(there))

    # -- reading ---------------------------------------------------------------------------------------------------

    def _contents(self) -> Contents:
        """What the file held when this process first asked, with all that it has stored since."""
        if self._known is None:
            self._known = self._read()
        return self._known

    def _read(self) -> Contents:
        try:
            found = self._found()
        except (FileNotFoundError, NotADirectoryError):
            self._folder.refuse_former_damage(self._path)
            return afresh(self._folder.name, {})
        except OSError as error:
            raise closed_to_us(self._path, error) from None
        except RecordTooNew as error:
            raise too_new(self._path, error) from None
        except RecordUnreadable as error:
            raise self._folder.set_aside(self._path, str(error)) from None
        if found.contents.input != self._folder.name:
            raise Fatal(
                f"the checkpoint {self._path} belongs to input {found.contents.input}: put the file that belongs here "
                "back, or remove it to begin anew by start_from"
            )
        self._damaged = found.damaged
        return found.contents

    def _found(self) -> Found:
        with self._path.open("rb") as file:
            return read_lines(file)

    # -- writing ---------------------------------------------------------------------------------------------------

    def _commit(self, changed: Mapping[str, Record], removed: Sequence[str]) -> None:
        contents, place = self._contents(), self._place
        line = contents.line(changed, removed)
        after = contents.after(changed, removed)
        with self._folder.writing():
            left = self._append(place, line) if place is not None and place.has_room(len(line)) else None
            if left is None:
                after = afresh(after.input, after.records)
                left = self._put(after)
        self._known, self._place = after, left

    def _append(self, place: _Place, line: bytes) -> Optional[_Place]:
        """Append a line durably, and return where the file ends now; None if it is not as this process has left it."""
        try:
            descriptor = os.open(self._path, os.O_RDWR | os.O_APPEND | _BINARY | NO_LINK)
        except FileNotFoundError:
            return None
        try:
            if os.fstat(descriptor).st_size != place.size or os.read(descriptor, len(place.first)) != place.first:
                return None
            self._folder.refuse_if_lost()
            rest = memoryview(line)
            while rest:
                rest = rest[os.write(descriptor, rest) :]
            os.fsync(descriptor)
            size = place.size + len(line)
            return place._replace(size=size) if os.fstat(descriptor).st_size == size else None
        finally:
            os.close(descriptor)

    def _put(self, contents: Contents) -> _Place:
        """Write the file whole. What is damaged in it is kept."""
        if self._damaged:
            self._keep_damaged()
        first = first_line(contents, uuid.uuid4().hex)
        size = self._folder.put(self._path, chain([first], lines_of(contents)))
        self._folder.sync()
        return _Place(first, size, size)

    def _keep_damaged(self) -> None:
        aside = aside_of(self._path)
        self._folder.put(aside, self._path.read_bytes())
        self._damaged = False
        LOG.warning("journal_mended", {"path": str(aside)})
