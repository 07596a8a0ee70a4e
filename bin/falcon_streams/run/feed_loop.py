"""Reads many feeds in one thread: it steps the readers whose feeds have something.

Theory. A thread for each of 2,000 feeds costs memory, and each event wakes one. Here, one thread waits for all of them.
A turn steps each reader that has something once, and what they deliver goes to the pipe in one write. After a turn the
loop rests for some milliseconds, so that the next turn finds several feeds ready: to wake up costs more than to read a
heartbeat. An event that comes to a quiet loop is read at once, and a feed that has a lot to say keeps the loop awake.
A read returns a TLS record, and Falcon can send one for each event. One of them a turn would be some fifty events a
second, so a reader that had something in the last turn, too, is stepped on in this one.

Rules: any thread may add a reader, whose feed is open and shared; from then on only the loop steps it. Closing a
connection can take a moment, so another thread does that. While the pipe is full, nobody can hear anything: `blockage`
says so to the sessions of all feeds.
"""

from __future__ import annotations

import selectors
import socket
from queue import Empty, SimpleQueue
from typing import Callable, Set

from falcon_streams.core.session import Blockage
from falcon_streams.errors import Stopped
from falcon_streams.ports import Clock, Sink
from falcon_streams.run.happenings import FeedEnded, Happening
from falcon_streams.run.reader import Reader

REST = 0.02
MUCH = 64 * 1024  # bytes of one feed in a turn: a rest would slow this feed down
# What a TLS layer has decrypted already makes no descriptor readable: the first step takes what was read ahead with the
# answer's head, the second the rest of that record.
FIRST_STEPS = 2
# How many further steps all busy readers have in a turn together: some ten milliseconds.
MORE_STEPS = 256

Leave = Callable[[Reader, FeedEnded], None]


class FeedLoop:
    """Steps the readers of all shared feeds."""

    def __init__(self, sink: Sink, clock: Clock, leave: Leave, report: Callable[[Happening], None]) -> None:
        """`leave` gets each reader whose feed has ended; it must not wait. `report` is called with what readers report,
        once a turn for what is the same."""
        self.blockage = Blockage()
        self._sink = sink
        self._clock = clock
        self._leave = leave
        self._report = report
        self._reports: Set[Happening] = set()
        self._most = 0
        self._selector = selectors.DefaultSelector()
        self._added: SimpleQueue[Reader] = SimpleQueue()
        self._last: Set[Reader] = set()  # those that had something in the last turn
        self._bell, self._ear = socket.socketpair()
        self._ear.setblocking(False)
        self._selector.register(self._ear, selectors.EVENT_READ)

    def add(self, reader: Reader) -> bool:
        """Step this reader from now on, whose feed is open; False if that feed has to wait."""
        if not reader.share(self.blockage, self._reports.add):
            return False
        self._added.put(reader)
        self._bell.send(b"\0")
        return True

    def run(self) -> None:
        """Turn for ever. Raises SplunkdGone if splunkd has gone."""
        while True:
            if self.turn():
                self._clock.pause(REST)

    def turn(self) -> bool:
        """Wait until a feed has something or a reader is added, and step the readers of all such feeds. Returns
        whether the loop may rest: no feed had a lot."""
        self._most = 0
        ready = [key.data for key, _ in self._selector.select()]
        self._sink.gather()
        readers = {reader for reader in ready if reader is not None}
        busy = readers & self._last
        if len(readers) < len(ready):
            self._take_in()
        for reader in readers:
            if self._step(reader) and reader in busy:
                self._step_on(reader, MORE_STEPS // len(busy))
        self._last = readers
        self.blockage.begin(self._clock.monotonic())
        try:
            self._sink.write_gathered()
        except Stopped:
            pass  # each reader learns it from its next write, and nothing that was gathered is receipted
        self.blockage.end(self._clock.monotonic())
        while self._reports:  # a thousand feeds would wake the supervisor a thousand times
            self._report(self._reports.pop())
        return self._most < MUCH

    def _take_in(self) -> None:
        self._ear.recv(4096)
        while True:
            try:
                reader = self._added.get_nowait()
            except Empty:
                return
            self._selector.register(reader.descriptor, selectors.EVENT_READ, reader)
            for _ in range(FIRST_STEPS):
                if not self._step(reader):
                    break

    def _step_on(self, reader: Reader, steps: int) -> None:
        """Step a reader until it has nothing more, or has had its share of the turn."""
        read = reader.received
        while steps and reader.received and read < MUCH and self._step(reader):
            read += reader.received
            steps -= 1
        if reader.received:
            self._most = MUCH

    def _step(self, reader: Reader) -> bool:
        """Step a reader; returns whether it goes on."""
        ended = reader.step()
        self._most = max(self._most, reader.received)
        if ended is None:
            return True
        self._selector.unregister(reader.descriptor)
        self._leave(reader, ended)
        return False
