"""A provider's day with ten children, and with a thousand."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from tests.integration.entry import install
from tests.integration.provider import Day, Outcome
from tests.integration.scene import Scene


def live(children: int, scale: float, package: Path, folder: Path) -> Outcome:
    """The day of a provider with so many children, so many times as fast."""
    epoch = time.time()
    app = install(package, folder, f"ScaledClock({scale}, {epoch})")
    falcon: dict[str, Any] = {
        "children": children,
        "partitions": 1,
        "preload": 5,
        "time_scale": scale,
        "epoch": epoch,
        "lock": 1.0,
    }
    with Scene(folder, app, account=False, capture=False, **falcon) as scene:
        return Day(scene, print).live()


@pytest.mark.slow
def test_every_event_of_every_customer_is_in_its_index_over_all_that_a_provider_does(
    package: Path, tmp_path: Path
) -> None:
    outcome = live(10, 60.0, package, tmp_path)

    print(outcome)
    assert outcome.holds, str(outcome)


@pytest.mark.nightly
@pytest.mark.timeout(1800)
def test_a_thousand_customers_are_not_different(package: Path, tmp_path: Path) -> None:
    outcome = live(1000, 20.0, package, tmp_path)

    print(outcome)
    assert outcome.holds, str(outcome)
