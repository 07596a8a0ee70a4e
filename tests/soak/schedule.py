"""What happens in a soak, and when: drawn from a seed alone, so that a run that fails is played again by its number.

Rules: a moment is a while in which its share of the events comes, a fault that Falcon has in store for that while, and
an act at its end. Nothing here looks at a clock or at what the run does.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Mapping
from typing import Any, Callable, NamedTuple

from tests.integration.restarts import KILL_INPUT, KILL_SPLUNKD, STOP

Step = Mapping[str, Any]
Draw = random.Random
PARTITIONS = 4
SHORTEST, LONGEST = 1.0, 4.5  # seconds of a moment
QUIET_SHARE = 0.2  # of the events come at the end, undisturbed, to watch the memory by


class Reach(NamedTuple):
    """Whom the faults can hit: one of so many partitions, within the first so many events of a feed."""

    partitions: int = PARTITIONS
    events: int = 400


def on_feed(what: str, **more: Any) -> Callable[[Draw, Reach], Step]:
    """A fault of one partition's next feed, after some events."""

    def make(draw: Draw, reach: Reach) -> Step:
        partition, after = str(draw.randrange(reach.partitions)), draw.randrange(1, reach.events)
        return {"on": "feed", "partition": partition, "do": what, "after_events": after, **more}

    return make


def on_call(name: str, status: int, **more: Any) -> Callable[[Draw, Reach], Step]:
    """A refusal of the API, once or a few times in a row."""
    return lambda draw, reach: {"on": name, "times": draw.randrange(1, 3), "answer": {"status": status, **more}}


FAULTS: Mapping[str, Callable[[Draw, Reach], Step]] = {
    "feed: EOF": on_feed("eof"),
    "feed: cut": on_feed("cut"),
    "feed: reset": on_feed("reset"),
    "feed: reset in mid-line": on_feed("reset_mid_line"),
    "feed: half-open": on_feed("half_open", lock=0.2),
    "feed: repeated offsets": on_feed("repeat"),
    "feed: drip": on_feed("drip", bytes=7, every=0.001, seconds=0.5),
    "feed: 503": on_call("feed", 503),
    "feed: 401": on_call("feed", 401),
    "token: 401": on_call("token", 401),
    "token: 500": on_call("token", 500),
    "discovery: 500": on_call("discover", 500),
    "discovery: empty": on_call("discover", 200, body=""),
    "discovery: resources null": lambda draw, reach: {"on": "discover", "merge": {"resources": None}},
}


class Moment(NamedTuple):
    """So many seconds with so many events per partition, a fault in store, and what is done at the end."""

    seconds: float
    events: int
    fault: str
    step: Step
    act: str


class Schedule(NamedTuple):
    """A whole soak: its moments, and the events per partition of the quiet end."""

    seed: int
    moments: tuple[Moment, ...]
    quiet: int

    def __str__(self) -> str:
        acts = Counter(moment.act for moment in self.moments)
        faults = Counter(moment.fault for moment in self.moments)
        told = ", ".join(f"{count} x {name}" for name, count in sorted(faults.items()))
        return f"seed {self.seed}: {dict(sorted(acts.items()))}; faults: {told}"


def draw_schedule(seed: int, events: int, kills: int) -> Schedule:
    """A soak of about so many events in all, with so many kills and a fifth as many stops."""
    draw = random.Random(seed)
    acts = [KILL_INPUT] * (kills * 3 // 4) + [KILL_SPLUNKD] * (kills - kills * 3 // 4) + [STOP] * (kills // 5 + 1)
    draw.shuffle(acts)
    quiet = int(events * QUIET_SHARE) // PARTITIONS
    share = (events // PARTITIONS - quiet) // len(acts)
    moments = []
    for act in acts:
        fault = draw.choice(sorted(FAULTS))
        moments.append(Moment(draw.uniform(SHORTEST, LONGEST), share, fault, FAULTS[fault](draw, Reach()), act))
    return Schedule(seed, tuple(moments), quiet + events // PARTITIONS - quiet - share * len(acts))
