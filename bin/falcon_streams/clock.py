"""The real clock: the port `Clock` over the machine's own time."""

from __future__ import annotations

import time
from queue import Empty, SimpleQueue
from typing import Optional, TypeVar

T = TypeVar("T")


class SystemClock:
    """Time as the machine has it."""

    def now(self) -> float:
        """Epoch seconds."""
        return time.time()

    def monotonic(self) -> float:
        """Seconds that never go backwards."""
        return time.monotonic()

    def take(self, inbox: SimpleQueue[T], seconds: float) -> Optional[T]:
        """The next thing from the inbox, None when none came within that time. A signal's handler runs meanwhile."""
        try:
            return inbox.get(timeout=max(0.0, seconds))
        except Empty:
            return None

    def real(self, seconds: float) -> float:
        """The same."""
        return seconds
