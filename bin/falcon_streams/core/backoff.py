"""How long to wait before the next try: exponential and capped, with full jitter, above the server's own wait.

Full jitter (a draw from zero to the ceiling) keeps a thousand inputs that lost the same service from coming back in
step. The draw is injected, so that a test can choose it.
"""

from __future__ import annotations

from typing import Callable

# If a server asks for a longer wait, we try again after a quarter of an hour (design decision 6).
LONGEST_FLOOR = 900.0


class Backoff:
    """The waits between the tries of one thing. Call `reset` once it has worked for a while."""

    def __init__(self, first: float, cap: float, jitter: Callable[[], float]) -> None:
        """`first` and `cap` bound the first wait and every wait, in seconds; `jitter` returns a number from 0 to 1."""
        if not 0 < first <= cap:
            raise ValueError("a backoff needs 0 < first <= cap")
        self._first = first
        self._cap = cap
        self._jitter = jitter
        self._failures = 0

    def next(self, floor: float = 0.0) -> float:
        """How many seconds to wait. `floor` is the server's wait; each call counts as one more failure."""
        ceiling = min(self._cap, self._first * 2.0 ** min(self._failures, 32))
        self._failures += 1
        return min(max(floor, 0.0), LONGEST_FLOOR) + self._jitter() * ceiling

    def reset(self) -> None:
        """It works again: the next wait is as short as the first."""
        self._failures = 0
