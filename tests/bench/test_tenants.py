"""The simulation of many tenants: everything is read again, within the limits, and jitter is what spreads the load."""

from __future__ import annotations

import pytest

from tests.bench.tenants import MINUTE, TOKENS_A_MINUTE, Window, simulate


def test_every_partition_is_read_after_the_start_and_after_the_outage() -> None:
    outcome = simulate(tenants=20, forwarders=2)

    assert outcome.start.all is not None and outcome.start.all < MINUTE
    assert outcome.recovery.all is not None and outcome.recovery.all < 3 * MINUTE
    assert outcome.refused == 0


def test_the_same_seed_tells_the_same_story() -> None:
    assert simulate(tenants=10, seed=3) == simulate(tenants=10, seed=3)
    assert simulate(tenants=10, seed=3) != simulate(tenants=10, seed=4)


@pytest.mark.nightly
def test_too_many_tenants_behind_one_address_meet_the_limit_of_tokens_and_still_come_back() -> None:
    outcome = simulate(tenants=TOKENS_A_MINUTE + 60, partitions=1, forwarders=1)

    assert outcome.refused > 0
    assert outcome.recovery.all is not None and outcome.recovery.all < 5 * MINUTE


def test_without_jitter_all_come_back_in_step() -> None:
    spread, in_step = (simulate(tenants=40, jitter=jitter).recovery for jitter in (True, False))

    assert spread.half and spread.all and in_step.half and in_step.all
    assert spread.all - spread.half > 10 * (in_step.all - in_step.half)


def test_a_window_admits_its_number_in_any_minute() -> None:
    window = Window(2)

    assert [window.admit(at) for at in (0.0, 1.0)] == [0.0, 0.0]
    assert window.admit(30.0) == MINUTE
    assert window.admit(MINUTE) == 0.0
    assert window.admit(MINUTE + 0.5) == MINUTE + 1.0
