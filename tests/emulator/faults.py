"""Faults as readable steps: what goes wrong where, how often or how long, and how.

A step is a mapping: `on` (token, discover, refresh, revoke, feed, proxy), optionally `partition`, then `times` (how
many matching requests, default 1) or `for` (emulated seconds from its first match), and what happens:
`answer` {status, headers, body, delay, hang} replaces the answer; on a feed also `after_events` and `do`: eof, reset,
reset_mid_line, stall, heartbeats_only, drip, send (with `bytes`, text). In headers a value "+30" is now + 30 epoch s.
"""

from __future__ import annotations

import threading
from typing import Any, Dict, List, Optional

Step = Dict[str, Any]


class Faults:
    """The steps that still wait for their request."""

    def __init__(self) -> None:
        self._steps: List[Step] = []
        self._lock = threading.Lock()

    def add(self, *steps: Step) -> None:
        """Script these steps, behind those that are there."""
        with self._lock:
            self._steps += [dict(step) for step in steps]

    def clear(self) -> None:
        """Forget all steps."""
        with self._lock:
            self._steps.clear()

    def take(self, on: str, now: float, partition: Optional[str] = None) -> Optional[Step]:
        """The step that this request meets, None for an ordinary answer."""
        with self._lock:
            for step in self._steps:
                if step["on"] != on or step.get("partition", partition) != partition:
                    continue
                if "for" in step:
                    if now > step.setdefault("until", now + step["for"]):
                        continue
                    return step
                step["times"] = step.get("times", 1) - 1
                if step["times"] <= 0:
                    self._steps.remove(step)
                return step
        return None
