"""A browser, and a stage on which an admin sits before Splunk with the package installed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.ui.stage import Stage
from tools import browser as chromium

SHOTS = Path(__file__).resolve().parents[2] / "build" / "screenshots"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whatever stands in this folder drives a browser. The longest walk begins first, so that nobody waits for it."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.ui)
    items.sort(key=lambda item: item.path.name != "test_mission.py")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=chromium.find(), args=["--no-sandbox"])
        yield started
        started.close()


@pytest.fixture(scope="module")
def stage(browser: Browser, package: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """A tenant, a splunkd with splunkweb, a logged-in admin; no account yet. The tests of a file share it."""
    with Stage(browser, package, tmp_path_factory.mktemp("stage"), SHOTS) as made:
        yield made
