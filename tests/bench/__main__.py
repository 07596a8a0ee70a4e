"""`make bench`: every row of the table, on each Python that is here; dist/bench.json and the pictures of the docs.

Rules: what is measured alone runs alone. A target that is missed is said and does not fail the bench: the machine may
be another one. `make test` runs a slice (test_bench.py), which fails on a gross miss.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any, Callable, Dict, Iterator

from tests.bench import crowd, live, memory, throughput
from tests.bench.sample import MIX
from tests.bench.stage import Stage
from tests.bench.table import Row, Table
from tools import environments, package

DIST = environments.ROOT / "dist"
EVENTS, ROUNDS = 60_000, 5
Measure = Callable[[Stage, str, Path], Iterator[Row]]


def main() -> None:
    """Measure what is asked for."""
    parser = argparse.ArgumentParser(description="Measure the add-on's speed.")
    parser.add_argument("--only", default="", help="measures whose name holds this text")
    parser.add_argument("--python", default="", help="on this version only")
    arguments = parser.parse_args()
    table = Table()
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        built = package.build(Path(folder))
        for tls, measures in ((False, PLAIN), (True, TLS)):
            wanted = {name: measure for name, measure in measures.items() if arguments.only in name}
            if wanted:
                with Stage(Path(folder) / f"stage-{tls}", built, tls) as stage:
                    measure_all(stage, wanted, arguments.python, table)
    write(table)
    missed = table.missed()
    print(f"{len(table.rows)} rows, {len(missed)} targets missed, after {time.monotonic() - began:.0f} s", flush=True)


def measure_all(stage: Stage, measures: Dict[str, Measure], only: str, table: Table) -> None:
    """Each measure on each Python."""
    for name, measure in measures.items():
        for version, python in environments.interpreters().items():
            if only in version:
                print(f"-- {name}", flush=True)
                table.add(*measure(stage, version, environments.for_tests(version, python)))


def write(table: Table) -> None:
    """dist/bench.json."""
    DIST.mkdir(exist_ok=True)
    record: Dict[str, Any] = {
        "machine": f"{os.cpu_count()} cores, {cpu_model()}, {platform.platform()}",
        "commit": subprocess.run(
            ["git", "rev-parse", "HEAD"], cwd=environments.ROOT, capture_output=True, text=True
        ).stdout.strip(),
        "sample": {"events": EVENTS, "mix": MIX},
        "rows": [row.record() for row in table.rows],
    }
    (DIST / "bench.json").write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")


def cpu_model() -> str:
    """What the machine calls its processor."""
    lines = Path("/proc/cpuinfo").read_text(encoding="ascii", errors="replace").splitlines()
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), "unknown")


PLAIN: Dict[str, Measure] = {
    "contenders": lambda stage, version, python: throughput.measure_contenders(stage, version, python, EVENTS, ROUNDS),
    "long lines": lambda stage, version, python: throughput.measure_long_lines(stage, version, python, ROUNDS),
}
TLS: Dict[str, Measure] = {
    "contenders over TLS": PLAIN["contenders"],
    "segments": lambda stage, version, python: live.measure_segments(stage, version, python, 8.0),
    "latency": lambda stage, version, python: live.measure_latency(stage, version, python, 20.0),
    "long run": lambda stage, version, python: memory.measure_long_run(stage, version, python, 5_000_000),
    "many partitions": lambda stage, version, python: memory.measure_many_partitions(stage, version, python, 100_000),
    "start": lambda stage, version, python: live.measure_start(stage, version, python, 5),
    "idle": lambda stage, version, python: live.measure_idle(stage, version, python, 30.0),
    "blocked pipe": lambda stage, version, python: memory.measure_blocked_pipe(stage, version, python, 60.0),
    "crowd": lambda stage, version, python: crowd.measure_crowd(stage, version, python, 64, 20.0),
}


if __name__ == "__main__":
    main()
