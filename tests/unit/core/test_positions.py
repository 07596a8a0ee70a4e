"""When the mark of a batch is receipted and settled, which marks are merged, and which offset begins a new sequence."""

from __future__ import annotations

from typing import Optional

from falcon_streams.core.envelope import Event
from falcon_streams.core.positions import Mark, Marks, OffsetSequence, is_reset

FIRST = OffsetSequence()


def event(offset: Optional[int]) -> Event:
    return Event(b'{"n":%d}' % (offset or 0), offset, "A", None, "c")


def offset_of(found: Optional[Mark]) -> Optional[int]:
    return None if found is None else found.event.offset


def test_marks_close_together_are_merged_into_the_later_ticket() -> None:
    written = Marks()
    written.add(event(1), FIRST, 10, at=0.0)
    written.add(event(2), FIRST, 20, at=0.01)

    assert written.take_receipted(10) is None
    assert written
    assert written.take_receipted(20) == Mark(event(2), FIRST, 20, at=0.0)


def test_merging_never_puts_a_mark_off_for_ever() -> None:
    written = Marks()
    for step in range(1000):
        written.add(event(step), FIRST, step + 1, at=step * 0.01)

    assert (offset_of(written.take_receipted(500)) or 0) >= 490


def test_the_last_of_the_marks_whose_bytes_left_the_pipe_is_receipted() -> None:
    written = Marks()
    for step in range(4):
        written.add(event(step), FIRST, 10 * step, at=step * 1.0)

    assert offset_of(written.take_receipted(0)) == 0
    assert offset_of(written.take_receipted(29)) == 2
    assert written.take_receipted(29) is None
    assert len(written) == 1


def test_the_last_of_the_marks_that_were_receipted_a_second_ago_is_settled() -> None:
    receipted = Marks(Mark(event(step), FIRST, 10 * step, at=step * 0.5) for step in range(4))

    assert receipted.take_settled(0.9) is None
    assert offset_of(receipted.take_settled(1.5)) == 1
    assert receipted.take_settled(1.5) is None
    assert offset_of(receipted.take_settled(9.0)) == 3


def test_an_offset_that_does_not_rise_begins_a_new_sequence() -> None:
    assert is_reset(event(7), event(7))
    assert is_reset(event(7), event(0))
    assert not is_reset(event(0), event(1))
