"""A feed opens where it must, and its first event tells what has happened meanwhile."""

from __future__ import annotations

from dataclasses import replace

import pytest

from falcon_streams.core.envelope import Event
from falcon_streams.core.record import Owner, Record, StartPosition, first_record
from falcon_streams.core.resume import (
    NEWEST,
    OLDEST,
    Resume,
    StartFrom,
    Verdict,
    resume_after,
    resume_at_origin,
    resume_at_step,
    resume_from_oldest,
    step_to_resume,
)


def event(offset: int, created: int = 1_700_000_000_000, customer: str = "c", raw: bytes = b"") -> Event:
    return Event(raw or b'{"n":%d}' % offset, offset, "A", created, customer)


def committed(*offsets: int, clean: bool = True, origin: StartPosition = StartPosition()) -> Record:  # noqa: B008 - frozen
    record = first_record("prod", "0", Owner("h", "id", ""), origin, 1000.0, 500.0)
    now = 1000.0
    for offset in offsets:
        now += 10.0
        record = record.committed(event(offset), ("c",), now, 30.0)
    return replace(record, clean=clean)


def resumed(record: Record, splunkd: float = 500.0, replay: float = 30.0, same: bool = True) -> Resume:
    return resume_at_step(record, step_to_resume(record, splunkd, replay), same)


@pytest.mark.parametrize(
    "start, partition, origin",
    [
        (StartFrom(), "0", StartPosition()),
        (StartFrom(newest=True), "0", StartPosition(not_before=77)),
        (StartFrom(offset=0), "0", StartPosition(offset=0)),
        (StartFrom(offsets=(("0", 5),)), "0", StartPosition(offset=5)),
        (StartFrom(offsets=(("0", 5),)), "1", StartPosition()),
    ],
)
def test_start_from_gives_each_partition_its_origin(start: StartFrom, partition: str, origin: StartPosition) -> None:
    assert start.origin(partition, 77) == origin


def test_the_first_open_uses_whence_and_a_later_one_without_an_offset_the_oldest() -> None:
    assert resume_at_origin(StartPosition(), True).query == OLDEST
    assert resume_at_origin(StartPosition(offset=0), True).query == "offset=0"
    assert resume_at_origin(StartPosition(not_before=7), True).query == NEWEST
    assert resume_at_origin(StartPosition(not_before=7), False) == Resume(OLDEST, not_before=7)


def test_after_a_clean_stop_the_last_committed_offset_itself_is_asked_for() -> None:
    assert resumed(committed(1, 2, 3)).query == "offset=3"


def test_offset_zero_is_asked_for_like_any_other() -> None:
    assert resumed(committed(0)).query == "offset=0"


def test_an_unclean_end_goes_back_replay_seconds_before_the_last_commit() -> None:
    record = committed(1, 2, 3, 4, 5, clean=False)  # commits at 1010 ... 1050

    assert resumed(record, replay=30).query == "offset=2"
    assert resumed(record, replay=11).query == "offset=3"
    assert resumed(record, replay=0).query == "offset=5"


def test_a_restart_of_splunkd_is_an_unclean_end_too() -> None:
    record = committed(1, 2, 3, 4, 5)

    assert resumed(record, splunkd=501.0).query == "offset=2"


def test_a_replay_that_reaches_before_the_first_commit_begins_at_the_origin() -> None:
    assert resumed(committed(9, clean=False)).query == OLDEST
    assert resumed(committed(9, clean=False, origin=StartPosition(offset=4))).query == "offset=4"
    assert resumed(committed(9, clean=False, origin=StartPosition(not_before=3))) == Resume(OLDEST, not_before=3)


def test_a_replay_to_an_admins_offset_tells_another_sequence_by_when_its_event_was_created() -> None:
    resume = resumed(committed(9, clean=False, origin=StartPosition(offset=4)))
    later = 1_700_000_000_001  # a millisecond after the last commit's

    assert resume.judge(event(4)) is Verdict.NEXT
    assert resume.judge(event(6)) is Verdict.GAP
    assert resume.judge(event(4, created=later)) is Verdict.RESET
    assert resume.judge(event(6, created=later)) is Verdict.RESET
    assert resumed(committed(origin=StartPosition(offset=4))).judge(event(4, created=later)) is Verdict.NEXT


def test_the_event_we_know_is_known() -> None:
    assert resume_after(event(7)).judge(event(7)) is Verdict.KNOWN


def test_a_higher_first_offset_is_a_gap_and_a_lower_one_a_reset() -> None:
    assert resume_after(event(7)).judge(event(8)) is Verdict.GAP
    assert resume_after(event(7)).judge(event(6)) is Verdict.RESET
    assert resume_after(event(7)).judge(event(7, created=1_700_000_000_001, raw=b'{"other":1}')) is Verdict.RESET


def test_an_event_that_falcon_renders_otherwise_is_the_one_we_know() -> None:
    assert resume_after(event(7)).judge(event(7, raw=b'{"n":7,"added":true}')) is Verdict.KNOWN


def test_a_configured_offset_has_no_fingerprint_to_hold_against() -> None:
    assert resume_at_origin(StartPosition(offset=7), True).judge(event(7)) is Verdict.NEXT


def test_what_is_older_than_the_start_is_too_old_and_a_missing_time_is_not() -> None:
    resume = Resume(OLDEST, not_before=1_700_000_000_000)

    assert resume.judge(event(1, created=1_699_999_999_999)) is Verdict.TOO_OLD
    assert resume.judge(event(1, created=1_700_000_000_000)) is Verdict.NEXT
    assert resume.judge(event(1)._replace(created=None)) is Verdict.NEXT


def test_an_event_of_the_starts_own_second_is_not_too_old_since_its_type_may_know_seconds_only() -> None:
    resume = Resume(OLDEST, not_before=1_700_000_000_999)

    assert resume.judge(event(1, created=1_700_000_000_000)) is Verdict.NEXT
    assert resume.judge(event(1, created=1_699_999_999_999)) is Verdict.TOO_OLD


def test_another_tenant_is_foreign_only_after_the_account_changed() -> None:
    record = committed(1, 2)

    assert resumed(record, same=False).judge(event(2, customer="d", raw=b"{}")) is Verdict.FOREIGN
    assert resumed(record, same=False).judge(event(9, customer="d")) is Verdict.FOREIGN
    assert resumed(record, same=True).judge(event(9, customer="d")) is Verdict.GAP
    assert resumed(record, same=False).judge(event(2)) is Verdict.KNOWN
    assert resumed(record, same=False).judge(event(9)) is Verdict.GAP


def test_a_stream_beyond_the_head_is_read_from_its_oldest_event_less_what_is_surely_known() -> None:
    hour = 3_600_000
    resume = resume_from_oldest(resume_after(event(900)), 1_700_000_000_000)

    assert resume.query == OLDEST
    assert resume.judge(event(1, created=1_700_000_000_000 - hour - 1)) is Verdict.TOO_OLD
    assert resume.judge(event(1, created=1_700_000_000_001)) is Verdict.RESET
