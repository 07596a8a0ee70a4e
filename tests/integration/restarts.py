"""The proof by restarts: an input is stopped and killed again and again while events come, and nothing may be missing.

Rules: a seed decides every instant, so a failing run replays. Stops are SIGTERM by the stand-in, which loses its last
half second, a quarter of them with a pipe that nobody reads; kills are SIGKILL of the input, and of the stand-in with
its memory. A repeat belongs to the stop or kill between its two arrivals, and is within the bound when its first
arrival was at most so long before it: for a stop the second that decision 4 names, for a kill the replay.
"""

from __future__ import annotations

import random
import signal
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from tests.emulator import AS_IN_LIFE
from tests.integration.comparison import Comparison, key_of
from tests.integration.scene import INPUT, Scene
from tests.splunkd import Event

REPLAY = 4.0
DROP_MS = 500
# One second of settling, one tick in which receipts are noted, and what a busy machine adds.
STOP_BOUND = 1.0 + 0.2 + 2.0
# The replay counts from the last commit; that is a tick and a settling old, and so was the step it goes back to.
KILL_BOUND = REPLAY + 2 * (1.0 + 1.0) + 0.2 + 2.0
STOP_LIMIT = 5.0

STOP, KILL_INPUT, KILL_SPLUNKD = "stop", "kill of the input", "kill of splunkd"


class Schedule(NamedTuple):
    """How much is done; at `long_locks` of the kills Falcon keeps the app id locked for 60 s."""

    stops: int
    input_kills: int
    splunkd_kills: int
    events: int
    partitions: int
    seed: int
    long_locks: int = 0


class Act(NamedTuple):
    """One stop or kill: what, when it began (epoch seconds), how long it took, and whether the pipe was full."""

    kind: str
    at: float
    seconds: float
    full_pipe: bool


class Outcome(NamedTuple):
    """What came of it."""

    comparison: Comparison
    acts: Sequence[Act]
    beyond_bound: int
    worst_stop: float
    worst_kill: float
    forced: int
    violations: int

    @property
    def slowest_stop(self) -> float:
        """The longest orderly stop, in seconds."""
        return max((act.seconds for act in self.acts if act.kind == STOP), default=0.0)

    @property
    def holds(self) -> bool:
        """Whether the promise was kept."""
        clean = self.beyond_bound == self.forced == self.violations == 0
        return self.comparison.holds and clean and self.slowest_stop < STOP_LIMIT

    def __str__(self) -> str:
        kinds = [act.kind for act in self.acts]
        full = sum(act.full_pipe for act in self.acts)
        return (
            f"{self.comparison}\n{kinds.count(STOP)} stops ({full} with a full pipe), {kinds.count(KILL_INPUT)} kills "
            f"of the input, {kinds.count(KILL_SPLUNKD)} of splunkd\nrepeats reach back at most {self.worst_stop:.1f} s "
            f"before a stop (bound {STOP_BOUND:.1f}) and {self.worst_kill:.1f} s before a kill ({KILL_BOUND:.1f}); "
            f"{self.beyond_bound} beyond their bound\nslowest stop {self.slowest_stop:.1f} s, {self.forced} forced, "
            f"{self.violations} second feeds on one partition"
        )


def prove(schedule: Schedule, folder: Path, package: Path, python: str, say: Callable[[str], None]) -> Outcome:
    """Run the schedule; `say` gets a line of progress now and then."""
    draw = random.Random(schedule.seed)
    kinds = [STOP] * schedule.stops + [KILL_INPUT] * schedule.input_kills + [KILL_SPLUNKD] * schedule.splunkd_kills
    draw.shuffle(kinds)
    kills = [number for number, kind in enumerate(kinds) if kind == KILL_INPUT]
    long_locks = set(draw.sample(kills, schedule.long_locks))
    full_pipes = set(draw.sample(range(len(kinds)), len(kinds) // 4 + 1))
    switches = {"drop_at_stop_ms": DROP_MS, "flush_ms": 100}
    scene = Scene(
        folder,
        package,
        python=python,
        switches=switches,
        partitions=schedule.partitions,
        seed=schedule.seed,
        lock=1.5,
        linger=0.1,
        **AS_IN_LIFE,
    )
    with scene:
        scene.begin(interval="1", replay_seconds=f"{REPLAY:.0f}")
        acts: list[Act] = []
        share = schedule.events / (len(kinds) * schedule.partitions)
        for number, kind in enumerate(kinds):
            live(scene, draw.uniform(0.2, 4.0), share)
            scene.falcon.set_option("lock", 60.0 if number in long_locks else 1.5)
            acts.append(act(scene, kind, kind == STOP and number in full_pipes))
            if number % 10 == 9:
                say(f"{number + 1} of {len(kinds)} done, {scene.splunkd.count():,} events indexed")
        return judge(scene, acts)


def live(scene: Scene, seconds: float, events: float) -> None:
    """Let events come for a while, in portions."""
    portions = max(1, int(seconds / 0.1))
    for portion in range(portions):
        count = int(events * (portion + 1) / portions) - int(events * portion / portions)
        if count:
            scene.falcon.generate(count=count)
        time.sleep(seconds / portions)


def act(scene: Scene, kind: str, full_pipe: bool) -> Act:
    """Stop or kill, and start again."""
    splunkd = scene.splunkd
    if full_pipe:
        splunkd.pause_reading(INPUT)
        scene.falcon.generate(count=260)  # some 300 KB: more than the widest pipe of ours holds
        time.sleep(0.3)
    at, started = time.time(), time.monotonic()
    if kind == KILL_SPLUNKD:
        splunkd.kill()
        splunkd.start()
    elif kind == KILL_INPUT:
        if splunkd.input_pid(INPUT) is not None:
            splunkd.signal_input(INPUT, signal.SIGKILL)
    else:
        scene.stop()
    seconds = time.monotonic() - started
    if full_pipe:
        splunkd.resume_reading(INPUT)
    if kind == STOP:
        scene.resume()
    return Act(kind, at, seconds, full_pipe)


def judge(scene: Scene, acts: Sequence[Act]) -> Outcome:
    """Wait for the last events and hold every repeat against its bound."""
    comparison = scene.wait_until_all_arrived(timeout=180)
    reaches = reaches_of(scene.splunkd.events(), acts)
    forced = sum("Will have to forcibly terminate" in line.message for line in scene.splunkd.logs())
    return Outcome(
        comparison,
        acts,
        sum(reach > bound_of(one) for one, reach in reaches),
        max((reach for one, reach in reaches if one.kind == STOP), default=0.0),
        max((reach for one, reach in reaches if one.kind != STOP), default=0.0),
        forced,
        len(scene.falcon.violations()),
    )


def bound_of(one: Act) -> float:
    """How far before this act a repeat may have arrived, in seconds."""
    return STOP_BOUND if one.kind == STOP else KILL_BOUND


def reaches_of(events: Sequence[Event], acts: Sequence[Act]) -> list[tuple[Act, float]]:
    """For each repeat the act it belongs to, and how long before that act its event had arrived."""
    latest: dict[tuple[str, int, str], float] = {}
    reaches = []
    for event in events:
        key = key_of(event)
        before = latest.get(key)
        # the stand-in holds events back for as long as a stop may lose them, and stamps them then
        arrived = latest[key] = event.indextime - DROP_MS / 1000
        if before is not None:
            between = [one for one in acts if before - 0.2 <= one.at <= arrived]
            nothing = Act("nothing", float("inf"), 0.0, False)
            # of several acts the one that explains it: a stop repeats its last second, a kill the replay before it
            cause = min(between, key=lambda one: one.at - before - bound_of(one), default=nothing)
            reaches.append((cause, cause.at - before))
    return reaches
