"""Many inputs on one machine, each a process with a live feed: what they take together, and who waits longest."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path
from typing import Dict, Iterator, List

from tests.bench import meters
from tests.bench.drain import Drain, Stamp, Watch
from tests.bench.runs import percentile
from tests.bench.source import GREETED, Pace
from tests.bench.stage import Stage
from tests.bench.table import AT_MOST, Row, Target

RATE = 20.0
AT_ONCE = 8  # starts: all at once they would wait for each other
CALM = 4.0


def measure_crowd(stage: Stage, version: str, python: Path, inputs: int, seconds: float) -> Iterator[Row]:
    """A quarter of that many inputs, then all of them, with one partition and 20 events a second each."""
    fifos = [stage.fifo() for _ in range(inputs)]
    drain = Drain(fifos)
    processes: List[subprocess.Popen[bytes]] = []
    try:
        feeds: List[int] = []
        for begin in range(0, inputs, AT_ONCE):
            some = fifos[begin : begin + AT_ONCE]
            processes += [stage.start_ours(python, fifo, pinned=False) for fifo in some]
            feeds += stage.source.wait_for_feeds(len(some))
            drain.begin(Watch(GREETED, len(some), anywhere=True))
            drain.seen()
            if len(feeds) == inputs // 4:
                time.sleep(CALM)
                yield from _measure(stage, version, drain, processes, feeds, seconds / 2)
        time.sleep(CALM)
        yield from _measure(stage, version, drain, processes, feeds, seconds)
    finally:
        for process in processes:
            process.kill()
            process.wait()
        drain.close()


def _measure(
    stage: Stage, version: str, drain: Drain, processes: List[subprocess.Popen[bytes]], feeds: List[int], seconds: float
) -> Iterator[Row]:
    drain.begin(Stamp(seconds + 2.0))
    before = [meters.cpu_seconds(process.pid) for process in processes]
    for feed in feeds:
        stage.source.order(feed, Pace(f"bench-{feed}", RATE, seconds))
    sent: Dict[int, Dict[str, float]] = {feed: stage.source.answer(feed) for feed in feeds}
    arrived = drain.stamps(seconds)
    cpu = sum(meters.cpu_seconds(process.pid) - was for process, was in zip(processes, before))
    name = f"{len(processes)} inputs, {RATE:.0f} events/s each: "
    yield Row(name + "CPU", version, cpu / seconds, "cores", Target(AT_MOST, 1))
    resident = sum(meters.resident_mb(process.pid) for process in processes) / 1000
    yield Row(name + "memory", version, resident, "GB", Target(AT_MOST, 3))
    own = sum(meters.own_mb(process.pid) for process in processes) / 1000
    yield Row(name + "memory, shared pages once", version, own, "GB", None)
    worst = max(_p99(marks, arrived) for marks in sent.values())
    yield Row(name + "worst p99", version, worst * 1e3, "ms", Target(AT_MOST, 50))


def _p99(sent: Dict[str, float], arrived: Dict[str, float]) -> float:
    missing = len(sent.keys() - arrived.keys())
    assert not missing, f"{missing} of {len(sent)} events are missing"
    return percentile(sorted(arrived[mark] - at for mark, at in sent.items()), 0.99)
