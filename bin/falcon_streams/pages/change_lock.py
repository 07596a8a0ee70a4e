"""The lock that every change of the pages holds: one change at a time, over all threads and processes of this machine.

Theory. splunkd may call us in several threads, and may start a second process of the pages while the first still
answers. A change is several calls of splunkd, for a secret and for its stanza. If two changes mixed, one's secret would
stand beside the other's stanza. So each change holds the lock of a file, which the system frees if the holder dies.

Rules: a caller who waits longer than `SECONDS` is refused, because the holder may hang for good. If the file system has
no locks, the threads' own lock still holds, and the log warns.
"""

from __future__ import annotations

import logging
import os
import threading
from pathlib import Path
from types import TracebackType
from typing import Optional, Type

from falcon_streams.errors import Refused
from falcon_streams.ports import Clock
from falcon_streams.splunk.process_lock import HELD, lock, open_lock

LOG = logging.getLogger(__name__)
SECONDS = 30.0
_FOLDER, _NAME = ".pages", "lock"  # no input's folder begins with a dot
_POLL = 0.02


class ChangeLock:
    """A context manager, shared by threads."""

    def __init__(self, folder: Path, clock: Clock, seconds: float = SECONDS) -> None:
        """`folder` is the same for all processes of the pages on this machine."""
        self._path = folder / _FOLDER / _NAME
        self._clock = clock
        self._seconds = seconds
        self._threads = threading.Lock()
        self._descriptor: Optional[int] = None

    def __enter__(self) -> None:
        self._threads.acquire()
        try:
            self._descriptor = self._locked()
        except BaseException:
            self._threads.release()
            raise

    def __exit__(
        self, kind: Optional[Type[BaseException]], error: Optional[BaseException], trace: Optional[TracebackType]
    ) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)  # the file stays: if it went, somebody could lock one that is about to vanish
            self._descriptor = None
        self._threads.release()

    def _locked(self) -> Optional[int]:
        try:
            descriptor = open_lock(self._path)
        except OSError as error:
            self._say_unavailable(error)
            return None
        try:
            self._wait_for(descriptor)
        except OSError as error:
            os.close(descriptor)
            self._say_unavailable(error)
            return None
        except Refused:
            os.close(descriptor)
            raise
        return descriptor

    def _wait_for(self, descriptor: int) -> None:
        until = self._clock.monotonic() + self._seconds
        while True:
            try:
                return lock(descriptor)
            except OSError as error:
                if error.errno not in HELD:
                    raise
            if self._clock.monotonic() >= until:
                raise Refused(503, "somebody else's change of these pages takes too long. Try again in a minute")
            self._clock.pause(_POLL)

    def _say_unavailable(self, error: OSError) -> None:
        LOG.warning("lock_unavailable", {"folder": str(self._path.parent), "error": error.strerror})
