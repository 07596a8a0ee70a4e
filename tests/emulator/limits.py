"""Falcon's rate limits, as sliding windows of a minute (Event Streams reference 1.4).

Rules: 6,000 calls a minute per customer, all clients pooled; 15 per address without a good bearer; 300 token requests
per address. Refused calls do not count. A window that is full says when it opens again, in epoch seconds.
"""

from __future__ import annotations

import math
import threading
from collections import deque
from typing import NamedTuple, Optional

WINDOW = 60.0
LIMITS = {"customer": 6000, "bad bearer": 15, "token": 300}


class Verdict(NamedTuple):
    """What is left of a limit; `retry_at` is set where nothing is."""

    limit: int
    remaining: int
    retry_at: Optional[int]


class RateLimits:
    """The windows of all who call."""

    def __init__(self) -> None:
        self._calls: dict[tuple[str, str], deque[float]] = {}
        self._lock = threading.Lock()

    def count(self, kind: str, caller: str, now: float) -> Verdict:
        """Count one call, unless its window is full."""
        limit = LIMITS[kind]
        with self._lock:
            calls = self._calls.setdefault((kind, caller), deque())
            while calls and calls[0] <= now - WINDOW:
                calls.popleft()
            if len(calls) >= limit:
                return Verdict(limit, 0, math.ceil(calls[0] + WINDOW))
            calls.append(now)
            return Verdict(limit, limit - len(calls), None)
