"""A replay: an input with `stop_at` beside the live one reads up to there, finishes once, and is disabled."""

from __future__ import annotations

import json
import re
import shutil
import signal
import subprocess
from datetime import datetime, timezone
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.integration.comparison import compare
from tests.integration.conftest import Stage
from tests.integration.scene import INPUT, Scene
from tests.integration.test_rest_commands import variables
from tests.splunkd import Event
from tools.package import ROOT

REPLAY = "replay"
FINISHED = " action=finished "


def begin(scene: Scene, **settings: str) -> None:
    """A replay; it runs at once, and ends soon after it has read all."""
    scene.begin(REPLAY, **{"replay_seconds": "2", **settings})


def is_disabled(scene: Scene, name: str = REPLAY) -> bool:
    """What splunkd says of the input."""
    entry: dict[str, Any] = scene.splunkd.get(f"/services/data/inputs/falcon_event_streams/{name}")["entry"][0]
    return bool(entry["content"]["disabled"])


def wait_until_over(scene: Scene, name: str = REPLAY, timeout: float = 60.0) -> None:
    """Wait until the replay is disabled and its process has gone."""
    scene.wait(lambda: is_disabled(scene, name), timeout, "the replay to be disabled")
    scene.wait(lambda: scene.splunkd.input_state(name)["pid"] is None, timeout, "its process to end")


def heads(scene: Scene) -> dict[str, int]:
    """The last offset of each partition."""
    return {partition: entries[-1][0] for partition, entries in scene.falcon.ledger().items()}


def listed(offsets: dict[str, int]) -> str:
    """Offsets as a setting says them."""
    return ",".join(f"{partition}={offset}" for partition, offset in offsets.items())


def of(scene: Scene, name: str) -> list[Event]:
    """What an input has brought."""
    return [event for event in scene.splunkd.events() if event.stanza.endswith(f"://{name}")]


def created(event: Event) -> int:
    return int(json.loads(event.raw)["metadata"]["eventCreationTime"])


def iso(millis: int) -> str:
    return datetime.fromtimestamp(millis / 1000, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


@pytest.mark.slow
def test_a_replay_finishes_is_disabled_and_says_so_when_it_is_enabled_again(stage: Stage) -> None:
    scene = stage(partitions=2, preload=300, lock=0.5)
    before = heads(scene)
    begin(scene, stop_at=listed(before))
    wait_until_over(scene)

    assert scene.committed(REPLAY) == before
    assert compare(scene.falcon.ledger(), scene.splunkd.events()) == (600, 600, 0, 0, 0, 0)
    assert f"{FINISHED}input=replay partitions=2 events=600 excluded=0 before_start=0" in scene.log(REPLAY)
    assert page_shows(scene)["state"] == "finished"
    assert page_shows(scene)["events"] == "600"
    runs = len(scene.splunkd.runs(REPLAY))
    scene.falcon.generate(50)
    feeds = len(scene.falcon.feeds())
    scene.resume(REPLAY)
    scene.wait(lambda: scene.log(REPLAY).count(FINISHED) == 2, what="finished again")
    wait_until_over(scene)
    assert len(scene.splunkd.runs(REPLAY)) == runs + 1
    assert (scene.splunkd.count(), len(scene.falcon.feeds())) == (600, feeds)
    assert [run["exit_code"] for run in scene.splunkd.runs(REPLAY)] == [0, 0]


def has_indexed(scene: Scene, count: int) -> bool:
    return scene.splunkd.count() > count


def page_shows(scene: Scene) -> dict[str, Any]:
    """What the Inputs page gets of the replay."""
    path = f"/servicesNS/nobody/TA_falcon_event_streams/falcon_event_streams_input/{REPLAY}"
    content: dict[str, Any] = scene.splunkd.get(path)["entry"][0]["content"]
    return content


@pytest.mark.slow
@pytest.mark.parametrize("store", ["file", "kvstore"])
def test_an_hour_is_replayed_beside_the_live_input_whose_checkpoints_stay(stage: Stage, store: str) -> None:
    scene = stage(partitions=2, lock=0.5)
    scene.falcon.generate(400, span=7200.0)
    scene.begin(INPUT)
    scene.wait_until_all_arrived()
    scene.wait_until_committed()
    live = {path: path.read_bytes() for path in scene.checkpoints(INPUT)}
    times = sorted(map(created, of(scene, INPUT)))
    start, stop = (times[len(times) * part // 10] // 1000 * 1000 for part in (4, 7))
    begin(scene, start_from=iso(start), stop_at=iso(stop), checkpoint_store=store)
    wait_until_over(scene)

    hour = {event.raw for event in of(scene, INPUT) if start <= created(event) < stop}
    replayed = {event.raw for event in of(scene, REPLAY)}
    assert 100 < len(hour) < 500
    assert hour <= replayed
    assert all(start - 3000 <= created(event) < stop for event in of(scene, REPLAY))  # what is slightly older
    assert {path: path.read_bytes() for path in scene.checkpoints(INPUT)} == live
    said = re.search(FINISHED + r".* before_start=(\d+) gaps=0 resets=0", scene.log(REPLAY))
    assert said is not None and int(said[1]) > 100
    assert scene.falcon.violations() == []


@pytest.mark.slow
def test_a_replay_that_is_killed_in_the_middle_finishes_once_with_nothing_missing(stage: Stage) -> None:
    scene = stage(partitions=2, preload=3000, lock=0.5, linger=0.1)
    before = heads(scene)
    scene.splunkd.switch(drop_at_stop_ms=500)
    begin(scene, stop_at=listed(before))
    for share in (1, 2, 3):
        scene.splunkd.pace_reading(REPLAY, 1_000_000)
        scene.wait(partial(has_indexed, scene, share * 1000), 60.0, "events")
        scene.splunkd.signal_input(REPLAY, signal.SIGKILL)
    scene.splunkd.pace_reading(REPLAY, 0)
    wait_until_over(scene)

    comparison = compare(scene.falcon.ledger(), scene.splunkd.events())
    assert (comparison.missing, comparison.strangers) == (0, 0)
    assert scene.committed(REPLAY) == before
    assert scene.log(REPLAY).count(FINISHED) == 1
    assert scene.log(REPLAY).count(" action=started ") == 4


@pytest.mark.slow
def test_a_replay_that_may_not_disable_itself_stays_idle_and_is_not_started_over_and_over(stage: Stage) -> None:
    scene = stage(partitions=2, preload=10, lock=0.5)
    scene.splunkd.switch(rest_status=403, rest_path=f"{REPLAY}/disable", inputs_only=True)
    begin(scene, stop_at=listed(heads(scene)))
    scene.says("partition=* state=finished reason=not_disabled", REPLAY)

    pid = scene.splunkd.input_pid(REPLAY)
    assert "and splunkd did not disable it" in scene.log(REPLAY)
    assert pid is not None and not is_disabled(scene)
    assert page_shows(scene)["trouble"] == "it has finished. Disable it, or change Stop at to read on"
    scene.stop(REPLAY)
    assert [(run["pid"], run["exit_code"], run["killed"]) for run in scene.splunkd.runs(REPLAY)] == [(pid, 0, False)]


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("curl") is None, reason="no curl here")
def test_the_command_of_the_page_replays_the_hour_that_it_names(package: Path, tmp_path: Path) -> None:
    page = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    found = re.search(r"<!-- replay -->\n```sh\n(.*?)```", page, re.DOTALL)
    assert found is not None
    hour, create, show = found.group(1).strip().splitlines()
    with Scene(tmp_path, package, preload=3, lock=0.5) as scene:
        before = f"{variables(scene)}{hour}\n"
        create = create.replace(" $HOUR", " $HOUR -d replay_seconds=0")  # a proof need not wait as long as a replay

        def run(command: str) -> dict[str, Any]:
            done = subprocess.run(["bash", "-ec", before + command], capture_output=True, text=True, timeout=60)
            entry: dict[str, Any] = json.loads(done.stdout)["entry"][0]
            return entry

        assert run(create)["name"] == "main_replay"
        wait_until_over(scene, "main_replay")
        assert run(show)["content"]["state"] == "finished"
        assert " since=2026-11-01T06:00:00.000Z until=2026-11-01T07:00:00.000Z" in scene.log("main_replay")
