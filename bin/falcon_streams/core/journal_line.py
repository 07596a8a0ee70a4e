"""The lines of a journal: many records in one file, in which a commit is one line behind those that are there.

Theory. A line is a checksum and JSON. The first one says what the file is, whose, which of all that were written whole,
and with how many lines. Each one behind them has the records of one commit, whole or not at all. A line has its number,
and how many records there are after it. In a line, a record is either complete, or it lacks its trail, which is most of
it: then it says in which line its predecessor stands, how many of that one's steps to drop, and whether its own commit
is a step of the trail.

| what cannot be read | what it is | what counts |
|---|---|---|
| the last line, if it was appended | what a crash left of a commit | all lines before it |
| a line before others | damage | the records, if each one stands behind it, or builds upon what stood before it |
| anything else | damage | nothing: a record that is lost may have been the newest |

Rules: pure. What cannot be proven to be the newest is not used. The checksum tells damage, and no forgery: whoever may
write the file may write what he likes. A newer version of the add-on may add keys to a line.
"""

from __future__ import annotations

import json
import zlib
from typing import Any, Dict, Iterable, Iterator, Mapping, NamedTuple, Optional, Sequence, Set, Tuple

from falcon_streams.core.record import Record, RecordTooNew, RecordUnreadable, Step, read_tree

VERSION = 1
_KIND = "falcon_event_streams_journal"
_CHECKSUM = 9  # bytes: eight hex digits and a blank
_TRAIL = ("trail", "trail_identities")

Tree = Dict[str, Any]


class Contents(NamedTuple):
    """What the lines of a journal come to: the newest record of each partition, the number of the line in which it
    stands, and the number of the last line."""

    input: str
    records: Dict[str, Record]
    numbers: Dict[str, int]
    number: int

    def after(self, changed: Mapping[str, Record], removed: Sequence[str]) -> Contents:
        """The contents after one more line."""
        number = self.number + 1
        records, numbers = {**self.records, **changed}, {**self.numbers, **dict.fromkeys(changed, number)}
        for partition in removed:
            del records[partition], numbers[partition]
        return Contents(self.input, records, numbers, number)

    def line(self, changed: Mapping[str, Record], removed: Sequence[str]) -> bytes:
        """The line that makes of these contents those `after` it."""
        live = len(self.records.keys() | changed.keys()) - len(removed)
        records = [self._entry(record) for record in changed.values()]
        return _line({"n": self.number + 1, "live": live, "records": records, "removed": [*removed]})

    def _entry(self, record: Record) -> Tree:
        former = self.records.get(record.partition)
        growth = None if former is None else _growth(former.trail, record)
        if growth is None:
            return {"record": record.to_tree()}
        drop, has_step = growth
        since = self.numbers[record.partition]
        return {"since": since, "drop": drop, "step": has_step, "record": record.head()}


def afresh(name: str, records: Dict[str, Record]) -> Contents:
    """The contents of a file that is written anew, by `lines_of`."""
    numbers = {partition: number for number, partition in enumerate(records, 1)}
    return Contents(name, records, numbers, len(records))


def first_line(contents: Contents, token: str) -> bytes:
    """The first line of a file that is written anew; no other file has this token."""
    return _line({_KIND: VERSION, "input": contents.input, "whole": contents.number, "token": token})


def lines_of(contents: Contents) -> Iterator[bytes]:
    """The lines behind the first one: each record has its own, so that damage to one is damage to one."""
    for number, record in enumerate(contents.records.values(), 1):
        entry = {"record": record.to_tree()}
        yield _line({"n": number, "live": number, "records": [entry], "removed": []})


class Found(NamedTuple):
    """What a file holds: its contents, the bytes of its good lines up to the last one, and whether there is damage
    before that."""

    contents: Contents
    size: int
    damaged: bool


def read_lines(lines: Iterable[bytes]) -> Found:
    """Read a file, line by line. Raises RecordTooNew, or RecordUnreadable for what is not provably the newest."""
    try:
        reading = _Reading()
        for line in lines:
            reading.take(line)
        return reading.found()
    except (RecordTooNew, RecordUnreadable):
        raise
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError, OverflowError) as error:
        raise RecordUnreadable("a line is not one of a journal") from error


class _Reading:
    """A file on its way through its lines."""

    def __init__(self) -> None:
        self._input: Optional[str] = None
        self._trees: Dict[str, Tree] = {}
        self._numbers: Dict[str, int] = {}
        self._number = self._live = self._whole = 0
        self._size = self._bad_size = 0
        self._bad = 0  # lines since the last good one
        self._damaged = False
        self._doubtful: Set[str] = set()  # partitions whose newest record may stand in a line that cannot be read

    def take(self, line: bytes) -> None:
        """Read one line."""
        tree = _read_line(line)
        if self._input is None:
            self._input, self._whole = _read_header(tree)
        elif tree is None:
            self._bad, self._bad_size = self._bad + 1, self._bad_size + len(line)
            return
        else:
            self._take_records(tree)
        self._size += self._bad_size + len(line)
        self._bad = self._bad_size = 0

    def _take_records(self, tree: Tree) -> None:
        number, self._live = _count(tree["n"]), _count(tree["live"])
        if self._bad or number != self._number + 1:
            if number <= self._number:
                raise RecordUnreadable("its lines are not in order")
            self._damaged = True
            self._doubtful = set(self._trees)
        for entry in tree["records"]:
            self._take_record(entry, number)
        for partition in tree["removed"]:
            self._trees.pop(partition, None)
            self._numbers.pop(partition, None)
            self._doubtful.discard(partition)
        self._number = number

    def _take_record(self, entry: Tree, number: int) -> None:
        record = entry["record"]
        partition = record["partition"]
        if "since" in entry:
            if self._numbers.get(partition) != entry["since"]:
                self._doubtful.add(partition)  # its predecessor was in a line that cannot be read
                self._numbers.pop(partition, None)
                return
            record = _grown(self._trees[partition], entry)
        self._trees[partition] = record
        self._numbers[partition] = number
        self._doubtful.discard(partition)

    def found(self) -> Found:
        """What the lines come to."""
        if self._input is None:
            raise RecordUnreadable("it has no lines")
        is_short = self._number < self._whole or self._bad > 1
        if is_short or self._doubtful or len(self._trees) != self._live:
            raise RecordUnreadable("lines of it cannot be read, and what they held is not known")
        records = {}
        for partition in [*self._trees]:
            record = read_tree(self._trees.pop(partition))
            if (record.input, record.partition) != (self._input, partition):
                raise RecordUnreadable("a record of another input is among its own")
            records[partition] = record
        return Found(Contents(self._input, records, self._numbers, self._number), self._size, self._damaged)


def _growth(former: Tuple[Step, ...], record: Record) -> Optional[Tuple[int, bool]]:
    """How the trail came out of the former one: how many steps were dropped, and whether the record's own commit was
    added. None if it came about in another way."""
    for own in (False, True):
        kept = record.trail[:-1] if own else record.trail
        drop = len(former) - len(kept)
        if drop >= 0 and former[drop:] == kept and (not own or record.trail[-1:] == (_own_step(record),)):
            return drop, own
    return None


def _own_step(record: Record) -> Step:
    return Step(record.offset, record.identity, record.updated_at)


def _grown(former: Tree, entry: Tree) -> Tree:
    """The complete tree of a record that says how its trail came out of the former one."""
    record, drop = entry["record"], _count(entry["drop"])
    steps, told = (former[name][drop:] for name in _TRAIL)
    if entry["step"] is True:
        steps.append([record["offset"], record["fingerprint"], record["updated_at"]])
        told.append(record["identity"])
    return {**record, **dict(zip(_TRAIL, (steps, told)))}


def _line(tree: Tree) -> bytes:
    data = json.dumps(tree, separators=(",", ":")).encode("ascii")
    return b"%08x %b\n" % (zlib.crc32(data), data)


def _read_line(line: bytes) -> Optional[Tree]:
    """The tree of a line, None if it is not whole."""
    data = line[_CHECKSUM:-1]
    if line != b"%08x %b\n" % (zlib.crc32(data), data):
        return None
    tree = json.loads(data)
    if not isinstance(tree, dict):
        raise RecordUnreadable("a line is not one of a journal")
    return tree


def _read_header(tree: Optional[Tree]) -> Tuple[str, int]:
    if tree is None:
        raise RecordUnreadable("its first line cannot be read")
    if _count(tree[_KIND]) > VERSION:
        raise RecordTooNew(f"it has version {tree[_KIND]}, this add-on knows {VERSION}")
    return str(tree["input"]), _count(tree["whole"])


def _count(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise RecordUnreadable("a line is not one of a journal")
    return value
