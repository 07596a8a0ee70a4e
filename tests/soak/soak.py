"""Plays a schedule by the real script between emulator and stand-in, and holds the index against the ledger.

Rules: what a kill of the input or of splunkd takes, and the half second that splunkd loses at a stop, must come again:
nothing may be missing. Repeats are counted by the act that they follow. The input's memory is read at the beginning and
at the end of a quiet stretch in one process, with a fifth of the events between.
"""

from __future__ import annotations

import time
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple, Optional

from tests.emulator import AS_IN_LIFE
from tests.integration.comparison import Comparison, Key, compare, key_of
from tests.integration.restarts import DROP_MS, STOP, Act, act, live
from tests.integration.scene import INPUT, Scene
from tests.soak.schedule import PARTITIONS, Schedule
from tests.splunkd.intake import index
from tests.splunkd.intake.index import Event

REPLAY = 2.0  # the stand-in loses a tenth of a second of its memory
QUIET_PORTION, QUIET_PAUSE = 400, 0.3  # events per partition at a time, and the seconds between
FLAT = 1.10
PAGE = 50_000


class Outcome(NamedTuple):
    """What came of a soak."""

    schedule: Schedule
    comparison: Comparison
    acts: Sequence[Act]
    repeats: Sequence[int]
    memory: tuple[float, float]
    violations: int

    @property
    def kills(self) -> int:
        """How many processes were killed."""
        return sum(one.kind != STOP for one in self.acts)

    @property
    def holds(self) -> bool:
        """Whether nothing is missing and the memory stayed flat."""
        begun, ended = self.memory
        return self.comparison.holds and not self.violations and ended <= begun * FLAT

    def __str__(self) -> str:
        share = self.comparison.repeated / max(1, self.comparison.indexed)
        begun, ended = self.memory
        kinds = ", ".join(f"{count} x {kind}" for kind, count in sorted(Counter(one.kind for one in self.acts).items()))
        each = sum(self.repeats) / max(1, len(self.acts))
        return (
            f"{self.schedule}\n{self.comparison}\n{self.kills} kills ({kinds}); repeats: {share:.1%} of what was "
            f"indexed, {each:.0f} an act, {max(self.repeats, default=0)} at most\n"
            f"memory of the input {begun:.1f} MB -> {ended:.1f} MB over the quiet end; {self.violations} second feeds"
        )


def play(schedule: Schedule, folder: Path, package: Path, say: Callable[[str], None], lose: int = 0) -> Outcome:
    """Play it; `lose` forgets so many indexed events on purpose, which must be found out."""
    switches = {"drop_at_stop_ms": DROP_MS, "flush_ms": 100}
    options: dict[str, Any] = {
        **AS_IN_LIFE,
        "partitions": PARTITIONS,
        "seed": schedule.seed,
        "lock": 0.2,
        "linger": 0.1,
        "rate_limits": False,
    }
    with Scene(folder, package, switches=switches, capture=False, **options) as scene:
        scene.begin(interval="1", replay_seconds=f"{REPLAY:.0f}", idle_timeout="15")
        acts = []
        for number, moment in enumerate(schedule.moments):
            scene.falcon.clear_faults()
            scene.falcon.add_faults([dict(moment.step)])
            live(scene, moment.seconds, moment.events * 1.0)
            acts.append(act(scene, moment.act, full_pipe=False))
            if number % 20 == 19:
                say(f"{number + 1} of {len(schedule.moments)} moments, {scene.splunkd.count():,} events indexed")
        scene.falcon.clear_faults()
        memory = live_quietly(scene, schedule.quiet)
        wanted = sum(len(entries) for entries in scene.falcon.ledger().values())
        scene.wait(lambda: scene.splunkd.count() >= wanted, 300, "the last events")
        comparison = wait_until_complete(scene, lose)
        outcome = Outcome(
            schedule, comparison, acts, repeats_by_act(rows(scene), acts), memory, len(scene.falcon.violations())
        )
        if comparison.strangers == 0:  # each of its lines is one of Falcon's: the search for secrets need not read it
            scene.splunkd.index_file.unlink()
        return outcome


def live_quietly(scene: Scene, events: int) -> tuple[float, float]:
    """Publish the rest undisturbed; the input's resident MB after the first tenth and at the end."""
    scene.wait(lambda: len(scene.falcon.connections()) == PARTITIONS, 60, "all feeds")
    begun: Optional[float] = None
    done = 0
    while done < events:
        portion = min(QUIET_PORTION, events - done)
        scene.falcon.generate(portion)
        done += portion
        if begun is None and done >= events // 10:
            begun = scene.splunkd.resident_mb(INPUT)
        time.sleep(QUIET_PAUSE)
    return begun or scene.splunkd.resident_mb(INPUT), scene.splunkd.resident_mb(INPUT)


def wait_until_complete(scene: Scene, lose: int) -> Comparison:
    """The ledger check, once nothing is missing but what was lost on purpose; as it is after a minute otherwise."""
    until = time.monotonic() + 60
    while True:
        comparison = compare(scene.falcon.ledger(), forget(rows(scene), lose) if lose else rows(scene))
        if comparison.missing <= lose or time.monotonic() > until:
            return comparison
        time.sleep(1.0)


def forget(events: Iterable[Event], count: int) -> Iterator[Event]:
    """The rows less so many events, the first to arrive: with their repeats, which would make good for them."""
    forgotten: set[Key] = set()
    for event in events:
        key = key_of(event)
        if len(forgotten) < count:
            forgotten.add(key)
        if key not in forgotten:
            yield event


def rows(scene: Scene) -> Iterator[Event]:
    """The index in the order of arrival, page by page: it may hold millions."""
    for first in range(0, scene.splunkd.count(), PAGE):
        yield from index.select(scene.splunkd.index_file, "seq > ? AND seq <= ?", [first, first + PAGE])


def repeats_by_act(events: Iterable[Event], acts: Sequence[Act]) -> list[int]:
    """How many repeats arrived after each act and before the next; the first place is for those before any."""
    instants = [one.at for one in acts]
    counts = [0] * (len(acts) + 1)
    seen: set[Key] = set()
    for event in events:
        key = key_of(event)
        if key in seen:
            counts[bisect_right(instants, event.indextime - DROP_MS / 1000)] += 1
        seen.add(key)
    return counts
