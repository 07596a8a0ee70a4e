"""The lines `delivered`: from the bytes of a feed to what the log says, for feeds, stops, and quiet minutes."""

from __future__ import annotations

from dataclasses import replace
from typing import Dict, List

import pytest

from falcon_streams.core.batch import read_batch
from falcon_streams.core.identity import Identity
from falcon_streams.core.record import Owner, StartPosition, first_record
from falcon_streams.core.resume import Resume
from falcon_streams.run.ledger import MOST_CUSTOMERS, tell_delivered
from falcon_streams.run.progress import Progress
from falcon_streams.run.tally import Filters, Tally
from tests.fakes.clock import FakeClock
from tests.unit.run.test_reader import Desk, line, lines


def said(caplog: pytest.LogCaptureFixture) -> List[Dict[str, object]]:
    return [dict(record.args) for record in caplog.records if record.msg == "delivered"]  # type: ignore[arg-type]


def tell(desk: Desk, caplog: pytest.LogCaptureFixture) -> List[Dict[str, object]]:
    """What the ledger says once everything has been taken and has settled."""
    caplog.clear()
    progress, now = desk.progress, desk.clock.monotonic()
    progress.receipt(desk.sink.taken(), now)
    progress.due(now + 1.0, desk.clock.now())
    tell_delivered([progress])
    return said(caplog)


@pytest.fixture(autouse=True)
def level(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")


def test_a_line_says_from_where_to_where_how_many_events_went(caplog: pytest.LogCaptureFixture) -> None:
    desk = Desk()
    desk.read(lines(3, 4, 9))
    (told,) = tell(desk, caplog)

    keys = "partition tenant first last sent excluded before_start no_offset gaps line since reset_at customers"
    assert list(told) == keys.split()
    assert [told[key] for key in ("partition", "tenant", "first", "last", "sent", "line")] == ["0", "a", 3, 9, 3, 1]
    assert (told["since"], told["reset_at"], told["customers"]) == (1_770_000_000.0, None, "c")


def test_a_feed_that_is_opened_again_goes_on_where_the_line_before_ended(caplog: pytest.LogCaptureFixture) -> None:
    desk = Desk()
    desk.read(lines(3, 4, 9))
    tell(desk, caplog)
    desk.read(lines(9, 10, 14))
    (told,) = tell(desk, caplog)

    assert (told["first"], told["last"], told["sent"]) == (10, 14, 2)


def test_a_quiet_partition_says_nothing(caplog: pytest.LogCaptureFixture) -> None:
    desk = Desk()
    desk.read(lines(3))
    tell(desk, caplog)
    desk.read(lines(3), b"\r\n")

    assert tell(desk, caplog) == []


def test_what_splunkd_has_not_taken_or_may_still_lose_is_not_claimed(caplog: pytest.LogCaptureFixture) -> None:
    desk = Desk()
    desk.sink.hold = True
    desk.read(lines(3))
    assert tell(desk, caplog) == []

    desk.sink.hold = False
    desk.progress.receipt(desk.sink.taken(), desk.clock.monotonic())
    desk.progress.due(desk.clock.monotonic() + 0.9, desk.clock.now())
    tell_delivered([desk.progress])
    assert said(caplog) == []


def test_what_is_not_sent_is_told_beside_what_is(caplog: pytest.LogCaptureFixture) -> None:
    desk = Desk(filters=Filters(excluded=frozenset({"X"})))
    desk.read(lines(3) + line(4, "X") + b"\n" + b"not json\n" + b'{"no":"metadata"}\n' + lines(5))
    (told,) = tell(desk, caplog)

    assert [told[key] for key in ("first", "last", "sent", "excluded", "no_offset")] == [3, 5, 2, 1, 2]


def test_an_excluded_line_without_an_offset_is_not_taken_for_a_sent_one() -> None:
    record = first_record("i", "0", Owner("h", "a", ""), StartPosition(), 0.0, None)
    progress = Progress(record, Desk().progress.resume(), 30.0)
    bare = b'{"metadata":{"eventType":"X"},"event":{}}'
    Tally(progress, Filters(excluded=frozenset({"X"})), FakeClock()).admit(read_batch([bare, line(1), b"not json"]))

    assert progress.counters.placed == 1


def test_the_tenant_is_the_streams_own_though_its_children_have_events_there(caplog: pytest.LogCaptureFixture) -> None:
    desk = Desk()
    desk.progress.record = replace(desk.progress.record, member_cid="f" * 32)
    desk.read(line(1, customer="parent") + b"\n" + line(2, customer="child") + b"\n" + line(3, customer="b") + b"\n")
    (told,) = tell(desk, caplog)

    assert (told["tenant"], told["customers"], told["sent"]) == ("f" * 32, "b,child,parent", 3)


def test_more_customers_than_a_line_has_room_for_come_in_turn(caplog: pytest.LogCaptureFixture) -> None:
    names = [f"c{number:03}" for number in range(2 * MOST_CUSTOMERS + 1)]
    desk = Desk()
    desk.read(b"".join(line(number, customer=name) + b"\n" for number, name in enumerate(names)))
    told = tell(desk, caplog)
    for number in (100, 101):
        last = line(desk.progress.written_offset or 0, customer=names[-1])
        desk.read(last + b"\n" + line(number, customer=names[-1]) + b"\n")
        told += tell(desk, caplog)
    turns = [str(each["customers"]).split(",") for each in told]

    assert {name for turn in turns for name in turn} >= set(names)
    assert max(map(len, turns)) == MOST_CUSTOMERS


def test_a_reset_claims_nothing_for_its_first_commit_and_goes_on_in_the_new_sequence(
    caplog: pytest.LogCaptureFixture,
) -> None:
    desk = Desk()
    desk.read(lines(500, 600))
    tell(desk, caplog)
    desk.read(lines(1, 2))
    assert tell(desk, caplog) == []

    desk.read(lines(2, 3, 7))
    (told,) = tell(desk, caplog)
    assert (told["first"], told["last"], told["sent"], told["reset_at"]) == (3, 7, 2, desk.clock.now())


def test_a_gap_is_in_the_range_in_which_the_events_after_it_are(caplog: pytest.LogCaptureFixture) -> None:
    desk = Desk(Resume("offset=5", 5, Identity("another")))
    desk.read(lines(9, 10))
    (told,) = tell(desk, caplog)

    assert (told["first"], told["last"], told["sent"], told["gaps"]) == (6, 10, 2, 1)
