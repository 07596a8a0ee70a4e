"""A slice of `make family`; a seed always draws the same; and the checks that a soak of a family can fail."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.soak.family import play
from tests.soak.family_schedule import COME, COME_BACK, GO, RENAME, draw_family

SEED = 2279  # in four moments a child goes, one is new, the first comes back; two kills and a stop
SCALE = 240.0  # a list of children every four seconds


@pytest.mark.slow
def test_a_family_that_comes_and_goes_through_kills_loses_nothing(package: Path, tmp_path: Path) -> None:
    outcome = play(draw_family(SEED, children=6, moments=4, leavers=0, longest=3.0), tmp_path, package, print, SCALE)
    print(outcome)
    assert outcome.holds, str(outcome)


@pytest.mark.slow
def test_an_event_that_is_lost_and_events_that_go_astray_are_found(package: Path, tmp_path: Path) -> None:
    schedule = draw_family(SEED, children=3, moments=0, leavers=1)
    outcome = play(schedule, tmp_path, package, print, SCALE, lose=1, astray=True)
    assert outcome.comparison.missing == 1
    assert outcome.astray > 0
    assert not outcome.holds


def test_a_seed_draws_the_same_moments_and_another_seed_others() -> None:
    assert draw_family(7, 50, 20, 2) == draw_family(7, 50, 20, 2)
    assert draw_family(7, 50, 20, 2).moments != draw_family(8, 50, 20, 2).moments


def test_only_who_is_there_goes_and_only_who_has_gone_comes_back() -> None:
    present, gone = set(range(50)), set[int]()
    for moment in draw_family(3, 50, 200, 2).moments:
        assert moment.child in present
        if moment.change == COME:
            assert moment.changed == len(present) + len(gone)
            present.add(moment.changed)
        elif moment.change == GO:
            present.remove(moment.changed)
            gone.add(moment.changed)
        elif moment.change == COME_BACK:
            gone.remove(moment.changed)
            present.add(moment.changed)
        else:
            assert moment.change == RENAME and moment.changed in present
