"""The tab "Doctor": one button, and what is found becomes a table that says what to do; nothing in it is markup."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.integration import leaks
from tests.ui.conftest import SHOTS
from tests.ui.stage import Stage


@pytest.fixture(scope="module")
def stage(browser: Browser, package: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """A stage with an account, and an input that reads."""
    with Stage(browser, package, tmp_path_factory.mktemp("doctor"), SHOTS, account=True) as made:
        made.scene.splunkd.post("/services/data/indexes", name="falcon")
        made.scene.begin(index="falcon")
        made.scene.wait_until_all_arrived()
        made.scene.wait_until_open(2)
        yield made


def check_now(stage: Stage) -> None:
    """Open the tab and press the button, until the doctor has answered."""
    stage.open("configuration", "Doctor")
    button = stage.page.get_by_role("button", name="Check now")
    button.click()
    expect(button).to_be_enabled(timeout=30_000)


def results(stage: Stage) -> dict[str, str]:
    """The result of each check, the last one of its name."""
    rows = stage.page.locator("#doctorTab tbody tr")
    return {row.locator("td").nth(1).inner_text(): row.locator("td").nth(0).inner_text() for row in rows.all()}


def test_the_tab_asks_nothing_before_its_button_is_pressed_and_then_shows_every_check(stage: Stage) -> None:
    stage.open("configuration", "Doctor")
    assert not any("falcon_event_streams_doctor" in str(path) for path, _ in stage.bodies)
    assert stage.page.locator("#doctorTab table").count() == 0

    check_now(stage)

    found = results(stage)
    assert list(found)[:3] == ["Python and OpenSSL", "Package", "splunkd"]
    assert found["Token"].endswith("ok")
    assert found["Other inputs"].endswith("not checked")
    expect(stage.page.get_by_text("No problem found; 1 of 23 checks were not made.")).to_be_visible()
    stage.shoot("doctor")


def test_a_problem_stands_out_with_what_to_do_and_a_hostile_text_stays_text(stage: Stage) -> None:
    hostile = "<img src=x onerror=document.title='owned'>"
    stage.scene.falcon.add_faults(
        [{"on": "token", "answer": {"status": 401, "body": f'{{"errors":[{{"code":401,"message":"{hostile}"}}]}}'}}]
    )
    check_now(stage)

    row = stage.page.locator("#doctorTab tbody tr").filter(has_text="Token").first
    expect(row).to_contain_text("\u2717 problem")
    expect(row).to_contain_text(hostile)
    assert stage.page.title() != "owned"
    expect(
        stage.page.get_by_text("1 of 23 checks found a problem. Begin with this one. Token of prod: ")
    ).to_be_visible()
    stage.shoot("doctor-problem")
    assert list(leaks.find(stage.scene.secrets, stage.bodies)) == []


def test_the_tab_is_legible_on_a_dark_page_and_by_the_keyboard(stage: Stage) -> None:
    stage.scene.splunkd.switch(theme="dark")
    stage.open("configuration", "Doctor")
    button = stage.page.get_by_role("button", name="Check now")
    button.focus()
    stage.page.keyboard.press("Enter")
    expect(stage.page.get_by_text("No problem found")).to_be_visible(timeout=30_000)
    stage.shoot("doctor-dark")
    stage.scene.splunkd.switch(theme="light")


def test_whoever_may_not_list_inputs_reads_a_sentence(stage: Stage) -> None:
    stage.scene.splunkd.post("/stand-in/users", name="reader", password="reader-password", capabilities="search")
    stage.context.clear_cookies()
    stage.log_in("reader", "reader-password")
    before = len(stage.troubles)
    check_now(stage)
    expect(stage.page.get_by_text("you may not do this: it takes the capability list_inputs")).to_be_visible()
    stage.expected += len(stage.troubles) - before
    assert results(stage) == {}
