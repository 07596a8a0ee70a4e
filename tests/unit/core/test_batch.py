"""A batch says of its lines what reading them one by one says, whatever they are."""

from __future__ import annotations

from typing import List

import pytest
from hypothesis import given
from hypothesis import strategies as st

from falcon_streams.core.batch import Batch, read_batch
from falcon_streams.core.envelope import read_event
from tests.fakes.batches import batch_of
from tests.unit.core.test_envelope import FAST

ODD = [
    b"not json",
    b'{"event":null,"metadata":{"offset":5}}',
    b'{"metadata":{"offset":6,"eventType":"B","eventCreationTime":1657110865303,"customerIDString":"c2"}}',
    FAST.replace(b"1657110865303", b"915148800000"),
    FAST.replace(b"1657110865303", b"1657110865"),
    FAST.replace(b"1657110865303", b'"2022-07-06T12:34:25.303Z"'),
    FAST.replace(b"174", b"174.0"),
    b"\xef\xbb\xbf" + FAST,
    b"data: " + FAST,
    FAST + b",",
    FAST.replace(b'"c1"', b'"c\\u0031"'),
    FAST.replace(b'"A"', b'"A\\"'),
    FAST.replace(b'"A"', b'"\\ud800"'),
    FAST.replace(b'"A"', b'"\xff"'),
    FAST[:-1],
    b"{}",
]


def fast(offset: int, event_type: bytes = b"A") -> bytes:
    return FAST.replace(b"174", b"%d" % offset).replace(b'"A"', b'"%b"' % event_type)


@pytest.mark.parametrize("line", [FAST, *ODD])
def test_a_line_reads_the_same_alone_and_in_a_batch(line: bytes) -> None:
    alone, among = read_batch([line]), read_batch([fast(1), line, fast(2)])
    event = read_event(line)

    assert alone[:-1] == batch_of(event)[:-1]
    assert [column[1] for column in among[:-1]] == [column[0] for column in alone[:-1]]
    assert alone.malformed == ({0} if event.malformed else set())
    assert among.malformed == ({1} if event.malformed else set())


def test_an_escaped_name_is_decoded() -> None:
    assert read_event(FAST.replace(b'"c1"', b'"c\\u0031"')).customer == "c1"
    assert read_batch([FAST.replace(b'"c1"', b'"c\\u0031"')]).customers == (b"c1",)


def test_the_last_placed_event_is_found_behind_unplaced_ones() -> None:
    batch = read_batch([fast(7), fast(8), b"{}", b"bad"])

    assert batch.last_placed() == read_event(fast(8))
    assert batch.unplaced() == [(b"{}", False), (b"bad", True)]
    assert batch.last_created() is None
    assert read_batch([b"{}"]).last_placed() is None
    assert read_batch([fast(1)]).unplaced() == []


def test_the_time_of_the_last_event_is_told_in_seconds() -> None:
    assert read_batch([fast(1)]).last_created() == 1657110865.303


def test_without_some_types_the_rest_stays_in_order_and_in_place() -> None:
    batch = read_batch([fast(1), fast(2, b"B"), b"bad", fast(3), fast(4, b"B"), b"worse"])

    left = batch.without(frozenset({b"B"}))

    assert left.lines == (fast(1), b"bad", fast(3), b"worse")
    assert left.offsets == (b"1", b"", b"3", b"")
    assert left.malformed == {1, 3}
    assert batch.without(frozenset({b"C"})) is batch
    assert batch.without(frozenset({b"B", b"A", b""})).lines == ()


LINES = st.lists(st.sampled_from([FAST, fast(9, b"B"), *ODD]), min_size=1, max_size=6)


@given(LINES, st.sets(st.sampled_from([b"A", b"B", b""])))
def test_any_mixture_is_what_its_lines_are(lines: List[bytes], unwanted: set[bytes]) -> None:
    batch = read_batch(lines)
    events = [read_event(line) for line in lines]

    assert columns(batch) == columns(batch_of(*events))
    kept = [line for line, name in zip(lines, batch.types) if name not in unwanted]
    assert list(batch.without(frozenset(unwanted)).lines) == kept
    if kept:
        assert columns(batch.without(frozenset(unwanted))) == columns(read_batch(kept))


def columns(batch: Batch) -> List[List[bytes]]:
    return [*(list(column) for column in batch[:-1]), sorted(b"%d" % place for place in batch.malformed)]


def test_a_batch_knows_whether_it_has_one_customer_only() -> None:
    def of(*customers: bytes) -> Batch:
        return read_batch([FAST.replace(b'"c1"', b'"%s"' % customer) for customer in customers])

    assert of(b"a").sole_customer() == of(b"a", b"a").sole_customer() == b"a"
    assert of(b"a", b"b").sole_customer() is of(b"aa", b"a", b"aaa").sole_customer() is None
    assert of(b"a").chosen([False]).sole_customer() is None
