"""Lines of a journal come to the newest records, or to a refusal: never to anything else, whatever happens to them."""

from __future__ import annotations

import json
import zlib
from dataclasses import replace
from typing import Any, Dict, List, Tuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from falcon_streams.core import journal_line
from falcon_streams.core.envelope import Event
from falcon_streams.core.journal_line import Contents, afresh, first_line, lines_of, read_lines
from falcon_streams.core.record import Owner, Record, RecordTooNew, RecordUnreadable, StartPosition, first_record
from tests.model.mutation import mutate
from tests.profile import trying

NAME = "main"
A, B, C = ("a" * 32 + "/0", "a" * 32 + "/1", "b" * 32 + "/0")


def first(partition: str) -> Record:
    return first_record(NAME, partition, Owner("h", "id", "").of(partition), StartPosition(None, 7), 1000.0, 500.0)


def grown(record: Record, by: int = 1) -> Record:
    """The record after so many commits, a second apart."""
    for _ in range(by):
        offset = 0 if record.offset is None else record.offset + 1
        event = Event(b"%d" % offset, offset, "A", 1_770_000_000_000 + offset, record.tenant)
        record = record.committed(event, (record.tenant,), record.updated_at + 1.0, 30.0)
    return record


def changed(record: Record, how: str) -> Record:
    """The record after something happened to its partition."""
    if how == "reset":
        return grown(record.reset(9))
    if how == "shift":
        return record.shifted(40.0)
    if how == "clean":
        return replace(record, clean=True)
    if how == "resumed":
        return record.resumed_at(record.trail[0])
    return grown(record, 35 if how == "long" else 1)


class File:
    """A journal's lines, as its writer makes them."""

    def __init__(self, *partitions: str) -> None:
        self.contents = afresh(NAME, {each: first(each) for each in partitions})
        self.lines = [first_line(self.contents, "token"), *lines_of(self.contents)]

    def commit(self, *records: Record, removed: Tuple[str, ...] = ()) -> None:
        change = {record.partition: record for record in records}
        self.lines.append(self.contents.line(change, removed))
        self.contents = self.contents.after(change, removed)

    def grow(self, *partitions: str, by: int = 1) -> None:
        for _ in range(by):
            self.commit(*(grown(self.contents.records[each]) for each in partitions))


def line_of(tree: Any) -> bytes:
    """A line, as another implementation writes it."""
    data = json.dumps(tree).encode()
    return b"%08x %b\n" % (zlib.crc32(data), data)


def records(lines: List[bytes]) -> Dict[str, Record]:
    return read_lines(lines).contents.records


def refused(lines: List[bytes], match: str = "line|version") -> None:
    with pytest.raises(RecordUnreadable, match=match):
        read_lines(lines)


HOWS = ["once", "long", "reset", "shift", "clean", "resumed"]
commits = st.lists(
    st.tuples(st.lists(st.sampled_from([A, B, C]), unique=True), st.sampled_from([*HOWS, "removed"])), max_size=12
)


def written(steps: List[Tuple[List[str], str]]) -> Tuple[File, List[Contents]]:
    """A file after these commits, and what it came to before and after each."""
    file, states = File(A, B, C), []
    states.append(file.contents)
    for partitions, how in steps:
        there = [each for each in partitions if each in file.contents.records]
        if how == "removed":
            file.commit(removed=tuple(there))
        else:
            file.commit(*(changed(file.contents.records.get(each, first(each)), how) for each in partitions))
        states.append(file.contents)
    return file, states


@trying(200)
@given(commits)
def test_lines_come_to_what_was_committed_whatever_happened_to_the_trails(steps: List[Tuple[List[str], str]]) -> None:
    file, _ = written(steps)
    found = read_lines(file.lines)

    assert found.contents == file.contents
    assert (found.size, found.damaged) == (sum(map(len, file.lines)), False)


@trying(200)
@given(commits, st.data())
def test_a_last_line_cut_anywhere_or_full_of_zeros_leaves_the_commits_before_it(
    steps: List[Tuple[List[str], str]], data: st.DataObject
) -> None:
    file, states = written([*steps, ([A], "once")])
    last = file.lines[-1]
    at = data.draw(st.integers(0, len(last) - 2))
    rest = data.draw(st.sampled_from([b"", b"\0" * (len(last) - at), b"\0" * (len(last) - at - 1) + b"\n"]))
    found = read_lines([*file.lines[:-1], *([last[:at] + rest] if at or rest else [])])

    assert found.contents == states[-2]
    assert (found.size, found.damaged) == (sum(map(len, file.lines[:-1])), False)


@trying(300)
@given(commits, st.data())
def test_damage_to_any_line_leaves_the_newest_records_or_none(
    steps: List[Tuple[List[str], str]], data: st.DataObject
) -> None:
    file, states = written(steps)
    lines = [*file.lines]
    number = data.draw(st.integers(0, len(lines) - 1))
    how = data.draw(st.sampled_from(["flip", "drop", "twice", "cut"]))
    if how == "flip":
        at = data.draw(st.integers(0, len(lines[number]) - 2))
        lines[number] = lines[number][:at] + bytes([lines[number][at] ^ 1]) + lines[number][at + 1 :]
    elif how == "cut":
        lines[number] = lines[number][: len(lines[number]) // 2] + b"\n"
    lines[number : number + 1] = {"drop": [], "twice": [lines[number]] * 2}.get(how, [lines[number]])
    try:
        found = read_lines(lines).contents
    except RecordUnreadable:
        return
    last_was_torn = steps and number == len(file.lines) - 1
    assert found.records in [each.records for each in states[-2 if last_was_torn else -1 :]]


def test_a_bit_that_flips_anywhere_leaves_the_newest_records_or_none() -> None:
    file = File(A, B)
    file.grow(A)
    before = [*file.lines], file.contents.records
    file.grow(A, B)
    for number, line in enumerate(file.lines):
        for at in range(len(line) - 1):
            lines = [*file.lines]
            lines[number] = line[:at] + bytes([line[at] ^ 1]) + line[at + 1 :]
            try:
                found = read_lines(lines).contents.records
            except RecordUnreadable:
                continue
            assert found == (before[1] if number == len(before[0]) else file.contents.records)


MISTAKES: Dict[str, Tuple[Any, ...]] = {
    "what is behind damage is taken for all": (
        journal_line._Reading, "_take_records", "self._doubtful = set(self._trees)", "pass",
    ),
    "what builds upon a lost line is used": (
        journal_line._Reading, "_take_record", "self._numbers.get(partition) != entry['since']", "False",
    ),
    "records that are lost are not missed": (
        journal_line._Reading, "found", "len(self._trees) != self._live", "False",
    ),
    "a file that was written whole may end anywhere": (
        journal_line._Reading, "found", "self._number < self._whole or self._bad > 1", "self._bad > 1",
    ),
    "a line that cannot be read is an error": (
        journal_line._Reading, "found", "self._number < self._whole or self._bad > 1", "self._bad > 0",
    ),
    "the checksum is not looked at": (
        journal_line, "_read_line", "line != b'%08x %b\\n' % (zlib.crc32(data), data)", "not line.endswith(b'}\\n')",
    ),
    "a removed record stays": (journal_line._Reading, "_take_records", "self._trees.pop(partition, None)", "pass"),
    "a step too few is dropped": (journal_line, "_grown", "_count(entry['drop'])", "max(0, _count(entry['drop']) - 1)"),
}  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("name", MISTAKES)
def test_the_properties_find_a_mistake_made_on_purpose(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    mutate(monkeypatch, *MISTAKES[name])
    with pytest.raises((AssertionError, RecordUnreadable)):
        test_lines_come_to_what_was_committed_whatever_happened_to_the_trails()
        test_a_last_line_cut_anywhere_or_full_of_zeros_leaves_the_commits_before_it()
        test_damage_to_any_line_leaves_the_newest_records_or_none()
        test_a_bit_that_flips_anywhere_leaves_the_newest_records_or_none()


def test_damage_before_the_newest_complete_record_of_each_partition_costs_nothing() -> None:
    file = File(A, B)
    file.grow(A, B, by=2)
    file.commit(*(changed(record, "shift") for record in file.contents.records.values()))
    file.grow(A)

    for number in range(1, 5):
        found = read_lines([*file.lines[:number], b"damage\n", *file.lines[number + 1 :]])
        assert (found.contents.records, found.damaged) == (file.contents.records, True)


def test_a_record_that_builds_upon_one_before_the_damage_is_the_newest() -> None:
    file = File(A, B)
    file.grow(A)
    file.commit(changed(file.contents.records[A], "shift"))
    file.grow(B)

    found = read_lines([*file.lines[:3], b"damage\n", *file.lines[4:]])
    assert (found.contents.records, found.damaged) == (file.contents.records, True)


def test_a_line_of_a_file_that_was_written_whole_was_not_cut_by_a_crash() -> None:
    lines = File(A, B).lines
    refused([*lines[:-1], lines[-1][:-9]])
    refused(lines[:-1])


@pytest.mark.parametrize("number", [1, 2, 3])
def test_damage_that_may_hold_the_newest_record_of_a_partition_refuses_all(number: int) -> None:
    file = File(A, B)
    file.grow(B)
    file.grow(A)
    file.grow(A)
    refused([*file.lines[:number], b"damage\n", *file.lines[number + 1 :]], "what they held is not known")


def test_a_partition_whose_only_line_is_damaged_is_missed() -> None:
    file = File(A)
    file.commit(first(B))
    file.commit(changed(file.contents.records[A], "shift"))
    refused([*file.lines[:2], b"damage\n", *file.lines[3:]], "what they held is not known")


def test_more_than_one_bad_line_at_the_end_is_no_crash() -> None:
    file = File(A)
    refused([*file.lines, b"one\n", b"two\n"])
    refused([*file.lines, b"one\n", b"two"])


@pytest.mark.parametrize(
    "tree",
    [
        [], None, 7, {}, {"n": 3}, {"n": 3, "live": 2, "records": 7, "removed": []},
        {"n": True, "live": 2, "records": [], "removed": []}, {"n": 3, "live": -1, "records": [], "removed": []},
        {"n": 3, "live": 2, "records": [{"record": {}}], "removed": []},
        {"n": 3, "live": 2, "records": [{"record": {"partition": []}}], "removed": []},
        {"n": 3, "live": 2, "records": [{"record": {"partition": A}}], "removed": []},
        {"n": 3, "live": 2, "records": [{"since": 1, "drop": -1, "record": {"partition": A}}], "removed": []},
        {"n": 3, "live": 2, "records": [], "removed": [[]]},
    ],
)  # fmt: skip
def test_a_line_that_makes_no_sense_refuses_all(tree: Any) -> None:
    refused([*File(A, B).lines, line_of(tree)])


@pytest.mark.parametrize("line", [b"", b"\n", b"x\n", line_of({}), line_of({"falcon_event_streams_journal": "1"})])
def test_a_file_whose_first_line_is_not_that_of_a_journal_is_refused(line: bytes) -> None:
    refused([line, *File(A).lines[1:]])
    refused([])


def test_a_newer_journal_a_newer_record_and_a_record_of_another_input_are_told_apart() -> None:
    with pytest.raises(RecordTooNew):
        read_lines([line_of({"falcon_event_streams_journal": 2})])
    entry = {"record": {**first(A).to_tree(), "version": 99}}
    with pytest.raises(RecordTooNew):
        read_lines([*File(A).lines, line_of({"n": 2, "live": 1, "records": [entry], "removed": []})])
    foreign = {"record": {**first(A).to_tree(), "input": "other"}}
    refused([*File(A).lines, line_of({"n": 2, "live": 1, "records": [foreign], "removed": []})], "another input")


def test_keys_that_a_newer_version_adds_are_passed_over() -> None:
    entry = {"record": {**first(B).to_tree(), "more": 1}, "more": 1}
    line = line_of({"n": 2, "live": 2, "records": [entry], "removed": [], "more": 1})

    assert records([*File(A).lines, line]) == {A: first(A), B: first(B)}


def test_a_commit_of_a_partition_with_a_long_trail_is_short() -> None:
    file = File(A)
    file.grow(A, by=40)

    assert len(file.contents.records[A].trail) > 30
    assert len(file.lines[-1]) < 1_100 < len(file.contents.records[A].to_bytes()) / 4
