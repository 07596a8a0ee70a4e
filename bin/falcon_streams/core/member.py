"""One partition of an input over all its feeds: which phase it is in, and how long it has to wait.

Theory. Two tables say what can become of a partition; docs/architecture.md draws them. `PHASES` follows the partition
through its feeds. `SEARCHES` keeps what the roster has tried when Falcon did not offer the partition. The search is
over when a feed has opened, and not before: an offer proves little, because opening what Falcon offers can fail.

Rules: times are monotonic seconds; only the roster calls. A happening that a table does not list for the phase is a
fault of the caller's, and raises KeyError.
"""

from __future__ import annotations

from enum import Enum
from typing import Dict, Literal, Optional, Tuple

from falcon_streams.core.backoff import LONGEST_FLOOR, Backoff
from falcon_streams.core.discovery import Stream
from falcon_streams.core.session import Session

HEALTHY_AFTER = 120.0  # reference 8.1: a feed that was read this long has proven itself
MISSING_TOO_LONG = 600.0


class Phase(Enum):
    """Where a partition stands. The value says what the phase means."""

    IDLE = "It has no reader, and waits for the next discovery."
    MISSING = "It has no reader, and Falcon does not offer it, although it offers others or we read others."
    OPENING = "Its reader has started, and Falcon has not answered 200 yet."
    OPEN = "Falcon has answered 200, and the reader reads."
    CLOSING = "The feed has to end, and the reader has not ended yet."
    FINISHED = "It has passed `stop_at`, and nothing of it is read any more."


class Search(Enum):
    """What the roster has tried since the partition was last open. The value says what has happened."""

    UNTRIED = "Nothing but further discoveries."
    STARTED_OVER = "It was missing for ten minutes, so the roster closes all feeds and asks Falcon again, once."
    VANISHED = "It was missing for ten minutes, and Falcon did not offer it although no feed of ours was connected."


Happening = Literal["offered", "offered too early", "not offered", "opened", "told to close", "ended", "finished"]
Finding = Literal["missing too long", "missing with no feed connected", "opened"]

PHASES: Dict[Tuple[Phase, Happening], Phase] = {
    (Phase.IDLE, "offered"): Phase.OPENING,
    (Phase.IDLE, "offered too early"): Phase.IDLE,
    (Phase.IDLE, "not offered"): Phase.MISSING,
    (Phase.MISSING, "offered"): Phase.OPENING,
    (Phase.MISSING, "offered too early"): Phase.IDLE,
    (Phase.MISSING, "not offered"): Phase.MISSING,
    (Phase.OPENING, "opened"): Phase.OPEN,
    (Phase.OPENING, "ended"): Phase.IDLE,
    (Phase.OPEN, "told to close"): Phase.CLOSING,
    (Phase.OPEN, "ended"): Phase.IDLE,
    (Phase.CLOSING, "ended"): Phase.IDLE,
    (Phase.IDLE, "finished"): Phase.FINISHED,
    (Phase.OPEN, "finished"): Phase.FINISHED,
    (Phase.CLOSING, "finished"): Phase.FINISHED,
}
SEARCHES: Dict[Tuple[Search, Finding], Search] = {
    (Search.UNTRIED, "missing too long"): Search.STARTED_OVER,
    (Search.UNTRIED, "missing with no feed connected"): Search.VANISHED,
    (Search.UNTRIED, "opened"): Search.UNTRIED,
    (Search.STARTED_OVER, "missing with no feed connected"): Search.VANISHED,
    (Search.STARTED_OVER, "opened"): Search.UNTRIED,
    (Search.VANISHED, "missing with no feed connected"): Search.VANISHED,
    (Search.VANISHED, "opened"): Search.UNTRIED,
}


class Member:
    """A partition. Methods in the past tense take a happening."""

    def __init__(self, partition: str, backoff: Backoff) -> None:
        self.partition = partition
        self.phase = Phase.IDLE
        self.search = Search.UNTRIED
        self.stream: Optional[Stream] = None  # from OPENING on
        self.session: Optional[Session] = None  # from OPEN on
        self.retry_at = 0.0  # when IDLE or MISSING: the partition's next discovery
        self.has_brought_events = False  # in any run
        self._missing_since = 0.0  # when MISSING
        self._floor_at = 0.0  # when IDLE or MISSING: the server asked for that wait, so no offer shortens it
        self._backoff = backoff

    @property
    def has_reader(self) -> bool:
        """Whether a reader of this partition may be alive."""
        return self.phase not in (Phase.IDLE, Phase.MISSING, Phase.FINISHED)

    @property
    def is_waiting(self) -> bool:
        """Whether a discovery may bring this partition a reader."""
        return self.phase in (Phase.IDLE, Phase.MISSING)

    def is_missing_too_long(self, at: float) -> bool:
        """Whether waiting alone does not bring the partition back."""
        return self.phase is Phase.MISSING and at - self._missing_since >= MISSING_TOO_LONG

    def offered(self, stream: Stream, at: float) -> bool:
        """Falcon offers this stream; returns whether to start a reader for it."""
        if not self.is_waiting:
            return False
        if at < self._floor_at:
            self._move("offered too early")
            return False
        self._move("offered")
        self.stream = stream
        return True

    def not_offered(self, at: float) -> None:
        """Falcon does not offer this partition."""
        if self.phase is Phase.IDLE:
            self._missing_since = at
        self._move("not offered")

    def opened(self, session: Session) -> None:
        """The feed answered 200."""
        self._move("opened")
        self.session = session
        self.searched("opened")

    def told_to_close(self) -> bool:
        """The feed has to end; returns whether that is news."""
        if self.phase is not Phase.OPEN:
            return False
        self._move("told to close")
        return True

    def ended(self, at: float, after: float) -> None:
        """The reader has ended; `after` is the server's wait in seconds."""
        self._move("ended")
        if self.session is not None and at - self.session.opened_at >= HEALTHY_AFTER:
            self._backoff.reset()
        self._floor_at = at + min(max(after, 0.0), LONGEST_FLOOR)
        self.retry_at = at + self._backoff.next(after)
        self.stream = self.session = None

    def finished(self) -> None:
        """The partition has passed `stop_at`, and its reader, if it had one, has ended."""
        self._move("finished")
        self.stream = self.session = None

    def searched(self, finding: Finding) -> None:
        """The search has come this far."""
        self.search = SEARCHES[self.search, finding]

    def _move(self, happening: Happening) -> None:
        self.phase = PHASES[self.phase, happening]
