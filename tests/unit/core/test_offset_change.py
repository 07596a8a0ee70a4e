"""What an admin asks for becomes a record, and what it would leave out is said before."""

from __future__ import annotations

from dataclasses import replace
from typing import Optional

import pytest
from hypothesis import given
from hypothesis import strategies as st

from falcon_streams.core.envelope import Event
from falcon_streams.core.offset_change import NextRun, carried, place, portable, read_target, set_to, skipped
from falcon_streams.core.record import ADMIN, Author, Owner, Record, StartPosition, first_record, read_record
from falcon_streams.core.resume import Resume, Verdict, resume_at_step, step_to_resume

OWNER = Owner("api.crowdstrike.com", "a" * 32, "")
ALICE = Author(ADMIN, "alice", "a test")
NOW, STARTED, REPLAY = 10_000.0, 500.0, 30.0
NEXT = NextRun(STARTED, REPLAY)
T0 = 1_700_000_000_000


def event(offset: int) -> Event:
    return Event(b'{"n":%d}' % offset, offset, "A", T0 + offset, "c1")


def committed(*offsets: int, clean: bool = True) -> Record:
    record = first_record("prod", "0", OWNER, StartPosition(), 1000.0, STARTED)
    for offset in offsets:
        record = record.committed(event(offset), ("c1",), 1000.0 + offset, REPLAY)
    return replace(record, clean=clean)


def begun(origin: StartPosition) -> Record:
    return set_to(committed(100), origin, ALICE, NOW)


def opened(record: Record, started: Optional[float] = STARTED) -> Resume:
    return resume_at_step(record, step_to_resume(record, started, REPLAY), True)


@pytest.mark.parametrize(
    ("text", "target"),
    [
        ("oldest", StartPosition()),
        (" 0 ", StartPosition(0)),
        ("115", StartPosition(115)),
        ("newest", StartPosition(None, 5_000)),
        ("-1h", StartPosition(None, 5_000 - 3_600_000)),
        ("2026-11-01T06:00:00Z", StartPosition(None, 1_793_512_800_000)),
        ("2026-11-01T06:00:00+01:00", StartPosition(None, 1_793_509_200_000)),
        ("", None),
        ("-1", None),
        ("1.5", None),
        ("last week", None),
        ("1" * 21, None),
        ("2026-02-30T06:00:00Z", None),
        ("¹", None),
    ],
)
def test_a_place_is_an_offset_a_time_or_an_end(text: str, target: Optional[StartPosition]) -> None:
    assert read_target(text, 5_000) == target


@pytest.mark.parametrize("started", [None, STARTED, STARTED + 1])
def test_the_event_at_a_set_offset_is_the_first_that_is_read(started: Optional[float]) -> None:
    resume = opened(begun(StartPosition(95)), started)

    assert resume.query == "offset=95"
    assert resume.judge(event(95)) is Verdict.NEXT


@pytest.mark.parametrize("started", [None, STARTED, STARTED + 1])
def test_a_time_drops_what_was_created_before_it(started: Optional[float]) -> None:
    resume = opened(begun(StartPosition(None, T0 + 95_000)), started)

    assert resume.query == "whence=0"
    assert resume.judge(event(94_999)) is Verdict.TOO_OLD
    assert resume.judge(event(95_000)) is Verdict.NEXT


def test_a_set_record_is_stored_whole_and_stays_the_tenants() -> None:
    record = begun(StartPosition(95))

    assert read_record(record.to_bytes()) == record
    assert (record.author, record.customers, record.client_id) == (ALICE, ("c1",), OWNER.client_id)


@pytest.mark.parametrize(
    ("before", "after", "says"),
    [
        (committed(100), begun(StartPosition(101)), ""),
        (committed(100), begun(StartPosition(96)), ""),
        (committed(100), begun(StartPosition(105)), "4 offsets, from 101 to 104"),
        (committed(100), begun(StartPosition()), ""),
        (committed(100), committed(90), ""),
        (committed(90), committed(100), "10 offsets, from 91 to 100"),
        (committed(100), begun(StartPosition(None, T0 + 100)), ""),
        (
            committed(100),
            begun(StartPosition(None, T0 + 101)),
            "the events created after 2023-11-14T22:13:20.100Z and before 2023-11-14T22:13:20.101Z",
        ),
        (begun(StartPosition(None, T0 + 7)), begun(StartPosition(None, T0 + 7)), ""),
        (begun(StartPosition(None, T0 + 7)), begun(StartPosition(None, T0 + 6)), ""),
        (
            begun(StartPosition()),
            begun(StartPosition(None, T0)),
            "all events created before 2023-11-14T22:13:20.000Z that were not read yet",
        ),
        (begun(StartPosition()), begun(StartPosition(1)), "events, because the record does not tell"),
        (begun(StartPosition(None, T0)), begun(StartPosition(1)), "events, because the record does not tell"),
        (committed(100), None, "events, because the record does not tell"),
        (None, begun(StartPosition(100)), ""),
    ],
)
def test_what_is_left_out_is_said(before: Optional[Record], after: Optional[Record], says: str) -> None:
    told = skipped(before, after, NEXT)

    assert told == says if not says.startswith("events, because") else told.startswith(says)


def test_after_a_crash_what_splunkd_may_have_lost_is_left_out_too() -> None:
    crashed = committed(*range(50, 101), clean=False)
    assert opened(crashed).offset == 70

    assert skipped(crashed, begun(StartPosition(71)), NEXT) == ""
    assert skipped(crashed, begun(StartPosition(101)), NEXT) == "30 offsets, from 71 to 100"
    assert skipped(replace(crashed, clean=True), begun(StartPosition(101)), NextRun(STARTED + 1, REPLAY)) != ""


@given(st.integers(0, 200), st.integers(0, 200))
def test_nothing_that_was_not_read_is_left_out_without_a_word(last: int, to: int) -> None:
    """Whatever an input would have read next, it reads after the change too, or the change says that it does not."""
    before, after = committed(last), begun(StartPosition(to))

    assert (skipped(before, after, NEXT) == "") == (to <= last + 1)


def test_a_record_is_carried_without_its_trail_and_goes_on_at_the_same_event() -> None:
    for clean in (True, False):
        record = committed(*range(50, 101), clean=clean)
        there = carried(portable(record), "other", ALICE, NOW)

        assert (there.input, there.author, there.updated_at, len(there.trail)) == ("other", ALICE, NOW, 1)
        assert opened(there, STARTED + 1) == opened(record)


@pytest.mark.parametrize(
    ("record", "words"),
    [
        (None, "where start_from says"),
        (committed(100), "after offset 100"),
        (begun(StartPosition(95)), "at offset 95"),
        (begun(StartPosition()), "at the oldest event"),
        (begun(StartPosition(None, T0)), "at the first event created at 2023-11-14T22:13:20.000Z or later"),
    ],
)
def test_a_place_has_words(record: Optional[Record], words: str) -> None:
    assert place(record) == words
