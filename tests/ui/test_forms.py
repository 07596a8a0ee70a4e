"""The forms: what shows when, what is proposed, what is said of wrong values, and by keyboard alone."""

from __future__ import annotations

import json
import re
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.integration.scene import REALM
from tests.ui.conftest import SHOTS
from tests.ui.stage import Stage
from tests.ui.test_mission import add_account, add_proxy
from tools.package import unpack


@pytest.fixture(scope="module")
def stage(stage: Stage) -> Stage:
    """The stage with an account, `prod`, for tests that leave each other alone."""
    stage.scene.add_account()
    return stage


def test_a_custom_cloud_asks_for_its_url_and_the_others_do_not(stage: Stage) -> None:
    stage.open("configuration")
    stage.page.get_by_role("button", name="Add", exact=True).click()
    expect(stage.field("base_url")).to_be_hidden()
    stage.choose("cloud", "Another address")
    expect(stage.field("base_url")).to_be_visible()
    expect(stage.field("allowed_domains")).to_be_visible()
    stage.fill(base_url="https://falcon.example")
    stage.choose("cloud", "EU-1 (api.eu-1.crowdstrike.com)")
    expect(stage.field("base_url")).to_be_hidden()


def test_a_wrong_value_is_said_by_the_page_before_anything_is_sent(stage: Stage) -> None:
    stage.open("configuration")
    stage.page.get_by_role("button", name="Add", exact=True).click()
    stage.fill(name="wrong", client_id="too-short", client_secret="s" * 40)
    stage.choose("cloud", "US-1 (api.crowdstrike.com)")
    sent = len(stage.bodies)
    stage.dialog.get_by_role("button", name="Add", exact=True).click()
    expect(stage.dialog.get_by_text("Client id is not 32 hexadecimal digits.")).to_be_visible()
    assert len(stage.bodies) == sent


def test_app_ids_are_proposed_valid_different_and_editable(stage: Stage) -> None:
    proposed = set()
    for _ in range(3):
        stage.open("inputs")
        stage.page.get_by_role("button", name="Create New Input").click()
        expect(stage.field("app_id").locator("input")).not_to_have_value("")
        proposed.add(stage.value("app_id"))
    assert len(proposed) == 3
    assert all(re.fullmatch(r"[A-Za-z0-9]{1,32}", each) for each in proposed)

    stage.fill(name="own", app_id="chosenByMe")
    stage.choose("account", "prod")
    stage.submit("Add")
    stage.row("own").locator("[data-test=expand]").click()
    expect(stage.page.get_by_text("chosenByMe", exact=True)).to_be_visible()
    stage.press("own", "Clone")
    expect(stage.field("app_id").locator("input")).not_to_have_value("chosenByMe")


def test_event_types_are_chosen_and_typed(stage: Stage) -> None:
    stage.open("inputs")
    stage.page.get_by_role("button", name="Create New Input").click()
    stage.fill(name="some")
    stage.choose("account", "prod")
    types = stage.field("event_types").get_by_role("combobox")
    types.fill("AuthActivity")
    stage.page.get_by_role("option", name="AuthActivityAuditEvent").click()
    types.fill("BrandNewEvent")
    stage.page.get_by_role("option", name="BrandNewEvent").click()
    stage.page.keyboard.press("Escape")
    stage.submit("Add")

    settings = stage.scene.splunkd.input_state("some")["settings"]
    assert settings["event_types"] == "AuthActivityAuditEvent,BrandNewEvent"


def test_the_judge_of_an_input_is_its_validation(stage: Stage) -> None:
    stage.scene.begin("first", app_id="taken1")
    stage.open("inputs")
    stage.page.get_by_role("button", name="Create New Input").click()
    stage.fill(name="second", app_id="taken1")
    stage.choose("account", "prod")
    stage.submit_refused("Add", "app_id = taken1 is used by input first with the same account")


def test_a_refusal_comes_into_view_where_the_form_is_longer_than_the_window(stage: Stage) -> None:
    stage.page.set_viewport_size({"width": 1024, "height": 500})
    stage.scene.begin("third", app_id="taken2")
    stage.open("inputs")
    stage.page.get_by_role("button", name="Create New Input").click()
    stage.page.get_by_text("Advanced").click()
    stage.fill(name="fourth", app_id="taken2")
    stage.choose("account", "prod")
    stage.dialog.get_by_role("button", name="Add", exact=True).scroll_into_view_if_needed()
    stage.submit_refused("Add", "app_id = taken2 is used by input third with the same account")
    expect(stage.page.get_by_text("app_id = taken2 is used by input third")).to_be_in_viewport()
    stage.shoot("input-refused")


def test_the_log_level_is_chosen_and_stays(stage: Stage) -> None:
    stage.open("configuration", "Logging")
    stage.choose("level", "DEBUG")
    stage.page.get_by_role("button", name="Save").click()
    expect(stage.page.get_by_text('Updated "Logging"').first).to_be_visible()
    stage.open("configuration", "Logging")
    expect(stage.field("level").get_by_role("combobox")).to_contain_text("DEBUG")


def test_a_secret_that_is_left_alone_stays_and_one_that_would_go_elsewhere_is_asked_for(stage: Stage) -> None:
    stage.open("configuration")
    stage.press("prod", "Edit")
    assert stage.value("client_secret") == "******"
    stage.submit("Update")
    stage.press("prod", "Edit")
    stage.fill(base_url="https://elsewhere.example")
    stage.submit_refused("Update", "client_secret has to be entered again, because base_url changes")


def test_who_may_not_is_told_so(browser: Browser, package: Path, tmp_path: Path) -> None:
    users = (("viewer", "viewer-password", "list_inputs"),)
    with Stage(browser, package, tmp_path, SHOTS, users=users) as stage:
        stage.scene.add_account()
        stage.page.goto(f"{stage.scene.splunkd.web_uri}/en-US/account/logout")
        stage.log_in("viewer", "viewer-password")
        stage.open("configuration")
        stage.press("prod", "Delete")
        stage.submit_refused("Delete", "permission")


def test_an_account_is_added_by_keyboard_alone(stage: Stage) -> None:
    address = stage.scene.falcon.address()
    keyboard = stage.page.keyboard
    stage.open("configuration")

    def tab_to(name: str) -> None:
        """Press Tab until what has this name has the focus."""
        for _ in range(80):
            keyboard.press("Tab")
            label = stage.page.evaluate(
                """() => {
                    const at = document.activeElement, ids = (at.getAttribute('aria-labelledby') || '').split(' ');
                    const texts = ids.map((id) => (document.getElementById(id) || {}).innerText || '');
                    return (at.getAttribute('aria-label') || texts.join(' ').trim() || at.innerText || '').trim();
                }"""
            )
            if label.lstrip("*") == name:
                return
        raise AssertionError(f"Tab never reaches {name}")

    tab_to("Add")
    keyboard.press("Enter")
    expect(stage.dialog).to_be_visible()
    # a dialog takes the focus when it has opened: what is typed before that is lost
    stage.page.wait_for_function("document.querySelector('[role=dialog]').contains(document.activeElement)")
    tab_to("Name")
    keyboard.type("typed")
    expect(stage.field("name").locator("input").first).to_have_value("typed")
    tab_to("Cloud")
    keyboard.press("Enter")
    expect(stage.page.get_by_role("option", name="Another address")).to_be_visible()
    for _ in range(40):
        keyboard.press("ArrowDown")
        if stage.page.evaluate("document.activeElement.innerText").strip() == "Another address":
            break
        stage.page.wait_for_timeout(50)
    keyboard.press("Enter")
    # the list gives the focus back to its field only when it has faded: a Tab before that would be taken back
    expect(stage.field("cloud").get_by_role("combobox").first).to_be_focused()
    for setting, label, text in (
        ("base_url", "Base URL", address["api"]),
        ("client_id", "Client id", address["client_id"]),
        ("client_secret", "Client secret", address["client_secret"]),
        ("ca_bundle", "CA bundle", address["ca_file"]),
    ):
        tab_to(label)
        keyboard.type(text)
        expect(stage.field(setting).locator("input, textarea").first).to_have_value(text)
    tab_to("Add")
    keyboard.press("Enter")
    stage.wait_until_closed()
    expect(stage.row("typed")).to_be_visible()


@pytest.mark.parametrize("theme", ["light", pytest.param("dark", marks=pytest.mark.nightly)])
def test_a_link_of_a_live_input_opens_a_form_that_replays_an_hour_of_it(
    browser: Browser, package: Path, tmp_path: Path, theme: str
) -> None:
    with Stage(browser, package, tmp_path, SHOTS, switches={"theme": theme}) as stage:
        stage.scene.add_account()
        kept = {"event_types": "CustomerIOCEvent,FirewallMatchEvent", "partitions": "0,1"}
        stage.scene.begin("live", index="main", **kept)
        stage.open("inputs")
        stage.wait_for_cell("live", "state", "Running")
        stage.shoot(f"replay-link-{theme}")
        stage.row("live").get_by_role("link", name="Replay an hour").click()
        expect(stage.field("stop_at").locator("input")).to_have_value(re.compile("Z$"))
        assert stage.value("name") == "live_replay"
        assert re.fullmatch("splunk[a-z0-9]{10}", stage.value("app_id"))
        started, stopped = (datetime.fromisoformat(stage.value(each)[:-1]) for each in ("start_from", "stop_at"))
        assert stopped - started == timedelta(hours=1)
        assert 0 <= (datetime.now(timezone.utc).replace(tzinfo=None) - stopped).total_seconds() < 3700
        stage.page.wait_for_load_state("networkidle")
        stage.shoot(f"replay-form-{theme}")

        stage.page.get_by_role("button", name="Add", exact=True).click()
        expect(stage.row("live_replay")).to_be_visible(timeout=15_000)
        settings = stage.scene.splunkd.input_state("live_replay")["settings"]
        assert (settings["account"], settings["index"]) == ("prod", "main")
        assert {name: settings[name] for name in kept} == kept
        assert stage.scene.splunkd.input_state("live")["settings"]["app_id"] == "applive" != settings["app_id"]
        stage.shoot(f"replay-saved-{theme}")
        stage.page.get_by_role("button", name="Create New Input").click()
        assert (stage.value("name"), stage.value("start_from"), stage.value("stop_at")) == ("", "oldest", "none")


@pytest.mark.parametrize("theme", [pytest.param("light", marks=pytest.mark.nightly), "dark"])
def test_the_pages_follow_the_theme(browser: Browser, package: Path, tmp_path: Path, theme: str) -> None:
    with Stage(browser, package, tmp_path, SHOTS, switches={"theme": theme}) as stage:
        stage.scene.add_account()
        for page in ("inputs", "configuration"):
            stage.open(page)
            assert stage.page.evaluate("document.documentElement.lang") == "en"
            colour = stage.page.evaluate(
                """() => {
                    let at = document.querySelector('#splunk-stand-in-container > div');
                    for (; at; at = at.parentElement) {
                        const colour = getComputedStyle(at).backgroundColor;
                        if (colour !== 'rgba(0, 0, 0, 0)') { return colour; }
                    }
                    return 'rgb(255, 255, 255)';
                }"""
            )
            brightness = sum(map(int, re.findall(r"\d+", colour)[:3]))
            assert (brightness > 600) == (theme == "light"), colour
            stage.shoot(f"{page}-{theme}")


def test_the_table_shows_every_input_with_its_state_and_its_trouble(
    browser: Browser, package: Path, tmp_path: Path
) -> None:
    with Stage(browser, package, tmp_path, SHOTS) as stage:
        stage.scene.add_account()
        stage.scene.add_account("lapsed")
        stage.scene.splunkd.edit_password(REALM.format("lapsed"), "client_secret", "w" * 40)
        stage.scene.falcon.set_option("rate", 20.0)
        stage.scene.begin("main")
        stage.scene.begin("audit", event_types="AuthActivityAuditEvent,UserActivityAuditEvent")
        stage.scene.begin("lapsed", account="lapsed")
        stage.scene.begin("retired")
        stage.scene.stop("retired")
        stage.open("inputs")
        for name, state in (("main", "Running"), ("lapsed", "Error"), ("retired", "Disabled")):
            stage.wait_for_cell(name, "state", state)
        expect(stage.row("lapsed").get_by_text("refused the account's client_id and secret")).to_be_visible()
        stage.shoot("inputs-states")


def test_the_table_follows_an_input_without_being_loaded_again(browser: Browser, package: Path, tmp_path: Path) -> None:
    with Stage(browser, package, tmp_path, SHOTS) as stage:
        stage.scene.add_account()
        stage.scene.begin("main")
        stage.open("inputs")
        stage.wait_for_cell("main", "state", "Running")
        stage.page.clock.install()
        stage.page.reload()
        expect(stage.row("main").get_by_text("Running")).to_be_visible()
        stage.scene.stop("main")
        expect(stage.row("main").get_by_text("Running")).to_be_visible()
        with stage.page.expect_response("**/falcon_event_streams_input?**"):
            stage.page.clock.run_for(10_000)
        expect(stage.row("main").locator("[data-column=state]").get_by_text("Disabled")).to_be_visible()


def test_shared_checkpoints_are_entered_and_their_token_is_never_shown(stage: Stage) -> None:
    stage.open("configuration", "Shared checkpoints")
    stage.fill(management_uri="https://sh.example.com:8089", token="the-token-of-a-forwarder")
    stage.page.get_by_role("button", name="Save").click()
    expect(stage.page.get_by_text('Updated "Shared checkpoints"').first).to_be_visible()
    stage.open("configuration", "Shared checkpoints")
    assert stage.value("management_uri") == "https://sh.example.com:8089"
    assert "the-token" not in stage.value("token")
    stage.shoot("configuration-checkpoints")


@pytest.mark.nightly
def test_a_page_with_a_broken_field_fails_the_mission(browser: Browser, package: Path, tmp_path: Path) -> None:
    """The control of the mission: the same package without one field."""
    app = unpack(package, tmp_path / "broken")
    path = app / "appserver" / "static" / "js" / "build" / "globalConfig.json"
    tree = json.loads(path.read_text(encoding="utf-8"))
    entities = tree["pages"]["configuration"]["tabs"][0]["entity"]
    entities[:] = [entity for entity in entities if entity["field"] != "client_secret"]
    path.write_text(json.dumps(tree), encoding="utf-8")

    with Stage(browser, app, tmp_path / "scene", SHOTS) as stage:
        stage.page.set_default_timeout(3_000)
        add_proxy(stage)
        with pytest.raises(Exception, match="client_secret"):
            add_account(stage)
