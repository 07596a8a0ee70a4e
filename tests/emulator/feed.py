"""One feed as the tenant remembers it: what was asked, how far it was served, how it ended; and the bell that wakes
it.

Rules: only the loop of the feeds writes its record, others may `order` its end. What was delivered is kept as
stretches of log indexes, never per event. An ending is named by who ended and how: `fin` and `reset` are the client's,
`eof`, `cut` and `server reset` ours.
"""

from __future__ import annotations

from typing import Any, Callable, NamedTuple, Optional

from tests.emulator.partition import Partition

ORDERS = ("eof", "cut", "reset")


class Bell:
    """Has a feed resumed that waits."""

    def __init__(self) -> None:
        self._answer: Callable[[], None] = lambda: None

    def answer(self, ring: Callable[[], None]) -> None:
        """Call this from now on."""
        self._answer = ring

    def ring(self) -> None:
        """Have the feed look again; any thread may call it, also after the end."""
        self._answer()


class Asked(NamedTuple):
    """What the client asked for when it opened the feed."""

    app_id: str
    client_id: str
    offset: Optional[int]
    whence: Optional[str]
    event_types: tuple[str, ...]
    flat: bool


class Feed:
    """One feed of a partition, from its opening on."""

    def __init__(self, number: int, partition: Partition, asked: Asked, opened_at: float) -> None:
        self.number = number
        self.partition = partition
        self.name = partition.name
        self.asked = asked
        self.opened_at = self.refreshed_at = opened_at
        self.refreshes = 0
        self.ended_at: Optional[float] = None
        self.ending = ""
        self.free_at: Optional[float] = None  # None while connected: then (app id, partition) is taken
        self.client_left = False
        self.stretches: list[list[int]] = []  # [generation, first index, index after the last]
        self.withheld: list[tuple[int, int]] = []
        self.repeated: list[tuple[int, int]] = []
        self.heartbeats = 0
        self.bytes = 0
        self.bell = Bell()
        self.ordered: Optional[str] = None
        self.shadow: Optional[float] = None  # how long it stays taken after the end; None for what the ending brings

    @property
    def key(self) -> tuple[str, str]:
        """What only one feed may hold at a time."""
        return self.asked.app_id, self.name

    @property
    def wanted(self) -> Optional[frozenset[str]]:
        """The types of the filter, None for all."""
        return frozenset(self.asked.event_types) or None

    def order(self, how: str, shadow: Optional[float] = None) -> None:
        """Have the feed end itself, one of ORDERS."""
        if how not in ORDERS:
            raise ValueError(f"a feed ends by one of {', '.join(ORDERS)}, not {how!r}")
        self.shadow = shadow
        self.ordered = how
        self.bell.ring()

    def row(self) -> dict[str, Any]:
        """The record as JSON."""
        return {
            "feed": self.number,
            "partition": self.name,
            **self.asked._asdict(),
            "opened_at": self.opened_at,
            "refreshed_at": self.refreshed_at,
            "refreshes": self.refreshes,
            "ended_at": self.ended_at,
            "ending": self.ending,
            "heartbeats": self.heartbeats,
            "bytes": self.bytes,
            "stretches": self.stretches,
        }
