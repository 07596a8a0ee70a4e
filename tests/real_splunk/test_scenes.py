"""The scenes: what an admin and a search see of the add-on, from the installation to the removal.

Each scene makes its own input and needs no other scene. What the stand-in cannot play is skipped there, and says what
is assumed instead.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Union

import pytest

from tests.integration.test_rest_commands import commands
from tests.knowledge.alert import fires, is_alert
from tests.knowledge.case import Case
from tests.knowledge.golden import AUDIT, DETECTIONS
from tests.real_splunk.instance import APP, Instance
from tests.real_splunk.reading import ACCOUNT, Reading, accepted, account_form, sentence, wait
from tests.splunkd.conf import ini
from tools.package import ROOT, version

ALERTS = {name: each for name, each in ini.read(ROOT / "default" / "savedsearches.conf").items() if is_alert(each)}
CASES = [*DETECTIONS, *AUDIT]


def only_real(instance: Instance, assumed: str) -> None:
    """Skip against the stand-in, which cannot show this."""
    if not instance.real:
        pytest.skip(f"assumed: {assumed}")


def test_the_app_is_installed_and_its_scheme_registered(instance: Instance) -> None:
    (entry,) = accepted(instance.request("GET", f"apps/local/{APP}"))["entry"]
    assert entry["content"]["version"] == version()
    assert accepted(instance.request("GET", "data/modular-inputs/falcon_event_streams"))["entry"]


def test_an_account_with_a_wrong_secret_is_refused_and_with_the_right_one_saved(instance: Instance) -> None:
    wrong = instance.request("POST", ACCOUNT, name="tested", **account_form(instance, client_secret="wrong" * 8))
    assert wrong.status == 400
    assert "refused the account's client_id and secret" in sentence(wrong)
    assert instance.request("GET", f"{ACCOUNT}/tested").status == 404

    accepted(instance.request("POST", ACCOUNT, name="tested", **account_form(instance)))
    (entry,) = accepted(instance.request("GET", f"{ACCOUNT}/tested"))["entry"]
    assert set(entry["content"]["client_secret"]) == {"*"}
    accepted(instance.request("DELETE", f"{ACCOUNT}/tested"))


def test_events_arrive_with_their_time_index_source_sourcetype_and_partition(instance: Instance) -> None:
    with Reading(instance, "arriving") as reading:
        instance.falcon.pull("generate", count=10)
        reading.wait_until_all_arrived()

        rows = reading.rows("_time", "_raw", "index", "source", "sourcetype", "falcon_partition", "falcon_offset")
        for row in rows:
            metadata = json.loads(row["_raw"])["metadata"]
            assert datetime.fromisoformat(row["_time"]).timestamp() * 1000 == metadata["eventCreationTime"]
            assert row["falcon_offset"] == str(metadata["offset"])
            assert (row["index"], row["source"]) == ("main", "CrowdStrike:Event:Streams")
            assert row["sourcetype"] == "CrowdStrike:Event:Streams:JSON"
        assert {row["falcon_partition"] for row in rows} == set(instance.falcon.address["partitions"])


def publish(instance: Instance, cases: list[Case]) -> dict[str, Case]:
    """Publish cases to partition 0; the cases by the offsets that they got."""
    first = instance.falcon.pull("offsets")["0"]
    placed = {str(first + number): case for number, case in enumerate(cases)}
    lines = [case.raw().replace(b'"offset":77', b'"offset":' + offset.encode()) for offset, case in placed.items()]
    instance.falcon.pull("publish", partition="0", lines=[line.decode() for line in lines])
    return placed


def differences(case: Case, row: Mapping[str, Any], offset: str) -> dict[str, object]:
    """Where a row is not what the case's table says: field, found, expected."""
    found: dict[str, object] = {}
    for name, wanted in {**case.fields, "falcon_offset": offset, "falcon_partition": "0"}.items():
        # the tables are of offset 77 in partition 3
        expected = [offset if each == "77" else each.replace(":3:77", f":0:{offset}") for each in as_list(wanted)]
        values = as_list(row.get(name))
        if values != expected:
            found[name] = (values, expected)
    if sorted(as_list(row.get("tag"))) != sorted(case.tags.split()):
        found["tag"] = (row.get("tag"), case.tags)
    return found


def as_list(value: Union[str, list[str], None]) -> list[str]:
    return [value] if isinstance(value, str) and value else list(value or [])


def test_every_type_has_its_cim_fields_tags_and_event_type(instance: Instance) -> None:
    with Reading(instance, "fields") as reading:
        placed = publish(instance, CASES)
        reading.wait_until_all_arrived()
        names = sorted({"falcon_offset", "falcon_partition", "tag"}.union(*(case.fields for case in CASES)))

        rows = {row["falcon_offset"]: row for row in reading.rows(*names, criteria="falcon_partition=0")}
        wrong = {case.title: differences(case, rows[offset], offset) for offset, case in placed.items()}
        assert {title: each for title, each in wrong.items() if each} == {}
        for eventtype in sorted({case.eventtype for case in CASES}):
            expected = {offset for offset, case in placed.items() if case.eventtype == eventtype}
            found = reading.rows("falcon_offset", criteria=f"falcon_partition=0 eventtype={eventtype}")
            assert {row["falcon_offset"] for row in found} & set(placed) == expected, eventtype


@pytest.mark.parametrize("escapes", [600, 9_000])
def test_a_long_event_keeps_its_fields(instance: Instance, escapes: int) -> None:
    with Reading(instance, f"long{escapes}") as reading:
        case = next(case for case in DETECTIONS if case.event_type == "EppDetectionSummaryEvent")
        event = {"CommandLine": 'say "x" ' * escapes, **{k: v for k, v in case.event.items() if k != "CommandLine"}}
        (offset,) = publish(instance, [case._replace(event=event)])
        reading.wait_until_all_arrived()

        fields = {name: value for name, value in case.fields.items() if name in LONG}
        (row,) = reading.rows(*LONG, "falcon_offset", criteria=f"falcon_partition=0 falcon_offset={offset}")
        assert len(fields) >= 4
        assert {name: row.get(name) for name in fields} == fields


LONG = ("severity", "dest", "user", "action", "signature", "vendor_event_type", "file_hash")


def test_a_disabled_input_ends_and_an_enabled_one_goes_on_where_it_was(instance: Instance) -> None:
    with Reading(instance, "paused") as reading:
        instance.falcon.pull("generate", count=5)
        reading.wait_until_all_arrived()
        reading.edit("disable")
        wait(instance, lambda: not reading.feeds(), "the feeds closed")
        instance.falcon.pull("generate", count=5)
        assert reading.missing() == 10
        reading.edit("enable")
        reading.wait_until_all_arrived()


def test_a_killed_splunkd_costs_no_event(instance: Instance) -> None:
    with Reading(instance, "killed") as reading:
        instance.falcon.pull("generate", count=20)
        reading.wait_until_all_arrived()
        instance.falcon.pull("generate", count=20)
        instance.kill()
        instance.falcon.pull("generate", count=20)
        instance.start()
        reading.wait_until_all_arrived()


def test_a_restart_costs_no_event(instance: Instance) -> None:
    with Reading(instance, "restarted") as reading:
        reading.wait_until_open()
        instance.falcon.pull("generate", count=20)
        instance.restart()
        instance.falcon.pull("generate", count=20)
        reading.wait_until_all_arrived()


def test_a_removed_input_reads_no_longer(instance: Instance) -> None:
    with Reading(instance, "removed") as reading:
        wait(instance, lambda: reading.feeds(), "open feeds")
        reading.remove()
        wait(instance, lambda: not reading.feeds(), "the feeds closed")
        assert instance.request("GET", "data/inputs/falcon_event_streams/removed").status == 404


@pytest.mark.parametrize("name", sorted(ALERTS))
def test_the_search_of_an_alert_runs(instance: Instance, name: str) -> None:
    rows = instance.search(ALERTS[name]["search"])
    if name == "Falcon - offset gap":  # no scene makes one
        assert not fires(ALERTS[name], len(rows))


def test_the_scheduler_runs_every_alert_and_an_empty_one_does_not_trigger(instance: Instance) -> None:
    only_real(instance, "`counttype`, `relation` and `quantity` are what the scheduler decides by")
    for name in ALERTS:
        address = f"saved/searches/{name.replace(' ', '%20')}"
        accepted(instance.request("POST", address, disabled="0", cron_schedule="* * * * *"))
    ran = (
        "search index=_internal sourcetype=scheduler status=success savedsearch_name=Falcon*"
        " | table savedsearch_name result_count"
    )

    def all_ran() -> bool:
        return {row["savedsearch_name"] for row in instance.search(ran)} >= set(ALERTS)

    wait(instance, all_ran, "a run of every alert")
    empty = {str(row["savedsearch_name"]) for row in instance.search(ran) if row["result_count"] == "0"}
    fired = {entry["name"] for entry in accepted(instance.request("GET", "alerts/fired_alerts", count="0"))["entry"]}
    busy = {str(row["savedsearch_name"]) for row in instance.search(ran) if row["result_count"] != "0"}
    for name in ALERTS:
        accepted(instance.request("POST", f"saved/searches/{name.replace(' ', '%20')}", disabled="1"))
    assert empty - busy
    assert not (empty - busy) & fired


@pytest.mark.skipif(shutil.which("curl") is None, reason="no curl here")
def test_every_rest_command_of_the_pages_does_what_it_says(instance: Instance) -> None:
    secret = instance.falcon.address["client_secret"]
    instance.request("DELETE", f"{ACCOUNT}/prod")
    for command in commands():
        told = json.loads(instance.run(command, secret))
        assert told.get("messages", []) == [], (command, told)


def searches() -> list[str]:
    """The searches that the pages show."""
    pages = "".join((ROOT / "docs" / name).read_text(encoding="utf-8") for name in ("search.md", "delivery.md"))
    blocks = re.findall(r"^```\n(`falcon_event_streams`.*?)^```", pages, re.MULTILINE | re.DOTALL)
    return [line for block in blocks for line in block.splitlines()]


@pytest.mark.parametrize("text", searches())
def test_every_search_of_the_pages_runs(instance: Instance, text: str) -> None:
    assert isinstance(instance.search(text), list)


def test_btool_knows_every_key_of_ours(instance: Instance) -> None:
    only_real(instance, "the published spec files name every key that `btool check` knows")
    complaints = [line for line in instance.splunk("btool", "check", "--debug").splitlines() if APP in line]
    # 10.0 chooses the interpreter by python.version and does not know python.required (tests/package/test_conf_keys.py)
    known = [line for line in complaints if "python.required" not in line]
    assert [line for line in known if "Invalid key" in line or "No spec file" in line] == []


def test_splunkd_warns_of_nothing_of_ours(instance: Instance) -> None:
    ours = [
        line
        for line in instance.splunkd_log()
        if line.level in ("WARN", "ERROR", "FATAL")
        and line.component != "ExecProcessor"  # what the inputs say: the scenes trouble them
        and re.search(f"{APP}|falcon_event_streams", line.message)
    ]
    assert ours == []
