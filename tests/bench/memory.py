"""Memory: the peak after millions of events, with many partitions, and with a pipe that nobody empties; and commits."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import Dict, Iterator, List

from tests.bench import meters
from tests.bench.live import measure_commits
from tests.bench.runs import Cost, Run
from tests.bench.source import Blast
from tests.bench.stage import MOST_PARTITIONS, SCHEME, Stage
from tests.bench.table import AT_MOST, Row, Target

SAMPLE, PARTS = 50_000, 5
CUT = 64 * 1024
LOOK_EVERY = 0.02
FULL = 200_000  # bytes: the pipe has been widened, and most of it is taken
NO_GROWTH = 0.1  # MB: a few pages, which the kernel gives out one by one


def measure_long_run(stage: Stage, version: str, python: Path, events: int) -> Iterator[Row]:
    """One partition, millions of events: what they cost from part to part, the peak, and how often and at what cost
    offsets were committed."""
    costs: List[Cost] = []
    each = events // PARTS
    with Run(stage, python) as run, CommitCount(stage) as commits:
        before = meters.peak_mb(run.pid)
        for part in range(PARTS):
            costs.append(run.carry(Blast(f"bench-long-{part}-end", SAMPLE, CUT, each // SAMPLE)))
            cost = costs[-1].cpu / each * 1e6
            yield Row(f"long run: CPU an event, up to {each * (part + 1):,}", version, cost, "us", None)
        peak = meters.peak_mb(run.pid)
    yield Row("memory: peak after the first events", version, before, "MB", None)
    yield Row(f"memory: peak after {events:,} events, 1 partition", version, peak, "MB", Target(AT_MOST, 45))
    cpu, wall = sum(cost.cpu for cost in costs), sum(cost.wall for cost in costs)
    yield Row("events a second, one partition, on and on", version, events / wall, "ev/s", None)
    rate = max(commits.per_second())
    yield Row("commits: per second and partition, at most", version, rate, "per s", Target(AT_MOST, 1.2))
    share = rate * measure_commits(stage, version, python) / (cpu / wall)
    yield Row("commits: share of the CPU at full speed", version, share * 100, "%", Target(AT_MOST, 1))


def measure_many_partitions(stage: Stage, version: str, python: Path, events: int) -> Iterator[Row]:
    """All partitions at full speed, which is more than the input can take."""
    with Run(stage, python, partitions=MOST_PARTITIONS) as run:
        run.carry(Blast("bench-many-end", SAMPLE, CUT, events // SAMPLE))
        peak = meters.peak_mb(run.pid)
    yield Row(f"memory: peak, {MOST_PARTITIONS} partitions at full speed", version, peak, "MB", Target(AT_MOST, 80))


def measure_blocked_pipe(stage: Stage, version: str, python: Path, seconds: float) -> Iterator[Row]:
    """The source sends on and on, and nobody empties the pipe."""
    with Run(stage, python) as run:
        stage.source.order(run.feeds[0], Blast("bench-blocked-end", SAMPLE, CUT, 1000))
        time.sleep(2.0)
        before = meters.resident_mb(run.pid)
        time.sleep(seconds)
        growth = meters.resident_mb(run.pid) - before
        waiting = run.waiting()
        assert waiting > FULL, f"only {waiting} bytes wait in the pipe: nothing has blocked it"
    yield Row(f"memory: growth, pipe blocked for {seconds:.0f} s", version, growth, "MB", Target(AT_MOST, NO_GROWTH))


class CommitCount:
    """Counts how often each checkpoint file is replaced. A context manager."""

    def __init__(self, stage: Stage) -> None:
        self._folder = stage.folder / "checkpoints" / SCHEME
        self._seen: Dict[Path, List[float]] = {}
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look)

    def __enter__(self) -> CommitCount:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def per_second(self) -> List[float]:
        """For each partition of the present run, between its first and its last commit."""
        times = [seen for seen in self._seen.values() if len(seen) > 1]
        return [(len(seen) - 1) / (seen[-1] - seen[0]) for seen in times]

    def _look(self) -> None:
        marks: Dict[Path, int] = {}
        while not self._over.wait(LOOK_EVERY):
            for path in self._folder.glob("*/partition-*.json"):
                try:
                    changed = path.stat().st_mtime_ns
                except FileNotFoundError:
                    continue
                if marks.get(path) != changed:
                    marks[path] = changed
                    self._seen.setdefault(path, []).append(time.monotonic())
