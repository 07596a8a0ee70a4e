"""A slice of the proof by restarts; `make restarts` runs the whole."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.integration.restarts import KILL_INPUT, STOP, Act, Schedule, prove, reaches_of
from tests.splunkd import Event


@pytest.mark.nightly
@pytest.mark.timeout(600)
def test_fifteen_stops_and_five_kills_lose_nothing_and_repeat_within_their_bounds(
    tmp_path: Path, package: Path
) -> None:
    schedule = Schedule(stops=15, input_kills=4, splunkd_kills=1, events=1500, partitions=3, seed=20261123)

    outcome = prove(schedule, tmp_path, package, sys.executable, say=print)

    print(outcome)
    assert outcome.holds, str(outcome)


def row(at: float, offset: int) -> Event:
    raw = b'{"metadata":{"offset":%d}}' % offset
    return Event(1, at, at, "main", "h", "s", "t", raw, '{"falcon_partition":"0"}', "x")


def test_a_repeat_is_measured_from_the_act_between_its_arrivals() -> None:
    acts = [Act(STOP, 100.0, 0.1, False), Act(KILL_INPUT, 200.0, 0.1, False)]

    found = reaches_of([row(99.5, 1), row(150.0, 2), row(101.0, 1), row(190.0, 3), row(201.0, 3)], acts)

    assert [(act.kind, reach) for act, reach in found] == [(STOP, 1.0), (KILL_INPUT, 10.5)]


def test_a_repeat_without_any_act_is_beyond_every_bound() -> None:
    ((_, reach),) = reaches_of([row(10.0, 1), row(11.0, 1)], [])

    assert reach == float("inf")
