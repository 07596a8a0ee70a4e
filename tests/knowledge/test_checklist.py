"""The checks for the Monitoring Console: what each says of an input's log and of the events, and how bad that is.

Rules (checklist.conf.spec): a search gives a row for each instance, with `instance`, numbers that show the work, and
`severity_level` from -1 to 3; it has $hist_scope$, which is nothing on a single instance and a group of search peers
elsewhere. The time range is written into the search, because the console has none to choose."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime, timezone

import pytest

from tests.knowledge.pipeline import Row, run
from tests.knowledge.rows import NOW, Seen, events, log_lines
from tests.knowledge.test_alerts import line
from tests.searchtime import Knowledge
from tests.splunkd.conf import ini
from tools.package import ROOT

CHECKS = ini.read(ROOT / "default" / "checklist.conf")
SILENT, TROUBLE, LAG, GAPS, REPEATS = (
    f"falcon_event_streams_{name}" for name in ("silent_inputs", "inputs_in_trouble", "lag", "gaps", "repeats")
)
_UNITS = {"m": 60, "h": 3600}
_SCOPE = re.compile(r" \$hist_scope\$ earliest=-(\d+)([mh]) latest=now")


def rows(check: str, seen: Sequence[Seen], knowledge: Knowledge, now: float = NOW) -> list[Row]:
    """What a check finds on a single instance, its time range taken out of the search."""
    search = " ".join(CHECKS[check]["search"].split())
    ((number, unit),) = _SCOPE.findall(search)
    return run(_SCOPE.sub("", search), seen, knowledge.macros, now, now - int(number) * _UNITS[unit])


def copies(number: int, repeated: int) -> list[Seen]:
    """So many events of one forwarder, of which so many came twice."""
    found: list[Seen] = []
    for offset in [*range(number), *range(repeated)]:
        known = {"_time": str(NOW - 60 - offset), "cid": "c", "falcon_partition": "0", "falcon_offset": str(offset)}
        told = {**known, "host": "hf1", "sourcetype": "CrowdStrike:Event:Streams:JSON"}
        found.append(({name: [value] for name, value in told.items()}, (), ()))
    return found


CASES = [
    (SILENT, "an input that has just logged", [line("stream_stats", 60)], 0, {"silent_s": "60", "silent_inputs": []}),
    (
        SILENT,
        "one of two that stopped",
        [line("stream_stats", 60), line("stream_stats", 901, input="other")],
        3,
        {"silent_s": "901", "silent_inputs": "other"},
    ),
    (
        TROUBLE,
        "partitions that run, stand by, and have finished",
        [line("stream_stats", partition=each, state=each) for each in ("running", "standby", "finished")],
        0,
        {"not_reading": [], "trouble": []},
    ),
    (
        TROUBLE,
        "one of two that waits",
        [line("stream_stats", state="running"), line("stream_stats", partition="1", state="error", trouble="cut")],
        3,
        {"not_reading": "main:1 error", "trouble": "cut"},
    ),
    (
        TROUBLE,
        "one that has found its way back",
        [line("stream_stats", 10, state="running"), line("stream_stats", 70, state="error", trouble="cut")],
        0,
        {"not_reading": [], "trouble": []},
    ),
    (LAG, "ten minutes", [line("stream_stats", lag_s=600)], 0, {"lag_s": "600", "behind": []}),
    (LAG, "a second more", [line("stream_stats", lag_s=601)], 2, {"lag_s": "601", "behind": "main:0"}),
    (LAG, "more than an hour", [line("stream_stats", lag_s=3601)], 3, {"lag_s": "3601", "behind": "main:0"}),
    (LAG, "an input without an event yet", [line("stream_stats")], 0, {"lag_s": [], "behind": []}),
    (GAPS, "none", [line("stream_stats")], 0, {"gaps": "0", "partitions": []}),
    (
        GAPS,
        "two in one partition",
        [line("stream_stats"), *(line("offset_gap", 3600 * day) for day in (1, 100))],
        3,
        {"gaps": "2", "partitions": "main:0"},
    ),
    (REPEATS, "none", copies(200, 0), 0, {"events": "200", "repeats": "0"}),
    (REPEATS, "one in a hundred", copies(200, 2), 1, {"events": "200", "repeats": "2"}),
    (REPEATS, "more", copies(200, 3), 2, {"events": "200", "repeats": "3"}),
]


@pytest.mark.parametrize(("check", "what", "seen", "level", "work"), CASES, ids=[f"{c[0][21:]}: {c[1]}" for c in CASES])
def test_a_check_says_how_bad_it_is_and_shows_why(
    check: str, what: str, seen: list[Seen], level: int, work: dict[str, object], knowledge: Knowledge
) -> None:
    (row,) = rows(check, seen, knowledge)

    assert row == {"instance": "hf1", "severity_level": str(level), **work}


# The log that the dashboards are shown with, read at three moments: at its end, while it waited for the app ID, and
# three hours after its end.
END, WAITING, LATER = (
    datetime(2026, 11, 23, *at, tzinfo=timezone.utc).timestamp() for at in ((9, 4, 50), (8, 36, 30), (12, 4, 50))
)
WELL = {"instance": "forwarder01", "severity_level": "0"}
ILL = {"instance": "forwarder01", "severity_level": "3"}
STORY = [
    (SILENT, END, [{**WELL, "silent_s": "6", "silent_inputs": []}]),
    (SILENT, LATER, [{**ILL, "silent_s": "10806", "silent_inputs": "main"}]),
    (TROUBLE, END, [{**WELL, "not_reading": [], "trouble": []}]),
    (
        TROUBLE,
        WAITING,
        [
            {
                **ILL,
                "not_reading": [f"main:{partition} waiting_app_id" for partition in "*01"],
                "trouble": [
                    "Falcon gives app ID main to another reader. Wait six minutes if an input of this app ID has just"
                    " ended; otherwise end the other reader, or choose an app ID that nobody else uses. If nobody uses"
                    " it, ask CrowdStrike to enable event streams for this tenant",
                    "the feed was cut: the connection ended early",
                ],
            }
        ],
    ),
    (TROUBLE, LATER, []),
    (LAG, END, [{**WELL, "lag_s": "1.019", "behind": []}]),
    (GAPS, END, [{**WELL, "gaps": "0", "partitions": []}]),
    (REPEATS, LATER, [{**WELL, "events": "8", "repeats": "0"}]),
]


@pytest.mark.parametrize(("check", "moment", "found"), STORY, ids=[f"{each[0][21:]} {each[1]:.0f}" for each in STORY])
def test_a_check_runs_over_the_log_of_an_input_and_the_events(
    check: str, moment: float, found: list[Row], knowledge: Knowledge
) -> None:
    told = [each for each in [*log_lines(), *events(knowledge)] if float(each[0]["_time"][0]) <= moment]

    assert rows(check, told, knowledge, moment) == found


def test_every_check_has_a_row_that_is_well_and_one_that_is_not() -> None:
    for check in CHECKS:
        levels = {level for each, _, _, level, _ in CASES if each == check}
        assert 0 in levels, check
        assert levels & {2, 3}, check


def test_what_is_older_than_the_time_range_is_not_looked_at(knowledge: Knowledge) -> None:
    assert rows(LAG, [line("stream_stats", 901, lag_s=9999)], knowledge) == []
    assert rows(SILENT, [line("stream_stats", 86_401)], knowledge) == []


def test_a_check_tells_what_failed_and_what_to_do() -> None:
    for name, each in CHECKS.items():
        assert each["search"].count("$hist_scope$") == 1, name
        for key in ("description", "failure_text", "suggested_action"):
            assert each[key].endswith("."), f"{name}: {key}"
        assert each["title"].startswith("Falcon Event Streams: "), name
