"""The end of all feeds at a stop, politely first, then at once, while nothing more is written; and the last calls.

Rules: bounded in time, whatever disk and network do; a thread that does not come back is left behind. The event stream
is ended when no reader writes any more.
"""

from __future__ import annotations

import logging
from queue import SimpleQueue
from typing import Callable, Dict, List

from falcon_streams.errors import Retryable, SplunkdGone, StreamsError
from falcon_streams.ports import Clock, Sink, StartThread
from falcon_streams.run.happenings import FeedEnded, Happening, Stop, complaint, stop_for
from falcon_streams.run.reader import Reader

LOG = logging.getLogger(__name__)
GOODBYE = 1.0  # how long Falcon may take to answer our FIN
STOP_READERS, FAREWELL, REVOKE = 1.5, 1.5, 1.0  # of the five seconds that a stop may take


def close_feeds(readers: Dict[str, Reader], sink: Sink, clock: Clock, inbox: SimpleQueue[Happening]) -> List[Stop]:
    """Stop the sink, end the feeds, end the event stream; `readers` keeps those that did not come back.

    Returns the stops that were asked for meanwhile: one of them may end the input worse than the first did."""
    asked_at = clock.monotonic()
    stops: List[Stop] = []
    sink.stop()
    for reader in readers.values():
        reader.close()
    _await(readers, stops, clock, inbox, asked_at + GOODBYE)
    for reader in readers.values():
        reader.abort()
    _await(readers, stops, clock, inbox, asked_at + STOP_READERS)
    sink.close()
    return stops


def _await(
    readers: Dict[str, Reader], stops: List[Stop], clock: Clock, inbox: SimpleQueue[Happening], deadline: float
) -> None:
    while True:
        # without a reader there is nothing to wait for, but what has been reported already counts
        left = deadline - clock.monotonic() if readers else 0.0
        happening = clock.take(inbox, max(left, 0.0))
        if isinstance(happening, Stop):
            stops.append(happening)
        elif isinstance(happening, FeedEnded):
            readers.pop(happening.partition, None)
            if isinstance(happening.error, SplunkdGone):
                stops.append(stop_for(happening.error))
        elif happening is None and left <= 0.0:
            return


def run_briefly(name: str, work: Callable[[], None], seconds: float, clock: Clock, start_thread: StartThread) -> None:
    """Run the work in a thread and wait so long for it; what it complains of is logged."""
    done: SimpleQueue[bool] = SimpleQueue()

    def run() -> None:
        try:
            work()
        except StreamsError as error:
            LOG.warning("left_undone", {"what": name, **complaint(error)})
        done.put(True)

    try:
        start_thread(name, run)
        clock.take(done, seconds)
    except Retryable:
        run()
