"""What threads and signals report to the supervisor's inbox.

Rules: records without behaviour. `SimpleQueue.put` may be called from a signal handler (its documentation says so), so
a signal is a happening like any other.
"""

from __future__ import annotations

import enum
from typing import NamedTuple, Optional, Union

from falcon_streams.core.discovery import Discovery, Lease
from falcon_streams.core.session import Pulse
from falcon_streams.errors import RestartNeeded, Retryable, SplunkdGone, StreamsError


class Ending(enum.Enum):
    """How an input ends."""

    STOPPED = "stopped"
    FATAL = "fatal"
    RESTART = "restart"
    UNCLEAN = "unclean"


class FeedOpened(NamedTuple):
    """A feed answered 200."""

    partition: str
    pulse: Pulse


class FeedEnded(NamedTuple):
    """A feed has ended and its connection is closed: one word, the seconds to wait at least, the error if any."""

    partition: str
    reason: str
    after: float = 0.0
    error: Optional[Exception] = None


class Discovered(NamedTuple):
    """A discovery was answered."""

    discovery: Discovery


class DiscoveryFailed(NamedTuple):
    """A discovery failed."""

    error: Retryable


class Refreshed(NamedTuple):
    """A refresh was answered; `error` None for 200."""

    lease: Lease
    error: Optional[Retryable] = None


class Stop(NamedTuple):
    """The input has to end."""

    ending: Ending
    error: Optional[Exception] = None


Happening = Union[FeedOpened, FeedEnded, Discovered, DiscoveryFailed, Refreshed, Stop]


def stop_for(error: StreamsError) -> Stop:
    """The stop that an error which no retry heals asks for."""
    if isinstance(error, SplunkdGone):
        return Stop(Ending.UNCLEAN, error)
    return Stop(Ending.RESTART if isinstance(error, RestartNeeded) else Ending.FATAL, error)
