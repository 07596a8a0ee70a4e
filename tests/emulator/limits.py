"""Falcon's rate limits, as sliding windows of a minute (Event Streams reference 1.4).

Rules: 6,000 calls a minute per customer, all clients pooled; 15 per address without a good bearer; 300 token requests
per address. Refused calls do not count. A window that is full says when it opens again: in epoch seconds, or in one of
the other forms that were seen or documented (reference 10).
"""

from __future__ import annotations

import math
import threading
from collections import deque
from email.utils import formatdate
from typing import NamedTuple, Optional

WINDOW = 60.0
WAIT_FORMS = ("epoch", "fraction", "milliseconds", "delta", "past", "retry-after", "date", "both", "none")
_VENDORS, _STANDARD = "X-Ratelimit-Retryafter", "Retry-After"
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

    def count(self, kind: str, caller: str, now: float, limit: Optional[int] = None) -> Verdict:
        """Count one call, unless its window is full; the limit is the kind's own where none is given."""
        limit = LIMITS[kind] if limit is None else limit
        with self._lock:
            calls = self._calls.setdefault((kind, caller), deque())
            while calls and calls[0] <= now - WINDOW:
                calls.popleft()
            if len(calls) >= limit:
                return Verdict(limit, 0, math.ceil(calls[0] + WINDOW))
            calls.append(now)
            return Verdict(limit, limit - len(calls), None)


def wait_headers(form: str, retry_at: int, now: float) -> dict[str, str]:
    """The headers by which a 429 says, in one of WAIT_FORMS, when its window opens; `past` says that it has."""
    left = str(math.ceil(retry_at - now))
    return {
        "epoch": {_VENDORS: str(retry_at)},
        "fraction": {_VENDORS: f"{retry_at - 0.25:.2f}"},
        "milliseconds": {_VENDORS: str(retry_at * 1000)},
        "delta": {_VENDORS: left},
        "past": {_VENDORS: str(int(now) - 1)},
        "retry-after": {_STANDARD: left},
        "date": {_STANDARD: formatdate(retry_at, usegmt=True)},
        "both": {_VENDORS: str(retry_at), _STANDARD: left},
        "none": {},
    }[form]
