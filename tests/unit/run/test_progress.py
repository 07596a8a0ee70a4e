"""Nothing is committed before splunkd took it and a second has passed."""

from __future__ import annotations

from typing import List, Optional, Tuple

from hypothesis import given
from hypothesis import strategies as st

from falcon_streams.core.envelope import Event
from falcon_streams.core.record import Owner, StartPosition, first_record
from falcon_streams.core.resume import resume_at_origin
from falcon_streams.run.progress import Progress


def event(offset: int) -> Event:
    return Event(b'{"n":%d}' % offset, offset, "A", None, "c")


def begun() -> Progress:
    record = first_record("i", "0", Owner("h", "a", ""), StartPosition(), 0.0, None)
    return Progress(record, resume_at_origin(StartPosition(), True), 30.0)


def committed(progress: Progress, until: float) -> Optional[int]:
    """The offset of the record that is due, which is stored; None where none is."""
    record = progress.due(until, now=until)
    if record is None:
        return None
    progress.stored(record)
    return record.offset


def test_a_mark_settles_one_second_after_its_bytes_left_the_pipe() -> None:
    progress = begun()
    progress.wrote(event(0), ticket=100, at=0.0)
    progress.receipt(99, at=10.0)
    assert committed(progress, until=100.0) is None

    progress.receipt(100, at=11.0)
    assert committed(progress, until=11.9) is None
    assert committed(progress, until=12.0) == 0
    assert committed(progress, until=50.0) is None


def test_what_was_receipted_less_than_a_second_before_a_stop_is_not_settled() -> None:
    progress = begun()
    progress.wrote(event(1), 10, at=0.0)
    progress.wrote(event(2), 20, at=0.5)
    progress.receipt(10, at=0.6)
    progress.receipt(20, at=1.2)

    final = progress.final_record(until=1.9, now=1.9)
    assert final is not None and (final.offset, final.clean) == (1, True)


def test_a_mark_that_was_merged_with_a_later_one_awaits_the_receipt_of_both() -> None:
    progress = begun()
    progress.wrote(event(1), 10, at=0.0)
    progress.wrote(event(2), 20, at=0.01)
    progress.receipt(10, at=1.0)

    assert progress.awaits_receipt
    assert committed(progress, until=9.0) is None


def test_a_lower_offset_begins_another_sequence_and_the_former_one_settles_as_what_it_was() -> None:
    progress = begun()
    progress.wrote(event(500), 10, at=0.0)
    progress.wrote(event(3), 20, at=1.0)
    progress.receipt(10, at=2.0)
    before = progress.due(until=3.0, now=3.0)
    progress.receipt(20, at=3.0)
    after = progress.due(until=4.0, now=4.0)

    assert before is not None and after is not None
    assert (before.offset, after.offset) == (500, 3)
    assert [step.offset for step in before.trail] == [None, 500]
    assert [step.offset for step in after.trail] == [None, 3]
    assert progress.written_offset == 3


def test_a_record_is_due_again_until_it_was_stored() -> None:
    progress = begun()
    progress.wrote(event(1), 10, at=0.0)
    progress.receipt(10, at=0.0)
    first = progress.due(until=1.0, now=1.0)
    progress.wrote(event(2), 20, at=1.0)
    progress.receipt(20, at=1.0)
    second = progress.due(until=2.0, now=2.0)

    assert first is not None and second is not None
    progress.stored(first)  # late: the newer one is not in the store yet
    assert progress.due(until=2.0, now=2.0) is second
    progress.stored(second)
    assert progress.due(until=2.0, now=2.0) is None


def test_a_stop_leaves_the_record_as_it_is_where_nothing_was_committed() -> None:
    progress = begun()
    assert progress.final_record(until=9.0, now=9.0) is None

    progress.must_store()
    assert progress.final_record(until=9.0, now=9.0) is progress.record


@given(st.lists(st.tuples(st.sampled_from(["write", "take", "settle"]), st.integers(0, 50), st.floats(0, 0.5))))
def test_committed_never_overtakes_receipted_nor_receipted_written(steps: List[Tuple[str, int, float]]) -> None:
    progress, now, ticket, taken = begun(), 0.0, 0, 0
    tickets: List[int] = []
    taken_at: List[Tuple[float, int]] = []
    for kind, amount, passed in steps:
        now += passed
        if kind == "write":
            ticket += amount
            tickets.append(ticket)
            progress.wrote(event(len(tickets) - 1), ticket, now)
        elif kind == "take":
            taken = min(ticket, taken + amount)
            taken_at.append((now, taken))
            progress.receipt(taken, now)
        else:
            offset = committed(progress, now)
            if offset is not None:
                long_ago = max((count for at, count in taken_at if at <= now - 1.0), default=-1)
                assert tickets[offset] <= long_ago
