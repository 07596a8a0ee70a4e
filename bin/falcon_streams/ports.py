"""The seams between what decides and what acts: each Protocol is all that one side may know of the other.

Rules: the supervisor and the reader see the world only through these; tests hand them fakes that keep the same
promises. Every call may block for a bounded time only, except `Feed.read`, which `abort` ends from another thread, and
`Sink.write`, which a stop ends.
"""

from __future__ import annotations

from queue import SimpleQueue
from typing import Callable, FrozenSet, Mapping, Optional, Protocol, Sequence, TypeVar

from falcon_streams.core.batch import Batch
from falcon_streams.core.claim import Claim, View
from falcon_streams.core.discovery import Discovery, Stream
from falcon_streams.core.record import Record
from falcon_streams.errors import Retryable

T = TypeVar("T")


class Clock(Protocol):
    """Time. Everything that waits or times out asks it, so that a test can hand out another one."""

    def now(self) -> float:
        """Epoch seconds, for stamps and comparisons with other machines."""

    def monotonic(self) -> float:
        """Seconds that never go backwards, for every wait and deadline."""

    def pause(self, seconds: float) -> None:
        """Let this little time pass."""

    def take(self, inbox: SimpleQueue[T], seconds: float) -> Optional[T]:
        """The next thing from the inbox, None when none came within that time."""

    def real(self, seconds: float) -> float:
        """How long that time takes on the machine's own clock, for socket and poll timeouts."""


class EventStreamsApi(Protocol):
    """What the supervisor asks of the service collection. Raises Retryable and Fatal only."""

    def discover(self) -> Discovery:
        """One discovery for this input's app id."""

    def refresh(self, stream: Stream) -> None:
        """Post the refresh URL as it was given. Raises SessionGone on 404."""

    def revoke(self) -> None:
        """Give the bearer back, within a second; failures are nobody's concern any more."""


class Feed(Protocol):
    """The open HTTP response of a partition. `gathers`: whether a read brings all that has arrived meanwhile."""

    gathers: bool

    def read(self) -> bytes:
        """What is there now, waiting for at least a byte; b"" at the orderly end. Raises Retryable on a cut."""

    def disown(self, start: bytes) -> Retryable:
        """The error for an answer that has turned out to be no feed; `start` are the first bytes of it."""

    def finish(self) -> None:
        """Say goodbye, from any thread; a `read` under way returns b"" once the other side has closed too."""

    def abort(self) -> None:
        """End a `read` under way at once, from any thread."""

    def close(self) -> None:
        """Close the connection; by the reader only, and always."""


class Feeds(Protocol):
    """Opens feeds."""

    def open(self, stream: Stream, position: str) -> Feed:
        """Open the feed of this stream at a position (`offset=7`, `whence=0`). Raises Retryable."""


class Sink(Protocol):
    """splunkd's pipe. Calls come from all readers at once."""

    def write(self, partition: str, batch: Batch) -> int:
        """Write the events, in order, in one write; return the ticket: the count of bytes written so far.

        Raises SplunkdGone where nobody reads any more, Stopped once the sink was stopped or the right to write is lost.
        """

    def taken(self) -> int:
        """How many bytes splunkd has taken; a ticket up to this number is receipted."""

    def stop(self) -> None:
        """Refuse further writes; the one in progress has a second to finish."""

    def close(self) -> None:
        """End the event stream where that is possible."""


class OffsetStore(Protocol):
    """Where the records are. Raises Fatal where a record is there but must not be used."""

    def partitions(self) -> FrozenSet[str]:
        """The partitions that have a record."""

    def load(self, partition: str) -> Optional[Record]:
        """The record of a partition, None where there never was one."""

    def save(self, records: Sequence[Record]) -> None:
        """Store the records, durably. Raises Retryable where that cannot be done now; some may be stored then."""


class ClaimStore(Protocol):
    """Where the claims of an input are that several forwarders share. Every call raises Retryable and RestartNeeded."""

    def look(self) -> View:
        """The newest claim and the traces of all writers."""

    def insert(self, claim: Claim) -> bool:
        """Add a claim; False where there is one of that generation."""

    def replace(self, claim: Claim) -> None:
        """Put this in the place of the claim of its generation."""


class Lock(Protocol):
    """What one process at a time may have."""

    def take(self) -> str:
        """Take it: empty where it is ours now, else a sentence that says who has it."""


class StateBoard(Protocol):
    """Where the state of the input is shown to the Inputs page."""

    def show(self, state: Mapping[str, object]) -> None:
        """Replace what is shown; failures are logged, never raised."""


StartThread = Callable[[str, Callable[[], None]], None]
"""Runs a function in a thread of that name. Raises Retryable where the machine has no thread left."""
