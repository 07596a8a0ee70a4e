"""The proof of the take-over: nothing is missing, and at most one event of each partition comes twice.

Rules: the vendor's reader and its real libraries read and store; then `apply` moves the input while events go on
coming. A kill is SIGKILL of the process behind our pages at a random instant of `apply`; then `apply` is called again.
A seed decides the instants.
"""

from __future__ import annotations

import random
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from tests.integration.comparison import Comparison, key_of
from tests.takeover.stage import INPUT, Stage

PARTITIONS = 12
_SCRIPT = "falcon_event_streams_takeover"
_LONGEST_APPLY = 6.0  # seconds; a kill after that comes too late, and is one that changes nothing
_WAIT = 180.0


class Outcome(NamedTuple):
    """What came of one take-over."""

    comparison: Comparison
    most_repeated: int
    kills: int

    @property
    def holds(self) -> bool:
        """Whether the promise was kept."""
        return self.comparison.missing == self.comparison.strangers == 0 and self.most_repeated <= 1

    def __str__(self) -> str:
        return f"{self.comparison}; at most {self.most_repeated} repeated of a partition; {self.kills} kills of apply"


def take_over(folder: Path, package: Path, events: int, kills: Sequence[float] = ()) -> Outcome:
    """One take-over of an input with 12 partitions. `kills` are instants of `apply`, in seconds after its start."""
    third = events // PARTITIONS // 3  # of each partition
    with Stage(folder, package, partitions=PARTITIONS, preload=third, capture=False) as stage:
        stage.tell_reader()
        their_input = stage.their_input(disabled="0")
        stage.vendor_writes(accounts={"prod": stage.account()}, proxy=stage.proxy(), inputs={INPUT: their_input})
        stage.wait(lambda: len(stage.plan()["partitions"]) == PARTITIONS, _WAIT, "a checkpoint of each partition")
        assert stage.plan()["problems"] == []
        coming = threading.Thread(target=stage.falcon.generate, args=(third,))
        coming.start()
        for instant in kills:
            _apply_and_kill(stage, instant)
        said = stage.act("apply")
        assert said.status == 200, said.sentence
        assert said.entries[INPUT]["reads"] == "this add-on"
        assert stage.vendor_state()["disabled"] in (True, "1")
        coming.join()
        stage.falcon.generate(events // PARTITIONS - 2 * third)
        return _outcome(stage, len(kills))


def _apply_and_kill(stage: Stage, instant: float) -> None:
    seen = stage.plan()["hash"]  # and the process runs
    caller = threading.Thread(target=stage.act, args=("apply", INPUT, seen))
    caller.start()
    caller.join(instant)
    stage.splunkd.kill_script(_SCRIPT)
    caller.join()


def _outcome(stage: Stage, kills: int) -> Outcome:
    comparison = stage.wait_until_all_arrived(_WAIT)
    stage.wait_until_committed(timeout=_WAIT)  # what comes twice has come by then
    comparison = stage.compare()
    arrivals = Counter(key_of(event) for event in stage.splunkd.events())
    repeats: Counter[str] = Counter()
    for (partition, _, _), times in arrivals.items():
        repeats[partition] += times - 1
    return Outcome(comparison, max(repeats.values()), kills)


def prove(folder: Path, package: Path, seed: int, share: float, say: Callable[[str], None]) -> bool:
    """One take-over of 20,000 events, and 20 that are killed, of 1,000 events each."""
    draw, held = random.Random(seed), True
    plays: list[tuple[int, Sequence[float]]] = [(int(20_000 * share), ())]
    plays += [(1_000, (draw.uniform(0.0, _LONGEST_APPLY),)) for _ in range(max(1, int(20 * share)))]
    for number, (events, kills) in enumerate(plays):
        outcome = take_over(folder / str(number), package, events, kills)
        say(f"{outcome} {''.join(f'({instant:.2f} s) ' for instant in kills)}{'held' if outcome.holds else 'FAILED'}")
        held = held and outcome.holds
    return held
