"""The loop of the feeds: one thread that serves all open feeds, each as steps that say until when they wait.

Rules: a feed is resumed when its instant has come, its bell rings, its client is heard, or there is room to write; the
others have their turn after each step. Instants are emulated. A clock that was handed in, or is told to skip, cannot
ring: it is looked at every `_LOOK_AGAIN` of the world's seconds. A thread for each feed was measured and given up: see
the README.
"""

from __future__ import annotations

import heapq
import selectors
import socket
import sys
import threading
import traceback
from collections import deque
from itertools import count
from typing import Optional

from tests.emulator.clock import Clock
from tests.emulator.feed import Feed
from tests.emulator.listener import Connection
from tests.emulator.pipe import Pipe, Steps

_LOOK_AGAIN = 0.05
_NEVER = float("inf")


class Serving:
    """One feed in the loop."""

    def __init__(self, connection: Connection, feed: Feed, pipe: Pipe, steps: Steps) -> None:
        self.connection = connection
        self.descriptor = connection.socket.fileno()
        self.feed = feed
        self.pipe = pipe
        self.steps = steps
        self.is_due = False  # it stands in the queue
        self.alarm = _NEVER  # the earliest instant for which it stands among the alarms
        self.watched = 0  # what is waited for at its socket


class Loop:
    """The thread and what it serves."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._selector = selectors.DefaultSelector()
        self._ear, self._hammer = socket.socketpair()
        self._ear.setblocking(False)
        self._hammer.setblocking(False)
        self._selector.register(self._ear, selectors.EVENT_READ)
        self._due: deque[Serving] = deque()
        self._alarms: list[tuple[float, int, Serving]] = []
        self._number = count()
        self._is_asleep = self._is_stopping = False
        self._thread = threading.Thread(target=self._run, name="emulator-feeds", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """Resume every feed, so that it ends, and wait for that: their tenant is stopping."""
        self._is_stopping = True
        self._wake()
        if self._thread.ident is not None:
            self._thread.join()
        self._selector.close()
        self._ear.close()
        self._hammer.close()

    def serve(self, connection: Connection, feed: Feed, pipe: Pipe, steps: Steps) -> None:
        """Take a feed over from the thread that opened it; the connection is the loop's from now on."""
        connection.is_kept = True
        serving = Serving(connection, feed, pipe, steps)
        feed.bell.answer(lambda: self._ring(serving))
        self._ring(serving)

    # -- the thread ------------------------------------------------------------------------------------------------

    def _run(self) -> None:
        everyone: set[Serving] = set()
        while not self._is_stopping or everyone or self._due:
            self._sleep()
            if self._is_stopping:
                self._due.extend(everyone)
            for _ in range(len(self._due)):
                serving = self._due.popleft()
                serving.is_due = False
                everyone.add(serving)
                if not self._resume(serving):
                    everyone.discard(serving)

    def _sleep(self) -> None:
        self._is_asleep = True
        now = self._clock.now()
        wait = self._alarms[0][0] - now if self._alarms else _NEVER
        nap = 0.0 if self._due or self._is_stopping else max(0.0, min(_LOOK_AGAIN, self._clock.real(wait)))
        for key, events in self._selector.select(nap):
            if key.data is None:
                self._hush()
                continue
            if events & selectors.EVENT_READ:
                key.data.pipe.was_heard = True
            self._enqueue(key.data)
        self._is_asleep = False
        now = self._clock.now()
        while self._alarms and self._alarms[0][0] <= now:
            alarm, _, serving = heapq.heappop(self._alarms)
            if alarm == serving.alarm:
                serving.alarm = _NEVER
                self._enqueue(serving)

    def _resume(self, serving: Serving) -> bool:
        """Go on with this feed; False where it is over."""
        until: Optional[float] = None
        try:
            until = next(serving.steps, None)
        except Exception:  # a fault of ours must not end the other feeds
            traceback.print_exc(file=sys.stderr)
        if until is None:
            self._watch(serving, 0)
            return False
        self._watch(serving, selectors.EVENT_READ | (selectors.EVENT_WRITE if serving.pipe.is_full else 0))
        if until < serving.alarm:
            if until <= self._clock.now():
                self._enqueue(serving)
            else:
                serving.alarm = until
                heapq.heappush(self._alarms, (until, next(self._number), serving))
        return True

    def _watch(self, serving: Serving, events: int) -> None:
        if events == serving.watched:
            return
        if not serving.watched:
            self._selector.register(serving.descriptor, events, serving)
        elif events:
            self._selector.modify(serving.descriptor, events, serving)
        else:
            self._selector.unregister(serving.descriptor)  # it may be closed already
        serving.watched = events

    # -- who rings -------------------------------------------------------------------------------------------------

    def _ring(self, serving: Serving) -> None:
        self._enqueue(serving)
        self._wake()

    def _enqueue(self, serving: Serving) -> None:
        if not serving.is_due:
            serving.is_due = True
            self._due.append(serving)

    def _wake(self) -> None:
        if self._is_asleep:
            self._is_asleep = False
            try:
                self._hammer.send(b"!")
            except OSError:
                pass  # rung often enough already, or nobody listens any more

    def _hush(self) -> None:
        try:
            self._ear.recv(4096)
        except BlockingIOError:
            pass
