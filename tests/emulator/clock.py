"""The emulator's time: real time, or real time made faster, from one start."""

from __future__ import annotations

import threading
import time


class EmulatedClock:
    """Runs `scale` times faster than the machine's clock."""

    def __init__(self, scale: float = 1.0) -> None:
        self.scale = scale
        self._started = time.time()
        self._real = time.monotonic()
        self._skipped = 0.0

    def now(self) -> float:
        """Emulated epoch seconds."""
        return self._started + self._skipped + (time.monotonic() - self._real) * self.scale

    def real(self, seconds: float) -> float:
        """How long that many emulated seconds take."""
        return seconds / self.scale

    def skip(self, seconds: float) -> None:
        """Let that many seconds have passed."""
        self._skipped += seconds

    def wait(self, event: threading.Event, seconds: float) -> bool:
        """Wait that many emulated seconds for the event."""
        return event.wait(self.real(seconds))
