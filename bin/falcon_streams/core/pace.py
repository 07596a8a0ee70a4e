"""How fast a partition nears its goal, and how long that takes at the pace of the last minute.

Theory. What is left is a number that becomes 0 at the goal: the lag of an input that reads on, the seconds or offsets
before the finish of one that ends. If it falls by so much a second, what is left divided by that is the time it takes.

Rules: pure; times are monotonic seconds. There is no estimate where nothing falls: none is better than a wrong one.
"""

from __future__ import annotations

from collections import deque
from typing import Deque, NamedTuple, Optional

WINDOW = 60.0
_SHORTEST = 1.0


class Look(NamedTuple):
    """What was seen at one time: the events so far and, if known, what is left."""

    at: float
    events: int
    left: Optional[float]


class Pace:
    """The pace of one partition over the last minute."""

    def __init__(self) -> None:
        self._looks: Deque[Look] = deque()

    def note(self, look: Look) -> None:
        """Note what is seen now."""
        self._looks.append(look)
        while len(self._looks) > 1 and self._looks[1].at <= look.at - WINDOW:
            self._looks.popleft()

    @property
    def rate(self) -> Optional[float]:
        """Events a second."""
        first, last = self._looks[0], self._looks[-1]
        passed = last.at - first.at
        return (last.events - first.events) / passed if passed >= _SHORTEST else None

    @property
    def seconds_left(self) -> Optional[float]:
        """How long it takes to the goal at this pace; 0 at the goal."""
        first, last = self._looks[0], self._looks[-1]
        if last.left == 0.0:
            return 0.0
        if first.left is None or last.left is None or last.left >= first.left or last.at - first.at < _SHORTEST:
            return None
        return last.left * (last.at - first.at) / (first.left - last.left)
