"""What the health of an input says about time: a clock that was set, a process that was held up."""

from __future__ import annotations

from queue import SimpleQueue
from typing import Dict, List, Mapping, Tuple

import pytest

from falcon_streams.core.roster import Roster
from falcon_streams.health import Health, Label
from tests.fakes.clock import FakeClock

LABEL = Label("falcon_event_streams://a", "a", "st", "default", "prod")


class Board:
    """The port `StateBoard`, unseen."""

    def show(self, state: Mapping[str, object]) -> None:
        """Nobody looks."""


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
