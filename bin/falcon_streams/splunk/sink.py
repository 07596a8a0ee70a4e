"""The sink of one input: writes each batch of events into splunkd's pipe at once, and returns its ticket for receipts.

Rules: one lock, taken once per batch, keeps the elements of two partitions from mixing. A ticket is the count of bytes
written when its batch was complete. A loop that reads many feeds gathers what a turn brings and writes it at once; its
tickets count what is gathered as if it were written, so no receipt comes before the bytes. `</stream>` only follows the
end of an event: if a stop or a broken pipe cuts a write, the stream stays open, and nothing follows it. A stop drops
what is gathered: it is not receipted, and comes again.
"""

from __future__ import annotations

import threading
from typing import Callable, List

from falcon_streams.core.batch import Batch
from falcon_streams.errors import SplunkdGone, Stopped
from falcon_streams.ports import Clock
from falcon_streams.splunk.pipe import Pipe
from falcon_streams.splunk.stream_xml import STREAM_END, STREAM_START, Renderer

MOST_GATHERED = 256 * 1024


class PipeSink:
    """The port `Sink` over a pipe."""

    def __init__(self, pipe: Pipe, renderer: Renderer, clock: Clock, may_write: Callable[[], bool]) -> None:
        """`may_write` is asked before each write whether this process still has the right to write."""
        self._may_write = may_write
        self._pipe = pipe
        self._renderer = renderer
        self._clock = clock
        self._lock = threading.Lock()
        self._stopped = False
        self._whole = True
        self._gathering = False
        self._gathered: List[bytes] = []
        self._gathered_bytes = 0

    def start(self) -> None:
        """Open the event stream; call this before the first write."""
        self._pipe.write(STREAM_START)

    def write(self, partition: str, batch: Batch) -> int:
        """Write the events; see the port for the promises."""
        data = self._renderer.render(partition, batch, self._clock.now())
        with self._lock:
            if self._stopped or not self._may_write():
                raise Stopped("the input is stopping, or another one reads in its place")
            self._gathered.append(data)
            self._gathered_bytes += len(data)
            ticket = self._pipe.written + self._gathered_bytes
            if not self._gathering or self._gathered_bytes >= MOST_GATHERED:
                self._write_out()
            return ticket

    def gather(self) -> None:
        """See the port."""
        self._gathering = True

    def write_gathered(self) -> None:
        """See the port."""
        with self._lock:
            self._gathering = False
            if self._stopped:
                self._gathered, self._gathered_bytes = [], 0
            self._write_out()

    def taken(self) -> int:
        """How many bytes splunkd has taken."""
        return self._pipe.taken()

    def stop(self) -> None:
        """Refuse further writes; the one in progress has a second to finish."""
        self._stopped = True
        self._pipe.stop()

    def close(self) -> None:
        """End the event stream if the last write was whole and the pipe has room."""
        if not self._lock.acquire(blocking=False):
            return  # a reader is still writing into a full pipe
        try:
            if self._whole and self._pipe.has_room():
                self._pipe.write(STREAM_END)
        except (SplunkdGone, Stopped):
            pass
        finally:
            self._lock.release()

    def _write_out(self) -> None:
        data = self._gathered[0] if len(self._gathered) == 1 else b"".join(self._gathered)
        self._gathered, self._gathered_bytes = [], 0
        if data:
            self._whole = False
            self._pipe.write(data)
            self._whole = True
