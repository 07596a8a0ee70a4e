"""The delivery audit over what a real input has logged and the stand-in has indexed.

One run serves all tests: a parent's stream that bears the events of two children, in partitions whose own offsets have
holes; some events excluded, an orderly stop in the middle, and a kill. Then the index is changed, and the audit has to
name exactly that. The input's clock runs fifteen times as fast, so that it writes its lines every four seconds.
Splunk's `_indextime` has whole seconds, so the audit gets no more.
"""

from __future__ import annotations

import dataclasses
import functools
import json
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.integration.comparison import Comparison, key_of, partition_of
from tests.integration.entry import install
from tests.integration.scene import INPUT, Scene
from tests.knowledge.pipeline import Fields, Row, run
from tests.knowledge.rows import Seen, log_line
from tests.searchtime import Event as Raw
from tests.searchtime import Knowledge, SearchTime
from tests.splunkd import Event
from tools.package import ROOT

pytestmark = [pytest.mark.slow, pytest.mark.together]
KNOWLEDGE = Knowledge.load(ROOT)
AUDIT = "`falcon_event_streams_delivery`"
EXCLUDED = "AuthActivityAuditEvent"
SCALE = 15.0


class Played(NamedTuple):
    """What a run has left behind: rows of the index, the lines `delivered`, and the ledger check."""

    events: list[Event]
    log: list[Seen]
    comparison: Comparison
    tenant: str

    def audit(self, events: Sequence[Event] | None = None) -> list[Row]:
        """The rows of the audit an hour later, over this index."""
        seen = [as_seen(event) for event in (self.events if events is None else events)]
        return run(AUDIT, [*seen, *self.log], KNOWLEDGE.macros, time.time() + 3600)

    def minute(self) -> list[Event]:
        """The events of a range that no stop and no kill is near: the second line of the first run in partition 0."""
        row = next(row for row in self.audit() if (row["partition"], row["line"]) == ("0", "2"))
        first, last = int(str(row["first"])), int(str(row["last"]))
        return [event for event in self.events if partition_of(event) == "0" and first <= key_of(event)[1] <= last]


def as_seen(event: Event) -> Seen:
    """A row of the stand-in's index as a search sees it."""
    fields = searched(event.raw, event.sourcetype, event.time, partition_of(event))
    return {**fields, "_indextime": [str(int(event.indextime))]}, (), ()


@functools.cache
def searched(raw: bytes, sourcetype: str, at: float, partition: str) -> Fields:
    """Of the fields that search time makes of an event, those that the audit reads."""
    event = Raw(raw, sourcetype, time=at, fields={"falcon_partition": partition})
    fields = SearchTime(KNOWLEDGE).evaluate(event).fields
    names = ("_time", "sourcetype", "cid", "falcon_offset", "falcon_partition")
    return {name: fields[name] for name in names if name in fields}


def why(rows: Sequence[Row]) -> list[str]:
    said = [row["why"] for row in rows]
    return sorted(str(one) for each in said for one in (each if isinstance(each, list) else [each]))


def news(played: Played, events: Sequence[Event]) -> list[str]:
    """What the audit says of this index, and does not say of the one that is whole."""
    before = why(played.audit())
    return [one for one in why(played.audit(events)) if one not in before]


def lines(scene: Scene) -> int:
    return scene.log().count("action=delivered")


def publish(scene: Scene, count: int) -> None:
    """So many events in each partition, all of which are committed."""
    scene.falcon.generate(count=count)
    scene.wait_until_committed()


def publish_and_await_lines(scene: Scene, count: int) -> None:
    """The same, and the input has told of them."""
    before = lines(scene)
    publish(scene, count)
    scene.wait(lambda: lines(scene) >= before + 2)


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory, package: Path) -> Iterator[Played]:
    epoch, folder = time.time(), tmp_path_factory.mktemp("delivery")
    app = install(package, folder, f"ScaledClock({SCALE}, {epoch})")
    scene = Scene(
        folder,
        app,
        switches={"flush_ms": 20},
        time_scale=SCALE,
        epoch=epoch,
        lock=1.0,
        partitions=2,
        other_customers=2,
        holes=40,
        floor=412_345_678,
        preload=50,
    )
    with scene:
        scene.begin(exclude_event_types=EXCLUDED, replay_seconds="0")
        publish_and_await_lines(scene, 20)
        publish_and_await_lines(scene, 60)
        scene.falcon.generate(count=30)
        scene.stop()
        scene.resume()
        publish_and_await_lines(scene, 40)
        publish(scene, 30)
        scene.splunkd.signal_input(INPUT, signal.SIGKILL)
        scene.says("clean=false")
        publish(scene, 30)
        scene.stop()
        log = [log_line(line) for line in scene.log().splitlines() if "action=delivered" in line]
        yield Played(scene.splunkd.events(), log, scene.compare(), scene.falcon.client_id)


def test_a_whole_index_has_no_unexplained_difference_and_the_kill_is_named(played: Played) -> None:
    rows = played.audit()
    said = why(rows)

    assert [row["unexplained"] for row in rows] == ["0"] * len(rows)
    assert {one.partition(":")[0] for one in said} <= {"filter", "start", "not accounted for"}
    assert sum(one.startswith("not accounted for") for one in said) == 2  # in each partition, before the kill
    assert {row["tenant"] for row in rows} == {played.tenant}
    assert {row["partition"] for row in rows} == {"0", "1"}


def test_the_lines_and_the_ranges_before_the_kill_account_for_every_event_but_those_excluded(played: Played) -> None:
    rows = played.audit()
    excluded = sum(int(str(row["excluded"])) for row in rows)
    outside = sum(int(str(row["not_accounted"])) for row in rows if row["not_accounted"])
    inside = sum(int(str(row["indexed"])) for row in rows)

    assert excluded > 0
    assert inside + outside == len(set(map(key_of, played.events)))
    # what the filter dropped is missing by the ledger; the killed run dropped some that no line tells of
    assert 0 <= played.comparison.missing - excluded <= 60


def drop(*places: int) -> Callable[[list[Event]], list[Event]]:
    return lambda minute: [minute[place] for place in places]


@pytest.mark.parametrize("places", [(0,), (-1,), (3, 4, 9)], ids=["the first", "the last", "three"])
def test_removed_events_are_named_with_their_number_and_their_range(played: Played, places: tuple[int, ...]) -> None:
    minute = played.minute()
    gone = [minute[place] for place in places]
    (told,) = news(played, [event for event in played.events if event not in gone])

    assert told.startswith(f"unexplained: {len(places)} of {len(minute)} missing, offsets ")


def test_a_childs_event_that_was_removed_is_named_in_the_parents_stream(played: Played) -> None:
    children = [event for event in played.minute() if json.loads(event.raw)["metadata"]["customerIDString"][0] == "c"]
    (told,) = news(played, [event for event in played.events if event is not children[0]])

    assert told.startswith("unexplained: 1 of ")


def test_doubled_events_are_named(played: Played) -> None:
    minute = played.minute()
    (told,) = news(played, [*played.events, minute[2], minute[5]])

    assert told.startswith("unexplained: 2 repeated, offsets ")


def test_a_type_that_the_indexer_filters_out_is_missing(played: Played) -> None:
    minute = played.minute()
    kind = json.loads(minute[0].raw)["metadata"]["eventType"]
    filtered = [event for event in minute if json.loads(event.raw)["metadata"]["eventType"] == kind]
    (told,) = news(played, [event for event in played.events if event not in filtered])

    assert told.startswith(f"unexplained: {len(filtered)} of {len(minute)} missing, offsets ")


def test_an_event_that_arrived_after_those_that_follow_it_is_named_and_none_is_missing(played: Played) -> None:
    moved = played.minute()[4]
    late = dataclasses.replace(moved, indextime=moved.indextime + 100)

    assert news(played, [late if event is moved else event for event in played.events]) == [
        "order: 1 indexed after the event that follows"
    ]


def test_the_order_in_which_the_index_gives_its_events_says_nothing(played: Played) -> None:
    assert news(played, played.events[::-1]) == []


def test_a_loss_in_the_range_that_the_killed_input_told_nothing_of_is_no_cry_of_wolf(played: Played) -> None:
    row = next(row for row in played.audit() if row["not_accounted"])
    before, first = int(str(row["before"])), int(str(row["first"]))
    inside = [
        event
        for event in played.events
        if partition_of(event) == row["partition"] and before < key_of(event)[1] < first
    ]
    (told,) = news(played, [event for event in played.events if event not in inside])

    assert inside
    assert told.startswith(f"not accounted for: offsets {before + 1} to {first - 1}, 0 in the index")
