"""`make bench`: every row of the table on each Python that is here; dist/bench.json, with --keep docs/performance.md.

Rules: what is measured alone runs alone. A target that is missed is said and does not fail the bench: the machine may
be another one. `make test` runs a slice (test_bench.py), which fails on a gross miss.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Callable, Dict, Iterator, Mapping, TypeVar

from tests.bench import crowd, live, memory, page, search, tenants, thousand, throughput
from tests.bench.stage import Stage
from tests.bench.table import Row, Table
from tools import environments, package

EVENTS, ROUNDS = 25_000, 5
IDLE, BLOCKED, STAGGER = 20.0, 60.0, 3.0  # seconds; two runs must not start at once, feeds are known by their order
SEARCH_ROUNDS, SEARCH_LEAST = 5, 0.2
TENANTS, BEHIND = 1000, 2_000_000
S = TypeVar("S", bound=Stage)
Measure = Callable[[Stage, str, Path], Iterator[Row]]


def main() -> None:
    """Measure what is asked for."""
    parser = argparse.ArgumentParser(description="Measure the add-on's speed.")
    parser.add_argument("--only", default="", help="measures whose name holds this text")
    parser.add_argument("--python", default="", help="on this version only")
    parser.add_argument("--keep", action="store_true", help="write the results into docs/performance.md, too")
    arguments = parser.parse_args()
    table, began = Table(), time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        built = package.build(Path(folder))
        for tls, measures in ((False, PLAIN), (True, TLS)):
            wanted = {name: measure for name, measure in measures.items() if arguments.only in name}
            if wanted:
                with Stage(Path(folder) / f"stage-{tls}", built, tls) as stage:
                    measure_all(stage, wanted, arguments.python, table)
        family = {name: measure for name, measure in FAMILY.items() if arguments.only in name}
        if family:
            with thousand.Family(Path(folder) / "stage-family", built, TENANTS) as stage_of_family:
                measure_all(stage_of_family, family, arguments.python, table)
    if arguments.only in "search":
        print("-- search", flush=True)
        for row in search.measure_search(SEARCH_ROUNDS, SEARCH_LEAST):
            table.add(row)
    outcomes = list(tenants.show()) if arguments.only in "tenants" else []
    page.write_record(table.rows, EVENTS)
    if arguments.keep:
        page.keep(table.rows, outcomes)
    missed = table.missed()
    print(f"{len(table.rows)} rows, {len(missed)} targets missed, after {time.monotonic() - began:.0f} s", flush=True)


def measure_all(
    stage: S, measures: Mapping[str, Callable[[S, str, Path], Iterator[Row]]], only: str, table: Table
) -> None:
    """Each measure on each Python."""
    found = environments.interpreters().items()
    pythons = {version: environments.for_tests(version, python) for version, python in found if only in version}
    for python in pythons.values():
        stage.compile(python)
    for name, measure in measures.items():
        for version, python in pythons.items():
            print(f"-- {name}", flush=True)
            for row in measure(stage, version, python):
                table.add(row)


def quiet(stage: Stage, version: str, python: Path) -> Iterator[Row]:
    """An idle input and one with a blocked pipe, at the same time: neither has anything to do."""
    with ThreadPoolExecutor() as pool:
        idle = pool.submit(list, live.measure_idle(stage, version, python, IDLE))
        time.sleep(STAGGER)
        blocked = pool.submit(list, memory.measure_blocked_pipe(stage, version, python, BLOCKED))
        yield from idle.result()
        yield from blocked.result()


PLAIN: Dict[str, Measure] = {
    "contenders": lambda stage, version, python: throughput.measure_contenders(stage, version, python, EVENTS, ROUNDS),
    "long lines": lambda stage, version, python: throughput.measure_long_lines(stage, version, python, ROUNDS),
}
TLS: Dict[str, Measure] = {
    "contenders over TLS": PLAIN["contenders"],
    "segments": lambda stage, version, python: live.measure_segments(stage, version, python, 8.0),
    "latency": lambda stage, version, python: live.measure_latency(stage, version, python, 12.0),
    "long run": lambda stage, version, python: memory.measure_long_run(stage, version, python, 5_000_000),
    "many partitions": lambda stage, version, python: memory.measure_many_partitions(stage, version, python, 100_000),
    "start": lambda stage, version, python: live.measure_start(stage, version, python, 5),
    "quiet": quiet,
    "crowd": lambda stage, version, python: crowd.measure_crowd(stage, version, python, 64, 10.0),
}
FAMILY: Dict[str, Callable[[thousand.Family, str, Path], Iterator[Row]]] = {
    "thousand tenants: load": lambda stage, version, python: thousand.measure_load(
        stage, version, python, 30.0, 20.0, BEHIND
    ),
    "thousand tenants: tokens": lambda stage, version, python: thousand.measure_return(stage, version, python),
    "thousand tenants: takeover": lambda stage, version, python: thousand.measure_takeover(stage, version, python),
}


if __name__ == "__main__":
    main()
