"""A slice of the day; `make day` runs six hours."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.integration.day import OUTAGE, live_through, unrefreshed


@pytest.mark.nightly
@pytest.mark.timeout(600)
def test_two_hours_with_cut_feeds_a_locked_app_id_and_an_outage_loses_nothing(tmp_path: Path, package: Path) -> None:
    # slower than `make day`: a refresh that a busy machine delays by a second is still in time
    outcome = live_through(2.0, tmp_path, package, say=print, scale=150.0)

    print(outcome)
    assert outcome.holds, str(outcome)
    assert outcome.refreshes >= 2


def test_a_feed_that_ended_unrefreshed_would_be_found() -> None:
    assert unrefreshed({"ended_at": 9000.0, "refreshed_at": 7000.0}, outage=0.0)
    assert not unrefreshed({"ended_at": 9000.0, "refreshed_at": 8000.0}, outage=0.0)
    assert not unrefreshed({"ended_at": 9000.0, "refreshed_at": 7000.0}, outage=9000.0 - OUTAGE)
    assert not unrefreshed({"ended_at": None, "refreshed_at": 7000.0}, outage=0.0)
