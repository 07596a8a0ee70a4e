"""The alerts: each search runs, finds what it is for, and fires only when it has found something."""

from __future__ import annotations

import re
from collections.abc import Mapping

import pytest

from tests.knowledge.alert import fires
from tests.knowledge.pipeline import run
from tests.knowledge.rows import NOW, Seen
from tests.searchtime import Event, Knowledge, SearchTime
from tests.splunkd.conf import ini
from tools.package import ROOT

ALERTS = {name: each for name, each in ini.read(ROOT / "default" / "savedsearches.conf").items() if name != "default"}
CONDITIONS = [
    ("always", {}, 0, True),
    ("the REST names are no condition", {"alert_type": "number of events", "alert_threshold": "0"}, 0, True),
    ("nothing found", {"counttype": "number of events", "relation": "greater than", "quantity": "0"}, 0, False),
    ("something found", {"counttype": "number of events", "relation": "greater than", "quantity": "0"}, 1, True),
]


def line(action: str, **fields: object) -> Seen:
    """A line of an input's log, as a search sees it."""
    known = {"_time": f"{NOW}.000", "index": "_internal", "sourcetype": "falcon:event_streams:log", "input": "main"}
    told = {**known, "partition": "0", "action": action, **{name: str(value) for name, value in fields.items()}}
    return {name: [value] for name, value in told.items()}, (), ()


def event(knowledge: Knowledge, raw: str) -> Seen:
    result = SearchTime(knowledge).evaluate(
        Event(
            raw.encode(),
            sourcetype="CrowdStrike:Event:Streams:JSON",
            source="CrowdStrike:Event:Streams",
            host="forwarder01",
            time=float(NOW),
            fields={"falcon_partition": "0"},
        )
    )
    return result.fields, result.eventtypes, result.tags


_EVENT = (
    '{"metadata":{"customerIDString":"c","offset":%d,"eventType":"%s","eventCreationTime":1795434000000},"event":{%s}}'
)


def occasions(knowledge: Knowledge) -> Mapping[str, list[Seen]]:
    """By alert, what it has to fire for."""
    pairs = (
        '"OperationName":"grantUserRoles","AuditKeyValues":[{"Key":"roles","ValueString":"falconhost_admin"},'
        '{"Key":"target_name","ValueString":"eve"}],"UserId":"mallory"'
    )
    detection = '"SeverityName":"Critical","PatternDispositionDescription":"Detection, standard detection.","Name":"x"'
    return {
        "Falcon - no events from an enabled input": [
            line("stream_stats", state="running", events=0, last_event_age_s=1)
        ],
        "Falcon - authentication refused": [line("discovery_failed", status=403, error="give it the scope")],
        "Falcon - reconnect storm": [line("feed_ended") for _ in range(21)],
        "Falcon - lag above ten minutes": [line("stream_stats", lag_s=601)],
        "Falcon - offset gap": [line("offset_gap", asked=1, offset=9)],
        "Falcon - checkpoint altered": [line("offset_reset", asked=9, offset=1)],
        "Falcon - unknown event type": [line("unknown_event_type", event_type="New")],
        "Falcon - critical detection that was allowed": [
            event(knowledge, _EVENT % (1, "EppDetectionSummaryEvent", detection))
        ],
        "Falcon - admin role granted": [event(knowledge, _EVENT % (2, "UserActivityAuditEvent", pairs))],
    }


@pytest.mark.parametrize(("what", "settings", "rows", "expected"), CONDITIONS, ids=[each[0] for each in CONDITIONS])
def test_an_alert_fires_by_its_condition_and_without_one_always(
    what: str, settings: dict[str, str], rows: int, expected: bool
) -> None:
    assert fires(settings, rows) is expected


@pytest.mark.parametrize("name", sorted(ALERTS))
def test_an_alert_that_finds_nothing_does_not_fire(name: str) -> None:
    knowledge = Knowledge.load(ROOT)
    rows = run(ALERTS[name]["search"], [], knowledge.macros)

    assert not fires(ALERTS[name], len(rows))


@pytest.mark.parametrize("name", sorted(ALERTS))
def test_an_alert_fires_for_what_it_is_for(name: str) -> None:
    knowledge = Knowledge.load(ROOT)
    rows = run(ALERTS[name]["search"], occasions(knowledge)[name], knowledge.macros)

    assert fires(ALERTS[name], len(rows)), rows


def test_an_alert_looks_back_further_than_it_waits() -> None:
    """A run must not miss what came between two."""
    for name, each in ALERTS.items():
        assert re.fullmatch(r"-\d+[mh]", each["dispatch.earliest_time"]), name
