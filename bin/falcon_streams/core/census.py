"""Which tenants an input reads now, and when to ask Falcon again: lists of children in, arrivals and departures out.

Theory. A parent's children come and go. The input asks for them at its start and every 15 minutes. A child that is new
is read at once. One that is missing is left only after a second list without it, asked for a minute later: a list can
be cut short. Until the first list has come, the input reads the tenants that it knows from its records.

Rules: times are monotonic seconds; only the supervisor calls. What is left keeps its records.
"""

from __future__ import annotations

from typing import Callable, FrozenSet, NamedTuple, Optional

from falcon_streams.core.backoff import Backoff
from falcon_streams.core.tenant_choice import TenantChoice

LIST_EVERY, LOOK_AGAIN = 900.0, 60.0
FIRST_RETRY, LONGEST_RETRY = 5.0, 300.0
# Each tenant costs memory and a token every half hour; the table of docs/performance.md ends at a thousand.
MOST_TENANTS = 2000


class Change(NamedTuple):
    """The tenants that an input begins to read, and those that it leaves."""

    begun: FrozenSet[str] = frozenset()
    left: FrozenSet[str] = frozenset()


class Census:
    """The tenants of one input."""

    def __init__(self, choice: TenantChoice, known: FrozenSet[str], jitter: Callable[[], float]) -> None:
        """`known` are the tenants that have records; `jitter` returns 0 to 1."""
        self.tenants = choice.of(known if choice.children else frozenset())
        self.beyond = 0  # children that are too many
        self._choice = choice
        self._jitter = jitter
        self._missing: FrozenSet[str] = frozenset()
        self._backoff = Backoff(FIRST_RETRY, LONGEST_RETRY, jitter)
        self._ask_at: Optional[float] = float("-inf") if choice.children else None

    def is_due(self, at: float) -> bool:
        """Whether to ask Falcon for the children now. It counts as asked for until one of the answers below."""
        if self._ask_at is None or at < self._ask_at:
            return False
        self._ask_at = None
        return True

    def listed(self, children: FrozenSet[str], at: float) -> Change:
        """Falcon listed these children."""
        self._backoff.reset()
        wanted = self._choice.of(children)
        missing = self.tenants - wanted
        left = missing & self._missing
        self._missing = missing - left
        self._ask_at = at + (LOOK_AGAIN if self._missing else LIST_EVERY * (0.9 + 0.1 * self._jitter()))
        room = MOST_TENANTS - len(self.tenants - left)
        begun = sorted(wanted - self.tenants)
        self.beyond = max(len(begun) - room, 0)
        self.tenants = self.tenants - left | frozenset(begun[:room])
        return Change(frozenset(begun[:room]), left)

    def failed(self, at: float, after: float) -> None:
        """Falcon did not list them; `after` is the server's wait in seconds."""
        self._ask_at = at + self._backoff.next(after)
