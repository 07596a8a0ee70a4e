"""What a process has cost so far, as the kernel counts it. Linux only, like the bench.

Rules: CPU time is the whole process's, its ended threads included, in nanoseconds' resolution (clock_getcpuclockid(3),
whose formula this is); memory is the high-water mark of resident pages.
"""

from __future__ import annotations

import os
import re
import subprocess
import time
from pathlib import Path

_CPUCLOCK_SCHED = 2
# A contender has a core of its own, source and drain share the other: what they do shall not be counted as its work.
OUR_CORES, THEIR_CORES = {min(os.sched_getaffinity(0))}, {max(os.sched_getaffinity(0))}


def cpu_seconds(pid: int) -> float:
    """User and system time of a running process."""
    return time.clock_gettime((~pid << 3) | _CPUCLOCK_SCHED)


def peak_mb(pid: int) -> float:
    """The most memory that was ever resident, in MB."""
    return _status(pid, "VmHWM")


def resident_mb(pid: int) -> float:
    """The memory that is resident now, in MB."""
    return _status(pid, "VmRSS")


def own_mb(pid: int) -> float:
    """What the process would give back if it ended: its share of the pages that others use too counted in part."""
    text = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii")
    found = re.search(r"^Pss:\s+(\d+) kB", text, re.MULTILINE)
    assert found is not None
    return int(found.group(1)) * 1024 / 1e6


def syscalls_per_second(pid: int, seconds: float) -> float:
    """Counted by strace, in all threads; raises FileNotFoundError where it is not installed."""
    words = ["strace", "-f", "-qq", "-c", "-p", str(pid)]
    tracer = subprocess.Popen(words, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
    time.sleep(seconds)
    tracer.terminate()
    _, report = tracer.communicate(timeout=30)
    total = re.search(r"^\s*100\.00\s+\S+\s+(?:\d+\s+)?(\d+)\s+(?:\d+\s+)?total$", report, re.MULTILINE)
    assert total is not None, report
    return int(total.group(1)) / seconds


def _status(pid: int, field: str) -> float:
    text = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    found = re.search(rf"^{field}:\s+(\d+) kB", text, re.MULTILINE)
    assert found is not None, f"process {pid} has ended"
    return int(found.group(1)) * 1024 / 1e6


def children_cpu(words: list[str], env: dict[str, str]) -> float:
    """What a command costs from its start to its end."""
    before = os.times()
    subprocess.run(words, env=env, stdout=subprocess.DEVNULL, stdin=subprocess.DEVNULL, check=True)
    after = os.times()
    return after.children_user + after.children_system - before.children_user - before.children_system
