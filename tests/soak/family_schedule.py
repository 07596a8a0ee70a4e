"""What happens to a family in its soak, and when: drawn from a seed alone, as in `schedule`.

Rules: a moment is a while with one child's fault in store and one change of the family at its beginning, and an act at
its end. Children are numbered from 0 in the order in which they come. One that has gone can come back, and does so at
the latest at the quiet end; one that is new comes to stay or to go like the others.
"""

from __future__ import annotations

import random
from collections import Counter
from typing import NamedTuple

from tests.integration.restarts import KILL_INPUT, KILL_SPLUNKD, STOP
from tests.soak.schedule import FAULTS, Reach, Step

NOTHING = "nothing"
GO, COME_BACK, COME, RENAME = "gone", "back", "new", "renamed"
PARTITIONS = 2
REACH = Reach(PARTITIONS, 12)
SHORTEST, LONGEST = 2.0, 8.0  # seconds of a moment
ACTS = {KILL_INPUT: 0.35, KILL_SPLUNKD: 0.15, STOP: 0.15}  # shares of the moments; nothing ends the others


class Moment(NamedTuple):
    """So many seconds, `child`'s fault in store, the change that `changed` makes, and what is done at the end."""

    seconds: float
    fault: str
    step: Step
    child: int
    change: str
    changed: int
    act: str


class FamilySchedule(NamedTuple):
    """A whole soak of a family that begins with so many children; `leavers` go and come back at the quiet end."""

    seed: int
    children: int
    moments: tuple[Moment, ...]
    leavers: tuple[int, ...]

    def __str__(self) -> str:
        acts = Counter(moment.act for moment in self.moments)
        changes = Counter(moment.change for moment in self.moments)
        faults = Counter(moment.fault for moment in self.moments)
        told = ", ".join(f"{count} x {name}" for name, count in sorted(faults.items()))
        return (
            f"seed {self.seed}: {self.children} children; {dict(sorted(acts.items()))}; "
            f"{dict(sorted(changes.items()))}; faults: {told}"
        )


def draw_family(seed: int, children: int, moments: int, leavers: int, longest: float = LONGEST) -> FamilySchedule:
    """A soak of so many moments."""
    draw = random.Random(seed)
    acts = [act for act, share in ACTS.items() for _ in range(round(moments * share))]
    acts += [NOTHING] * (moments - len(acts))
    draw.shuffle(acts)
    present, gone = list(range(children)), list[int]()
    drawn = []
    for act in acts:
        fault, child = draw.choice(sorted(FAULTS)), draw.choice(present)
        change = draw.choice((GO, GO, COME_BACK, COME, RENAME) if gone else (GO, COME, RENAME))
        changed = draw.choice(gone if change == COME_BACK else present)
        if change == COME:
            changed = len(present) + len(gone)
        for whom, here in ((present, change in (COME, COME_BACK)), (gone, change == GO)):
            if here:
                whom.append(changed)
            elif changed in whom and change != RENAME:
                whom.remove(changed)
        step = FAULTS[fault](draw, REACH)
        drawn.append(Moment(draw.uniform(SHORTEST, longest), fault, step, child, change, changed, act))
    return FamilySchedule(seed, children, tuple(drawn), tuple(draw.sample(range(children), leavers)))
