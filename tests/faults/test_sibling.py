"""The judgement that a good partition was read beside a bad one, and what makes it fail."""

from __future__ import annotations

import pytest

from tests.faults.sibling import judge

STEADY = [at / 10 for at in range(200)]


def without(since: float, until: float) -> list[float]:
    """Arrivals ten times a second, but for a wait."""
    return [at for at in STEADY if not since < at < until]


def test_what_the_sibling_brought_in_the_longest_wait_is_told() -> None:
    assert judge(without(5, 9), STEADY) == "0 stood 4.0 s, 1 brought 39 meanwhile"


def test_a_wait_before_the_first_event_counts_too() -> None:
    assert judge([at for at in STEADY if at >= 3], STEADY) == "0 stood 3.0 s, 1 brought 29 meanwhile"


def test_two_partitions_that_were_not_held_up_stood_not() -> None:
    assert judge(STEADY, STEADY) == "neither stood"


def test_a_sibling_that_waits_as_long_fails() -> None:
    with pytest.raises(AssertionError, match=r"0 events of the sibling while 0 stood still for 4\.0 s"):
        judge(without(5, 9), without(5, 9))


def test_a_sibling_that_waits_while_the_other_goes_on_fails() -> None:
    with pytest.raises(AssertionError, match=r"the sibling waited for 7\.0 s"):
        judge(STEADY, without(5, 12))
