"""What can be seen at one moment: the input's state, each partition, and how much of the backlog is left.

Rules: pure. The state is the one that the Inputs page shows, in words for people; a state file that was written before
the last kill or start tells of a process that is gone.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple, Optional

STARTING, READING, WAITING, STOPPED, KILLED = "starting", "reading", "waiting", "stopped", "killed"
LIVE = 5.0  # seconds behind Falcon that a live partition may be
_OF_STATE_FILE = {"running": READING, "waiting_app_id": WAITING}
WORDS = {
    STARTING: "starting",
    READING: "reading",
    WAITING: "waiting for Falcon to free the app ID",
    STOPPED: "stopped",
    KILLED: "killed",
}


class Row(NamedTuple):
    """One partition."""

    partition: str
    state: str
    arrived: int
    rate: float
    behind: Optional[float]


class Look(NamedTuple):
    """One moment; `at` is in seconds since the input was made."""

    at: float
    state: str
    rows: tuple[Row, ...]
    backlog: int
    arrived: int
    repeated: int

    @property
    def share(self) -> float:
        """How much of the backlog has arrived, 0 to 1; what is live adds to both sides until the backlog is done."""
        return min(1.0, self.arrived / self.backlog)

    @property
    def caught_up(self) -> bool:
        """Whether the backlog is in the index and every partition is live."""
        return self.share >= 1.0 and all(row.behind is not None and row.behind < LIVE for row in self.rows)

    @property
    def rate(self) -> float:
        """Events a second of all partitions."""
        return sum(row.rate for row in self.rows)

    @property
    def seconds_left(self) -> Optional[float]:
        """How long the backlog takes at this rate; None where nothing arrives."""
        left = self.backlog - self.arrived
        if left <= 0:
            return 0.0
        return left / self.rate if self.state == READING and self.rate > 0 else None


def state_of(shown: Mapping[str, Any], runs: bool, enabled: bool, fresh_after: float) -> str:
    """The state of the input: of its process, and if that runs, as its state file says."""
    if not runs:
        return KILLED if enabled else STOPPED
    if not shown or shown["updated_at"] < fresh_after:
        return STARTING
    return _OF_STATE_FILE.get(shown["state"], STARTING)


def overall(state: str, rows: tuple[Row, ...]) -> str:
    """The state of the whole: it reads when every partition does."""
    states = [row.state for row in rows]
    return next((each for each in (WAITING, STARTING) if each in states), state)


def partition_state(shown: Mapping[str, Any], partition: str, state: str) -> str:
    """The state of a partition, which has one of its own only while the input reads."""
    if state != READING:
        return state
    known = shown["partitions"].get(partition, {})
    return _OF_STATE_FILE.get(known.get("state", ""), STARTING)
