"""What the health of an input says about time, and how often it shows the state."""

from __future__ import annotations

from queue import SimpleQueue
from typing import Dict, List, Mapping, Tuple

import pytest

from falcon_streams.core.discovery import Discovery, Lease
from falcon_streams.core.record import Origin, Owner, first_record
from falcon_streams.core.resume import resume_at_origin
from falcon_streams.core.roster import Roster
from falcon_streams.health import Health, Label
from falcon_streams.progress import Progress
from tests.fakes.clock import FakeClock

LABEL = Label("falcon_event_streams://a", "a", "st", "default", "prod")


class Board:
    """The port `StateBoard`; keeps how often it was shown something."""

    def __init__(self) -> None:
        self.shown = 0

    def show(self, state: Mapping[str, object]) -> None:
        """Count."""
        self.shown += 1


def checks(clock: FakeClock, health: Health, steps: List[Tuple[float, float]]) -> None:
    """A check after each step: so many seconds passed, and the machine's clock set by so many."""
    roster = Roster(None, 60.0, lambda: 0.0)
    for passed, step in steps:
        clock.step_epoch(step)
        clock.take(SimpleQueue(), passed)
        health.check(roster, {}, "")


def said(caplog: pytest.LogCaptureFixture) -> List[Tuple[str, Dict[str, object]]]:
    """The warnings and their fields, rounded."""
    return [
        (record.msg, {key: round(value) for key, value in record.args.items()})  # type: ignore[union-attr,arg-type]
        for record in caplog.records
        if record.levelname == "WARNING"
    ]


def test_a_clock_that_is_set_is_said_with_its_step_both_ways(caplog: pytest.LogCaptureFixture) -> None:
    clock = FakeClock()
    checks(clock, Health(clock, Board(), LABEL), [(1, 0), (1, 3600), (1, 0), (1, -3600), (1, 0)])

    assert said(caplog) == [("clock_stepped", {"by_s": 3600}), ("clock_stepped", {"by_s": -3600})]


def test_a_process_that_was_held_up_is_said_with_its_time(caplog: pytest.LogCaptureFixture) -> None:
    clock = FakeClock()
    checks(clock, Health(clock, Board(), LABEL), [(1, 0), (300, 0), (1, 0)])

    assert said(caplog) == [("held_up", {"for_s": 300})]


def test_a_clock_that_is_drawn_gently_and_a_late_check_are_not_worth_a_word(caplog: pytest.LogCaptureFixture) -> None:
    clock = FakeClock()
    checks(clock, Health(clock, Board(), LABEL), [(1, 0.5), (20, -1.5), (1, 0)])

    assert said(caplog) == []


def test_the_state_is_shown_every_other_second_while_events_come_and_more_rarely_in_quiet() -> None:
    clock, board, roster = FakeClock(), Board(), Roster(None, 60.0, lambda: 0.0)
    health = Health(clock, board, LABEL)
    record = first_record("i", "0", Owner("h", "a", ""), Origin(), clock.now(), None)
    progress = Progress(record, resume_at_origin(Origin(), True), 30.0)
    roster.discovered(Discovery((Lease("0", "f", "r", "t", 1800.0),), ()), clock.monotonic())

    def after(seconds: int, events: int) -> int:
        before = board.shown
        for _ in range(seconds):
            progress.counters.events += events
            clock.take(SimpleQueue(), 1.0)
            health.check(roster, {"0": progress}, "")
        return board.shown - before

    after(1, 0)
    assert after(12, events=1) == 6
    assert after(12, events=0) == 2
