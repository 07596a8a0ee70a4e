"""Bad settings are refused by one sentence each, which names the stanza, the setting, its fault and the remedy.

The sentences stand in tests/golden/refusals.json, reviewed by hand. Inputs go through `--validate-arguments` of the
built package's script, accounts and settings through a start.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from tests.integration.scene import ACCOUNT_CONF, REALM
from tests.splunkd import Splunkd, Surroundings, run_input, run_validation
from tests.splunkd.inputs.documents import render_items
from tests.splunkd.inputs.invocation import environment
from tools.package import unpack

pytestmark = pytest.mark.together

GOLDEN = json.loads((Path(__file__).parents[1] / "golden" / "refusals.json").read_text(encoding="utf-8"))
SETTINGS_CONF = "falcon_event_streams_settings"
GOOD: list[dict[str, str]] = [
    {"app_id": "ABC123"},
    {"event_types": "EppDetectionSummaryEvent, AuthActivityAuditEvent"},
    {"exclude_event_types": "APIActivityAuditEvent"},
    {"start_from": "newest"},
    {"start_from": "0"},
    {"start_from": "0=123, 1=456"},
    {"start_from": "2026-11-01T06:00:00Z", "stop_at": "2026-11-01T07:00:00+01:00"},
    {"start_from": "-3d", "stop_at": "now"},
    {"stop_at": "none"},
    {"stop_at": "0=1200, 1=880"},
    {"partitions": "all"},
    {"partitions": "0,1"},
    {"format": "flatjson", "replay_seconds": "0", "idle_timeout": "15", "add_ta_data": "1"},
    {"index": "summary", "host": "$decideOnStartup", "source": "own", "sourcetype": "own:type"},
    {"index": "default", "python.version": "python3", "start_by_shell": "false"},
]
GOOD_INPUT = {"account": "prod", "app_id": "splunk01", "interval": "60"}
GOOD_ACCOUNT = {"cloud": "us-1", "client_id": "a" * 32}
# app.main as the script calls it, for one document after the other
_VALIDATE = """
import io, json, sys
sys.path[:0] = [sys.argv[1] + "/lib", sys.argv[1] + "/bin"]
from falcon_streams import app
answers = []
for document in json.load(sys.stdin):
    said = io.BytesIO()
    answers.append([app.main(["--validate-arguments"], io.BytesIO(document.encode()), said), said.getvalue().decode()])
print(json.dumps(answers))
"""


@pytest.fixture(scope="module")
def app(package: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The package, unpacked."""
    return unpack(package, tmp_path_factory.mktemp("app"))


@pytest.fixture(scope="module")
def splunkd(package: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Splunkd]:
    """A stand-in with a good account."""
    with Splunkd(tmp_path_factory.mktemp("refusals") / "home", package) as standin:
        standin.create_conf_stanza(ACCOUNT_CONF, "prod", **GOOD_ACCOUNT)
        standin.create_password(REALM.format("prod"), "client_secret", "s" * 40)
        yield standin


def around(splunkd: Splunkd, folder: Path) -> Surroundings:
    return Surroundings("here", splunkd.management_uri, splunkd.session_key, folder)


def objections(app: Path, splunkd: Splunkd, folder: Path, *items: tuple[str, dict[str, str]]) -> list[str]:
    """What the validation says of inputs, by name and settings; empty where nothing. One process answers for all."""
    told = [render_items(around(splunkd, folder), name, settings).decode() for name, settings in items]
    done = subprocess.run(
        [sys.executable, "-c", _VALIDATE, str(app)],
        input=json.dumps(told).encode(),
        capture_output=True,
        env=environment(splunkd.home),
        check=True,
    )
    assert done.stderr == b""
    answers = json.loads(done.stdout)
    assert [code for code, _ in answers] == [1 if answer else 0 for _, answer in answers]
    return [(ElementTree.fromstring(answer).findtext("message") or "") if answer else "" for _, answer in answers]


def objection(app: Path, splunkd: Splunkd, folder: Path, settings: dict[str, str], name: str = "main") -> str:
    """What splunkd gets from the script for one input."""
    done = run_validation(sys.executable, app, settings, name=name, around=around(splunkd, folder))
    assert done.stderr == b""
    if done.returncode == 0:
        assert done.stdout == b""
        return ""
    return ElementTree.fromstring(done.stdout).findtext("message") or ""


def given(settings: dict[str, Any], **good: str) -> dict[str, str]:
    """Good settings with those of a case; None takes one away."""
    return {key: value for key, value in {**good, **settings}.items() if value is not None}


def last_words(app: Path, splunkd: Splunkd, folder: Path, account: str) -> str:
    """Why a start with this account ended."""
    settings = {**GOOD_INPUT, "account": account}
    done = run_input(sys.executable, app, settings, name="main", around=around(splunkd, folder), home=splunkd.home)
    assert done.returncode == 1
    (line,) = [line for line in done.stderr.decode().splitlines() if "action=fatal" in line]
    quoted = line.partition("error=")[2]
    return str(json.loads(quoted)) if quoted.startswith('"') else quoted


def test_a_bad_input_is_refused_by_its_sentence(app: Path, splunkd: Splunkd, tmp_path: Path) -> None:
    cases = GOLDEN["inputs"]
    items = [(case.get("name", "main"), given(case["settings"], **GOOD_INPUT)) for case in cases]

    assert objections(app, splunkd, tmp_path, *items) == [case["sentence"] for case in cases]
    assert objection(app, splunkd, tmp_path, items[0][1], items[0][0]) == cases[0]["sentence"]


def test_a_bad_account_is_refused_and_ends_a_start_by_its_sentence(app: Path, splunkd: Splunkd, tmp_path: Path) -> None:
    cases = {f"account{number}": case for number, case in enumerate(GOLDEN["accounts"])}
    for name, case in cases.items():
        if case["settings"] is not None:
            splunkd.create_conf_stanza(ACCOUNT_CONF, name, **given(case["settings"], **GOOD_ACCOUNT))
        if case.get("secret", True):
            splunkd.create_password(REALM.format(name), "client_secret", "s" * 40)
        for stanza, values in case.get("stanzas", {}).items():
            splunkd.create_conf_stanza(SETTINGS_CONF, stanza, **values)
    said = objections(app, splunkd, tmp_path, *(("main", {**GOOD_INPUT, "account": name}) for name in cases))

    told = [each.replace(name, "<account>") for name, each in zip(cases, said)]
    assert told == [case["sentence"] for case in cases.values()]
    assert last_words(app, splunkd, tmp_path, "account0").replace("account0", "<account>") == told[0]


def test_good_settings_pass(app: Path, splunkd: Splunkd, tmp_path: Path) -> None:
    items = [("main", {**GOOD_INPUT, **settings}) for settings in GOOD]

    assert objections(app, splunkd, tmp_path, *items) == [""] * len(GOOD)
    assert objection(app, splunkd, tmp_path, GOOD_INPUT) == ""


def test_an_app_id_that_another_input_uses_with_the_same_account_is_refused(
    app: Path, splunkd: Splunkd, tmp_path: Path
) -> None:
    splunkd.create_input("first", account="prod", app_id="Shared1", interval="3600")
    try:
        refused = objection(app, splunkd, tmp_path, {**GOOD_INPUT, "app_id": "shared1"}, "second")
        assert "app_id = shared1 is used by input first with the same account" in refused
        assert objection(app, splunkd, tmp_path, {**GOOD_INPUT, "app_id": "shared1"}, "first") == ""
    finally:
        splunkd.delete_input("first")


def test_a_splunkd_that_is_silent_for_ten_seconds_is_a_refusal_that_says_so(
    app: Path, splunkd: Splunkd, tmp_path: Path
) -> None:
    splunkd.switch(rest_delay_s=11, rest_path="server/info")
    try:
        refused = objection(app, splunkd, tmp_path, GOOD_INPUT)
    finally:
        splunkd.switch(rest_delay_s=0, rest_path="")
    assert refused == "splunkd did not answer within 10 s: look at its load, then try again"


@pytest.mark.parametrize("pose", [{"server_roles": "shc_member"}, {"instance_type": "cloud"}])
def test_a_file_store_is_refused_where_it_would_follow_the_machine(
    app: Path, splunkd: Splunkd, tmp_path: Path, pose: dict[str, str]
) -> None:
    splunkd.pose(**pose)
    try:
        refused = objection(app, splunkd, tmp_path, GOOD_INPUT)
    finally:
        splunkd.pose(server_roles="indexer,search_head", instance_type="on-prem")
    assert "checkpoint_store = file does not work" in refused
    assert "kvstore" in refused


def test_enough_bad_stanzas_are_in_the_table() -> None:
    assert len(GOLDEN["inputs"]) >= 25
    assert len(GOLDEN["accounts"]) >= 25
    assert len({case["sentence"] for case in GOLDEN["inputs"]}) >= 20


def test_an_input_that_cannot_run_tells_of_it_in_a_statistics_line(app: Path, splunkd: Splunkd, tmp_path: Path) -> None:
    """It ends before its first minute is over, each time."""
    sentence = last_words(app, splunkd, tmp_path, "nowhere")
    log = (splunkd.home / "var" / "log" / "splunk" / "falcon_event_streams_main.log").read_text(encoding="utf-8")

    lines = [line for line in log.splitlines() if "action=stream_stats" in line]
    assert lines[-1].endswith(f'input=main partition=* state=error trouble="{sentence}"')
