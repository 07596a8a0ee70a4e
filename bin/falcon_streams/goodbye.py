"""The end of all feeds at a stop, politely first, then at once, while nothing more is written; and the last calls.

Rules: bounded in time, whatever disk and network do; a thread that does not come back is left behind. The event stream
is ended when no reader writes any more.
"""

from __future__ import annotations

import logging
from queue import SimpleQueue
from typing import Callable, Dict

from falcon_streams.errors import Retryable, StreamsError
from falcon_streams.happenings import FeedEnded, Happening, complaint
from falcon_streams.ports import Clock, Sink, StartThread
from falcon_streams.reader import Reader

LOG = logging.getLogger(__name__)
GOODBYE = 1.0  # how long Falcon may take to answer our FIN
STOP_READERS, FAREWELL, REVOKE = 1.5, 1.5, 1.0  # of the five seconds that a stop may take


def close_feeds(readers: Dict[str, Reader], sink: Sink, clock: Clock, inbox: SimpleQueue[Happening]) -> None:
    """Stop the sink, end the feeds, end the event stream; `readers` keeps those that did not come back."""
    asked_at = clock.monotonic()
    sink.stop()
    for reader in readers.values():
        reader.close()
    _await(readers, clock, inbox, asked_at + GOODBYE)
    for reader in readers.values():
        reader.abort()
    _await(readers, clock, inbox, asked_at + STOP_READERS)
    sink.close()


def _await(readers: Dict[str, Reader], clock: Clock, inbox: SimpleQueue[Happening], deadline: float) -> None:
    while readers:
        left = deadline - clock.monotonic()
        happening = clock.take(inbox, left) if left > 0 else None
        if happening is None:
            return
        if isinstance(happening, FeedEnded):
            readers.pop(happening.partition, None)


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
