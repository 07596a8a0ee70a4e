"""The tab "Tenants": a file is planned and applied at a click, and what it holds becomes text; a thousand are shown."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, expect

from falcon_streams.store.files import folder_of
from tests.ui.conftest import SHOTS
from tests.ui.stage import Stage

A, B, C = "a" * 32, "b" * 32, "c" * 32
HOSTILE = "<img src=x onerror=alert(1)>"


@pytest.fixture
def stage(browser: Browser, package: Path, tmp_path: Path) -> Iterator[Stage]:
    with Stage(browser, package, tmp_path, SHOTS, indexes=("falcon_acme", "falcon_bee")) as made:
        yield made


def line(stage: Stage, text: str) -> Locator:
    """The row that has this text."""
    return stage.page.locator(".fes tbody tr").filter(has_text=text)


def plan_file(stage: Stage, path: Path) -> None:
    stage.page.get_by_label("CSV file").set_input_files(path)
    stage.page.get_by_role("button", name="Plan the file").click()


def test_an_admin_imports_a_file_sees_the_plan_and_applies_it(stage: Stage, tmp_path: Path) -> None:
    table = tmp_path / "tenants.csv"
    table.write_text(
        f'cid,name,index\n{A.upper()}-1F,"ACME & S\u00f6hne, Berlin",falcon_acme\n'
        f"{B},{HOSTILE},falcon_bee\n{C},=1+1,x\n"
    )
    stage.page.on("dialog", lambda dialog: dialog.accept())
    stage.open("configuration", "Tenants")
    stage.page.get_by_role("button", name="Show tenants").click()
    expect(stage.page.get_by_text("No tenant has a stanza")).to_be_visible()

    plan_file(stage, table)
    expect(stage.page.get_by_role("status")).to_contain_text("1 to refuse, 2 to create.")
    expect(line(stage, A.upper())).to_contain_text("ACME & S\u00f6hne, Berlin, index falcon_acme")
    expect(line(stage, B)).to_contain_text(HOSTILE)
    expect(line(stage, C)).to_contain_text("begins with a character that makes a spreadsheet run it")
    stage.shoot("tenants-plan")
    stage.page.get_by_role("button", name="Apply").click()
    expect(stage.page.get_by_text("Applied. Inputs that run follow")).to_be_visible(timeout=30_000)
    expect(line(stage, A.upper())).to_contain_text("created")

    stage.scene.splunkd.switch(theme="dark")
    stage.open("configuration", "Tenants")
    stage.page.get_by_role("button", name="Show tenants").click()
    expect(stage.page.get_by_role("status")).to_contain_text("2 tenants: 2 without a stream of its own.")
    expect(line(stage, A)).to_contain_text("falcon_acme")
    stage.page.get_by_label("Find").fill("ACME")
    expect(stage.page.locator(".fes tbody tr")).to_have_count(1)
    stage.shoot("tenants-dark")
    plan_file(stage, table)
    expect(stage.page.get_by_role("status")).to_contain_text("1 to refuse, 2 to leave.")
    expect(stage.page.get_by_role("button", name="Apply")).to_be_disabled()


def test_a_missing_index_is_named_and_its_refusal_is_a_sentence_on_the_page(stage: Stage, tmp_path: Path) -> None:
    table = tmp_path / "tenants.csv"
    table.write_text(f"cid,name,index\n{A},Aye,falcon_typo\n")
    stage.page.on("dialog", lambda dialog: dialog.accept())
    stage.open("configuration", "Tenants")
    plan_file(stage, table)
    expect(stage.page.get_by_text("Create these indexes first: falcon_typo.")).to_be_visible()
    stage.expected += 2  # the answer, and what the browser says of it
    stage.page.get_by_role("button", name="Apply").click()
    expect(stage.page.get_by_text("splunkd would drop their events: falcon_typo. Create them")).to_be_visible()


def test_children_are_planned_by_the_parents_account_and_falcons_refusal_is_a_sentence(stage: Stage) -> None:
    stage.scene.add_account()
    stage.open("configuration", "Tenants")
    stage.page.get_by_label("Account of the parent").fill("prod")
    stage.expected += 2
    stage.page.get_by_role("button", name="Plan the children").click()
    expect(stage.page.get_by_text("to the question for the children")).to_be_visible(timeout=30_000)


def test_a_thousand_tenants_are_shown_within_two_seconds(stage: Stage) -> None:
    conf = stage.scene.splunkd.app_home / "local" / "falcon_event_streams_tenants.conf"
    conf.parent.mkdir(exist_ok=True)
    conf.write_text("".join(f"[{number:032x}]\nname = Tenant {number}\n" for number in range(1000)))
    stage.open("configuration", "Tenants")
    began = time.monotonic()
    stage.page.get_by_role("button", name="Show tenants").click()
    expect(stage.page.get_by_role("status")).to_contain_text("1000 tenants: 1000 without a stream of its own.")
    seconds = time.monotonic() - began
    print(f"{seconds:.2f} s")
    assert seconds < 2.0

    expect(stage.page.get_by_text("800 more are not shown.")).to_be_visible()
    stage.page.get_by_label("Find").fill("Tenant 999")
    expect(stage.page.locator(".fes tbody tr")).to_have_count(1)
    stage.shoot("tenants-thousand")


def test_an_input_of_a_thousand_tenants_is_shown_within_two_seconds_with_those_to_look_at_first(stage: Stage) -> None:
    settings = {"account": "parent", "app_id": "a", "tenants": "children", "interval": "3600"}
    stage.scene.splunkd.create_conf_stanza("inputs", "falcon_event_streams://family", **settings)
    worst = {
        f"{n:032x}": {"name": f"Tenant {n}", "state": "error", "trouble": "refused", "lag_s": n} for n in range(10)
    }
    state = {
        "state": "running",
        "trouble": f"10 of 1000 tenants have a problem; {0:032x}: refused",
        "updated_at": time.time(),
        "partitions": {},
        "events": 1_234_567,
        "lag_s": 4000.0,
        "tenants": {"running": 990, "error": 10},
        "worst": worst,
    }
    folder = folder_of(str(stage.scene.splunkd.home / "var/lib/splunk/modinputs/falcon_event_streams"), "family")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "state.json").write_text(json.dumps(state), encoding="utf-8")

    stage.open("inputs")  # the browser has the front end from here on
    began = time.monotonic()
    stage.page.reload()
    expect(stage.row("family").get_by_text("10 of 1000 tenants have a problem")).to_be_visible()
    seconds = time.monotonic() - began
    print(f"{seconds:.2f} s")
    assert seconds < 2.0

    stage.row("family").locator("[data-test=expand]").click()
    expect(stage.page.get_by_text("1,000 tenants: 990 running, 10 error")).to_be_visible()
    expect(stage.page.get_by_text("look first at Tenant 0 (error), Tenant 1 (error)")).to_be_visible()
    stage.shoot("inputs-thousand")
    stage.row("family").get_by_role("link", name="Show tenants").click()
    expect(stage.page.get_by_role("button", name="Show tenants")).to_be_visible()
