"""The retained log: against a list that does the same slowly."""

from __future__ import annotations

import hashlib
from typing import Optional

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.emulator.log import Line, Log, read_line
from tests.emulator.partition import Partition

OFFSETS = st.one_of(st.none(), st.integers(0, 40))
LINES = st.binary(max_size=12).map(lambda line: line.replace(b"\n", b""))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(st.tuples(OFFSETS, LINES), max_size=6), max_size=6), st.integers(0, 60))
def test_a_log_is_a_list_of_lines_whose_places_only_grow(
    batches: list[list[tuple[Optional[int], bytes]]], asked: int
) -> None:
    log, model = Log(5), list[tuple[int, int, bytes]]()
    for batch in batches:
        for offset, line in batch:
            key = max([5, *[key + 1 for key, _, _ in model], -1 if offset is None else offset])
            model.append((key, key if offset is None else offset, line))
        log.append([Line(offset, "T", line) for offset, line in batch], 0.0)

    assert [log.offset_at(index) for index in range(len(log))] == [offset for _, offset, _ in model]
    assert log.read(0, len(log)) == b"".join(line + b"\n" for _, _, line in model)
    assert log.index_of(asked) == sum(key < asked for key, _, _ in model)
    assert [log.sha256_at(n) for n in range(len(log))] == [hashlib.sha256(line).hexdigest() for _, _, line in model]
    log.close()


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from("ABC"), max_size=20), st.sets(st.sampled_from("ABCD")))
def test_the_runs_of_wanted_types_are_all_of_them_and_no_other(types: list[str], wanted: set[str]) -> None:
    log = Log(0)
    log.append([Line(None, name, b"") for name in types], 0.0)
    runs = list(log.runs(0, len(log), frozenset(wanted)))

    assert [n for start, stop in runs for n in range(start, stop)] == [n for n, t in enumerate(types) if t in wanted]
    assert all(stop < start for (_, stop), (start, _) in zip(runs, runs[1:]))
    log.close()


def test_a_reach_takes_what_fits_and_at_least_one_line() -> None:
    log = Log(0)
    log.append([Line(None, "T", b"x" * 9)] * 10, 0.0)

    assert [log.reach(0, size) for size in (1, 10, 19, 20, 1000)] == [1, 1, 1, 2, 10]
    assert log.reach(8, 25) == 10
    log.close()


@pytest.mark.parametrize(
    ("line", "offset", "event_type"),
    [
        (b'{"metadata":{"offset":7,"eventType":"T"},"event":{}}', 7, "T"),
        (b'{"event":{},"metadata":{"eventType":"T","offset":0}}', 0, "T"),
        (b'{"metadata":{"offset":"7","eventType":"T"}}', None, "T"),
        (b'{"metadata":{"offset":-1}}', None, ""),
        (b'{"metadata":{"offset":true}}', None, ""),
        (b'{"metadata":{"offset":18446744073709551615}}', None, ""),
        (b'{"metadata":[]}', None, ""),
        (b"[" * 100_000, None, ""),
        (b"\xff", None, ""),
        (b"", None, ""),
    ],
)
def test_a_line_says_of_itself_what_it_can(line: bytes, offset: Optional[int], event_type: str) -> None:
    assert read_line(line) == Line(offset, event_type, line)


def test_a_line_with_a_line_end_is_two_and_refused() -> None:
    with pytest.raises(ValueError, match="line end"):
        read_line(b"a\nb")


def test_a_partition_wakes_who_listens_and_nobody_else() -> None:
    partition, rings = Partition("0", 0), list[str]()
    wake = lambda: rings.append("x")  # noqa: E731
    partition.listen(wake)
    partition.publish([read_line(b"a")], 0.0)
    partition.reset(0)
    partition.ignore(wake)
    partition.publish([read_line(b"a")], 0.0)

    assert rings == ["x", "x"]
    assert partition.generation == 1
    partition.close()


def test_an_event_is_published_when_it_is_appended_and_never_before_the_last_one() -> None:
    log = Log(0)
    for at in (5.0, 7.0, 6.0):
        log.append([Line(None, "T", b"x")], at)

    assert [log.published_at(index) for index in range(len(log))] == [5.0, 7.0, 7.0]
    log.close()
