"""The real clock: the port `Clock` over the machine's own time."""

from __future__ import annotations

import time
from queue import Empty, SimpleQueue
from typing import Optional, TypeVar

T = TypeVar("T")


# Includes the time that the machine sleeps: sessions at Falcon and claims on an input keep ageing meanwhile.
_BOOT_CLOCK: Optional[int] = getattr(time, "CLOCK_BOOTTIME", None)


class SystemClock:
    """Time as the machine has it."""

    def now(self) -> float:
        """Epoch seconds."""
        return time.time()

    def monotonic(self) -> float:
        """Seconds that never go backwards; on Linux they include the machine's sleep."""
        return time.monotonic() if _BOOT_CLOCK is None else time.clock_gettime(_BOOT_CLOCK)

    def pause(self, seconds: float) -> None:
        """Wait for this short time."""
        time.sleep(seconds)

    def take(self, inbox: SimpleQueue[T], seconds: float) -> Optional[T]:
        """The next item from the inbox, None if none came within that time. Signal handlers run meanwhile.

        For one taker at a time. `get_nowait` must come before the wait: if it finds nothing, it leaves the queue's lock
        taken. Otherwise Python 3.9 takes the lock in its first wait, waits again with the time that is left, and treats
        a negative time as no limit (Modules/_queuemodule.c).
        """
        try:
            return inbox.get_nowait()
        except Empty:
            pass
        try:
            return inbox.get(timeout=seconds) if seconds > 0.0 else None
        except Empty:
            return None

    def real(self, seconds: float) -> float:
        """The same time: this clock is the machine's."""
        return seconds
