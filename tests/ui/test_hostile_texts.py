"""What an event, a state file or a conf says is shown as text, and chooses no place for a click: in a real browser."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect

from falcon_streams.store.files import folder_of
from tests.integration.scene import ACCOUNT_CONF
from tests.knowledge.pipeline import run
from tests.knowledge.rows import ROWS, definition, query_of
from tests.knowledge.test_links import HOSTILE, latest
from tests.searchtime import Knowledge
from tests.ui.conftest import SHOTS
from tests.ui.stage import APP, Stage
from tools import studio
from tools.package import ROOT

MARKUP = "<img src=x onerror=\"window.hurt='image'\"><script>window.hurt='script'</script>"
NAME = MARKUP.replace("/", "|")
TOKENS = "$row.url.value|n$ $customer$ $env:user$"
BREAKOUT = 'x\\" OR index=* | delete | search "`falcon_event_streams`&earliest=0#%22'
GOOD = "https://falcon.eu-1.crowdstrike.com/activity-v2/detections/x?_cid=1&y=2"
# Whatever the page would open is kept instead.
SPY = "window.opened = []; window.open = (url) => { window.opened.push(url); return null; };"


@pytest.fixture(scope="session")
def renderer() -> Path:
    return studio.build()


def search_of(source: str, view: str = "detections", **given: str) -> str:
    """The search that a dashboard has to send with these values of its inputs, each one text of SPL."""
    tree = definition(view)
    query = query_of(tree, source)
    for each in tree["inputs"].values():
        options = each["options"]
        value = given.get(options["token"], options["defaultValue"])
        query = query.replace(f"${options['token']}|s$", json.dumps(value))
    return query


def detection(number: int, url: str) -> tuple[dict[str, list[str]], tuple[str, ...], tuple[str, ...]]:
    """A detection whose fields are hostile."""
    fields = {name: [MARKUP] for name in ("severity", "action", "dest", "user", "tactic", "cid")}
    fields.update(family=[f"row {number}"], signature=[TOKENS], technique=[BREAKOUT], url=[url])
    fields.update(sourcetype=["CrowdStrike:Event:Streams:JSON"], _time=[str(1_795_434_000 - number)])
    return fields, (), ("attack",)


def hostile_rows() -> dict[str, Any]:
    """The stored rows, but for those of hostile detections."""
    urls = [GOOD, *sorted(filter(None, HOSTILE), key=lambda url: not url.startswith("https://"))]
    rows: dict[str, Any] = json.loads(ROWS.read_text(encoding="utf-8"))
    events = [detection(number, url) for number, url in enumerate(urls)]
    rows[search_of("ds_latest")] = run(latest(), events, Knowledge.load(ROOT).macros)
    rows[search_of("ds_dest")] = [{"dest": BREAKOUT, "count": "3"}]
    rows[search_of("ds_user")] = [{"user": MARKUP, "count": "3"}]
    rows[search_of("ds_signature")] = [{"signature": TOKENS, "count": "3"}]
    for source in definition("audit")["dataSources"]:
        rows[search_of(source, "audit", user=BREAKOUT)] = [{"user": "found", "count": "1"}]
    return rows


@pytest.fixture(scope="module")
def dashboards(
    browser: Browser, package: Path, tmp_path_factory: pytest.TempPathFactory, renderer: Path
) -> Iterator[Stage]:
    """Dashboards before hostile events."""
    folder = tmp_path_factory.mktemp("dashboards")
    file = folder / "rows.json"
    file.write_text(json.dumps(hostile_rows()), encoding="utf-8")
    with Stage(browser, package, folder, SHOTS, landing="stream_health", studio=renderer, answers=file) as stage:
        stage.page.add_init_script(SPY)
        stage.page.set_viewport_size({"width": 1440, "height": 3000})
        yield stage


def show(stage: Stage, view: str) -> Page:
    """A view, with all its rows."""
    stage.page.goto(f"{stage.scene.splunkd.web_uri}/en-US/app/{APP}/{view}")
    expect(stage.page.get_by_text("Waiting for data")).to_have_count(0, timeout=20_000)
    stage.page.wait_for_timeout(1_000)
    return stage.page


def assert_unhurt(page: Page) -> None:
    """Nothing of a text has become part of the page."""
    assert page.evaluate("window.hurt") is None
    assert page.locator("img[src=x]").count() == 0


def opened(page: Page) -> list[str]:
    """What the clicks so far would have opened."""
    page.wait_for_timeout(300)  # a click is carried out a moment later
    found: list[str] = page.evaluate("window.opened.splice(0)")
    return found


def test_a_click_on_a_hostile_detection_opens_nothing_and_its_texts_stay_texts(dashboards: Stage) -> None:
    page = show(dashboards, "detections")
    table = page.locator("[data-id=viz_latest]")
    expect(table.get_by_text("window.hurt='image'").first).to_be_visible()
    expect(table.get_by_text(TOKENS).first).to_be_visible()
    dashboards.shoot("hostile-detections")

    table.get_by_text("row 0", exact=True).click()
    assert opened(page) == [GOOD]
    for number in range(1, 15):  # what the first page of the table shows
        table.get_by_text(f"row {number}", exact=True).click()
    assert opened(page) == []
    assert_unhurt(page)


def test_a_value_goes_into_a_search_as_one_text(dashboards: Stage) -> None:
    page = show(dashboards, "detections")
    for field, value in {"dest": BREAKOUT, "user": MARKUP, "signature": TOKENS}.items():
        page.locator(f"[data-id=viz_{field}] .highcharts-point").first.click(force=True)
        (url,) = opened(page)
        asked = parse_qs(urlsplit(url).query, strict_parsing=True)
        assert asked == {
            "q": [f"`falcon_event_streams` {field}={json.dumps(value)}"],
            "earliest": ["-7d@h"],
            "latest": ["now"],
        }
        assert urlsplit(url)[:3] == ("", "", f"/app/{APP}/search")
    assert_unhurt(page)


def test_what_is_typed_into_a_dashboard_goes_into_its_searches_as_one_text(dashboards: Stage) -> None:
    """The stand-in knows the searches with the whole of it between quotes, and refuses any other."""
    page = show(dashboards, "audit")
    page.locator("input#input_user").fill(BREAKOUT)
    page.keyboard.press("Enter")
    expect(page.get_by_text("found", exact=True).first).to_be_visible(timeout=20_000)


def test_the_inputs_page_shows_a_hostile_state_as_text(stage: Stage) -> None:
    """Whoever can write beside the checkpoints, or stand in Falcon's place, chooses these texts."""
    settings = {"account": TOKENS, "app_id": MARKUP, "interval": "3600"}
    stage.scene.splunkd.create_conf_stanza("inputs", f"falcon_event_streams://{NAME}", **settings)
    state = {
        "state": "error",
        "trouble": MARKUP,
        "partitions": {MARKUP: {"trouble": TOKENS, "committed": MARKUP, "offset": MARKUP, "events": MARKUP}},
    }
    folder = folder_of(str(stage.scene.splunkd.home / "var/lib/splunk/modinputs/falcon_event_streams"), NAME)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "state.json").write_text(json.dumps(state), encoding="utf-8")

    stage.open("inputs")
    assert stage.cell(NAME, "state") == "Error"
    expect(stage.row(NAME).get_by_text(f"{MARKUP}; partition {MARKUP}: {TOKENS}")).to_be_visible()
    stage.row(NAME).locator("[data-test=expand]").click()
    expect(stage.page.get_by_text(f"{MARKUP}; partition {MARKUP}: {TOKENS}")).to_have_count(2)
    stage.shoot("hostile-input")
    assert_unhurt(stage.page)


def test_the_configuration_page_shows_a_hostile_account_as_text(stage: Stage) -> None:
    """Whoever writes confs by splunkd's own endpoint chooses these."""
    stage.scene.splunkd.create_conf_stanza(ACCOUNT_CONF, NAME, cloud="custom", base_url=TOKENS, client_id=MARKUP)

    stage.open("configuration")
    expect(stage.row(NAME)).to_be_visible()
    assert stage.cell(NAME, "client_id") == MARKUP
    stage.row(NAME).locator("[data-test=expand]").click()
    expect(stage.page.get_by_text(TOKENS).first).to_be_visible()
    stage.shoot("hostile-account")
    assert_unhurt(stage.page)
    stage.press(NAME, "Delete")
    expect(stage.dialog.get_by_text("onerror")).to_be_visible()
    assert_unhurt(stage.page)


def test_a_page_that_made_markup_of_a_text_would_be_noticed(stage: Stage) -> None:
    """The control of the former: the same text as markup hurts."""
    stage.open("inputs")
    stage.expected += 2  # the picture that is not there, and what the browser says of it
    stage.page.evaluate("(text) => { document.body.insertAdjacentHTML('beforeend', text); }", MARKUP)
    stage.page.wait_for_function("window.hurt === 'image'")
    with pytest.raises(AssertionError):
        assert_unhurt(stage.page)
