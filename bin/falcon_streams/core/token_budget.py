"""How many tokens an input with many tenants may ask for: Falcon's limit, kept before Falcon has to say so.

Theory. Falcon gives an address 300 tokens a minute (reference 1.4), and names the limit in each answer. A thousand
tenants want one each at a start, and again after an outage. So tokens are asked for evenly, after a few at once: what
goes out evenly arrives evenly, however long each request waits on its way. A twentieth of the limit is left for the
other inputs behind the address. A 429 stops all until its time has come.

Rules: times are monotonic seconds; only the supervisor calls.
"""

from __future__ import annotations

MINUTE = 60.0
USUAL_LIMIT, LARGEST_LIMIT = 300, 6000
# Of the limit: how many at once, and how many more in each minute. Together they are what any minute can have.
AT_ONCE, EVENLY = 0.1, 0.85


class TokenBudget:
    """How many tokens may be asked for now: some, and more as time goes on."""

    def __init__(self) -> None:
        self._limit = USUAL_LIMIT
        self._left = AT_ONCE * USUAL_LIMIT
        self._counted_at = float("-inf")
        self._not_before = float("-inf")

    def admits(self, at: float) -> bool:
        """Whether a token may be asked for now; it counts as asked for then."""
        most = max(1.0, AT_ONCE * self._limit)
        more = EVENLY * self._limit / MINUTE * (at - self._counted_at)
        self._left, self._counted_at = min(most, self._left + more), at
        if at < self._not_before or self._left < 1.0:
            return False
        self._left -= 1.0
        return True

    def follow(self, limit: int) -> None:
        """Falcon named its limit: so many tokens a minute."""
        self._limit = min(limit, LARGEST_LIMIT)

    def refused(self, at: float, wait: float) -> None:
        """Falcon gave no token, and asked to wait so many seconds."""
        self._not_before = max(self._not_before, at + wait)
