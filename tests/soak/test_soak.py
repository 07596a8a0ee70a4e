"""A slice of `make soak`; a seed always draws the same; and the check that a soak finds what is missing."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.integration.restarts import KILL_INPUT, Act
from tests.soak.schedule import draw_schedule
from tests.soak.soak import forget, play, repeats_by_act
from tests.splunkd.intake.index import Event


@pytest.mark.nightly
@pytest.mark.timeout(600)
def test_ten_thousand_events_through_eight_kills_lose_nothing(package: Path, tmp_path: Path) -> None:
    outcome = play(draw_schedule(seed=20261123, events=10_000, kills=8), tmp_path, package, print)
    print(outcome)
    assert outcome.holds, str(outcome)


def test_an_event_that_is_lost_on_purpose_is_found_missing(package: Path, tmp_path: Path) -> None:
    outcome = play(draw_schedule(seed=1, events=400, kills=0), tmp_path, package, print, lose=1)
    assert outcome.comparison.missing == 1
    assert not outcome.holds


def test_a_seed_draws_the_same_moments_and_another_seed_others() -> None:
    assert draw_schedule(7, 10_000, 20) == draw_schedule(7, 10_000, 20)
    assert draw_schedule(7, 10_000, 20).moments != draw_schedule(8, 10_000, 20).moments


def test_all_events_are_in_the_moments_or_in_the_quiet_end() -> None:
    schedule = draw_schedule(3, 1_000_000, 300)
    assert 4 * (sum(moment.events for moment in schedule.moments) + schedule.quiet) == 1_000_000


def row(at: float, offset: int) -> Event:
    raw = b'{"metadata":{"offset":%d}}' % offset
    return Event(1, at, at, "main", "h", "s", "t", raw, '{"falcon_partition":"0"}', "x")


def test_a_forgotten_event_stays_missing_although_a_stop_repeats_it() -> None:
    events = [row(50, 1), row(50, 2), row(150, 1), row(150, 2), row(150, 3)]
    assert list(forget(events, 1)) == [row(50, 2), row(150, 2), row(150, 3)]


def test_repeats_are_counted_by_the_act_before_them() -> None:
    acts = [Act(KILL_INPUT, 100.0, 0.1, False), Act(KILL_INPUT, 200.0, 0.1, False)]
    events = [row(50, 1), row(150, 1), row(150, 2), row(250, 1), row(250, 2), row(250, 3)]
    assert repeats_by_act(events, acts) == [0, 1, 2]
