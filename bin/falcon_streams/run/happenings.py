"""What threads and signals report to the supervisor's inbox.

Rules: happenings are records without behaviour. A signal handler may call `SimpleQueue.put` (its documentation says
so), so a signal is a happening like any other.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Dict, FrozenSet, Iterable, NamedTuple, Optional, Tuple, Union

from falcon_streams.core.discovery import Discovery, Stream
from falcon_streams.core.partition_name import split
from falcon_streams.core.record import Record
from falcon_streams.core.session import Pulse
from falcon_streams.errors import Fatal, RestartNeeded, Retryable


class Ending(enum.Enum):
    """How an input ends, the best ending first. After `UNCLEAN` no record is marked clean."""

    FINISHED = "finished"
    STOPPED = "stopped"
    RESTART = "restart"
    FATAL = "fatal"
    UNCLEAN = "unclean"


class FeedOpened(NamedTuple):
    """A feed answered 200."""

    partition: str
    pulse: Pulse


@dataclass(frozen=True)
class Written:
    """A batch went to splunkd while no other awaited its receipt."""


class FeedEnded(NamedTuple):
    """A feed has ended and its connection is closed: the reason in one word, the least seconds to wait, any error."""

    partition: str
    reason: str
    after: float = 0.0
    error: Optional[Exception] = None


class Discovered(NamedTuple):
    """A discovery of this tenant's streams was answered; the account's own tenant is empty."""

    discovery: Discovery
    tenant: str = ""


class DiscoveryFailed(NamedTuple):
    """A discovery of this tenant's streams failed."""

    error: Retryable
    tenant: str = ""


class Refreshed(NamedTuple):
    """A refresh was answered; `error` is None if it succeeded."""

    stream: Stream
    error: Optional[Retryable] = None


class Listed(NamedTuple):
    """Falcon listed the account's children by their CIDs, or did not if there is an `error`."""

    children: FrozenSet[str]
    error: Optional[Retryable] = None


class Committed(NamedTuple):
    """These records were stored, or were not if there is an `error`."""

    records: Tuple[Record, ...]
    error: Optional[Retryable] = None


class Claimed(NamedTuple):
    """The claim on a shared input is ours under this generation, and its records are read."""

    generation: int


class SwitchedOff(NamedTuple):
    """splunkd was asked to disable the input; `refusal` is its sentence, empty if it did."""

    refusal: str


class Stop(NamedTuple):
    """The input must end."""

    ending: Ending
    error: Optional[Exception] = None


TenantHappening = Union[FeedOpened, FeedEnded, Discovered, DiscoveryFailed, Refreshed]
Happening = Union[TenantHappening, Written, Listed, Committed, Claimed, SwitchedOff, Stop]


def tenant_of(happening: TenantHappening) -> str:
    """The tenant that a happening concerns, empty for the account's own."""
    if isinstance(happening, (Discovered, DiscoveryFailed)):
        return happening.tenant
    partition = happening.stream.partition if isinstance(happening, Refreshed) else happening.partition
    return split(partition)[0]


def stop_for(error: Exception) -> Stop:
    """The stop for an error that no retry within this run can solve. A bug of ours is an unclean end."""
    if isinstance(error, (RestartNeeded, Retryable)):
        return Stop(Ending.RESTART, error)
    return Stop(Ending.FATAL if isinstance(error, Fatal) else Ending.UNCLEAN, error)


def worst(stops: Iterable[Stop]) -> Stop:
    """The first of the stops with the worst ending: a later stop must not make an end look better."""
    endings = list(Ending)
    return max(stops, key=lambda stop: endings.index(stop.ending))


def complaint(error: Optional[Exception]) -> Dict[str, object]:
    """The fields of a log line that say what went wrong."""
    if error is None:
        return {}
    fields: Dict[str, object] = {"error": str(error)}
    if isinstance(error, Retryable):
        fields.update(status=error.status, trace_id=error.trace_id, wait_s=round(error.after) or None)
    return fields
