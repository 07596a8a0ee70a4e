"""How many tokens an input with many tenants may ask for: Falcon's limit, kept before Falcon has to say so.

Theory. Falcon gives an address 300 tokens a minute (reference 1.4), and names the limit in each answer. A thousand
tenants want one each at a start, and again after an outage. So tokens are asked for within a sliding minute, with a
tenth of the limit left for the other inputs behind the address; a 429 stops all until its time has come.

Rules: times are monotonic seconds; only the supervisor calls.
"""

from __future__ import annotations

from collections import deque
from typing import Deque

MINUTE = 60.0
USUAL_LIMIT, LARGEST_LIMIT = 300, 6000
SHARE = 0.9


class TokenBudget:
    """The tokens of the last minute, and the next one."""

    def __init__(self) -> None:
        self._most = int(USUAL_LIMIT * SHARE)
        self._asked: Deque[float] = deque()
        self._not_before = float("-inf")

    def admits(self, at: float) -> bool:
        """Whether a token may be asked for now; it counts as asked for then."""
        while self._asked and self._asked[0] <= at - MINUTE:
            self._asked.popleft()
        if at < self._not_before or len(self._asked) >= self._most:
            return False
        self._asked.append(at)
        return True

    def follow(self, limit: int) -> None:
        """Falcon named its limit: so many tokens a minute."""
        self._most = max(1, int(min(limit, LARGEST_LIMIT) * SHARE))

    def refused(self, at: float, wait: float) -> None:
        """Falcon gave no token, and asked to wait so many seconds."""
        self._not_before = max(self._not_before, at + wait)
