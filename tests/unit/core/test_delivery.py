"""Which ranges of offsets a run accounts for, from its first feed to a reset, and that no offset is left out."""

from __future__ import annotations

from typing import List, Optional

from hypothesis import given
from hypothesis import strategies as st

from falcon_streams.core.delivery import NOTHING, Counted, Delivery, Range
from falcon_streams.core.envelope import Event
from falcon_streams.core.identity import identify
from falcon_streams.core.resume import OLDEST, Resume
from tests.profile import trying


def event(offset: int) -> Event:
    return Event(b'{"n":%d}' % offset, offset, "A", 1_000_000 + offset, "c")


def begun(at: Optional[int] = None, known: bool = True, first: int = 5) -> Delivery:
    """A run whose first feed was opened at this offset, where it knows the event or not, and began with `first`."""
    identity = identify(event(at)) if at is not None and known else None
    delivery = Delivery()
    delivery.begin(Resume(OLDEST if at is None else f"offset={at}", at, identity), event(first))
    return delivery


def spans(ranges: List[Range]) -> List[object]:
    return [(each.first, each.last, each.counted.sent) for each in ranges]


def test_ranges_follow_each_other_from_the_first_event_on_whatever_holes_the_offsets_have() -> None:
    delivery = begun(first=5)
    delivery.committed(event(9), 0, Counted(sent=3), now=0.0)
    delivery.committed(event(20), 0, Counted(sent=4), now=1.0)
    told = delivery.take()
    delivery.committed(event(31), 0, Counted(sent=10), now=2.0)

    assert spans(told) == [(5, 20, 4)]
    assert spans(delivery.take()) == [(21, 31, 6)]


def test_a_partition_without_a_commit_has_nothing_to_tell() -> None:
    delivery = begun()
    assert delivery.take() == []

    delivery.committed(event(9), 0, Counted(sent=3), now=0.0)
    delivery.take()
    assert delivery.take() == []


def test_a_run_that_resumes_begins_after_the_event_that_it_knows_even_across_a_gap() -> None:
    for first in (100, 150):
        delivery = begun(at=100, first=first)
        delivery.committed(event(160), 0, Counted(sent=2), now=0.0)
        assert spans(delivery.take()) == [(101, 160, 2)]


def test_a_run_at_an_offset_that_an_admin_named_begins_with_the_first_event_there() -> None:
    delivery = begun(at=100, known=False, first=103)
    delivery.committed(event(160), 0, Counted(sent=2), now=0.0)

    assert spans(delivery.take()) == [(103, 160, 2)]


def test_a_feed_that_is_opened_again_changes_nothing() -> None:
    delivery = begun(first=5)
    delivery.committed(event(9), 0, Counted(sent=3), now=0.0)
    delivery.begin(Resume("offset=9", 9, identify(event(9))), event(9))
    delivery.committed(event(12), 0, Counted(sent=5), now=1.0)

    assert spans(delivery.take()) == [(5, 12, 5)]


def test_what_was_filtered_is_counted_in_the_range_in_which_it_was() -> None:
    delivery = begun()
    delivery.committed(event(9), 0, Counted(1, 2, 3, 4, 5), now=0.0)
    (first,) = delivery.take()
    delivery.committed(event(10), 0, Counted(2, 4, 3, 4, 6), now=1.0)
    (second,) = delivery.take()

    assert first.counted == Counted(1, 2, 3, 4, 5)
    assert second.counted == Counted(1, 2, 0, 0, 1)
    assert (first.number, second.number) == (1, 2)
    assert (first.since, second.since) == (1_000_005, 1_000_009)


def test_a_reset_closes_the_range_and_the_next_begins_after_the_first_commit_of_the_new_sequence() -> None:
    delivery = begun(first=500)
    delivery.committed(event(600), 0, Counted(sent=50), now=0.0)
    delivery.committed(event(3), 1, Counted(sent=55), now=77.0)
    delivery.committed(event(9), 1, Counted(sent=60), now=78.0)
    former, new = delivery.take()

    assert spans([former, new]) == [(500, 600, 50), (4, 9, 5)]
    assert (former.reset_at, new.reset_at) == (None, 77.0)


def test_nothing_is_claimed_before_it_is_known_where_the_run_began() -> None:
    delivery = Delivery()
    delivery.committed(event(9), 0, Counted(sent=3), now=0.0)
    delivery.committed(event(12), 0, Counted(sent=5), now=1.0)

    assert spans(delivery.take()) == [(10, 12, 2)]


@trying(200)
@given(st.lists(st.tuples(st.integers(1, 9), st.integers(0, 5), st.booleans()), min_size=1))
def test_ranges_leave_out_no_offset_and_count_each_event_once(steps: List[tuple[int, int, bool]]) -> None:
    delivery, offset, sent, told = begun(first=5), 4, 0, []
    for step, events, is_minute in steps:
        offset, sent = offset + step, sent + events
        delivery.committed(event(offset), 0, NOTHING._replace(sent=sent), now=0.0)
        told += delivery.take() if is_minute else []
    told += delivery.take()

    assert [each.first for each in told] == [5, *(each.last + 1 for each in told[:-1])]
    assert told[-1].last == offset
    assert sum(each.counted.sent for each in told) == sent
