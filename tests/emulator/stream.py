"""The body of one feed: events by offset, heartbeats, and the end that time or the script brings.

Rules: what the ledger says was delivered was handed to the socket whole; it is noted before it is written, so that a
client never knows more than the ledger, and taken back when the write fails. Silence is measured from the last byte. A
feed that is not refreshed ends after `session_life` (Event Streams reference 3.7). Whatever may wait is a generator of
`Steps`.
"""

from __future__ import annotations

from typing import NamedTuple, Optional

from tests.emulator.events.renditions import render_anew
from tests.emulator.feed import Feed
from tests.emulator.flat import flatten
from tests.emulator.listener import Connection
from tests.emulator.log import Log
from tests.emulator.pipe import Ended, Pipe, Steps
from tests.emulator.tenant import Tenant
from tests.emulator.wire import LAST_CHUNK, chunk

HEARTBEAT = b"\r\n"
_BATCH_BYTES = 1 << 18
_NEVER = float("inf")


class Batch(NamedTuple):
    """Events to be sent together: the indexes looked at, those that are sent, and their lines."""

    first: int
    last: int
    indexes: list[range]
    payload: bytes


class Stream:
    """The sending of one feed."""

    def __init__(self, tenant: Tenant, connection: Connection, feed: Feed) -> None:
        self.tenant = tenant
        self.feed = feed
        self.connection = connection
        self.options = tenant.options
        self.pipe = Pipe(connection, self.look, self.last_moment)
        self.events = 0  # sent so far
        self.payload = 0  # bytes of body sent so far, heartbeats included
        self.drip: Optional[tuple[int, float, float]] = None  # bytes at a time, seconds between, until
        self._generation = feed.partition.generation
        self._log: Log = feed.partition.log
        self._sending = feed.number + 1
        self._mid_chunk = False
        self._last_sent: Optional[tuple[int, int]] = None
        self._quiet_since = tenant.clock.now()
        self._not_before = feed.asked.offset
        self.index = self._start()

    def _start(self) -> int:
        floor = self._log.floor(self.tenant.clock.now() - self.options.retention)
        asked = self.feed.asked
        if asked.offset is not None:  # wins over whence, as an assumption (reference 8, row 3)
            return max(floor, self._log.index_of(asked.offset))
        return len(self._log) if asked.whence == "2" else floor

    # -- what the script and the feed's loop use -------------------------------------------------------------------

    def look(self) -> Steps:
        """Raise `Ended` when the feed's time is over, or somebody ordered its end."""
        if self.tenant.stopping.is_set():
            raise Ended("cut")
        if self.feed.ordered is not None:
            yield from self.end(self.feed.ordered)
        if self.tenant.clock.now() >= self.last_moment():
            yield from self.end("eof" if self.options.cut == "eof" else "cut")

    def last_moment(self) -> float:
        """When the feed's time is over, as things stand."""
        feed, options = self.feed, self.options
        unrefreshed = feed.refreshed_at + options.session_life
        longest = options.longest_session
        return min(unrefreshed, feed.opened_at + longest) if longest else unrefreshed

    def end(self, how: str) -> Steps:
        """End the feed in this way; does not return."""
        if how == "eof" and not self._mid_chunk:
            self._mid_chunk = True  # whatever interrupts the goodbye does not say it again
            yield from self.pipe.write(LAST_CHUNK)
        raise Ended({"reset": "server reset"}.get(how, how))

    def beat(self) -> Steps:
        """Send a heartbeat when the silence has lasted long enough."""
        every, now = self.options.heartbeat, self.tenant.clock.now()
        if every and now >= self._quiet_since + every:
            self.feed.heartbeats += 1  # before it is sent: the client must not know more than the record
            yield from self.send(HEARTBEAT)

    def idle(self, until: float = _NEVER) -> Steps:
        """Wait until something may have happened, until that instant at the latest."""
        every = self.options.heartbeat
        until = min(until, self.last_moment())
        yield from self.pipe.wait(min(until, self._quiet_since + every) if every else until)

    def pause(self, seconds: float) -> Steps:
        """Let emulated time pass, watching the client."""
        clock = self.tenant.clock
        until = clock.now() + seconds
        while clock.now() < until:
            yield from self.pipe.wait(min(until, self.last_moment()))
            yield from self.look()

    def send(self, payload: bytes) -> Steps:
        """Send bytes of the body, in chunks as the options want them."""
        most = self.options.chunk_bytes or len(payload)
        most = min(most, self.drip[0]) if self.drip else most
        for start in range(0, len(payload), most):
            self._quiet_since = self.tenant.clock.now()
            yield from self.send_chunk(payload[start : start + most])
            if self.drip:
                yield from self.pause(self.drip[1])
                if self.tenant.clock.now() >= self.drip[2]:
                    self.drip = None

    def send_chunk(self, piece: bytes, declared: Optional[bytes] = None) -> Steps:
        """Send one chunk; where more is declared than the piece, the rest stays owing."""
        data = chunk(piece if declared is None else declared)
        head = data.index(b"\n") + 1
        before, self._mid_chunk = self.pipe.written, True
        try:
            yield from self.pipe.write(
                data if declared is None else data[: head + len(piece)], self.options.write_bytes
            )
            self._mid_chunk = declared is not None
        finally:
            sent = self.pipe.written - before
            self.feed.bytes += sent
            self.payload += max(0, min(sent - head, len(piece)))

    # -- events ----------------------------------------------------------------------------------------------------

    @property
    def has_more(self) -> bool:
        """Whether there are events that have not been looked at."""
        return self.index < len(self._log)

    def next_batch(self, most_events: Optional[int] = None) -> Optional[Batch]:
        """The next events that the client wants, None for none so far."""
        self._follow_reset()
        log, limit = self._log, self.options.chunk_events or None
        if self._not_before is not None:
            self.index = max(self.index, log.index_of(self._not_before))
            self._not_before = None if self.index < len(log) else self._not_before
        if self.index >= len(log):
            return None
        most = min(each for each in (most_events, limit, 1 if self.drip else len(log)) if each is not None)
        first, last = self.index, log.reach(self.index, _BATCH_BYTES)
        if self.feed.wanted is None:
            last = min(last, first + most)
            indexes = [range(first, last)]
        else:
            indexes, last = self._wanted(first, last, most)
        payload = b"".join(log.read(each.start, each.stop) for each in indexes)
        if self.options.render_anew and first < log.sent:
            payload = self._render_anew(payload, sum(1 for each in indexes for index in each if index < log.sent))
        if self.feed.asked.flat:
            separator = self.options.separator
            payload = b"".join(flatten(line, separator) + b"\n" for line in payload.split(b"\n")[:-1])
        return Batch(first, last, indexes, payload)

    def deliver(self, batch: Batch) -> Steps:
        """Send a batch and note it."""
        stretch, before = self._note(batch), self.payload
        try:
            yield from self.send(batch.payload)
        except Ended:
            self._take_back(stretch, batch, self.payload - before)
            raise
        self.events += sum(map(len, batch.indexes))
        self._last_sent = (self._generation, batch.indexes[-1][-1])

    def deliver_part(self, batch: Batch, size: Optional[int], owing: bool = True) -> Steps:
        """Send a batch's first bytes, half of it by default, and note the whole lines; `owing` declares all of it."""
        stretch, before = self._note(batch), self.payload
        size = len(batch.payload) // 2 if size is None else size
        try:
            yield from self.send_chunk(batch.payload[:size], batch.payload if owing else None)
        finally:
            self._take_back(stretch, batch, self.payload - before)

    def skip(self, batch: Batch) -> None:
        """Leave a batch out, and say so in the record."""
        self._note(batch)
        self.feed.withheld += [(self._generation, index) for each in batch.indexes for index in each]

    def repeat(self) -> Steps:
        """Send the last event once more."""
        if self._last_sent is not None:
            generation, index = self._last_sent
            self.feed.repeated.append(self._last_sent)
            line = self.feed.partition.logs[generation].line(index)
            yield from self.send((render_anew(line, self._sending) if self.options.render_anew else line) + b"\n")

    def _render_anew(self, payload: bytes, count: int) -> bytes:
        """The first `count` lines as this feed's sending has them."""
        lines = payload.split(b"\n")
        return b"\n".join([*(render_anew(line, self._sending) for line in lines[:count]), *lines[count:]])

    def _note(self, batch: Batch) -> list[int]:
        stretches = self.feed.stretches
        if not stretches or stretches[-1][0] != self._generation or stretches[-1][2] != batch.first:
            stretches.append([self._generation, batch.first, batch.first])
        stretches[-1][2] = self.index = batch.last
        self._log.sent = max(self._log.sent, batch.last)
        return stretches[-1]

    def _take_back(self, stretch: list[int], batch: Batch, sent: int) -> None:
        whole = batch.payload[:sent].count(b"\n")
        self.events += whole
        stretch[2] = batch.first
        for each in batch.indexes:
            if whole <= 0:
                break
            stretch[2] = each.start + min(whole, len(each))
            whole -= len(each)

    def _wanted(self, first: int, last: int, most: int) -> tuple[list[range], int]:
        assert self.feed.wanted is not None
        indexes: list[range] = []
        for start, stop in self._log.runs(first, last, self.feed.wanted):
            indexes.append(range(start, min(stop, start + most)))
            most -= len(indexes[-1])
            if most <= 0:
                return indexes, indexes[-1].stop
        return indexes, last

    def _follow_reset(self) -> None:
        partition = self.feed.partition
        if self._generation < partition.generation:
            self._generation = partition.generation
            self._log, self.index, self._not_before = partition.log, 0, None
