"""What happens when: a backlog, live events, an orderly stop, a start, a SIGKILL in live events, the end.

Rules: pure. The story looks, says what there is to say, and orders the next act. It goes by what it sees and not by
the clock, so that it is the same story on a slow machine; where nothing happens for a minute, it is stuck.
"""

from __future__ import annotations

import enum
from typing import NamedTuple, Optional

from tools.demo.look import READING, STOPPED, WAITING, Look

LIVE, PAUSE = 4.0, 3.0  # seconds of live events before each act, and of the stop
PATIENCE = 60.0


class Act(enum.Enum):
    """What the stage can do, with what is said before."""

    STOP = "an orderly stop, as by an admin on the Inputs page; Falcon goes on making events"
    START = "started again, as by an admin"
    KILL = "SIGKILL: the input's process dies, with no chance to save anything"
    END = "no more events are made; waiting for the last ones"


class Step(NamedTuple):
    """What the story has to say, and what it wants done."""

    said: tuple[str, ...] = ()
    act: Optional[Act] = None


class Scene(enum.Enum):
    """Where the story is, by what it waits for."""

    BACKLOG = "the backlog is in the index"
    LIVE = "live events"
    STOPPING = "the input has stopped"
    PAUSED = "the input is to be started again"
    RESUMING = "reading goes on after the stop"
    LIVE_AGAIN = "live events after the stop"
    KILLED = "reading goes on after the SIGKILL"
    LIVE_AT_LAST = "live events after the SIGKILL"
    OVER = "nothing"


class Story:
    """One performance."""

    def __init__(self) -> None:
        self.scene = Scene.BACKLOG
        self._since = 0.0
        self._waited = False

    def stuck(self, look: Look) -> bool:
        """Whether nothing has happened for too long."""
        return self.scene is not Scene.OVER and look.at - self._since > PATIENCE

    def next(self, look: Look) -> Step:
        """What this look brings."""
        lasted = look.at - self._since
        if self.scene is Scene.BACKLOG and look.caught_up:
            return self._on(look, Scene.LIVE, f"the backlog of {look.backlog:,} is in the index; live events from here")
        if self.scene is Scene.LIVE and lasted >= LIVE:
            return self._on(look, Scene.STOPPING, act=Act.STOP)
        if self.scene is Scene.STOPPING and look.state == STOPPED:
            return self._on(look, Scene.PAUSED, "stopped: what it read is in the index, and its offsets are saved")
        if self.scene is Scene.PAUSED and lasted >= PAUSE:
            return self._on(look, Scene.RESUMING, act=Act.START)
        if self.scene in (Scene.RESUMING, Scene.KILLED):
            return self._after_a_start(look)
        if self.scene is Scene.LIVE_AGAIN and lasted >= LIVE:
            return self._on(look, Scene.KILLED, act=Act.KILL)
        if self.scene is Scene.LIVE_AT_LAST and lasted >= LIVE:
            return self._on(look, Scene.OVER, act=Act.END)
        return Step()

    def _after_a_start(self, look: Look) -> Step:
        """Reading goes on as soon as Falcon has freed the app ID of the former process."""
        if look.state == WAITING and not self._waited:
            self._waited = True
            return Step(("it runs again, and waits for Falcon to free the app ID of the process before",))
        if look.state != READING:
            return Step()
        if self.scene is Scene.RESUMING:
            return self._on(look, Scene.LIVE_AGAIN, "reading again, from the offsets that were saved")
        return self._on(look, Scene.LIVE_AT_LAST, "reading again, from a little before the offsets that were saved")

    def _on(self, look: Look, scene: Scene, *said: str, act: Optional[Act] = None) -> Step:
        self.scene, self._since, self._waited = scene, look.at, False
        return Step((*said, *([act.value] if act else [])), act)
