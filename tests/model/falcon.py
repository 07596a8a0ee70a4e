"""Falcon as the model knows it: logs that grow, feeds on streams of half an hour, app ids that stay locked for a while.

Rules: it notes every breach of its own rules, a second feed on a partition and a session that nobody asked to renew;
what is answered, a fault or not, is set from outside. Its clock is its own. A reset ends the feed. A `silent` feed is
half open: nothing comes and it does not end, until after `UNACKNOWLEDGED` seconds Falcon's own TCP gives up; then a
refresh finds no session.
"""

from __future__ import annotations

from typing import Callable, Dict, List, Optional, Sequence, Tuple

from falcon_streams.core.discovery import Discovery, Stream
from falcon_streams.errors import Retryable, SessionGone
from tests.model.log import PARENT, Entry, Log
from tests.model.strands import StrandClock, pause

INTERVAL = 1800.0
HEARTBEAT = 30.0
TIMEOUT = 30.0
UNACKNOWLEDGED = 900.0
REFUSALS: Dict[str, Callable[[], Retryable]] = {
    "401": lambda: Retryable("401", status=401),
    "404": lambda: SessionGone("404", status=404),
}


class ModelFeed:
    """The port `Feed` over a log, from a cursor on."""

    gathers = True

    def __init__(self, falcon: ModelFalcon, partition: str, serial: int, offset: int) -> None:
        """What is sent begins after the line of this serial, or, where that is -1, at this offset."""
        self.partition = partition
        self.ending = ""
        self.silent_since: Optional[float] = None
        self.opened_at = self.renewed_at = self.asked_at = falcon.clock.monotonic()
        self._falcon = falcon
        self._sent = serial
        self._offset = offset
        self._beat_at = self.opened_at
        self._over = False

    def read(self) -> bytes:
        """Whole lines, a heartbeat, the end, or half a line and a cut."""
        while True:
            at = self._falcon.clock.monotonic()
            if self._over or self.ending == "eof":
                return b""
            entries = self._falcon.logs[self.partition].after(self._sent, self._offset)
            if self.ending == "reset" and entries:
                self.ending = "cut"
                return entries[0].render(self._falcon.style)[:40]
            if self.ending:
                raise Retryable("cut")
            if self.silent_since is None and entries:
                self._sent = self._falcon.sent[self.partition] = entries[-1].serial
                return b"".join(entry.render(self._falcon.style) for entry in entries)
            if self.silent_since is None and at - self._beat_at >= HEARTBEAT:
                self._beat_at = at
                return b"\r\n"
            pause()

    def share(self) -> Optional[int]:
        """It has no descriptor."""
        return None

    def disown(self, start: bytes) -> Retryable:
        """What says that this was no feed."""
        return Retryable(f"no event stream: {start!r}")

    def finish(self) -> None:
        """The client's goodbye."""
        self._over = True

    def abort(self) -> None:
        """The client's end: no connection is left."""
        self._over = True
        self._falcon.release(self)

    def close(self) -> None:
        """The connection is closed, and the app id stays locked for a while."""
        self._falcon.release(self)


class ModelFalcon:
    """The ports `EventStreamsApi` and `Feeds`."""

    needs_token = True
    token_limit: Optional[int] = None

    def __init__(self, clock: StrandClock, partitions: Sequence[str]) -> None:
        self.clock = clock
        self.logs: Dict[str, Log] = {name: Log() for name in partitions}
        self.style = 0
        self.sent: Dict[str, int] = dict.fromkeys(self.logs, -1)
        self.feeds: Dict[str, ModelFeed] = {}
        self.breaches: List[str] = []
        self.discovery = "free"
        self.missing: Optional[str] = None
        self.refreshing = "200"
        self.shadow = 0.0
        self.lines: List[Entry] = []
        self.serials: Dict[int, int] = {}
        self._locked: Dict[str, float] = {}
        self._created = 0
        self._epoch = clock.now() - clock.monotonic()

    def now(self) -> float:
        """Epoch seconds of Falcon's clock, which nobody sets."""
        return self._epoch + self.clock.monotonic()

    def produce(self, partition: str, count: int, unplaced: bool = False) -> None:
        """Events arrive, and behind them a line without an offset."""
        for _ in range(count):
            self._append(partition, PARENT)
        if unplaced:
            self._note(self.logs[partition].append_unplaced(*self._next()))

    def join(self, partition: str, child: str) -> None:
        """The first events of a child arrive."""
        self._append(partition, child)
        self._append(partition, PARENT)

    def reset(self, partition: str, count: int) -> None:
        """A partition begins a new sequence, of so many events by now."""
        self.logs[partition].reset()
        if partition in self.feeds:
            self.feeds[partition].ending = "cut"
        self.produce(partition, count)

    def discover(self) -> Discovery:
        """Streams as the mode says; a missing partition is in none."""
        pause()
        if self.discovery == "never":
            self._time_out()
        if self.discovery == "error":
            raise Retryable("500", status=500)
        names = [] if self.discovery == "null" else [name for name in self.logs if name != self.missing]
        if self.discovery != "all":
            names = [name for name in names if name not in self.feeds and not self._is_locked(name)]
        streams = [Stream(name, "https://f/" + name, "https://a/" + name, "t", INTERVAL) for name in names]
        return Discovery(tuple(streams), (), self.now())

    def refresh(self, stream: Stream) -> None:
        """Renew the session of a feed."""
        feed = self.feeds.get(stream.partition)
        if feed is not None:
            feed.asked_at = self.clock.monotonic()
        pause()
        if self.refreshing == "never":
            self._time_out()
        if self.refreshing in REFUSALS:
            raise REFUSALS[self.refreshing]()
        feed = self.feeds.get(stream.partition)
        if feed is None:
            raise SessionGone("404", status=404)
        feed.renewed_at = self.clock.monotonic()

    def revoke(self) -> None:
        """The bearer is given back."""

    def open(self, stream: Stream, position: str) -> ModelFeed:
        """Open a feed, unless the app id is locked."""
        name = stream.partition
        if name in self.feeds:
            self.breaches.append(f"second feed on {name}")
        if name in self.feeds or self._is_locked(name):
            raise Retryable("429", status=429)
        word, value = position.split("=")
        newest = len(self.lines) - 1 if (word, value) == ("whence", "2") else -1
        self.feeds[name] = ModelFeed(self, name, newest, int(value) if word == "offset" else -1)
        return self.feeds[name]

    def end_overdue(self) -> None:
        """Cut what was not renewed; nobody having asked for it is a breach."""
        at = self.clock.monotonic()
        for name, feed in list(self.feeds.items()):
            if feed.silent_since is not None and at - feed.silent_since > UNACKNOWLEDGED:
                self.release(feed)
            elif at - feed.renewed_at > INTERVAL and not feed.ending:
                feed.ending = "cut"
                if feed.asked_at <= feed.renewed_at and at - feed.opened_at > INTERVAL:
                    self.breaches.append(f"{name} was not refreshed")

    def excuse(self) -> None:
        """The input was held up: it could not ask for a refresh in time."""
        for feed in self.feeds.values():
            feed.asked_at = self.clock.monotonic()

    def release(self, feed: ModelFeed) -> None:
        """The connection of this feed is closed."""
        if self.feeds.get(feed.partition) is feed:
            del self.feeds[feed.partition]
            self._locked[feed.partition] = self.clock.monotonic() + self.shadow

    def _append(self, partition: str, customer: str) -> None:
        self._note(self.logs[partition].append(*self._next(), customer))

    def _note(self, entry: Entry) -> None:
        self.lines.append(entry)
        self.serials[entry.created] = entry.serial

    def _next(self) -> Tuple[int, int]:
        """A serial, and a time of creation that no other line has."""
        self._created = max(self._created + 1, int(self.now() * 1000))
        return len(self.lines), self._created

    def _is_locked(self, name: str) -> bool:
        return self.clock.monotonic() < self._locked.get(name, 0.0)

    def _time_out(self) -> None:
        until = self.clock.monotonic() + TIMEOUT
        while self.clock.monotonic() < until:
            pause()
        raise Retryable("timeout")
