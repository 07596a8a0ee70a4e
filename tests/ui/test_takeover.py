"""The tab "Take over": the plan, what it does at a click, and back; in the light and in the dark."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import pytest
from playwright.sync_api import Browser, Locator, expect

from falcon_streams.takeover.comparison import search_of
from tests.takeover.stage import INPUT
from tests.takeover.stage import Stage as Estate
from tests.ui.conftest import SHOTS
from tests.ui.stage import Stage


@pytest.fixture
def stage(browser: Browser, package: Path, tmp_path: Path) -> Iterator[Stage]:
    with Stage(browser, package, tmp_path, SHOTS, kind=Estate) as made:
        yield made


def estate_of(stage: Stage) -> Estate:
    """The scene with the vendor's add-on, which has two inputs: one that can be taken over, and one that cannot."""
    estate = cast(Estate, stage.scene)
    estate.tell_reader()
    inputs = {
        INPUT: estate.their_input(event_types="EppDetectionSummaryEvent~IdpDetectionSummaryEvent", disabled="1"),
        "moon": estate.their_input(cloud_environment="moon", disabled="1"),
    }
    checkpoints = {f"{INPUT}_feed_num_{number}": estate.checkpoint(number, 3 + number) for number in (0, 1)}
    estate.vendor_writes(
        accounts={"prod": estate.account()}, proxy=estate.proxy(), inputs=inputs, checkpoints=checkpoints
    )
    return estate


def line(stage: Stage, name: str) -> Locator:
    """The row of one of the vendor's inputs."""
    return stage.page.locator(".fes tbody tr").filter(has=stage.page.get_by_role("cell", name=name, exact=True))


def test_an_admin_sees_the_plan_applies_it_and_goes_back(stage: Stage) -> None:
    estate = estate_of(stage)
    stage.page.on("dialog", lambda dialog: dialog.accept())
    stage.open("configuration", "Take over")
    expect(stage.page.get_by_text("Splunkbase 5082")).to_be_visible()
    stage.page.get_by_role("button", name="Plan", exact=True).click()
    expect(line(stage, INPUT)).to_contain_text("0: 3 (its checkpoint)")
    expect(line(stage, "moon")).to_contain_text("is not a cloud that this add-on knows")
    expect(line(stage, "moon").get_by_role("button", name="Apply")).to_be_disabled()
    stage.shoot("takeover-plan")

    line(stage, INPUT).get_by_role("button", name="Apply").click()
    expect(stage.page.get_by_text(f"{INPUT}: this add-on reads now.")).to_be_visible(timeout=30_000)
    stage.shoot("takeover-applied")
    assert set(estate.records()) == {"0", "1"}

    estate.splunkd.switch(theme="dark")
    stage.open("configuration", "Take over")
    stage.page.get_by_role("button", name="Plan", exact=True).click()
    expect(line(stage, INPUT)).to_contain_text("this add-on")
    stage.shoot("takeover-dark")
    line(stage, INPUT).get_by_role("button", name="Undo").click()
    expect(stage.page.get_by_text(f"{INPUT}: the vendor's add-on reads now.")).to_be_visible(timeout=30_000)


def test_an_admin_compares_what_both_have_indexed(browser: Browser, package: Path, tmp_path: Path) -> None:
    hostile = {"found_in": "this add-on", "events": "1", "cid": "<img src=x>", "_time": "2026-01-21T15:06:43.342+00:00"}
    hostile |= {"falcon_offset": "812345", "partition": "0", "vendor_event_type": "EppDetectionSummaryEvent"}
    answers = tmp_path / "answers.json"
    answers.write_text(json.dumps({search_of("main"): [{"found_in": "both", "events": "4321"}, hostile]}))
    with Stage(browser, package, tmp_path, SHOTS, kind=Estate, answers=answers) as stage:
        estate_of(stage)
        stage.open("configuration", "Take over")
        stage.page.get_by_role("button", name="Plan", exact=True).click()
        line(stage, INPUT).get_by_role("button", name="Compare").click()
        sentence = "4321 events are in both, 0 only in the vendor's add-on, 1 only in this add-on."
        expect(stage.page.get_by_text(f"{INPUT}, -70m@m to -10m@m: {sentence}")).to_be_visible(timeout=30_000)
        expect(line(stage, "812345")).to_contain_text("<img src=x>")
        stage.shoot("takeover-compared")


def test_a_refusal_is_a_sentence_on_the_page(stage: Stage) -> None:
    estate = estate_of(stage)
    stage.page.on("dialog", lambda dialog: dialog.accept())
    stage.open("configuration", "Take over")
    stage.page.get_by_role("button", name="Plan", exact=True).click()
    expect(line(stage, INPUT)).to_be_visible()
    estate.falcon.rotate_secret(revoke=True)
    stage.expected += 2  # the answer, and what the browser says of it
    line(stage, INPUT).get_by_role("button", name="Apply").click()
    expect(stage.page.get_by_text("refused the account's client_id and secret")).to_be_visible(timeout=30_000)
    expect(line(stage, INPUT)).to_contain_text("nobody")
