"""How long to wait before the next try: exponential, capped, with full jitter, and at least what the server asks for.

Full jitter (a random wait from zero to the ceiling) keeps a thousand inputs that lost the same service from coming back
at the same time. `jitter` is injected, so that a test can choose both ends.
"""

from __future__ import annotations

from typing import Callable

# If a server asks for a longer wait, we ask again after a quarter of an hour all the same (design decision 6).
LONGEST_FLOOR = 900.0


class Backoff:
    """The waits between the tries of one thing; call `reset` after it has worked for a while."""

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
        """It works again: the next failure waits like the first."""
        self._failures = 0
