"""The dashboards as they ship, by Splunk's own renderer, before stored rows: no error, no empty panel."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.knowledge.rows import NAMES, ROWS, definition
from tests.ui.conftest import SHOTS
from tests.ui.stage import Stage
from tools import studio


@pytest.fixture(scope="session")
def renderer() -> Path:
    return studio.build()


@pytest.mark.parametrize("theme", ["light", pytest.param("dark", marks=pytest.mark.nightly)])
def test_the_dashboards_render_without_an_error(
    browser: Browser, package: Path, tmp_path: Path, renderer: Path, theme: str
) -> None:
    options = {"studio": renderer, "answers": ROWS, "switches": {"theme": theme}}
    with Stage(browser, package, tmp_path, SHOTS, landing="stream_health", **options) as stage:
        stage.page.set_viewport_size({"width": 1440, "height": 1500})
        dispatched: list[str] = []
        stage.page.on("request", lambda each: dispatched.append(each.url) if each.method == "POST" else None)
        for name in NAMES:
            dispatched.clear()
            stage.page.goto(f"{stage.scene.splunkd.web_uri}/en-US/app/TA_falcon_event_streams/{name}")
            titles = [each["title"] for each in definition(name)["visualizations"].values() if "title" in each]
            for title in titles:
                expect(stage.page.get_by_text(title, exact=True).first).to_be_visible(timeout=20_000)
            expect(stage.page.get_by_text("Waiting for data")).to_have_count(0, timeout=20_000)
            stage.page.wait_for_timeout(1_000)
            stage.shoot(f"{name}-{theme}")
            jobs = [url for url in dispatched if url.partition("?")[0].endswith("/jobs")]
            searches = [each for each in definition(name)["dataSources"].values() if each["type"] == "ds.search"]
            print(f"{name}: {len(jobs)} searches")
            assert len(jobs) == len(searches), "a chained search is none of its own"
            assert stage.page.get_by_text("No search results returned").count() == 0
        assert "powershell.exe" not in stage.page.title()


@pytest.mark.nightly
def test_a_search_that_nobody_knows_fails_the_dashboard(
    browser: Browser, package: Path, tmp_path: Path, renderer: Path
) -> None:
    """The control of the former: the same dashboards, and no rows."""
    stage = Stage(browser, package, tmp_path, SHOTS, landing="stream_health", studio=renderer)
    with pytest.raises(AssertionError, match="400 POST"), stage:
        stage.page.wait_for_timeout(1_000)
