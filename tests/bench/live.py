"""A live feed: how long an event is on its way, what a segment per event and what silence costs, how a start goes."""

from __future__ import annotations

import statistics
import subprocess
import time
from pathlib import Path
from typing import Iterator, List

from tests.bench import meters
from tests.bench.runs import Run, percentile
from tests.bench.source import Beat
from tests.bench.stage import PINNED, SCHEME, Stage
from tests.bench.table import AT_MOST, Row, Target, over_rounds
from tests.splunkd.inputs.invocation import command, environment

PARTITIONS, RATE = 4, 50.0
FULL_RATE = 20_000.0
HEARTBEAT = 5.0
SLEEPER = "import time\nwhile True: time.sleep(1)"


def measure_latency(stage: Stage, version: str, python: Path, seconds: float) -> Iterator[Row]:
    """From the source's send to the last byte in the pipe."""
    with Run(stage, python, partitions=PARTITIONS) as run:
        pacing = run.pace(RATE / PARTITIONS, seconds)
    assert not pacing.lost, f"{pacing.lost} of {len(pacing.sent)} events have not arrived"
    measure = f"latency, {RATE:.0f} events/s over {PARTITIONS} partitions, "
    for name, share, limit in (("p50", 0.5, 1.0), ("p99", 0.99, 5.0)):
        yield Row(measure + name, version, percentile(pacing.latencies(), share) * 1e3, "ms", Target(AT_MOST, limit))


def measure_segments(stage: Stage, version: str, python: Path, seconds: float) -> Iterator[Row]:
    """20,000 events a second, each in a TCP segment and a TLS record of its own."""
    with Run(stage, python) as run:
        pacing = run.pace(FULL_RATE, seconds)
    instants = list(pacing.sent.values())
    rate = len(instants) / (max(instants) - min(instants))
    yield Row("a segment an event: sent", version, rate, "ev/s", None)
    yield Row("a segment an event: lost behind", version, pacing.lost, "events", Target(AT_MOST, 0))
    latest = percentile(pacing.latencies(), 0.99) * 1e3
    yield Row("a segment an event: latency p99", version, latest, "ms", None)
    yield Row("a segment an event: share of a core", version, pacing.share * 100, "%", Target(AT_MOST, 60))


def measure_idle(stage: Stage, version: str, python: Path, seconds: float) -> Iterator[Row]:
    """Heartbeats only: CPU first, then system calls, because counting them costs. Beside it a process that only wakes:
    what a wake-up costs differs tenfold from machine to machine."""
    with Run(stage, python) as run, subprocess.Popen([*PINNED, str(python), "-c", SLEEPER]) as sleeper:
        stage.source.order(run.feeds[0], Beat(HEARTBEAT, 2 * seconds + 20.0))
        time.sleep(2.0)
        before = [meters.cpu_seconds(pid) for pid in (run.pid, sleeper.pid)]
        time.sleep(seconds)
        costs = [meters.cpu_seconds(pid) - was for pid, was in zip((run.pid, sleeper.pid), before)]
        sleeper.kill()
        idle, bare = (cost / seconds * 3600 for cost in costs)
        yield Row("idle input: CPU an hour", version, idle, "s", Target(AT_MOST, 2))
        yield Row("a process that sleeps a second at a time: CPU an hour", version, bare, "s", None)
        calls = meters.syscalls_per_second(run.pid, seconds)
        yield Row("idle input: system calls", version, calls, "per s", Target(AT_MOST, 20))


def measure_start(stage: Stage, version: str, python: Path, times: int) -> Iterator[Row]:
    """CPU of `--scheme`, and the time from the process's start to its first event in the pipe."""
    words = [*command(str(python), stage.app, SCHEME), "--scheme"]
    env = environment(stage.splunkd.home)
    costs = [meters.children_cpu(words, env) for _ in range(times)]
    yield over_rounds("--scheme: CPU", version, costs, "s", Target(AT_MOST, 0.15))
    empty = [meters.children_cpu([str(python), "-c", "pass"], env) for _ in range(times)]
    yield over_rounds("python -c pass: CPU", version, empty, "s")
    waits: List[float] = []
    for _ in range(times):
        with Run(stage, python) as run:
            waits.append(run.first_event_at - run.began)
    yield over_rounds("start to the first event in the pipe", version, waits, "s", Target(AT_MOST, 0.6))


def measure_commits(stage: Stage, version: str, python: Path) -> float:
    """CPU seconds of one commit of one partition, fsync included."""
    script = Path(__file__).parent / "readers" / "commits.py"
    folder = stage.folder / f"commits-{version}"
    words = [str(python), str(script), str(stage.app), str(folder)]
    return statistics.median(
        float(subprocess.run(words, capture_output=True, text=True, check=True).stdout) for _ in range(3)
    )
