"""A partition: its present log, the logs before the vendor's resets, and the feeds that wait for what comes next.

Rules: offsets belong to the partition, not to an app id (Event Streams reference 3.4). Publishing wakes the feeds.
After a reset the old log serves nobody, yet stays for the ledger.
"""

from __future__ import annotations

import threading
from typing import Callable, Iterable, Optional

from tests.emulator.log import Line, Log


class Partition:
    """One stream of a tenant."""

    def __init__(self, name: str, first_offset: int) -> None:
        self.name = name
        self.logs = [Log(first_offset)]
        self.mirror: Optional[Callable[[list[Line], float], None]] = None  # is told of all that is published
        self._listeners: set[Callable[[], None]] = set()
        self._lock = threading.Lock()

    @property
    def log(self) -> Log:
        """The present log."""
        return self.logs[-1]

    @property
    def generation(self) -> int:
        """How many resets there have been."""
        return len(self.logs) - 1

    def close(self) -> None:
        """Give the logs' files back."""
        for log in self.logs:
            log.close()

    def publish(self, lines: Iterable[Line], at: float) -> list[int]:
        """Append lines as they are, wake the feeds; returns the lines' offsets."""
        return self.compose(lambda _: lines, at)

    def compose(self, make: Callable[[int], Iterable[Line]], at: float) -> list[int]:
        """Append the lines that are made from the next offset on: for events that carry their own."""
        with self._lock:
            lines = list(make(self.log.next_offset))
            offsets = self.log.append(lines, at)
            listeners = list(self._listeners)
        for wake in listeners:
            wake()
        if self.mirror is not None:
            self.mirror(lines, at)
        return offsets

    def reset(self, first_offset: int) -> None:
        """The vendor starts the offsets anew: an empty log that begins low again."""
        with self._lock:
            self.logs.append(Log(first_offset))
            listeners = list(self._listeners)
        for wake in listeners:
            wake()

    def listen(self, wake: Callable[[], None]) -> None:
        """Call this when something has been published."""
        with self._lock:
            self._listeners.add(wake)

    def ignore(self, wake: Callable[[], None]) -> None:
        """Call it no more."""
        with self._lock:
            self._listeners.discard(wake)
