"""The stdout that splunkd reads, as a pipe whose reader can be watched.

Rules: on Linux, FIONREAD on our end of a FIFO tells how many bytes still wait in it; splunkd has taken the rest of what
we wrote. On anything else (a socket, where FIONREAD means something else, or Windows), bytes count as taken two seconds
after they were written. A write never blocks for good: the descriptor is non-blocking and we poll it, so that a stop
gets through while splunkd does not read. The log says if the pipe stays full. If a batch does not fit into a FIFO, the
FIFO is widened once; live inputs keep the usual 64 KiB, because a user's pipes share a limit. Besides the process lock,
only this module knows fcntl.
"""

from __future__ import annotations

import logging
import os
import stat
import struct
import sys
import threading
from collections import deque
from typing import Callable, Deque, Optional, Tuple

from falcon_streams.errors import SplunkdGone, Stopped
from falcon_streams.ports import Clock

LOG = logging.getLogger(__name__)
TAKEN_AFTER = 2.0
FINISH_SECONDS = 1.0
FULL_FOR = 30.0
_POLL_SECONDS = 0.1
_GRAIN = 0.05
# A full read's batch as XML fits. Written in pieces it costs an eighth more CPU: each wakes splunkd and waits for it.
WIDE = 256 * 1024
_F_SETPIPE_SZ = 1031  # Linux, fcntl(2); Python names it from 3.10 on


class Pipe:
    """One writable descriptor. One thread writes at a time; others may read `written` and call `taken`."""

    def __init__(self, descriptor: int, clock: Clock) -> None:
        self._descriptor = descriptor
        self._clock = clock
        self._waiting = _fifo_waiting(descriptor)
        self._wide = self._waiting is None
        self._history: Deque[Tuple[int, float]] = deque()
        self._history_lock = threading.Lock()  # the writer adds to it while the supervisor takes from it
        self._taken = 0
        self._stopped_at: Optional[float] = None
        self._full_since: Optional[float] = None
        self._full_said = False
        self.written = 0
        if os.name == "posix":
            os.set_blocking(descriptor, False)

    def write(self, data: bytes) -> None:
        """Write all of it. Raises SplunkdGone if nobody reads any more, Stopped once a stop's second is over."""
        view = memoryview(data)
        while view:
            count = self._write_some(view)
            view = view[count:]
            self.written += count
            if count:
                self._full_since, self._full_said = None, False
            if view and not self._wide:
                self._wide = True
                _widen(self._descriptor)
            elif not count:
                self._wait()
        if self._waiting is None:
            self._remember()

    def has_room(self) -> bool:
        """Whether a little can be written at once; False on Windows, where that cannot be known."""
        return os.name == "posix" and self._writable(0.0)

    def stop(self) -> None:
        """From now on a write that cannot go on has a second to finish."""
        self._stopped_at = self._clock.monotonic()

    def taken(self) -> int:
        """How many of the bytes written are out of the pipe."""
        if self._waiting is not None:
            written = self.written  # read this first: a write in between must make the answer smaller, never larger
            return max(0, written - self._waiting())
        limit = self._clock.monotonic() - TAKEN_AFTER - _GRAIN
        with self._history_lock:
            while self._history and self._history[0][1] <= limit:
                self._taken = self._history.popleft()[0]
        return self._taken

    def _remember(self) -> None:
        now = self._clock.monotonic()
        with self._history_lock:
            if self._history and now - self._history[-1][1] < _GRAIN:
                now = self._history.pop()[1]
            self._history.append((self.written, now))

    def _write_some(self, view: memoryview) -> int:
        try:
            return os.write(self._descriptor, view)
        except BlockingIOError:
            return 0
        except OSError:
            raise SplunkdGone("splunkd no longer reads our events") from None

    def _wait(self) -> None:
        stopped_at = self._stopped_at
        if stopped_at is not None and self._clock.monotonic() - stopped_at >= FINISH_SECONDS:
            raise Stopped("the pipe stayed full")
        self._say_full(self._clock.monotonic())
        self._writable(_POLL_SECONDS)

    def _say_full(self, at: float) -> None:
        if self._full_since is None:
            self._full_since = at
        elif at - self._full_since >= FULL_FOR and not self._full_said:
            self._full_said = True
            LOG.warning("pipe_full", {"for_s": at - self._full_since, "remedy": "see why splunkd's queues are blocked"})

    def _writable(self, seconds: float) -> bool:
        if os.name != "posix":
            return True
        import select

        poll = select.poll()
        poll.register(self._descriptor, select.POLLOUT)
        ready = poll.poll(self._clock.real(seconds) * 1000)
        return any(flags & select.POLLOUT for _, flags in ready)


def _widen(descriptor: int) -> None:
    import fcntl

    try:
        fcntl.fcntl(descriptor, _F_SETPIPE_SZ, WIDE)
    except OSError:
        pass  # the user's pipes have used up their limit


def _fifo_waiting(descriptor: int) -> Optional[Callable[[], int]]:
    """A function that counts the bytes waiting in this descriptor's pipe; None if that cannot be known."""
    if not sys.platform.startswith("linux") or not stat.S_ISFIFO(os.fstat(descriptor).st_mode):
        return None
    import fcntl
    import termios

    def waiting() -> int:
        answer = fcntl.ioctl(descriptor, termios.FIONREAD, b"\0\0\0\0")
        return int(struct.unpack("i", answer)[0])

    return waiting
