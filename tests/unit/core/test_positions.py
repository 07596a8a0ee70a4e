"""Nothing is committed before splunkd took it and a second has passed."""

from __future__ import annotations

from typing import List, Optional, Tuple

from hypothesis import given
from hypothesis import strategies as st

from falcon_streams.core.envelope import Event
from falcon_streams.core.positions import Position, Settled


def event(offset: int) -> Event:
    return Event(b'{"n":%d}' % offset, offset, "A", None, "c")


def offset_of(found: Optional[Settled]) -> Optional[int]:
    return None if found is None else found.event.offset


def test_a_mark_settles_one_second_after_its_bytes_left_the_pipe() -> None:
    position = Position()
    position.wrote(event(0), ticket=100, at=0.0)
    position.receipt(99, at=10.0)
    assert position.settled(until=100.0) is None

    position.receipt(100, at=11.0)
    assert position.settled(until=11.9) is None
    assert offset_of(position.settled(until=12.0)) == 0
    assert position.settled(until=50.0) is None


def test_what_was_receipted_less_than_a_second_before_a_stop_is_not_settled() -> None:
    position = Position()
    position.wrote(event(1), 10, at=0.0)
    position.wrote(event(2), 20, at=0.5)
    position.receipt(10, at=0.6)
    position.receipt(20, at=1.2)

    assert offset_of(position.settled(until=1.9)) == 1


def test_marks_close_together_are_merged_into_the_later_ticket() -> None:
    position = Position()
    position.wrote(event(1), 10, at=0.0)
    position.wrote(event(2), 20, at=0.01)
    position.receipt(10, at=1.0)

    assert position.awaits_receipt
    assert position.settled(until=9.0) is None


def test_merging_never_puts_a_mark_off_for_ever() -> None:
    position = Position()
    for step in range(1000):
        position.wrote(event(step), step + 1, at=step * 0.01)
    position.receipt(500, at=10.0)

    assert (offset_of(position.settled(until=11.0)) or 0) >= 490


def test_a_lower_offset_begins_another_sequence_and_the_former_one_settles_as_what_it_was() -> None:
    position = Position()
    position.wrote(event(500), 10, at=0.0)
    position.wrote(event(3), 20, at=1.0)
    position.receipt(10, at=2.0)
    before = position.settled(until=3.0)
    position.receipt(20, at=3.0)
    after = position.settled(until=4.0)

    assert (offset_of(before), offset_of(after)) == (500, 3)
    assert before is not None and after is not None
    assert (before.sequence.number, after.sequence.number) == (0, 1)
    assert position.written_offset == 3


@given(st.lists(st.tuples(st.sampled_from(["write", "take", "settle"]), st.integers(0, 50), st.floats(0, 0.5))))
def test_committed_never_overtakes_receipted_nor_receipted_written(steps: List[Tuple[str, int, float]]) -> None:
    position, now, ticket, taken = Position(), 0.0, 0, 0
    tickets: List[int] = []
    taken_at: List[Tuple[float, int]] = []
    for kind, amount, passed in steps:
        now += passed
        if kind == "write":
            ticket += amount
            tickets.append(ticket)
            position.wrote(event(len(tickets) - 1), ticket, now)
        elif kind == "take":
            taken = min(ticket, taken + amount)
            taken_at.append((now, taken))
            position.receipt(taken, now)
        else:
            settled = position.settled(now)
            if settled is not None and settled.event.offset is not None:
                long_ago = max((count for at, count in taken_at if at <= now - 1.0), default=-1)
                assert tickets[settled.event.offset] <= long_ago
