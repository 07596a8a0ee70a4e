"""The main job: from Falcon's discovery to indexed events, and on after a stop."""

from __future__ import annotations

import json
import time
from typing import Any

from tests.emulator import events
from tests.emulator.events import HARD_LINES
from tests.integration.comparison import compare, partition_of
from tests.integration.conftest import Stage
from tests.splunkd import Event

SOURCETYPE = "CrowdStrike:Event:Streams:JSON"


def test_every_event_of_every_partition_is_indexed_once_in_order_with_its_partition_and_time(stage: Stage) -> None:
    scene = stage(partitions=3, preload=500, switches={"flush_ms": 20})
    scene.begin()

    assert scene.wait_until_all_arrived() == (1500, 1500, 0, 0, 0, 0)
    indexed = scene.splunkd.events()
    assert {event.source for event in indexed} == {"CrowdStrike:Event:Streams"}
    assert {event.sourcetype for event in indexed} == {SOURCETYPE}
    assert {partition_of(event) for event in indexed} == {"0", "1", "2"}
    assert all(abs(event.time * 1000 - created(event.raw)) < 0.5 for event in indexed)
    assert scene.falcon.violations() == []
    the_ledger_check_finds_a_planted_loss_a_repeat_and_a_swap(scene.falcon.ledger(), indexed)

    scene.falcon.generate(count=1)
    started = time.monotonic()
    scene.wait_until_all_arrived()
    assert time.monotonic() - started < 4.0  # a tenth of that is usual; heartbeats come every 5 s


def created(raw: bytes) -> int:
    return int(json.loads(raw)["metadata"]["eventCreationTime"])


def the_ledger_check_finds_a_planted_loss_a_repeat_and_a_swap(
    ledger: dict[str, list[Any]], indexed: list[Event]
) -> None:
    first, *rest = [event for event in indexed if partition_of(event) == "0"]
    ledger = {"0": ledger["0"]}
    assert compare(ledger, rest).missing == 1
    assert compare(ledger, [first, *rest, first]).repeated == 1
    assert compare(ledger, [rest[0], first, *rest[1:]]).disordered == 1
    assert compare({"0": ledger["0"][1:]}, [first, *rest]).strangers == 1


def test_events_that_nobody_here_wrote_are_indexed_byte_for_byte(stage: Stage, samples: list[bytes]) -> None:
    scene = stage()
    scene.falcon.publish("0", *samples)
    scene.begin()
    scene.wait(lambda: scene.splunkd.count() >= len(samples))

    assert [event.raw for event in scene.splunkd.events()] == samples


def test_every_generated_type_is_indexed_byte_for_byte_and_of_hard_lines_the_exceptions_are_these(
    stage: Stage,
) -> None:
    scene = stage(partitions=2)
    events.one_of_each(scene.falcon.tenant, scene.falcon.tenant.partitions["0"])
    scene.falcon.publish("1", *HARD_LINES)
    scene.begin()
    ledger = scene.falcon.ledger()
    scene.wait(lambda: scene.splunkd.count() >= sum(map(len, ledger.values())))

    everything = scene.splunkd.events()
    assert compare({"0": ledger["0"]}, [event for event in everything if partition_of(event) == "0"]).holds
    indexed = [event for event in everything if partition_of(event) == "1"]
    changed = {before: event.raw for before, event in zip(HARD_LINES, indexed) if before != event.raw}
    replacement = "\ufffd".encode()
    assert changed == {
        HARD_LINES[6]: HARD_LINES[6].translate(None, b"\x01\x02\x1f").replace(b'":""', b'":"' + replacement * 3 + b'"'),
        HARD_LINES[7]: HARD_LINES[7].replace(b"\x00", replacement),
        HARD_LINES[8]: HARD_LINES[8].replace(b"\xe9\xff", replacement * 2),
        HARD_LINES[9]: HARD_LINES[9].replace(b"\xed\xa0\x80", replacement * 3),
        HARD_LINES[10]: HARD_LINES[10].replace(b"\r", b" "),
        HARD_LINES[11]: HARD_LINES[11].replace(b"\xef\xbf\xbe\xef\xbf\xbf", replacement * 2),
    }
    malformed = [event.raw for event in indexed if event.sourcetype != SOURCETYPE]
    assert malformed == [HARD_LINES[0], HARD_LINES[1], HARD_LINES[2]]


def test_after_a_stop_reading_goes_on_and_only_the_last_second_repeats(stage: Stage) -> None:
    scene = stage(partitions=2, preload=2000)
    scene.begin()
    scene.wait_until_committed()
    scene.falcon.set_rate(100)
    scene.wait(lambda: scene.splunkd.count() >= 4500)
    scene.stop()
    scene.resume()
    scene.wait(lambda: scene.splunkd.count() >= 5500)
    scene.falcon.set_rate(0)

    comparison = scene.wait_until_all_arrived()
    assert comparison.holds
    assert comparison.repeated <= 2 * 100 * 3  # a second's worth; the rest is for a busy machine
    assert not any(run["killed"] for run in scene.splunkd.runs("main"))
