"""Plays a family's schedule: one input reads all children of a parent while they come, go, come back, and fail.

Theory. The list of children is asked for every 15 minutes, and a child is left after the second list without it. So
input and emulator live SCALE times as fast, from one epoch. What splunkd loses is the world's, and so is the replay
that the settings allow for it. At a stop splunkd loses nothing here: the second that the input leaves for that is too
short on this clock, and `make soak` plays it.

Rules: events come all the time, to children that have gone too. Nothing may be missing, nothing be out of order, no
event be in another tenant's index or under its name, no token come with another tenant's call, and no feed be opened
twice. The input's memory is read at the beginning and at the end of a stretch without kills, in which children go and
come back.
"""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from tests.emulator import AS_IN_LIFE
from tests.integration.comparison import Comparison, compare
from tests.integration.entry import install
from tests.integration.family_ledger import Place, family_key, ledger_of, misrouted
from tests.integration.restarts import act
from tests.integration.scene import INPUT, Scene
from tests.soak.family_schedule import COME, COME_BACK, GO, NOTHING, PARTITIONS, FamilySchedule, Moment
from tests.soak.soak import FLAT, forget, rows

SCALE = 60.0
RATE = 3.0  # events a second and partition, the world's
PRELOAD = 20
WHILE_GONE = 3  # events that a child brings after it has gone
REPLAY = 10.0  # the world's seconds; the stand-in loses a tenth of a second of its memory, and more on a busy machine
INDEXES = 5
UNLISTED = 5  # every fifth child has no stanza
OTHERS = Place("falcon_others", None)
TENANTS_CONF = "falcon_event_streams_tenants"


class Outcome(NamedTuple):
    """What came of a soak of a family; `noticed` are the arrivals and departures that the input told of."""

    schedule: FamilySchedule
    children: int
    comparison: Comparison
    astray: int
    crossings: int
    violations: int
    acts: Sequence[str]
    noticed: tuple[int, int]
    memory: tuple[float, float]

    @property
    def holds(self) -> bool:
        """Whether every event is where it belongs, nobody met another's stream, and the memory stayed flat."""
        begun, ended = self.memory
        clean = self.astray == self.crossings == self.violations == 0
        return self.comparison.holds and clean and min(self.noticed) > 0 and ended <= begun * FLAT

    def __str__(self) -> str:
        kinds = ", ".join(f"{count} x {kind}" for kind, count in sorted(Counter(self.acts).items()))
        begun, ended = self.memory
        return (
            f"{self.schedule}\n{self.comparison}\n{self.children} children in the end; {kinds}; the input began to "
            f"read {self.noticed[0]} children and left {self.noticed[1]}\n{self.astray} events astray, "
            f"{self.crossings} tokens that crossed over, {self.violations} second feeds\n"
            f"memory of the input {begun:.1f} MB -> {ended:.1f} MB over the quiet end"
        )


class Family:
    """The children by their numbers, and where their events belong."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self.cids = scene.falcon.cids()
        self.gone: set[int] = set()
        self.places = {
            cid: Place(f"falcon_{number % INDEXES}", f"Tenant {number}, & <Sons>")
            for number, cid in enumerate(self.cids)
            if number % UNLISTED
        }

    def list_in_conf(self, astray: bool) -> None:
        """A stanza for each place; `astray` gives the first one the index of another on purpose."""
        splunkd = self.scene.splunkd
        splunkd.create_properties(TENANTS_CONF, "default", index=OTHERS.index_name)
        for number, (cid, place) in enumerate(self.places.items()):
            index = OTHERS.index_name if astray and number == 0 else place.index_name
            splunkd.create_properties(TENANTS_CONF, cid, name=str(place.tenant), index=index)

    def change(self, change: str, number: int) -> None:
        """A child comes, goes, comes back, or has another name."""
        falcon = self.scene.falcon
        if change == COME:
            self.cids.append(falcon.add_child())
            falcon.generate(PRELOAD, tenant=self.cids[number])
        elif change == GO:
            falcon.remove_child(self.cids[number])
            falcon.generate(WHILE_GONE, tenant=self.cids[number])
            self.gone.add(number)
        elif change == COME_BACK:
            falcon.bring_back_child(self.cids[number])
            self.gone.discard(number)
        else:
            falcon.rename_child(self.cids[number], f"=Renamed {number}\n</event>")

    def await_feeds(self) -> None:
        """Wait until all that are listed are read."""
        wanted = PARTITIONS * (len(self.cids) - len(self.gone))
        self.scene.wait(lambda: sum(self.scene.falcon.open_feeds().values()) == wanted, 90, f"{wanted} feeds")

    def go_and_come_back(self, number: int) -> None:
        """A child goes, is left, comes back, and is read again."""
        left = self.noticed()[1]
        self.change(GO, number)
        self.scene.wait(lambda: self.noticed()[1] > left, 60, "a child that is left")
        self.change(COME_BACK, number)
        self.await_feeds()

    def noticed(self) -> tuple[int, int]:
        """How many children the input has begun to read after its start, and how many it has left, by its log."""
        lists = re.findall(r"action=children_listed .*begun=(\d+) left=(\d+)", self.scene.log())
        return sum(int(begun) for begun, _ in lists), sum(int(left) for _, left in lists)


def play(
    schedule: FamilySchedule,
    folder: Path,
    package: Path,
    say: Callable[[str], None],
    scale: float = SCALE,
    lose: int = 0,
    astray: bool = False,
) -> Outcome:
    """Play it; `lose` forgets so many indexed events on purpose, `astray` routes a child's to a wrong index, and both
    must be found out."""
    epoch = time.time()
    app = install(package, folder, f"ScaledClock({scale}, {epoch})")
    options: dict[str, Any] = {
        **AS_IN_LIFE,
        "children": schedule.children,
        "partitions": PARTITIONS,
        "preload": PRELOAD,
        "seed": schedule.seed,
        "lock": 0.2 * scale,
        "linger": 0.1 * scale,
        "time_scale": scale,
        "epoch": epoch,
    }
    indexes = [OTHERS.index_name, *(f"falcon_{number}" for number in range(INDEXES))]
    switches = {"flush_ms": 100}
    with Scene(folder, app, switches=switches, capture=False, indexes=indexes, **options) as scene:
        family = Family(scene)
        family.list_in_conf(astray)
        scene.begin(tenants="children", replay_seconds=f"{REPLAY * scale:.0f}", idle_timeout="600")
        scene.falcon.set_rate(RATE / scale)
        family.await_feeds()
        for number, moment in enumerate(schedule.moments, start=1):
            live(family, moment)
            if number % 10 == 0:
                say(f"{number} of {len(schedule.moments)} moments, {scene.splunkd.count():,} events indexed")
        memory = live_quietly(family, schedule.leavers)
        scene.falcon.set_rate(0)
        time.sleep(0.1)  # what is being generated is published: the ledger is read once
        return judge(family, schedule, memory, lose)


def live(family: Family, moment: Moment) -> None:
    """A change, a fault of one child, a while, and the act at its end."""
    falcon = family.scene.falcon
    falcon.clear_faults()
    family.change(moment.change, moment.changed)
    falcon.add_faults([{**moment.step, "tenant": family.cids[moment.child]}])
    time.sleep(moment.seconds)
    if moment.act != NOTHING:
        act(family.scene, moment.act, full_pipe=False)


def live_quietly(family: Family, leavers: Sequence[int]) -> tuple[float, float]:
    """Everybody comes back; then some go and come back; the input's resident MB after half of them and after all."""
    family.scene.falcon.clear_faults()
    for number in sorted(family.gone):
        family.change(COME_BACK, number)
    family.await_feeds()
    warm = (len(leavers) + 1) // 2  # until then the threads that ask Falcon become more
    for number in leavers[:warm]:
        family.go_and_come_back(number)
    begun = family.scene.splunkd.resident_mb(INPUT)
    for number in leavers[warm:]:
        family.go_and_come_back(number)
    return begun, family.scene.splunkd.resident_mb(INPUT)


def judge(family: Family, schedule: FamilySchedule, memory: tuple[float, float], lose: int) -> Outcome:
    """Wait for the last events, and hold the index against the ledger."""
    scene, falcon = family.scene, family.scene.falcon
    ledger = ledger_of(falcon, family.cids)
    wanted = sum(map(len, ledger.values()))
    scene.wait(lambda: scene.splunkd.count() >= wanted, 120, f"{wanted} events")
    until = time.monotonic() + 60
    while True:
        events = rows(scene) if not lose else forget(rows(scene), lose)
        comparison = compare(ledger, events, family_key)
        if comparison.missing <= lose or time.monotonic() > until:
            break
        time.sleep(1.0)
    outcome = Outcome(
        schedule,
        len(family.cids),
        comparison,
        len(misrouted(rows(scene), family.places, OTHERS)),
        len(falcon.crossings()),
        len(falcon.violations()),
        [moment.act for moment in schedule.moments],
        family.noticed(),
        memory,
    )
    if comparison.strangers == 0:  # each of its lines is one of Falcon's: the search for secrets need not read it
        scene.splunkd.index_file.unlink()
    return outcome
