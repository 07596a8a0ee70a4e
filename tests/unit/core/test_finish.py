"""Where a partition ends: what stands before it is kept, and when it is passed."""

from __future__ import annotations

from typing import List, Optional, Tuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from falcon_streams.core.envelope import Event
from falcon_streams.core.finish import DISORDER_MS, Finish, Kept, StopAt
from falcon_streams.core.moment import Moment
from falcon_streams.errors import Fatal
from tests.fakes.batches import batch_of
from tests.profile import trying

TEN = 1_770_000_000_000
Told = Tuple[Optional[int], Optional[int]]  # offset, milliseconds after TEN


def event(offset: Optional[int], after: Optional[int] = None) -> Event:
    created = None if after is None else TEN + after
    return Event(b"%d" % (offset or 0), offset, "A", created, "c", malformed=offset is None and after is None)


def kept(finish: Finish, *told: Told) -> Tuple[List[int], bool, Optional[int]]:
    """The places that are kept, whether the finish is passed, and the first offset that is left out."""
    events = [event(*each)._replace(raw=b"%d" % place) for place, each in enumerate(told)]
    found = finish.keep(batch_of(*events))
    lines = [] if found.batch is None else [int(line) for line in found.batch.lines]
    return lines, found.passes, found.behind


@pytest.mark.parametrize(
    "told, expected",
    [
        ([(7, 0)], ([0], False, None)),
        ([(8, 0), (None, None)], ([0, 1], True, None)),
        ([(7, 0), (8, 0), (9, 0), (None, None)], ([0, 1], True, None)),
        ([(9, 0)], ([], True, None)),
        ([(None, None)], ([0], False, None)),
    ],
)
def test_an_offset_is_the_last_that_is_read(told: List[Told], expected: object) -> None:
    assert kept(Finish("8", offset=8), *told) == expected


@pytest.mark.parametrize(
    "told, expected",
    [
        ([(1, -1)], ([0], False, None)),
        ([(1, -1), (2, 0)], ([0], False, 2)),
        ([(2, 0), (3, -1), (4, DISORDER_MS - 1), (5, -1)], ([1, 3], False, 2)),
        ([(1, -1), (2, DISORDER_MS), (3, -1)], ([0], True, 2)),
        ([(1, None), (None, None)], ([0, 1], False, None)),
    ],
)
def test_a_time_leaves_out_what_was_created_then_or_later_and_is_passed_a_minute_behind(
    told: List[Told], expected: object
) -> None:
    assert kept(Finish("-1h", before=TEN), *told) == expected


def test_a_batch_that_stands_before_the_finish_whole_is_not_copied() -> None:
    batch = batch_of(event(1, -1), event(2, -1))

    assert Finish("-1h", before=TEN).keep(batch) == Kept(batch, False)
    assert Finish("-1h", before=TEN).keep(batch).batch is batch


def test_the_places_of_malformed_lines_move_with_them() -> None:
    found = Finish("-1h", before=TEN).keep(batch_of(event(1, 0), event(None), event(2, -1)))

    assert found.batch is not None and found.batch.malformed == frozenset({0})


@pytest.mark.parametrize(
    "finish, last, passed",
    [
        (Finish("8", offset=8), event(7, 0), False),
        (Finish("8", offset=8), event(8, 0), True),
        (Finish("t", before=TEN), event(7, 0), False),
        (Finish("t", before=TEN), event(7, DISORDER_MS), True),
        (Finish("t", before=TEN), event(7), False),
    ],
)
def test_the_last_event_that_is_known_may_have_passed_the_finish(finish: Finish, last: Event, passed: bool) -> None:
    assert finish.is_passed_by(last) is passed


def test_the_setting_gives_each_partition_its_finish_and_refuses_one_that_it_leaves_out() -> None:
    assert StopAt("-1h", Moment(ago=5)).finish("0", 12) == Finish("-1h", before=7)
    assert StopAt("9", offset=9).finish("0", 12) == Finish("9", offset=9)
    listed = StopAt("0=9", offsets=(("0", 9),))
    assert listed.finish("0", 12) == Finish("0=9", offset=9)
    with pytest.raises(Fatal, match="no offset for partition 1"):
        listed.finish("1", 12)


@given(
    st.lists(st.integers(-5_000, 5_000), max_size=30),
    st.lists(st.integers(1, 7), max_size=30),
)
@trying(100)
def test_however_the_events_are_cut_into_batches_all_that_is_older_is_kept_and_nothing_else(
    ages: List[int], cuts: List[int]
) -> None:
    """Creation times are in disorder by less than a minute, as the reference has them."""
    told = [event(place, 20 * place + age) for place, age in enumerate(ages)] + [event(99, DISORDER_MS)]
    finish, read, passed = Finish("t", before=TEN + 300), [], False
    while told and not passed:
        size = cuts.pop() if cuts else 3
        found = finish.keep(batch_of(*told[:size]))
        read += [] if found.batch is None else list(found.batch.offsets)
        passed, told = found.passes, told[size:]

    assert read == [b"%d" % place for place, age in enumerate(ages) if 20 * place + age < 300]
