"""The audit of delivery over lines and events made by hand: what was done to them, and what it says.

`tests/integration/test_delivery.py` has the same over what an input has written and a stand-in has indexed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import pytest

from tests.knowledge.alert import is_alert
from tests.knowledge.pipeline import Row, run
from tests.knowledge.rows import NOW, Seen
from tests.searchtime import Knowledge
from tests.splunkd.conf import ini
from tools.package import ROOT

AUDIT = "`falcon_event_streams_delivery`"
MACROS = Knowledge.load(ROOT).macros
BEGAN = NOW - 7200.0
TENANT, CHILD = "a" * 32, "c" * 32


class Log(NamedTuple):
    """A line `delivered`: how many minutes after the beginning, the range, and how many events were sent."""

    minute: int
    first: int
    last: int
    sent: int
    fields: Mapping[str, Any] = {}

    def seen(self) -> Seen:
        known = {"_time": BEGAN + 60 * self.minute, "index": "_internal", "sourcetype": "falcon:event_streams:log"}
        told = {"action": "delivered", "input": "main", "partition": "0", "tenant": TENANT, "customers": TENANT}
        counts = {"excluded": 0, "before_start": 0, "no_offset": 0, "gaps": 0, "line": self.minute}
        own = {"first": self.first, "last": self.last, "sent": self.sent, "since": BEGAN - 3}
        return {k: [str(v)] for k, v in {**known, **told, **counts, **own, **self.fields}.items()}, (), ()


class Indexed(NamedTuple):
    """An event of the index: created a second before the minute in which it was indexed ends."""

    offset: int
    minute: float = 1.0
    cid: str = TENANT
    partition: str = "0"

    def seen(self) -> Seen:
        at = BEGAN + 60 * self.minute
        known = {
            "_time": at - 1,
            "_indextime": int(at),
            "index": "main",
            "sourcetype": "CrowdStrike:Event:Streams:JSON",
        }
        told = {"cid": self.cid, "falcon_offset": self.offset, "falcon_partition": self.partition}
        return {k: [str(v)] for k, v in {**known, **told}.items()}, (), ()


def audit(lines: list[Log], events: list[Indexed], **time: float) -> list[Row]:
    """A row for each line, in their order."""
    seen = [*(line.seen() for line in lines), *(event.seen() for event in events)]
    return run(AUDIT, seen, MACROS, time.get("now", NOW), time.get("earliest", 0.0))


def why(rows: list[Row]) -> list[str]:
    """Everything that was said."""
    said = [row.get("why", []) for row in rows]
    return [str(one) for each in said for one in (each if isinstance(each, list) else [each])]


# Three minutes of one stream, whose own sequence has holes: 1 to 10, 11 to 30 by twos, 31 to 40.
OFFSETS = [*range(1, 11), *range(12, 31, 2), *range(31, 41)]
WHOLE = [Log(1, 1, 10, 10), Log(2, 11, 30, 10), Log(3, 31, 40, 10)]
EVENTS = [Indexed(offset, 1 + (offset > 10) + (offset > 30)) for offset in OFFSETS]


def without(*offsets: int) -> list[Indexed]:
    return [event for event in EVENTS if event.offset not in offsets]


def test_a_stream_that_arrived_whole_has_nothing_said_of_it_though_its_offsets_have_holes() -> None:
    rows = audit(WHOLE, EVENTS)

    assert why(rows) == []
    assert [(row["sent"], row["indexed"], row["unexplained"]) for row in rows] == [("10", "10", "0")] * 3
    assert [(row["tenant"], row["input"], row["partition"]) for row in rows] == [(TENANT, "main", "0")] * 3


TABLE = {
    "one event removed": (
        WHOLE,
        without(16),
        ["unexplained: 1 of 10 missing, offsets 11 to 30"],
    ),
    "the first and the last event removed": (
        WHOLE,
        without(1, 40),
        [
            "unexplained: 1 of 10 missing, offsets 1 to 10",
            "unexplained: 1 of 10 missing, offsets 31 to 40",
        ],
    ),
    "a whole minute removed": (
        WHOLE,
        without(*range(11, 31)),
        ["unexplained: 10 of 10 missing, offsets 11 to 30"],
    ),
    "two events doubled": (
        WHOLE,
        [*EVENTS, EVENTS[12], EVENTS[13]],
        ["unexplained: 2 repeated, offsets 11 to 30"],
    ),
    "one removed and another doubled": (
        WHOLE,
        [*without(16), EVENTS[13]],
        [
            "unexplained: 1 of 10 missing, offsets 11 to 30",
            "unexplained: 1 repeated, offsets 11 to 30",
        ],
    ),
    "an event that was never sent": (
        WHOLE,
        [*EVENTS, Indexed(13, 2)],
        ["unexplained: 1 more than sent, offsets 11 to 30"],
    ),
    "one indexed after those that follow it": (
        WHOLE,
        [*without(16), Indexed(16, 2.5)],
        ["order: 1 indexed after the event that follows"],
    ),
    "events that the input excluded": (
        [WHOLE[0], Log(2, 11, 30, 6, {"excluded": 4}), WHOLE[2]],
        without(12, 14, 16, 18),
        ["filter: 4 dropped by their type or tenant"],
    ),
    "excluded by the input, and one more removed": (
        [WHOLE[0], Log(2, 11, 30, 6, {"excluded": 4}), WHOLE[2]],
        without(12, 14, 16, 18, 20),
        [
            "unexplained: 1 of 6 missing, offsets 11 to 30",
            "filter: 4 dropped by their type or tenant",
        ],
    ),
    "older than the start, and a line without an offset": (
        [Log(1, 1, 10, 10, {"before_start": 7, "no_offset": 2}), *WHOLE[1:]],
        EVENTS,
        ["filter: 7 older than the start", "not judged: 2 without an offset"],
    ),
    "Falcon had no longer kept some": (
        [WHOLE[0], Log(2, 11, 40, 10, {"gaps": 1})],
        without(*range(11, 31)),
        ["offset_gap: Falcon no longer had the events before some of these"],
    ),
    "stopped in order: what had not settled came again": (
        [WHOLE[0], Log(2, 11, 30, 10, {"line": 1}), WHOLE[2]],
        [*EVENTS, Indexed(12, 2), Indexed(14, 2)],
        ["start: 2 repeated after a stop or a crash"],
    ),
    "killed: a range of the former run was read again": (
        [WHOLE[0], Log(2, 6, 30, 15, {"line": 1}), WHOLE[2]],
        [*EVENTS, *(Indexed(offset, 1) for offset in (6, 7, 8, 9, 10)), Indexed(12, 2)],
        ["start: 1 repeated after a stop or a crash", "start: 5 repeated after a stop or a crash"],
    ),
    "killed, and one of those that were read again removed": (
        [WHOLE[0], Log(2, 6, 30, 15, {"line": 1}), WHOLE[2]],
        without(8),
        [
            "unexplained: 1 of 10 missing, offsets 1 to 10",
            "unexplained: 1 of 15 missing, offsets 6 to 30",
        ],
    ),
    "killed before a line was written": (
        [WHOLE[0], Log(3, 31, 40, 10, {"line": 1})],
        EVENTS,
        [
            "not accounted for: offsets 11 to 30, 10 in the index; the input was killed before it wrote their "
            "line, or the line is missing from the log"
        ],
    ),
    "killed before a line was written, and splunkd lost the events": (
        [WHOLE[0], Log(3, 31, 40, 10, {"line": 1})],
        without(*range(11, 31)),
        [
            "not accounted for: offsets 11 to 30, 0 in the index; the input was killed before it wrote their "
            "line, or the line is missing from the log"
        ],
    ),
    "a reset: the offsets begin anew and those of the former sequence are in the index too": (
        [WHOLE[0], WHOLE[1], Log(5, 4, 8, 5, {"reset_at": BEGAN + 240})],
        [*EVENTS, *(Indexed(offset, 5) for offset in range(1, 9))],
        ["offset_reset: Falcon began a new sequence, and nothing before it is judged"] * 2,
    ),
    "a reset, and one of the new sequence removed": (
        [WHOLE[0], WHOLE[1], Log(5, 4, 8, 5, {"reset_at": BEGAN + 240})],
        [*EVENTS, *(Indexed(offset, 5) for offset in (1, 2, 3, 4, 6, 7, 8))],
        [
            "offset_reset: Falcon began a new sequence, and nothing before it is judged",
            "offset_reset: Falcon began a new sequence, and nothing before it is judged",
            "unexplained: 1 of 5 missing, offsets 4 to 8",
        ],
    ),
}


@pytest.mark.parametrize("done", TABLE)
def test_what_was_done_to_the_index_is_named_and_nothing_else(done: str) -> None:
    lines, events, said = TABLE[done]

    assert sorted(why(audit(lines, events))) == sorted(said)


def test_what_is_judged_ends_a_quarter_of_an_hour_ago_and_begins_an_hour_after_the_chosen_time() -> None:
    late = audit(WHOLE, without(16), now=BEGAN + 120 + 899)
    assert why(late) == ["not judged: sent less than 15 minutes ago"] * 2
    assert [row["unexplained"] for row in late] == ["0", "0", "0"]

    early = audit(WHOLE, without(16), earliest=BEGAN - 3602)
    assert set(why(early)) == {"not judged: the events may be older than the chosen time"}
    assert [row["unexplained"] for row in audit(WHOLE, without(16), earliest=BEGAN - 3603)] == ["0", "1", "0"]


def test_a_parents_stream_is_one_sequence_whoever_its_events_belong_to() -> None:
    lines = [each._replace(fields={"customers": f"{TENANT},{CHILD}"}) for each in WHOLE]
    events = [event._replace(cid=CHILD if event.offset % 3 == 0 else TENANT) for event in EVENTS]

    assert why(audit(lines, events)) == []
    assert why(audit(lines, [event for event in events if event.offset != 18])) == [
        "unexplained: 1 of 10 missing, offsets 11 to 30"
    ]
    assert {row["tenant"] for row in audit(lines, events)} == {TENANT}


def test_two_tenants_with_the_same_partition_and_offsets_do_not_hide_each_others_losses() -> None:
    other = [each._replace(fields={"tenant": CHILD, "customers": CHILD, "input": "other"}) for each in WHOLE]
    theirs = [event._replace(cid=CHILD) for event in EVENTS]

    assert why(audit([*WHOLE, *other], [*EVENTS, *theirs])) == []
    rows = audit([*WHOLE, *other], [*without(16), *theirs])
    assert [(row["input"], row["why"]) for row in rows if row["why"]] == [
        ("main", "unexplained: 1 of 10 missing, offsets 11 to 30")
    ]


def test_the_streams_of_one_inputs_tenants_are_told_apart_by_the_names_of_their_partitions() -> None:
    of_child = {"partition": f"{CHILD}/0", "customers": CHILD}
    lines = [*WHOLE, *(each._replace(fields=of_child) for each in WHOLE)]
    theirs = [event._replace(cid=CHILD) for event in EVENTS]

    assert why(audit(lines, [*EVENTS, *theirs])) == []
    (lost,) = [row for row in audit(lines, [*EVENTS, *theirs[:-1]]) if row["why"]]
    assert (lost["tenant"], lost["partition"]) == (CHILD, "0")
    assert lost["why"] == "unexplained: 1 of 10 missing, offsets 31 to 40"


def test_repeats_by_two_inputs_on_one_stream_are_laid_to_both_and_a_loss_is_named_for_each() -> None:
    replay = [each._replace(fields={"input": "replay"}) for each in WHOLE]
    said = why(audit([*WHOLE, *replay], [*without(16), *without(16)]))

    assert said.count("readers: 10 repeated, because several inputs read this partition") == 4
    assert said.count("unexplained: 1 of 10 missing, offsets 11 to 30") == 2


def test_events_of_nobodys_stream_and_lines_of_other_partitions_change_nothing() -> None:
    strangers = [event._replace(cid="d" * 32) for event in EVENTS] + [event._replace(partition="1") for event in EVENTS]

    assert why(audit(WHOLE, [*EVENTS, *strangers])) == []


REPORT = ini.read(ROOT / "default" / "savedsearches.conf")["Falcon - delivery of yesterday"]
MIDNIGHT = NOW // 86_400 * 86_400


def yesterday(lines: list[Log], events: list[Indexed], now: float) -> list[Row]:
    seen = [*(line.seen() for line in lines), *(event.seen() for event in events)]
    return run(REPORT["search"], seen, MACROS, now, now - 3 * 86_400)


def test_the_report_writes_one_line_of_yesterday_with_what_is_unexplained() -> None:
    (row,) = yesterday(WHOLE, without(16), now=NOW + 86_400)

    assert (row["lines"], row["judged"], row["sent"], row["indexed"]) == ("3", "3", "30", "29")
    assert (row["missing"], row["unexplained"], row["not_accounted"]) == ("1", "1", [])
    assert row["_time"] == str(MIDNIGHT)


@pytest.mark.parametrize("days", [0, 2])
def test_the_report_writes_its_line_on_a_day_without_any_and_leaves_other_days_to_theirs(days: int) -> None:
    (row,) = yesterday(WHOLE, without(16), now=NOW + 86_400 * days)

    assert row["lines"] == "0"
    assert row["_time"] == str(MIDNIGHT + 86_400 * (days - 1))


def test_the_report_goes_into_the_summary_index_and_is_no_alert() -> None:
    assert (REPORT["action.summary_index"], REPORT["action.summary_index._name"]) == ("1", "summary")
    assert not is_alert(REPORT)
