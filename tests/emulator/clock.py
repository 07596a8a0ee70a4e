"""The emulator's time: everything that Falcon would measure is measured in it, and it may run faster than the world.

Rules: `now` is epoch seconds and never goes back. Two processes that share `scale` and `epoch` share the time, so that
a client under test may run on the same fast clock. A clock of scale 0 stands still until it is told to skip.
"""

from __future__ import annotations

import time
from typing import Optional, Protocol


class Clock(Protocol):
    """What may be handed to the emulator as its time."""

    def now(self) -> float:
        """Epoch seconds."""

    def real(self, seconds: float) -> float:
        """How many of the world's seconds that many emulated ones take."""


class EmulatedClock:
    """Equal to the world's time at `epoch`, and `scale` times as fast from there."""

    def __init__(self, scale: float = 1.0, epoch: Optional[float] = None) -> None:
        self.scale = scale
        self.epoch = time.time() if epoch is None else epoch
        self._offset = time.time() - time.monotonic()
        self._skipped = 0.0

    def now(self) -> float:
        """Epoch seconds, emulated."""
        world = time.monotonic() + self._offset
        return self.epoch + (world - self.epoch) * self.scale + self._skipped

    def real(self, seconds: float) -> float:
        """How long to wait for that much emulated time; for ever where time stands still."""
        return seconds / self.scale if self.scale else float("inf")

    def skip(self, seconds: float) -> None:
        """Let that much emulated time have passed."""
        self._skipped += seconds
