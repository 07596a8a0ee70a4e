"""The end of all feeds at a stop: politely first, then at once, while nothing more is written.

Rules: bounded in time, whatever the network does; a reader that does not come back is left behind. The event stream is
ended when no reader writes any more.
"""

from __future__ import annotations

from queue import SimpleQueue
from typing import Dict

from falcon_streams.happenings import FeedEnded, Happening
from falcon_streams.ports import Clock, Sink
from falcon_streams.reader import Reader

GOODBYE = 1.0  # how long Falcon may take to answer our FIN
STOP_READERS = 1.5  # of the five seconds that a stop may take


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
