"""The real clock: the port `Clock` over the machine's own time."""

from __future__ import annotations

import time
from queue import Empty, SimpleQueue
from typing import Optional, TypeVar

T = TypeVar("T")


# With the sleep of the machine: a session at Falcon and a claim on an input go on ageing while it lasts.
_BOOT_CLOCK: Optional[int] = getattr(time, "CLOCK_BOOTTIME", None)


class SystemClock:
    """Time as the machine has it."""

    def now(self) -> float:
        """Epoch seconds."""
        return time.time()

    def monotonic(self) -> float:
        """Seconds that never go backwards; on Linux those of the machine's sleep count."""
        return time.monotonic() if _BOOT_CLOCK is None else time.clock_gettime(_BOOT_CLOCK)

    def pause(self, seconds: float) -> None:
        """Let this little time pass."""
        time.sleep(seconds)

    def take(self, inbox: SimpleQueue[T], seconds: float) -> Optional[T]:
        """The next thing from the inbox, None when none came within that time. A signal's handler runs meanwhile.

        For one taker at a time. The look before the wait is needed: Python 3.9 takes a queue's lock for its first wait,
        waits again with what is left of the time, and takes less than nothing for no limit (Modules/_queuemodule.c).
        After a look in vain the lock is taken already.
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
        """The same."""
        return seconds
