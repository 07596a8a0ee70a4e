"""Clocks that a test owns."""

from __future__ import annotations

import time
from queue import Empty, SimpleQueue
from typing import Callable, List, Optional, Tuple, TypeVar

from falcon_streams.clock import SystemClock

T = TypeVar("T")


class FakeClock:
    """Time that moves only when something waits: a wait for an empty inbox is over at once, and that much later.

    `at` schedules an action: it runs when a wait passes its time, before the wait goes on.
    """

    def __init__(self, epoch: float = 1_770_000_000.0) -> None:
        self._monotonic = 1000.0
        self._epoch = epoch - self._monotonic
        self._agenda: List[Tuple[float, int, Callable[[], None]]] = []

    def now(self) -> float:
        """Epoch seconds."""
        return self._epoch + self._monotonic

    def monotonic(self) -> float:
        """Seconds that never go backwards."""
        return self._monotonic

    def real(self, seconds: float) -> float:
        """No time at all."""
        return 0.0

    def step_epoch(self, seconds: float) -> None:
        """Somebody sets the machine's clock."""
        self._epoch += seconds

    def at(self, monotonic: float, action: Callable[[], None]) -> None:
        """Run the action when that time comes."""
        if monotonic < self._monotonic:
            raise ValueError("that time is over")
        self._agenda.append((monotonic, len(self._agenda), action))
        self._agenda.sort(key=lambda entry: entry[:2])

    def after(self, seconds: float, action: Callable[[], None]) -> None:
        """Run the action that much later."""
        self.at(self._monotonic + seconds, action)

    def pause(self, seconds: float) -> None:
        """That much later at once."""
        self._monotonic += seconds

    def take(self, inbox: SimpleQueue[T], seconds: float) -> Optional[T]:
        """What the inbox has, or gets while the agenda runs up to the end of the wait."""
        until = self._monotonic + max(0.0, seconds)
        while True:
            try:
                return inbox.get_nowait()
            except Empty:
                if not self._agenda or self._agenda[0][0] > until:
                    self._monotonic = until
                    return None
            due, _, action = self._agenda.pop(0)
            self._monotonic = max(self._monotonic, due)
            action()


class ScaledClock:
    """Real time, made faster from an epoch on, so that two processes may share it."""

    def __init__(self, scale: float, epoch: Optional[float] = None) -> None:
        self._scale = scale
        self._epoch = time.time() if epoch is None else epoch
        self._offset = time.time() - time.monotonic()

    def now(self) -> float:
        """Epoch seconds: equal to the world's at the epoch, and so much faster from there."""
        return self._epoch + (time.monotonic() + self._offset - self._epoch) * self._scale

    def monotonic(self) -> float:
        """Seconds that never go backwards."""
        return self.now()

    def pause(self, seconds: float) -> None:
        """Let this little time pass."""
        time.sleep(seconds / self._scale)

    def take(self, inbox: SimpleQueue[T], seconds: float) -> Optional[T]:
        """The next thing from the inbox, None when none came within that time."""
        return SystemClock().take(inbox, seconds / self._scale)

    def real(self, seconds: float) -> float:
        """How long that takes."""
        return seconds / self._scale


class SteppedClock(ScaledClock):
    """Real time on a machine whose clock somebody sets: by as many seconds as a file says, 0 without the file."""

    def __init__(self, path: str) -> None:
        super().__init__(1.0)
        self._path = path

    def now(self) -> float:
        """Epoch seconds, as that clock has them."""
        return time.time() + self._step()

    def monotonic(self) -> float:
        """Seconds that no setting of the clock touches."""
        return time.monotonic()

    def _step(self) -> float:
        try:
            with open(self._path, encoding="ascii") as file:
                return float(file.read() or 0)
        except FileNotFoundError:
            return 0.0
