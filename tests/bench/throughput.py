"""The three contenders on the same bytes: CPU and wall time, for the chunk sizes of a live feed and of a backlog.

Rules: in each round every contender runs once, in turn, in a process of its own; a ratio is taken within its round.
"""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import Dict, Iterator, List, Sequence

from tests.bench.runs import FLOOR, OURS, TEXTBOOK, Cost, Run
from tests.bench.source import BY_EVENT, Blast, LongLines
from tests.bench.stage import Stage
from tests.bench.table import AT_LEAST, AT_MOST, Row, Target, over_rounds

CUTS = {"one event a chunk": BY_EVENT, "16 KiB chunks": 16 * 1024, "256 KiB chunks": 256 * 1024}
ABOVE_FLOOR = {"one event a chunk": 1.5, "16 KiB chunks": 4.0, "256 KiB chunks": 5.0}
ABOVE_FLOOR_TLS = 2.5
BELOW_TEXTBOOK, BELOW_TEXTBOOK_TLS, BELOW_TEXTBOOK_WALL = 10.0, 6.0, 8.0
LONG_LINES = {"64 KiB": 64 * 1024, "1 MiB": 1024 * 1024, "16 MiB": 16 * 1024 * 1024}
LONG_LINES_BYTES = 32 * 1024 * 1024
LINEAR = 1.5


def measure_contenders(
    stage: Stage, version: str, python: Path, events: int, rounds: int, cuts: Sequence[str] = tuple(CUTS)
) -> Iterator[Row]:
    """CPU of ours beside the textbook's and the floor's; over TLS where the stage speaks it."""
    way = "TLS, " if stage.tls else ""
    for name in cuts:
        costs = _contend(stage, python, Blast("", events, CUTS[name]), rounds)
        ours, floor, textbook = costs[OURS], costs[FLOOR], costs[TEXTBOOK]
        least = Target(AT_LEAST, BELOW_TEXTBOOK_TLS if stage.tls else BELOW_TEXTBOOK)
        most = Target(AT_MOST, ABOVE_FLOOR_TLS if stage.tls else ABOVE_FLOOR[name])
        ratios = [theirs.cpu / our.cpu for theirs, our in zip(textbook, ours)]
        yield over_rounds(f"CPU, textbook : ours, {way}{name}", version, ratios, target=least)
        ratios = [our.cpu / theirs.cpu for theirs, our in zip(floor, ours)]
        yield over_rounds(f"CPU, ours : floor, {way}{name}", version, ratios, target=most)
        if not stage.tls:
            ratios = [theirs.wall / our.wall for theirs, our in zip(textbook, ours)]
            target = Target(AT_LEAST, BELOW_TEXTBOOK_WALL)
            yield over_rounds(f"wall, textbook : ours, {name}", version, ratios, target=target)
        for who, found in costs.items():
            each = [cost.cpu / events * 1e6 for cost in found]
            yield over_rounds(f"CPU an event, {who}, {way}{name}", version, each, "us")


def measure_long_lines(stage: Stage, version: str, python: Path, rounds: int) -> Iterator[Row]:
    """What a byte costs in long lines, beside what it costs in the sample's."""
    events = LONG_LINES_BYTES // 1100
    found: Dict[str, List[float]] = defaultdict(list)
    with Run(stage, python) as run:
        for number in range(rounds + 1):
            usual = run.carry(Blast(f"bench-usual-{number}-end", events, CUTS["256 KiB chunks"])).cpu
            for name, size in LONG_LINES.items():
                order = LongLines(f"bench-{size}-{number}-end", size, LONG_LINES_BYTES // size)
                if number:  # the first round builds the bytes and warms up
                    found[name].append(run.carry(order).cpu / usual)
                else:
                    run.carry(order)
    for name, ratios in found.items():
        yield over_rounds(f"CPU a byte, {name} lines : 1 KB lines", version, ratios, target=Target(AT_MOST, LINEAR))


def _contend(stage: Stage, python: Path, order: Blast, rounds: int) -> Dict[str, List[Cost]]:
    costs: Dict[str, List[Cost]] = {OURS: [], FLOOR: [], TEXTBOOK: []}
    for number in range(rounds):
        for who, found in costs.items():
            with Run(stage, python, who) as run:
                found.append(run.carry(order._replace(mark=f"bench-{who}-{number}-end")))
    return costs
