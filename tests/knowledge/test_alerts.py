"""The alerts: each search runs, finds what it is for, and fires only when it has found something. Those that are also
detections for Enterprise Security have tables of their own in test_detections.py."""

from __future__ import annotations

import re
from collections.abc import Mapping

import pytest

from tests.knowledge.alert import fires, is_alert, is_detection
from tests.knowledge.pipeline import run
from tests.knowledge.rows import NOW, Seen
from tests.searchtime import Event, Knowledge, SearchTime
from tests.splunkd.conf import ini
from tools.package import ROOT

SAVED = ini.read(ROOT / "default" / "savedsearches.conf")
ALERTS = {name: each for name, each in SAVED.items() if is_alert(each) and not is_detection(each)}
CONDITIONS = [
    ("always", {}, 0, True),
    ("the REST names are no condition", {"alert_type": "number of events", "alert_threshold": "0"}, 0, True),
    ("nothing found", {"counttype": "number of events", "relation": "greater than", "quantity": "0"}, 0, False),
    ("something found", {"counttype": "number of events", "relation": "greater than", "quantity": "0"}, 1, True),
]


def line(action: str, ago: float = 0.0, **fields: object) -> Seen:
    """A line of an input's log so many seconds ago, as a search sees it."""
    known = {"_time": f"{NOW - ago:.3f}", "index": "_internal", "sourcetype": "falcon:event_streams:log"}
    source = {"host": "hf1", "input": "main", "partition": "0"}
    told = {**known, **source, "action": action, **{name: str(value) for name, value in fields.items()}}
    return {name: [value] for name, value in told.items()}, (), ()


def states(*told: str, minutes: int = 17, trouble: str = "none", **fields: object) -> list[Seen]:
    """A line a minute in the last minutes, newest first, in these states by turns."""
    return [
        line("stream_stats", 60.0 * minute, state=told[minute % len(told)], trouble=trouble, **fields)
        for minute in range(minutes)
    ]


def quiet_for(hours: float, pause: float = 0.1, days: float = 7.0, **fields: object) -> list[Seen]:
    """A line every five minutes, newest first, of a partition that brought an event in every `pause` hours and has
    brought none for so long."""
    found = []
    for number in range(int(days * 24 * 12)):
        ago = number * 300.0
        earlier = ago - hours * 3600
        age = hours * 3600 - ago if earlier < 0 else earlier % (pause * 3600)
        found.append(line("stream_stats", ago, state="running", last_event_age_s=age, **fields))
    return found


def named(alert: str, lines: list[Seen]) -> list[object]:
    """The partitions that an alert names, found in these lines."""
    return [row.get("partition") for row in run(ALERTS[alert]["search"], lines, Knowledge.load(ROOT).macros, NOW)]


def event(knowledge: Knowledge, raw: str, **indexed: str) -> Seen:
    result = SearchTime(knowledge).evaluate(
        Event(
            raw.encode(),
            sourcetype="CrowdStrike:Event:Streams:JSON",
            source="CrowdStrike:Event:Streams",
            host="forwarder01",
            time=float(NOW),
            fields={"falcon_partition": "0", **indexed},
        )
    )
    return result.fields, result.eventtypes, result.tags


_EVENT = (
    '{"metadata":{"customerIDString":"c","offset":%d,"eventType":"%s","eventCreationTime":1795434000000},"event":{%s}}'
)


def occasions(knowledge: Knowledge) -> Mapping[str, list[Seen]]:
    """By alert, what it has to fire for."""
    detection = '"SeverityName":"Critical","PatternDispositionDescription":"Detection, standard detection.","Name":"x"'
    return {
        "Falcon - input in error or waiting": states("waiting_app_id"),
        "Falcon - silent input": [line("stream_stats", ago=901, state="running")],
        "Falcon - input ended by a fatal error": [line("fatal", error="account prod has no client secret")],
        "Falcon - no events from an enabled input": quiet_for(1.1),
        "Falcon - authentication refused": [line("discovery_failed", status=403, error="give it the scope")],
        "Falcon - reconnect storm": [line("feed_ended") for _ in range(21)],
        "Falcon - lag above ten minutes": [line("stream_stats", lag_s=601)],
        "Falcon - offset gap": [line("offset_gap", asked=1, offset=9)],
        "Falcon - checkpoint altered": [line("offset_reset", asked=9, offset=1)],
        "Falcon - unknown event type": [line("unknown_event_type", event_type="New")],
        "Falcon - critical detection that was allowed": [
            event(knowledge, _EVENT % (1, "EppDetectionSummaryEvent", detection))
        ],
    }


@pytest.mark.parametrize(("what", "settings", "rows", "expected"), CONDITIONS, ids=[each[0] for each in CONDITIONS])
def test_an_alert_fires_by_its_condition_and_without_one_always(
    what: str, settings: dict[str, str], rows: int, expected: bool
) -> None:
    assert fires(settings, rows) is expected


@pytest.mark.parametrize("name", sorted(ALERTS))
def test_an_alert_that_finds_nothing_does_not_fire(name: str) -> None:
    knowledge = Knowledge.load(ROOT)
    rows = run(ALERTS[name]["search"], [], knowledge.macros, NOW)

    assert not fires(ALERTS[name], len(rows))


@pytest.mark.parametrize("name", sorted(ALERTS))
def test_an_alert_fires_for_what_it_is_for(name: str) -> None:
    knowledge = Knowledge.load(ROOT)
    rows = run(ALERTS[name]["search"], occasions(knowledge)[name], knowledge.macros, NOW)

    assert fires(ALERTS[name], len(rows)), rows


def test_an_alert_on_events_names_the_tenant_and_one_tenants_alert_does_not_suppress_anothers() -> None:
    knowledge = Knowledge.load(ROOT)
    alert = ALERTS["Falcon - critical detection that was allowed"]
    detection = '"SeverityName":"Critical","PatternDispositionDescription":"Detection, standard detection.","Name":"x"'
    seen = [
        event(knowledge, _EVENT % (2, "EppDetectionSummaryEvent", detection), falcon_tenant="ACME & Sons"),
        event(knowledge, _EVENT % (1, "EppDetectionSummaryEvent", detection)),
    ]

    assert [row["tenant"] for row in run(alert["search"], seen, knowledge.macros, NOW)] == ["ACME & Sons", "c"]
    assert "tenant" in alert["alert.suppress.fields"].split(",")


def test_the_title_and_the_message_of_an_alert_have_values_of_its_rows() -> None:
    knowledge = Knowledge.load(ROOT)
    mailed = {name: each for name, each in ALERTS.items() if "action.email.subject" in each}
    assert mailed
    for name, each in mailed.items():
        rows = run(each["search"], occasions(knowledge)[name], knowledge.macros, NOW)
        text = each["action.email.subject"] + each["action.email.message.alert"]
        named = re.findall(r"\$result\.(\w+)\$", text)
        assert set(named) <= set(rows[0]), name
        assert named, name
        assert text.count("$") == 2 * len(named), name
        assert each["alert.digest_mode"] == "0", "one message for each result, so that it is the result's own"
        assert (ROOT / "default" / "data" / "ui" / "views" / f"{each['alert.display_view']}.xml").exists(), name


def test_an_alert_looks_back_further_than_it_waits() -> None:
    """A run must not miss what came between two."""
    for name, each in ALERTS.items():
        assert re.fullmatch(r"-\d+[mh]", each["dispatch.earliest_time"]), name


NO_EVENTS = "Falcon - no events from an enabled input"


def test_a_partition_that_is_silent_for_48_hours_is_named_and_its_sibling_is_not() -> None:
    assert named(NO_EVENTS, [*quiet_for(48), *quiet_for(0.1, partition="1")]) == ["0"]


def test_an_input_of_the_same_name_on_another_forwarder_hides_no_silence() -> None:
    assert named(NO_EVENTS, [*quiet_for(48), *quiet_for(0.1, host="hf2")]) == ["0"]


@pytest.mark.parametrize(("hours", "found"), [(0.9, []), (1.1, ["0"]), (24.0, ["0"]), (160.0, ["0"])])
def test_a_busy_partition_is_named_after_the_hour_until_the_week_is_over(hours: float, found: list[str]) -> None:
    assert named(NO_EVENTS, quiet_for(hours)) == found


@pytest.mark.parametrize(("hours", "found"), [(5.0, []), (8.0, []), (10.0, ["0"])])
def test_a_partition_that_used_to_pause_for_hours_is_named_after_half_as_long_again(
    hours: float, found: list[str]
) -> None:
    assert named(NO_EVENTS, quiet_for(hours, pause=6.0)) == found


def test_a_partition_that_is_always_quiet_is_never_named() -> None:
    never = [line("stream_stats", ago=300 * number, state="running", events=0) for number in range(2000)]
    once = quiet_for(170)

    assert named(NO_EVENTS, never) == []
    assert named(NO_EVENTS, once) == []


def test_a_silence_goes_on_over_a_restart() -> None:
    """After a restart the line knows no event yet."""
    restarted = [line("stream_stats", ago=300 * number, state="running", events=0) for number in range(20)]
    before = [each for each in quiet_for(3.0) if float(each[0]["_time"][0]) < NOW - 6000]

    assert named(NO_EVENTS, [*restarted, *before]) == ["0"]


def test_a_partition_that_nobody_reads_any_more_is_left_to_other_alerts() -> None:
    assert named(NO_EVENTS, [each for each in quiet_for(3.0) if float(each[0]["_time"][0]) < NOW - 1000]) == []


WAITING = "Falcon - input in error or waiting"


@pytest.mark.parametrize("state", ["error", "waiting_app_id", "starting", "stopped"])
def test_an_input_that_is_not_read_for_a_quarter_of_an_hour_is_named(state: str) -> None:
    assert named(WAITING, states(state, partition="*")) == ["*"]
    assert named(WAITING, states(state, minutes=12, partition="*")) == []


def test_an_input_that_is_read_stands_by_or_finds_its_way_back_is_not_named() -> None:
    assert named(WAITING, [*states("running"), *states("standby", host="hf2", partition="*")]) == []
    assert named(WAITING, states(*["error"] * 16, "running")) == []
    assert named(WAITING, states("error", "running")) == []


def test_one_partition_of_several_is_named_alone_with_its_trouble() -> None:
    told = [*states("running", partition="*"), *states("running", partition="1"), *states("error", trouble="cut")]
    assert named(WAITING, told) == ["0"]


SILENT = "Falcon - silent input"


def test_a_dead_forwarder_is_named_and_its_standby_is_not() -> None:
    search, macros = ALERTS[SILENT]["search"], Knowledge.load(ROOT).macros
    dead = [line("stream_stats", ago=901 + 60 * minute, partition="*", state="running") for minute in range(9)]
    rows = run(search, [*states("standby", partition="*", host="hf2"), *dead], macros, NOW)

    assert [(row["host"], row["input"], row["state"]) for row in rows] == [("hf1", "main", "running")]
