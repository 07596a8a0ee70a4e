"""The seams between what decides and what acts: each Protocol is all that one side may know of the other.

Rules: the supervisor and the reader see the world only through these; tests give them fakes that keep the same
promises. No call may block without a time limit, except `Feed.read`, which `abort` ends from another thread, and
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
    """Time. Everything that waits or times out uses it, so that a test can replace it."""

    def now(self) -> float:
        """Epoch seconds, for stamps and comparisons with other machines."""

    def monotonic(self) -> float:
        """Seconds that never go backwards, for every wait and deadline."""

    def pause(self, seconds: float) -> None:
        """Wait for this short time."""

    def take(self, inbox: SimpleQueue[T], seconds: float) -> Optional[T]:
        """The next item from the inbox, None if none came within that time."""

    def real(self, seconds: float) -> float:
        """How long this time takes on the machine's own clock, for socket and poll timeouts."""


class EventStreamsApi(Protocol):
    """Falcon's service collection, as the supervisor uses it. Raises Retryable and Fatal only."""

    def discover(self) -> Discovery:
        """Discover the streams of this input's app id."""

    def refresh(self, stream: Stream) -> None:
        """Post the refresh URL as Falcon gave it. Raises SessionGone on 404."""

    def revoke(self) -> None:
        """Give the bearer back within a second; ignore failures."""

    @property
    def needs_token(self) -> bool:
        """Whether the next call asks Falcon for a bearer first."""

    @property
    def token_limit(self) -> Optional[int]:
        """How many bearers Falcon gives this address in a minute, as it said last; None if it has not."""


class Directory(Protocol):
    """Flight Control's list of an account's children."""

    def children(self) -> FrozenSet[str]:
        """The CIDs of all children. Raises Retryable and Fatal only."""


class Feed(Protocol):
    """The open HTTP response of a partition. `gathers` says whether one read returns all that has arrived; it waits for
    the next byte unless `share` was called."""

    gathers: bool

    def read(self) -> Optional[bytes]:
        """What is there, after a wait for at least one byte; b"" at the orderly end. A shared feed does not wait: None
        says that nothing is there. Raises Retryable on a cut."""

    def share(self) -> Optional[int]:
        """Wait for nothing from now on, so that a loop can read many feeds: return the descriptor that becomes
        readable, None if this feed has to wait."""

    def disown(self, start: bytes) -> Retryable:
        """The error for an answer that turned out not to be a feed; `start` holds its first bytes."""

    def finish(self) -> None:
        """Close our side, from any thread; a running `read` returns b"" once the other side has closed too."""

    def abort(self) -> None:
        """End a running `read` at once, from any thread."""

    def close(self) -> None:
        """Close the connection. Only the reader calls this, and always does."""


class Feeds(Protocol):
    """Opens feeds."""

    def open(self, stream: Stream, position: str) -> Feed:
        """Open the feed of this stream at a position (`offset=7`, `whence=0`). Raises Retryable."""


class Sink(Protocol):
    """splunkd's pipe. Calls come from all readers at once."""

    def write(self, partition: str, batch: Batch) -> int:
        """Write the events, in order, in one write; return the ticket: the count of bytes written so far.

        Raises SplunkdGone if nobody reads any more, Stopped once the sink is stopped or the right to write is lost.
        """

    def gather(self) -> None:
        """Keep what is written until `write_gathered`, so that it goes out in one write. Its tickets hold already."""

    def write_gathered(self) -> None:
        """Write what was gathered. Raises what `write` raises."""

    def taken(self) -> int:
        """How many bytes splunkd has taken; tickets up to this number are receipted."""

    def stop(self) -> None:
        """Refuse further writes; the one in progress has a second to finish."""

    def close(self) -> None:
        """End the event stream if possible."""


class OffsetStore(Protocol):
    """Where the records are. Raises Fatal for a record that exists but must not be used."""

    def partitions(self) -> FrozenSet[str]:
        """The partitions that have a record."""

    def load(self, partition: str) -> Optional[Record]:
        """The record of a partition, None if there never was one."""

    def save(self, records: Sequence[Record]) -> None:
        """Store the records durably. Raises Retryable if that is impossible now; some records may be stored then."""


class RemovableRecords(OffsetStore, Protocol):
    """Where the records are, for whoever also removes them."""

    def remove(self, partitions: FrozenSet[str]) -> None:
        """Remove the records of these partitions, as far as they have one. Raises what `save` raises."""

    def faults(self) -> Sequence[str]:
        """A sentence for each record that the input had and that cannot be used; empty if all can."""


class ChangeableStore(RemovableRecords, Protocol):
    """Where the records are, for an admin's change of an input that does not run."""

    def history(self) -> str:
        """The text that `keep_history` has stored, empty for nothing."""

    def keep_history(self, text: str) -> None:
        """Store the text of an admin's changes durably. Raises what `save` raises."""


class ClaimStore(Protocol):
    """Where the claims on a shared input are. Every call may raise Retryable and RestartNeeded."""

    def look(self) -> View:
        """The newest claim and the traces of all writers."""

    def insert(self, claim: Claim) -> bool:
        """Add a claim; False if that generation has one already."""

    def replace(self, claim: Claim) -> None:
        """Replace the claim of the same generation by this one."""


class Lock(Protocol):
    """Something that only one process at a time may hold."""

    def take(self) -> str:
        """Take it: empty if it is ours now, otherwise a sentence that says who holds it."""


class StateBoard(Protocol):
    """Where an input shows its state to the Inputs page."""

    def show(self, state: Mapping[str, object]) -> None:
        """Replace what is shown; failures are logged, never raised."""


class TenantBoard(StateBoard, Protocol):
    """Where an input with many tenants shows its state."""

    def show_tenants(self, tenants: Mapping[str, object]) -> None:
        """Replace what is shown of each tenant; failures are logged, never raised."""


StartThread = Callable[[str, Callable[[], None]], None]
"""Runs a function in a thread of that name. Raises Retryable if the machine has no thread left."""
