"""How long to wait before the next try: exponential, capped, full jitter, with the server's own wait as the floor.

Full jitter (a draw from zero to the ceiling) keeps a thousand inputs that lost the same service from coming back in
step. The draw is injected, so that a test can hold both ends.
"""

from __future__ import annotations

from typing import Callable

# A server that asks for more than a quarter of an hour is asked again after that time (design decision 6).
LONGEST_FLOOR = 900.0


class Backoff:
    """The waits of one thing that is tried again and again; `reset` after it has worked for a while."""

    def __init__(self, first: float, cap: float, jitter: Callable[[], float]) -> None:
        """`first` and `cap` in seconds; `jitter` returns a number from 0 up to 1."""
        if not 0 < first <= cap:
            raise ValueError("a backoff needs 0 < first <= cap")
        self._first = first
        self._cap = cap
        self._jitter = jitter
        self._failures = 0

    def next(self, floor: float = 0.0) -> float:
        """Seconds to wait now; each call counts as one more failure."""
        ceiling = min(self._cap, self._first * 2.0 ** min(self._failures, 32))
        self._failures += 1
        return min(max(floor, 0.0), LONGEST_FLOOR) + self._jitter() * ceiling

    def reset(self) -> None:
        """It works again: the next failure waits as the first one did."""
        self._failures = 0
