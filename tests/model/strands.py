"""Threads that are none: the works of one input take turns, so that a run is the same each time it is made.

Rules: a strand runs until it pauses, waits at the clock or ends; whatever may block asks `pause` in a loop. Strands run
only while the main strand, the input's, waits for its inbox. A killed strand never runs again: its `finally` clauses
do, as the sockets of a process are closed.
"""

from __future__ import annotations

from queue import Empty, SimpleQueue
from typing import Callable, List, Optional, TypeVar

from greenlet import getcurrent, greenlet

from tests.fakes.clock import FakeClock

T = TypeVar("T")


def pause() -> None:
    """Let the others run; back at the next turn."""
    getcurrent().parent.switch()


class StrandClock(FakeClock):
    """A clock at which every wait gives each strand its turn; a wait for nothing lasts `pace` seconds at least."""

    def __init__(self) -> None:
        super().__init__()
        self.pace = 0.0
        self._strands: List[greenlet] = []

    def start(self, name: str, work: Callable[[], None]) -> None:
        """The port `StartThread`."""
        self._strands.append(greenlet(work))

    def take(self, inbox: SimpleQueue[T], seconds: float) -> Optional[T]:
        """What the inbox has after each strand has had its turn; a strand that asks lets the others run meanwhile."""
        if getcurrent().parent is not None:
            return self._await(inbox, self.monotonic() + seconds)
        for strand in list(self._strands):
            strand.switch()
        self._strands = [strand for strand in self._strands if not strand.dead]
        return super().take(inbox, max(seconds, self.pace) if seconds > 0 else 0.0)

    def kill(self) -> None:
        """The process is gone."""
        strands, self._strands = self._strands, []
        for strand in strands:
            strand.throw()

    def _await(self, inbox: SimpleQueue[T], until: float) -> Optional[T]:
        while True:
            try:
                return inbox.get_nowait()
            except Empty:
                if self.monotonic() >= until:
                    return None
            pause()
