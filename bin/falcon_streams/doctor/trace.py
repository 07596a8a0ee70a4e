"""What an input leaves on this machine: its folder of checkpoints and state, its lock, and its process's last state.

Rules: everything is only looked at. A record is not read: reading a damaged one would move it aside.
"""

from __future__ import annotations

import math
import os
import shutil
from pathlib import Path
from typing import Any, Dict, Iterator, List

from falcon_streams import __version__
from falcon_streams.core.last_error import NO_ERROR
from falcon_streams.core.text import tidy
from falcon_streams.doctor.finding import Outcome, Said
from falcon_streams.ports import Clock
from falcon_streams.splunk.process_lock import holder_of
from falcon_streams.splunk.state import STALE_AFTER, read_state
from falcon_streams.store.folder import DAMAGED

LEAST_FREE = 100_000_000  # bytes; the logs of one input can grow by that between two looks
_READING = ("running", "starting", "waiting_app_id", "standby")


class Trace:
    """One input's folder under examination."""

    def __init__(self, folder: Path, clock: Clock) -> None:
        self._folder = folder
        self._clock = clock

    def reads(self) -> bool:
        """Whether the input's process reads at least one partition now."""
        shown = read_state(self._folder)
        states = [each.get("state") for each in _partitions(shown)]
        return self._age(shown) <= STALE_AFTER and "running" in states

    def is_now(self, state: str) -> bool:
        """Whether the input's process shows this state now."""
        shown = read_state(self._folder)
        return self._age(shown) <= STALE_AFTER and shown.get("state") == state

    def events(self) -> int:
        """How many events the process has read since its start."""
        return sum(int(_number(each.get("events"))) for each in _partitions(read_state(self._folder)))

    def check_folder(self) -> Outcome:
        """Whether the folder, or the nearest that is there, can be written and has room."""
        kept = sorted(self._folder.glob(f"*{DAMAGED}"))
        damaged = next((path for path in kept if not path.with_suffix("").exists()), None)
        if damaged is not None:
            return Said.RECORD_DAMAGED.about(path=damaged)
        there = next(each for each in (self._folder, *self._folder.parents) if each.is_dir())
        if not os.access(there, os.W_OK | os.X_OK):
            return Said.FOLDER_CLOSED.about(folder=there)
        free = shutil.disk_usage(there).free
        said = Said.FOLDER if free >= LEAST_FREE else Said.FOLDER_FULL
        return said.about(folder=there, free=f"{free / 1e6:,.0f}")

    def check_lock(self) -> Outcome:
        """Who holds the lock."""
        holder = holder_of(self._folder)
        if holder is None:
            return Said.LOCK_FREE.about()
        if holder.orphaned:
            return Said.LOCK_ORPHANED.about(pid=holder.pid)
        told = "A process" if holder.pid is None else f"Process {holder.pid}"
        return Said.LOCK_HELD.about(holder=f"{told} on this machine holds the input's lock")

    def check_process(self) -> Outcome:
        """What the process last showed."""
        shown = read_state(self._folder)
        if not shown:
            return Said.PROCESS_NEVER.about()
        trouble, age, state = _trouble(shown), self._age(shown), tidy(str(shown.get("state")))
        if state not in _READING and trouble:
            return Said.PROCESS_TROUBLE.about(trouble=trouble)
        if age > STALE_AFTER:
            return Said.PROCESS_SILENT.about(age=f"{age:,.0f}")
        if state == "standby":
            return Said.PROCESS_STANDBY.about(trouble=trouble or "another forwarder reads")
        running = tidy(str(shown.get("version") or __version__))
        if running != __version__:
            return Said.PROCESS_OLD.about(running=running, installed=__version__)
        if trouble:
            return Said.PROCESS_TROUBLE.about(trouble=trouble)
        uptime = f"{_number(shown.get('up_s')) / 3600:.1f} h"
        rss = f"{_number(shown.get('rss_mb')):.0f}"
        return Said.PROCESS.about(version=running, state=state, uptime=uptime, rss=rss, age=f"{age:.0f}")

    def _age(self, shown: Dict[str, Any]) -> float:
        return max(0.0, self._clock.now() - _number(shown.get("updated_at")))


def folders(checkpoint_dir: Path) -> Iterator[Path]:
    """The folders of inputs that have run on this machine."""
    try:
        yield from sorted(each for each in checkpoint_dir.iterdir() if each.is_dir())
    except OSError:
        return


def _trouble(shown: Dict[str, Any]) -> str:
    told: List[str] = [str(shown.get("trouble") or "")]
    told += [str(each.get("trouble") or "") for each in _partitions(shown)]
    return next((tidy(each, 1000) for each in told if each not in ("", NO_ERROR)), "")


def _partitions(shown: Dict[str, Any]) -> List[Dict[str, Any]]:
    partitions = shown.get("partitions")
    values = partitions.values() if isinstance(partitions, dict) else ()
    return [each for each in values if isinstance(each, dict)]


def _number(value: object) -> float:
    return float(value) if isinstance(value, (int, float)) and math.isfinite(value) else 0.0
