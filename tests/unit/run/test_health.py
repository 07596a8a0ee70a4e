"""What the health of an input says about it each minute and about time, and how often it shows the state."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from queue import SimpleQueue
from typing import Dict, List, Mapping, Tuple, cast

import pytest

from falcon_streams.core.discovery import Discovery, Stream
from falcon_streams.core.finish import Finish
from falcon_streams.core.last_error import LastErrors
from falcon_streams.core.record import Owner, StartPosition, first_record
from falcon_streams.core.resume import resume_at_origin
from falcon_streams.core.roster import ALL, Roster
from falcon_streams.run.health import Health, Label
from falcon_streams.run.progress import Progress
from tests.fakes.clock import FakeClock

LABEL = Label("falcon_event_streams://a", "a", "st", "default", "prod")


@dataclass
class OneTenant:
    """What health sees of a tenant."""

    roster: Roster
    last_errors: LastErrors


class Board:
    """The port `StateBoard`; keeps how often it was shown something, and what at last."""

    def __init__(self) -> None:
        self.shown = 0
        self.latest: Mapping[str, object] = {}

    def show(self, state: Mapping[str, object]) -> None:
        """Count and keep."""
        self.shown += 1
        self.latest = state


def checks(clock: FakeClock, health: Health, steps: List[Tuple[float, float]]) -> None:
    """A check after each step: so many seconds passed, and the machine's clock set by so many."""
    roster = Roster(None, 60.0, lambda: 0.0)
    for passed, step in steps:
        clock.step_epoch(step)
        clock.take(SimpleQueue(), passed)
        health.check({"": OneTenant(roster, LastErrors("app"))}, {}, "")


def said(caplog: pytest.LogCaptureFixture) -> List[Tuple[str, Dict[str, object]]]:
    """The warnings and their fields, rounded."""
    return [
        (record.msg, {key: round(value) for key, value in record.args.items()})  # type: ignore[union-attr,arg-type]
        for record in caplog.records
        if record.levelname == "WARNING"
    ]


def statistics(caplog: pytest.LogCaptureFixture) -> List[Dict[str, object]]:
    """The fields of the statistics lines."""
    return [dict(record.args) for record in caplog.records if record.msg == "stream_stats"]  # type: ignore[arg-type]


def minutes(health: Health, clock: FakeClock, roster: Roster, errors: LastErrors, count: int = 1) -> None:
    """So many minutes pass, with a check a second, and no partition has been opened."""
    for _ in range(60 * count):
        clock.take(SimpleQueue(), 1.0)
        health.check({"": OneTenant(roster, errors)}, {}, "")


def test_an_input_without_a_partition_has_a_line_a_minute_with_state_and_trouble(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    clock, roster, errors, board = FakeClock(), Roster(None, 60.0, lambda: 0.0), LastErrors("app"), Board()
    health = Health(clock, board, LABEL, lambda: "")
    minutes(health, clock, roster, errors)
    roster.discovery_failed(clock.monotonic(), 0.0, "discovery_failed")
    errors.note(ALL, "api: the host name could not be resolved")
    minutes(health, clock, roster, errors, 2)

    failed = {"partition": "*", "state": "error", "trouble": "api: the host name could not be resolved"}
    assert statistics(caplog) == [{"partition": "*", "state": "starting", "trouble": "none"}, failed, failed]
    assert (board.latest["state"], board.latest["trouble"]) == ("error", failed["trouble"])


def test_a_partition_that_is_not_offered_has_a_line_of_its_own(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    clock, roster, errors, board = (
        FakeClock(),
        Roster(frozenset("7"), 60.0, lambda: 0.0),
        LastErrors("app"),
        Board(),
    )
    roster.discovered(Discovery((Stream("0", "f", "r", "t", 1800.0),), ()), clock.monotonic())
    errors.note("7", "Falcon offers no partition 7 (it offers 0)")
    minutes(Health(clock, board, LABEL, lambda: ""), clock, roster, errors)

    seven = {"partition": "7", "state": "waiting_app_id", "trouble": "Falcon offers no partition 7 (it offers 0)"}
    assert statistics(caplog) == [{"partition": "*", "state": "waiting_app_id", "trouble": "none"}, seven]
    assert board.latest["partitions"] == {"7": seven}


def test_the_keys_of_a_line_keep_their_order_and_a_new_one_goes_to_the_end(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    clock, roster = FakeClock(), Roster(None, 60.0, lambda: 0.0)
    record = first_record("i", "0", Owner("h", "a", ""), StartPosition(), clock.now(), None)
    progress = Progress(record, resume_at_origin(StartPosition(), True), 30.0)
    roster.discovered(Discovery((Stream("0", "f", "r", "t", 1800.0),), ()), clock.monotonic())
    health = Health(clock, Board(), LABEL, lambda: "")
    clock.take(SimpleQueue(), 60.0)
    health.check({"": OneTenant(roster, LastErrors("app"))}, {"0": progress}, "")

    keys = (
        "partition state offset committed lag_s session_left_s events bytes malformed unplaced excluded gaps "
        "unknown_types reconnects refreshes last_event_age_s rss_mb resets overlong before_start trouble rate "
        "catch_up_s"
    )
    assert list(statistics(caplog)[1]) == keys.split()


def test_a_clock_that_is_set_is_said_with_its_step_both_ways(caplog: pytest.LogCaptureFixture) -> None:
    clock = FakeClock()
    checks(clock, Health(clock, Board(), LABEL, lambda: ""), [(1, 0), (1, 3600), (1, 0), (1, -3600), (1, 0)])

    assert said(caplog) == [("clock_stepped", {"by_s": 3600}), ("clock_stepped", {"by_s": -3600})]


def test_a_process_that_was_held_up_is_said_with_its_time(caplog: pytest.LogCaptureFixture) -> None:
    clock = FakeClock()
    checks(clock, Health(clock, Board(), LABEL, lambda: ""), [(1, 0), (300, 0), (1, 0)])

    assert said(caplog) == [("held_up", {"for_s": 300})]


def test_a_clock_that_is_drawn_gently_and_a_late_check_are_not_worth_a_word(caplog: pytest.LogCaptureFixture) -> None:
    clock = FakeClock()
    checks(clock, Health(clock, Board(), LABEL, lambda: ""), [(1, 0.5), (20, -1.5), (1, 0)])

    assert said(caplog) == []


def test_the_state_is_shown_every_other_second_while_events_come_and_more_rarely_in_quiet() -> None:
    clock, board, roster = FakeClock(), Board(), Roster(None, 60.0, lambda: 0.0)
    health = Health(clock, board, LABEL, lambda: "")
    record = first_record("i", "0", Owner("h", "a", ""), StartPosition(), clock.now(), None)
    progress = Progress(record, resume_at_origin(StartPosition(), True), 30.0)
    roster.discovered(Discovery((Stream("0", "f", "r", "t", 1800.0),), ()), clock.monotonic())

    def after(seconds: int, events: int) -> int:
        before = board.shown
        for _ in range(seconds):
            progress.counters.events += events
            clock.take(SimpleQueue(), 1.0)
            health.check({"": OneTenant(roster, LastErrors("app"))}, {"0": progress}, "")
        return board.shown - before

    after(1, 0)
    assert after(12, events=1) == 6
    assert after(12, events=0) == 2


def last_pace(finish: Finish | None, looks: list[tuple[float, float, int]]) -> tuple[object, object]:
    """`rate` and `catch_up_s` after looks a few seconds apart: seconds since the last one, lag, offset and events."""
    clock, board, roster = FakeClock(), Board(), Roster(None, 60.0, lambda: 0.0)
    record = first_record("i", "0", Owner("h", "a", ""), StartPosition(), clock.now(), None)
    progress = Progress(replace(record, finish=finish), resume_at_origin(StartPosition(), True), 30.0)
    roster.discovered(Discovery((Stream("0", "f", "r", "t", 1800.0),), ()), clock.monotonic())
    health = Health(clock, board, LABEL, lambda: "")
    for passed, lag, events in looks:
        clock.take(SimpleQueue(), passed)
        progress.lag, progress.last_event_at, progress.counters.events = lag, clock.now(), events
        progress.written_offset = events
        health.check({"": OneTenant(roster, LastErrors("app"))}, {"0": progress}, "")
    shown = cast(Dict[str, Dict[str, object]], board.latest["partitions"])["0"]
    return shown["rate"], shown["catch_up_s"]


NOW = 1_770_000_000_000  # FakeClock's beginning


@pytest.mark.parametrize(
    ("finish", "looks", "rate", "catch_up"),
    [
        (None, [(10.0, 1000.0, 0), (10.0, 900.0, 500)], 50.0, 90),
        (None, [(10.0, 900.0, 0), (10.0, 910.0, 500)], 50.0, None),
        (None, [(10.0, 2.0, 0), (10.0, 3.0, 30)], 3.0, 0),
        (Finish("900", offset=900), [(10.0, 1000.0, 0), (10.0, 1000.0, 500)], 50.0, 8),
        (Finish("t", before=NOW), [(10.0, 1010.0, 0), (10.0, 520.0, 500)], 50.0, 10),
        (Finish("t", before=NOW, passed=True), [(10.0, 1010.0, 0), (10.0, 520.0, 500)], 50.0, 0),
    ],
)
def test_how_long_it_takes_until_the_lag_is_small_or_the_end_is_reached(
    finish: Finish | None, looks: list[tuple[float, float, int]], rate: float, catch_up: int | None
) -> None:
    assert last_pace(finish, looks) == (rate, catch_up)
