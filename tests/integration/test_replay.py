"""A replay: an input with `stop_at` beside the live one reads up to there, finishes once, and is disabled."""

from __future__ import annotations

from typing import Any

from tests.integration.comparison import compare
from tests.integration.conftest import Stage
from tests.integration.scene import Scene

REPLAY = "replay"


def is_disabled(scene: Scene, name: str = REPLAY) -> bool:
    """What splunkd says of the input."""
    entry: dict[str, Any] = scene.splunkd.get(f"/services/data/inputs/falcon_event_streams/{name}")["entry"][0]
    return bool(entry["content"]["disabled"])


def wait_until_over(scene: Scene, timeout: float = 40.0) -> None:
    """Wait until the replay is disabled and its process has gone."""
    scene.wait(lambda: is_disabled(scene), timeout, "the replay to be disabled")
    scene.wait(lambda: scene.splunkd.input_state(REPLAY)["pid"] is None, timeout, "its process to end")


def test_a_replay_finishes_is_disabled_and_says_so_when_it_is_enabled_again(stage: Stage) -> None:
    scene = stage(partitions=2, preload=300, lock=0.5, audit=False)
    before = {partition: entries[-1][0] for partition, entries in scene.falcon.ledger().items()}
    scene.begin(REPLAY, stop_at=",".join(f"{partition}={offset}" for partition, offset in before.items()))
    wait_until_over(scene)

    assert scene.committed(REPLAY) == before
    assert compare(scene.falcon.ledger(), scene.splunkd.events()).holds
    assert " action=finished " in scene.log(REPLAY)
    runs = len(scene.splunkd.runs(REPLAY))
    scene.falcon.generate(50)
    scene.resume(REPLAY)
    scene.wait(lambda: scene.log(REPLAY).count(" action=finished ") == 2, what="finished again")
    wait_until_over(scene)
    assert len(scene.splunkd.runs(REPLAY)) == runs + 1
    assert scene.splunkd.count() == 600
