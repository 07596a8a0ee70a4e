"""One thread reads many feeds: each in its turn, none waits for another, and what a turn brings is written at once."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import closing
from typing import List, Optional, Type

import pytest

from falcon_streams.core.batch import Batch
from falcon_streams.core.discovery import Stream
from falcon_streams.core.record import Owner, StartPosition, first_record
from falcon_streams.core.resume import resume_at_origin
from falcon_streams.core.session import BLOCKED_AFTER
from falcon_streams.errors import Retryable, SplunkdGone, Stopped
from falcon_streams.run.feed_loop import MORE_STEPS, MUCH, FeedLoop
from falcon_streams.run.happenings import FeedEnded, Happening, Written
from falcon_streams.run.progress import Progress
from falcon_streams.run.reader import Reader
from falcon_streams.run.tally import Filters
from tests.fakes.clock import FakeClock

CUT = b"cut"


def line(offset: int) -> bytes:
    return b'{"metadata":{"customerIDString":"c","offset":%d,"eventType":"A"},"event":{}}\n' % offset


class SocketFeed:
    """The port `Feed` over a socket pair; the bytes CUT are a cut."""

    gathers = True

    def __init__(self, kind: int = socket.SOCK_STREAM) -> None:
        self.ours, self.theirs = socket.socketpair(socket.AF_UNIX, kind)
        self.ours.setblocking(False)
        self.shares = True
        self.closed = False

    def read(self) -> Optional[bytes]:
        try:
            data = self.ours.recv(2 * MUCH)
        except BlockingIOError:
            return None
        if data == CUT:
            raise Retryable("cut")
        return data

    def share(self) -> Optional[int]:
        return self.ours.fileno() if self.shares else None

    def disown(self, start: bytes) -> Retryable:
        return Retryable("no feed")

    def finish(self) -> None:
        self.theirs.close()

    def abort(self) -> None:
        self.theirs.close()

    def close(self) -> None:
        self.closed = True
        self.ours.close()
        self.theirs.close()


class PiecesFeed(SocketFeed):
    """As TLS reads: what was sent at once is read at once, and nothing beside it."""

    def __init__(self) -> None:
        super().__init__(socket.SOCK_SEQPACKET)


class CountingSink:
    """The port `Sink`; counts the writes that go out, each with its partitions."""

    def __init__(self, clock: FakeClock) -> None:
        self.writes: List[List[str]] = []
        self.error: Optional[Exception] = None
        self.blocked_for = 0.0
        self._clock = clock
        self._gathered: List[str] = []

    def write(self, partition: str, batch: Batch) -> int:
        self._gathered += [partition] * len(batch.lines)
        return 0

    def gather(self) -> None:
        assert self._gathered == []

    def write_gathered(self) -> None:
        if self.error is not None:
            raise self.error
        self._clock.pause(self.blocked_for)
        if self._gathered:
            self.writes.append(self._gathered)
        self._gathered = []

    def taken(self) -> int:
        return 0

    def stop(self) -> None: ...

    def close(self) -> None: ...


class Hall:
    """A loop with some readers, each with a feed of its own."""

    def __init__(self, feeds: int, kind: Type[SocketFeed] = SocketFeed) -> None:
        self.clock = FakeClock()
        self.sink = CountingSink(self.clock)
        self.ended: List[FeedEnded] = []
        self.reports: List[Happening] = []
        self.loop = FeedLoop(self.sink, self.clock, self.leave, self.reports.append)
        self.feeds = [kind() for _ in range(feeds)]
        self.readers = [self.reader(number) for number in range(feeds)]
        for reader in self.readers:
            assert reader.open(self.reports.append) is None
            assert self.loop.add(reader)
        if feeds:
            self.loop.turn()

    def close(self) -> None:
        """Close what the process would close at its end."""
        self.loop._selector.close()
        self.loop._bell.close()
        self.loop._ear.close()
        for feed in self.feeds:
            feed.close()

    def leave(self, reader: Reader, ended: FeedEnded) -> None:
        reader.leave()
        self.ended.append(ended)

    def reader(self, number: int) -> Reader:
        name = f"{number}"
        record = first_record("i", name, Owner("h", "a", ""), StartPosition(), 0.0, None)
        progress = Progress(record, resume_at_origin(StartPosition(), False), 30.0)
        stream = Stream(name, "https://f", "https://r", "t", 1800.0)
        return Reader(stream, progress, self, self.sink, self.clock, Filters())

    def open(self, stream: Stream, position: str) -> SocketFeed:
        return self.feeds[int(stream.partition)]


@pytest.fixture
def hall() -> Iterator[Hall]:
    made = Hall(3)
    yield made
    made.close()


def test_what_several_feeds_have_goes_out_in_one_write(hall: Hall) -> None:
    for number, feed in enumerate(hall.feeds):
        feed.theirs.send(line(number))
    hall.loop.turn()

    assert [sorted(write) for write in hall.sink.writes] == [["0", "1", "2"]]


def test_a_turn_tells_the_supervisor_once_that_something_awaits_its_receipt(hall: Hall) -> None:
    hall.reports.clear()
    for feed in hall.feeds:
        feed.theirs.send(line(0))
    hall.loop.turn()

    assert hall.reports == [Written()]


def test_a_feed_that_has_half_a_line_holds_nobody_up(hall: Hall) -> None:
    hall.feeds[0].theirs.send(line(0)[:20])
    hall.feeds[1].theirs.send(line(0))
    hall.loop.turn()
    assert hall.sink.writes == [["1"]]

    hall.feeds[0].theirs.send(line(0)[20:])
    hall.loop.turn()
    assert hall.sink.writes[1:] == [["0"]]


def test_what_came_before_the_loop_had_the_feed_is_read_without_a_further_byte() -> None:
    feed = SocketFeed()
    feed.theirs.send(line(0))
    hall = Hall(0)
    hall.feeds = [feed]
    reader = hall.reader(0)
    reader.open(hall.reports.append)
    hall.loop.add(reader)
    hall.loop.turn()

    assert hall.sink.writes == [["0"]]
    hall.close()


def test_a_feed_whose_events_come_singly_and_fast_is_read_as_fast_while_the_others_have_their_turn() -> None:
    with closing(Hall(2, PiecesFeed)) as hall:
        for offset in range(100):
            hall.feeds[0].theirs.send(line(offset))
        hall.loop.turn()
        assert hall.sink.writes == [["0"]], "it may be a single event: another look would be in vain"
        hall.feeds[1].theirs.send(line(0))
        hall.loop.turn()

        assert [sorted(write) for write in hall.sink.writes[1:]] == [["0"] * 99 + ["1"]]


def test_feeds_that_come_fast_share_what_a_turn_may_take_and_the_next_one_comes_at_once() -> None:
    with closing(Hall(4, PiecesFeed)) as hall:
        for feed in hall.feeds:
            for offset in range(120):
                feed.theirs.send(line(offset))
        assert hall.loop.turn()
        assert not hall.loop.turn()

        taken = [hall.sink.writes[1].count(f"{number}") for number in range(4)]
        assert taken == [1 + MORE_STEPS // 4] * 4


@pytest.mark.parametrize(("last", "reason"), [(CUT, "feed_cut"), (b"", "feed_ended")])
def test_a_feed_that_ends_leaves_the_others_alone(hall: Hall, last: bytes, reason: str) -> None:
    if last:
        hall.feeds[1].theirs.send(last)
    else:
        hall.feeds[1].theirs.close()
    hall.feeds[0].theirs.send(line(0))
    hall.loop.turn()
    hall.feeds[2].theirs.send(line(0))
    hall.loop.turn()

    assert [(ended.partition, ended.reason) for ended in hall.ended] == [("1", reason)]
    assert hall.feeds[1].closed
    assert hall.sink.writes == [["0"], ["2"]]


def test_the_loop_rests_after_a_turn_unless_a_feed_has_a_lot_to_say(hall: Hall) -> None:
    hall.feeds[0].theirs.send(line(0))
    assert hall.loop.turn()

    hall.feeds[0].theirs.send(line(0) * (MUCH // len(line(0)) + 1))
    hall.feeds[1].theirs.send(line(0))
    assert not hall.loop.turn()


def test_a_feed_that_was_closed_from_outside_ends_as_closed(hall: Hall) -> None:
    hall.readers[2].close()
    hall.loop.turn()

    assert [(ended.partition, ended.reason) for ended in hall.ended] == [("2", "closed")]


def test_a_splunkd_that_has_gone_ends_the_loop(hall: Hall) -> None:
    hall.sink.error = SplunkdGone("gone")
    hall.feeds[0].theirs.send(line(0))

    with pytest.raises(SplunkdGone):
        hall.loop.turn()


def test_a_stop_while_it_writes_is_no_error(hall: Hall) -> None:
    hall.sink.error = Stopped("stopped")
    hall.feeds[0].theirs.send(line(0))
    hall.loop.turn()

    assert hall.ended == []


def test_a_full_pipe_counts_as_no_silence_of_any_feed_and_a_usual_write_makes_none_seem_alive(hall: Hall) -> None:
    quiet = hall.readers[2].pulse
    heard_at = quiet.heard_at
    for blocked, since in ((BLOCKED_AFTER / 2, heard_at), (100.0, None)):
        hall.sink.blocked_for = blocked
        hall.feeds[0].theirs.send(line(0))
        hall.loop.turn()
        assert quiet.quiet_since == (hall.clock.monotonic() if since is None else since)
    assert not quiet.is_held_up


def test_a_feed_that_has_to_wait_is_not_shared() -> None:
    hall = Hall(0)
    hall.feeds = [SocketFeed()]
    hall.feeds[0].shares = False
    reader = hall.reader(0)
    reader.open(hall.reports.append)

    assert not hall.loop.add(reader)
    hall.close()
