"""Waits grow, are capped, drawn, and never below what the server asks."""

from __future__ import annotations

import pytest

from falcon_streams.core.backoff import LONGEST_FLOOR, Backoff


def test_the_ceiling_doubles_up_to_the_cap() -> None:
    backoff = Backoff(5, 60, jitter=lambda: 1.0)

    assert [backoff.next() for _ in range(6)] == [5, 10, 20, 40, 60, 60]


def test_full_jitter_draws_from_zero() -> None:
    assert Backoff(5, 60, jitter=lambda: 0.0).next() == 0.0


def test_the_servers_wait_is_the_floor_up_to_a_quarter_of_an_hour() -> None:
    backoff = Backoff(5, 60, jitter=lambda: 0.0)

    assert backoff.next(30) == 30
    assert backoff.next(1e9) == LONGEST_FLOOR
    assert backoff.next(-5) == 0


def test_a_reset_begins_anew() -> None:
    backoff = Backoff(5, 60, jitter=lambda: 1.0)
    backoff.next()
    backoff.next()
    backoff.reset()

    assert backoff.next() == 5


def test_a_thousand_failures_do_not_overflow() -> None:
    backoff = Backoff(5, 60, jitter=lambda: 1.0)

    assert [backoff.next() for _ in range(1000)][-1] == 60


@pytest.mark.parametrize("first, cap", [(0, 1), (2, 1), (-1, 1)])
def test_a_senseless_policy_is_refused(first: float, cap: float) -> None:
    with pytest.raises(ValueError, match="backoff"):
        Backoff(first, cap, jitter=lambda: 0.0)
