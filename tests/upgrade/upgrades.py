"""An instance whose package is exchanged: the former one, the present one, the former one again, the present one again.

Rules: everything but the package stays as it is: local configuration, secrets, checkpoints, index. splunkd is stopped
or killed before each exchange, and events arrive while it is down. Each package first reads events that grow older than
the replay, then fresh ones: a start may repeat the fresh ones only. A repeat of the older ones means that the package
did not understand what the other one had stored. The former package takes none of the parameters that a splunkd may add
to an input, so here it adds none.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from tests.integration.comparison import Comparison
from tests.integration.scene import Scene
from tools.package import unpack

FORMER, PRESENT = "former", "present"
ORDER = (FORMER, PRESENT, FORMER, PRESENT)
PARTITIONS, OLDER, FRESH, AWAY = 2, 100, 20, 10  # events in each partition
REPLAY = 1.0
COMMITTED = 2.5  # seconds from an event's arrival, at most
PATIENCE = 60.0


class Way(NamedTuple):
    """Where the offsets live, and how splunkd ends."""

    store: str
    end: str

    @property
    def title(self) -> str:
        return f"{self.store}, {self.end}"


WAYS = [Way(store, end) for store in ("file", "kvstore") for end in ("stop", "kill")]


class Leg(NamedTuple):
    """What one package has done: the comparison at its end, and the repeats that its start has brought."""

    way: Way
    package: str
    comparison: Comparison
    repeats: int
    allowed: int

    @property
    def fault(self) -> str:
        """Why it does not hold, empty where it does."""
        if not self.comparison.holds:
            return str(self.comparison)
        if self.repeats > self.allowed:
            return f"{self.repeats} repeats, at most {self.allowed} are allowed: what was stored was not understood"
        return ""

    def __str__(self) -> str:
        verdict = f"FAILED: {self.fault}" if self.fault else "held"
        told = f"{self.comparison.missing} missing, {self.repeats} repeated of {self.allowed} allowed"
        return f"{self.way.title:16} {self.package:8} {told:44} {verdict}"


def prove(folder: Path, packages: dict[str, Path], say: Callable[[str], None]) -> list[Leg]:
    """All ways, each through all packages in ORDER; a line for each leg."""
    legs: list[Leg] = []
    for way in WAYS:
        for leg in play(way, folder / way.title.replace(", ", "-"), packages):
            say(str(leg))
            legs.append(leg)
    say(f"{len(legs)} legs: {sum(not leg.fault for leg in legs)} held, {sum(bool(leg.fault) for leg in legs)} failed")
    return legs


def play(
    way: Way,
    folder: Path,
    packages: dict[str, Path],
    order: Sequence[str] = ORDER,
    meanwhile: Callable[[Scene], None] = lambda scene: None,
) -> list[Leg]:
    """One way through the packages; `meanwhile` is done each time while splunkd is down."""
    legs: list[Leg] = []
    system = folder / "home" / "etc" / "system" / "default"
    system.mkdir(parents=True)
    (system / "inputs.conf").write_text("[default]\nhost = $decideOnStartup\nindex = default\n")
    with Scene(folder, packages[order[0]], partitions=PARTITIONS, lock=0.2, linger=0.1) as scene:
        scene.begin(checkpoint_store=way.store, replay_seconds=f"{REPLAY:.0f}")
        for number, name in enumerate(order):
            if number:
                exchange(scene, packages[name])
                scene.splunkd.start()
            legs.append(read(scene, way, name, legs))
            if way.end == "kill":
                scene.splunkd.kill()
            else:
                scene.splunkd.stop()
            scene.falcon.generate(AWAY)
            meanwhile(scene)
    return legs


def read(scene: Scene, way: Way, name: str, before: Sequence[Leg]) -> Leg:
    """Let a package read events that grow old, then fresh ones; each portion is committed before the next comes."""
    for count in (OLDER, FRESH):
        scene.falcon.generate(count)
        comparison = scene.wait_until_all_arrived(PATIENCE)
        time.sleep(COMMITTED + REPLAY)
    repeats = comparison.repeated - sum(leg.repeats for leg in before)
    return Leg(way, name, comparison, repeats, PARTITIONS * (FRESH + 1) if before else 0)


def exchange(scene: Scene, package: Path) -> None:
    """Put a package in the place of the one that is installed; what an admin has made stays."""
    app = scene.splunkd.home / "etc" / "apps" / "TA_falcon_event_streams"
    made_here = [path for path in (app / "local", app / "metadata" / "local.meta") if path.exists()]
    aside = app.parent / ".aside"
    for path in made_here:
        (aside / path.relative_to(app)).parent.mkdir(parents=True, exist_ok=True)
        path.rename(aside / path.relative_to(app))
    shutil.rmtree(app)
    unpack(package, app.parent)
    for path in made_here:
        (aside / path.relative_to(app)).rename(path)
    shutil.rmtree(aside, ignore_errors=True)
