"""One feed, from its opening to its end, by transcripts of bytes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from falcon_streams.core.admission import HELD_SECONDS, WINDOW_EVENTS
from falcon_streams.core.discovery import Stream
from falcon_streams.core.envelope import read_event
from falcon_streams.core.finish import QUIET_SECONDS, Finish
from falcon_streams.core.identity import Identity
from falcon_streams.core.record import Owner, StartPosition, first_record
from falcon_streams.core.resume import Resume, resume_at_origin
from falcon_streams.errors import Fatal, Retryable
from falcon_streams.run.happenings import FeedEnded, Happening, Written
from falcon_streams.run.progress import Progress
from falcon_streams.run.reader import BREATH, SHORT_WHILE, SMALL, Reader
from falcon_streams.run.tally import Filters
from tests.fakes.clock import FakeClock
from tests.fakes.memory import MemorySink, ScriptedFeed, ScriptedFeeds, Step

STREAM = Stream("0", "https://f/0", "https://a/0", "t", 1800.0)


def line(offset: int, event_type: str = "AuthActivityAuditEvent", customer: str = "c") -> bytes:
    return (
        b'{"metadata":{"customerIDString":"%s","offset":%d,"eventType":"%s","eventCreationTime":1770000000000,'
        b'"version":"1.0"},"event":{}}' % (customer.encode(), offset, event_type.encode())
    )


class Desk:
    """One partition with its progress and sink; `read` plays a feed of these steps."""

    def __init__(
        self,
        resume: Resume | None = None,
        filters: Filters = Filters(),  # noqa: B008 - frozen
        finish: Finish | None = None,
    ) -> None:
        self.clock, self.sink = FakeClock(), MemorySink()
        record = first_record("i", "0", Owner("h", "a", ""), StartPosition(), self.clock.now(), None)
        record = replace(record, finish=finish)
        self.progress = Progress(record, resume or resume_at_origin(StartPosition(), True), 30.0)
        self.filters = filters
        self.asked: list[str] = []
        self.written = 0

    def read(self, *steps: Step) -> FeedEnded:
        feeds = ScriptedFeeds(lambda stream, position: ScriptedFeed(steps))
        self.reader = Reader(STREAM, self.progress, feeds, self.sink, self.clock, self.filters)
        ended = self.reader.run(self._count)
        self.asked += [position for _, position in feeds.asked]
        assert all(feed.closed for feed in feeds.opened)
        return ended

    def _count(self, happening: Happening) -> None:
        self.written += isinstance(happening, Written)


def lines(*offsets: int) -> bytes:
    return b"".join(line(offset) + b"\n" for offset in offsets)


def offsets_of(desk: Desk) -> Sequence[int | None]:
    return [read_event(line).offset for line in desk.sink.lines()]


def test_events_reach_the_sink_in_order_and_the_last_offset_the_progress() -> None:
    desk = Desk()

    assert desk.read(lines(0, 1), b"\r\n", lines(2)).reason == "feed_ended"
    assert offsets_of(desk) == [0, 1, 2]
    assert desk.progress.written_offset == 2


def test_a_feed_cut_anywhere_goes_on_without_loss_or_repeat() -> None:
    whole = lines(0, 1, 2)
    for cut in range(1, len(whole) + 1):
        desk = Desk()
        assert desk.read(whole[:cut], Retryable("cut")).reason == "feed_cut"
        last = desk.progress.written_offset
        desk.read(lines(*range(last or 0, 4)))

        assert offsets_of(desk) == [0, 1, 2, 3]
        assert desk.asked[1] == ("whence=0" if last is None else f"offset={last}")


def test_a_last_line_without_its_end_is_taken_where_it_is_whole() -> None:
    whole, half = Desk(), Desk()
    whole.read(lines(0) + line(1))
    half.read(lines(0) + line(1)[:-1])

    assert offsets_of(whole) == [0, 1]
    assert offsets_of(half) == [0]


def test_an_open_that_fails_keeps_the_servers_wait() -> None:
    desk = Desk()

    def refuse(stream: Stream, position: str) -> ScriptedFeed:
        raise Retryable("429", after=30.0)

    reader = Reader(STREAM, desk.progress, ScriptedFeeds(refuse), desk.sink, desk.clock, Filters())
    ended = reader.run(lambda happening: None)
    assert (ended.reason, ended.after) == ("open_failed", 30.0)


def test_bad_lines_are_delivered_counted_and_stop_nothing() -> None:
    desk = Desk()
    desk.read(b"not json\n" + lines(0) + b'{"no":"metadata"}\n' + lines(1))

    assert desk.sink.lines() == [b"not json", line(0), b'{"no":"metadata"}', line(1)]
    assert (desk.progress.counters.malformed, desk.progress.counters.unplaced) == (1, 1)
    assert desk.progress.written_offset == 1


def test_excluded_types_are_dropped_and_the_offset_moves_on() -> None:
    desk = Desk(filters=Filters(excluded=frozenset({"X"})))
    desk.read(lines(0) + line(1, "X") + b"\n" + line(2, "X") + b"\n")

    assert offsets_of(desk) == [0]
    assert desk.progress.written_offset == 2
    assert desk.progress.counters.excluded == 2


def test_an_unknown_type_is_counted_once_and_delivered() -> None:
    desk = Desk()
    desk.read(line(0, "Newcomer") + b"\n" + line(1, "Newcomer") + b"\n")

    assert desk.progress.counters.unknown_types == 1
    assert offsets_of(desk) == [0, 1]


def test_a_gap_is_counted_unless_a_filter_explains_it() -> None:
    for filters, gaps in ((Filters(), 1), (Filters(event_types=("A",)), 0)):
        desk = Desk(Resume("offset=5", 5), filters)
        desk.read(lines(9))

        assert desk.progress.counters.gaps == gaps
        assert offsets_of(desk) == [9]


def test_a_foreign_stream_ends_the_input_before_anything_is_written() -> None:
    desk = Desk(Resume("offset=5", 5, Identity("x"), customers=("mine",)))
    theirs = b"".join(line(offset, customer="theirs") + b"\n" for offset in range(5, 5 + WINDOW_EVENTS))
    ended = desk.read(theirs)

    assert isinstance(ended.error, Fatal)
    assert "another tenant" in str(ended.error)
    assert desk.sink.written == []


def test_another_event_at_the_asked_offset_is_a_reset_that_is_read_from_its_oldest_event() -> None:
    desk = Desk(Resume("offset=1", 1, Identity("another")))

    assert desk.read(lines(1, 2)).reason == "feed_cut"
    assert desk.sink.written == []
    desk.read(lines(0, 1, 2))
    assert desk.asked == ["offset=1", "whence=0"]
    assert offsets_of(desk) == [0, 1, 2]


def test_a_stop_of_the_sink_ends_the_reader_quietly() -> None:
    desk = Desk()
    desk.sink.stop()

    assert desk.read(lines(0)).reason == "stopped"
    assert desk.progress.written_offset is None


@pytest.mark.parametrize("method", ["close", "abort"])
def test_a_close_before_the_feed_has_opened_is_not_forgotten(method: str) -> None:
    desk = Desk()
    feed = ScriptedFeed([lines(0)])
    reader = Reader(STREAM, desk.progress, ScriptedFeeds(lambda *_: feed), desk.sink, desk.clock, Filters())

    assert reader.run(lambda happening: getattr(reader, method)()).reason == "closed"
    assert feed.closed
    assert desk.sink.written == []


def test_the_pulse_hears_heartbeats_and_events() -> None:
    desk = Desk()
    desk.read(b"\r\n", lines(0))

    assert desk.reader.pulse.heartbeats_seen
    assert desk.reader.pulse.event_at is not None
    assert not desk.reader.pulse.writing


def test_a_lag_is_never_negative_where_falcons_clock_is_ahead_of_ours() -> None:
    desk = Desk()
    desk.clock.step_epoch(-100.0)
    desk.read(lines(0))

    assert desk.progress.lag == 0.0


def test_the_supervisor_is_woken_by_the_first_batch_that_awaits_its_receipt_and_by_no_other() -> None:
    desk = Desk()
    desk.read(lines(0), lines(1), lines(2))
    assert desk.written == 1

    desk.progress.receipt(desk.sink.taken(), desk.clock.monotonic())
    desk.read(lines(2), lines(3), lines(4))
    assert desk.written == 2


@pytest.mark.parametrize("lines_a_batch, pauses", [(1, 9), (SMALL, 0)])
def test_small_batches_in_quick_succession_wait_a_moment_for_more(lines_a_batch: int, pauses: int) -> None:
    desk = Desk()
    began = desk.clock.monotonic()
    desk.read(*(lines(*range(at, at + lines_a_batch)) for at in range(0, 10 * lines_a_batch, lines_a_batch)))

    assert desk.clock.monotonic() - began == pytest.approx(pauses * BREATH)


def test_a_feed_that_brings_one_chunk_a_read_is_never_waited_for() -> None:
    """Each of its events would wait: 1,500 a second were left of 27,000, behind every https proxy."""
    desk = Desk()
    feed = ScriptedFeed([lines(offset) for offset in range(10)])
    feed.gathers = False
    began = desk.clock.monotonic()
    reader = Reader(STREAM, desk.progress, ScriptedFeeds(lambda *_: feed), desk.sink, desk.clock, Filters())
    reader.run(lambda happening: None)

    assert offsets_of(desk) == list(range(10))
    assert desk.clock.monotonic() == began


def test_names_beyond_the_limit_are_let_go() -> None:
    desk = Desk()
    desk.read(b"".join(line(n, f"Type{n}", f"c{n}") + b"\n" for n in range(2500)), lines(2500, 2501))

    assert len(desk.progress.types) == len(desk.progress.customers) == 1000
    assert len(desk.reader._tally._types) == len(desk.reader._tally._customers) == 1000
    assert len(desk.sink.lines()) == 2502


def test_a_single_event_after_a_quiet_moment_does_not_wait() -> None:
    desk = Desk()

    class Quiet(ScriptedFeed):
        def read(self) -> bytes:
            desk.clock.pause(2 * SHORT_WHILE)
            return super().read()

    began = desk.clock.monotonic()
    feeds = ScriptedFeeds(lambda stream, position: Quiet([lines(0), lines(1), lines(2)]))
    reader = Reader(STREAM, desk.progress, feeds, desk.sink, desk.clock, Filters())
    reader.run(lambda happening: None)

    assert desk.clock.monotonic() - began == pytest.approx(8 * SHORT_WHILE)


def test_a_parents_new_child_does_not_make_its_stream_another_tenants() -> None:
    desk = Desk(Resume("offset=5", 5, Identity("x"), customers=("parent",)))
    desk.read(line(6, customer="child") + b"\n", line(7, customer="parent") + b"\n")

    assert offsets_of(desk) == [6, 7]


def test_a_stream_of_unknown_customers_is_judged_after_a_minute_at_the_latest() -> None:
    desk = Desk(Resume("offset=5", 5, Identity("x"), customers=("mine",)))
    feed = TimedFeed(desk.clock, [line(6, customer="theirs") + b"\n", b"\r\n"], HELD_SECONDS)
    reader = Reader(STREAM, desk.progress, ScriptedFeeds(lambda *_: feed), desk.sink, desk.clock, Filters())
    ended = reader.run(lambda happening: None)

    assert isinstance(ended.error, Fatal)
    assert desk.sink.written == []


def test_lines_that_an_answer_ends_with_before_any_sign_of_a_feed_are_no_events() -> None:
    desk = Desk()
    ended = desk.read(b"<html>\n", b"<p>The proxy says no</p>\n")

    assert isinstance(ended.error, Retryable)
    assert "<p>The proxy says no</p>" in str(ended.error)
    assert desk.sink.written == []
    assert (desk.reader.pulse.heartbeats_seen, desk.reader.pulse.event_at) == (False, None)


@pytest.mark.parametrize("start", [b"<html>\n", b"\xef\xbb\xbf<!doctype html>\n", b"  <html>\n"])
def test_a_page_that_is_long_is_judged_when_no_more_of_it_is_held(start: bytes) -> None:
    desk = Desk()
    ended = desk.read(start, (b"<p>" + b"x" * 1000 + b"</p>\n") * 70, b"more\n")

    assert isinstance(ended.error, Retryable)
    assert "html" in str(ended.error)
    assert desk.sink.written == []
    assert not desk.reader.pulse.heartbeats_seen


def test_an_answer_of_one_line_without_its_end_is_no_feed_either() -> None:
    ended = Desk().read(b'{"errors":[{"code":500}]}')

    assert isinstance(ended.error, Retryable)
    assert '"code":500' in str(ended.error)


def test_the_blank_lines_of_a_page_are_no_heartbeats() -> None:
    desk = Desk()
    ended = desk.read(b"<html>\n", b"\n", b"\r\n<p>no</p>\n")

    assert isinstance(ended.error, Retryable)
    assert desk.sink.written == []
    assert not desk.reader.pulse.heartbeats_seen


@pytest.mark.parametrize("sign", [b"\r\n", lines(0)])
def test_a_heartbeat_or_an_event_lets_the_lines_before_it_go(sign: bytes) -> None:
    desk = Desk()
    desk.read(b"{no json\n", sign)

    assert desk.sink.lines()[0] == b"{no json"


def test_the_blank_lines_of_a_plain_text_are_no_heartbeats() -> None:
    desk = Desk()
    ended = desk.read(b"upstream connect error\r\n", b"\r\n", b"reset before headers\r\n\r\n")

    assert isinstance(ended.error, Retryable)
    assert "upstream connect error" in str(ended.error)
    assert desk.sink.written == []
    assert not desk.reader.pulse.heartbeats_seen


def test_a_line_that_is_no_json_goes_on_with_the_event_after_it() -> None:
    desk = Desk()
    desk.read(b"no json\n", b"\r\n", lines(0))

    assert desk.sink.lines() == [b"no json", line(0)]


def test_without_any_sign_what_is_long_enough_or_waits_long_enough_goes_on() -> None:
    desk = Desk()
    desk.read(b"x" * 70_000 + b"\n")
    assert len(desk.sink.lines()) == 1

    desk = Desk()
    feed = TimedFeed(desk.clock, [b"one\n", b"two\n"], HELD_SECONDS)
    reader = Reader(STREAM, desk.progress, ScriptedFeeds(lambda *_: feed), desk.sink, desk.clock, Filters())
    reader.run(lambda happening: None)
    assert desk.sink.lines() == [b"one", b"two"]


def test_lines_without_an_offset_after_the_last_event_do_not_come_twice() -> None:
    desk = Desk()
    desk.read(lines(0), b"no json\n{}\n")
    desk.read(lines(0), b"no json\n", b"{}\nmore\n", lines(1), b"no json\n")

    assert desk.sink.lines() == [line(0), b"no json", b"{}", b"more", line(1), b"no json"]


def test_where_no_event_has_come_yet_the_lines_at_the_start_do_not_come_twice() -> None:
    desk = Desk()
    desk.read(b"\r\n{one\n{two\n")
    desk.read(b"\r\n{one\n{two\n{three\n")

    assert desk.sink.lines() == [b"{one", b"{two", b"{three"]


def test_after_a_reset_a_line_without_an_offset_is_a_new_one() -> None:
    desk = Desk()
    desk.read(lines(7), b"no json\n")
    desk.read(lines(0), b"no json\n")

    assert desk.sink.lines() == [line(7), b"no json", line(0), b"no json"]


class TimedFeed(ScriptedFeed):
    """So much time passes before each read but the first."""

    def __init__(self, clock: FakeClock, steps: Sequence[Step], seconds: float) -> None:
        super().__init__(steps)
        self._clock, self._seconds, self._first = clock, seconds, True

    def read(self) -> bytes:
        if not self._first:
            self._clock.pause(self._seconds)
        self._first = False
        return super().read()


def test_a_feed_ends_at_its_last_offset_and_what_stands_behind_is_not_written() -> None:
    desk = Desk(finish=Finish("2", offset=2))

    assert desk.read(lines(0, 1), lines(2, 3), lines(4)).reason == "stop_at"
    assert offsets_of(desk) == [0, 1, 2]
    assert desk.progress.has_reached_finish


def test_a_feed_whose_known_event_is_the_last_one_ends_at_once() -> None:
    desk = Desk()
    desk.read(lines(0, 1))
    desk.progress.finish = Finish("1", offset=1)

    assert desk.read(lines(1), b"\r\n", lines(2)).reason == "stop_at"
    assert offsets_of(desk) == [0, 1]


def test_the_first_event_that_a_time_leaves_out_is_kept_in_mind_over_feeds() -> None:
    desk = Desk(finish=Finish("t", before=1_770_000_000_000))
    early = line(4).replace(b"1770000000000", b"1769999999999")
    desk.read(lines(2, 3), early + b"\n")
    assert desk.read(early + b"\n" + lines(5)).reason == "feed_ended"
    assert desk.read(early + b"\n" + line(6).replace(b"1770000000000", b"1770000060000") + b"\n").reason == "stop_at"

    assert offsets_of(desk) == [4]
    assert desk.progress.finish is not None and desk.progress.finish.behind == 2


class Beats(ScriptedFeed):
    """A feed of heartbeats, one every five seconds, with a step of its own now and then; ends after `count`."""

    def __init__(self, clock: FakeClock, count: int, others: dict[int, bytes]) -> None:
        super().__init__([others.get(number, b"\r\n") for number in range(count)])
        self._clock = clock

    def read(self) -> bytes:
        self._clock.pause(5.0)
        return super().read()


@pytest.mark.parametrize(
    "over_in, others, ends_after",
    [
        (-100.0, {}, QUIET_SECONDS),
        (0.0, {}, QUIET_SECONDS),
        (50.0, {}, 50.0 + QUIET_SECONDS),
        (0.0, {7: lines(1)}, 40.0 + QUIET_SECONDS),
        (None, {}, None),
    ],
)
def test_a_quiet_feed_is_over_after_a_minute_of_heartbeats_past_the_time(
    over_in: float | None, others: dict[int, bytes], ends_after: float | None
) -> None:
    desk = Desk(finish=Finish("t", before=1_770_000_000_000))
    began = desk.clock.monotonic()
    desk.progress.over_at = None if over_in is None else began + over_in
    feeds = ScriptedFeeds(lambda stream, position: Beats(desk.clock, 40, others))
    ended = Reader(STREAM, desk.progress, feeds, desk.sink, desk.clock, Filters()).run(lambda happening: None)

    assert ended.reason == ("feed_ended" if ends_after is None else "stop_at")
    assert ends_after is None or desk.clock.monotonic() - began == ends_after
    assert desk.sink.lines() == []


def test_heartbeats_prove_nothing_while_the_event_that_was_asked_for_has_not_come() -> None:
    known = Identity("f" * 64)
    desk = Desk(Resume("offset=7", 7, known), finish=Finish("t", before=1_770_000_000_000))
    desk.progress.over_at = desk.clock.monotonic()
    feeds = ScriptedFeeds(lambda stream, position: Beats(desk.clock, 40, {}))
    ended = Reader(STREAM, desk.progress, feeds, desk.sink, desk.clock, Filters()).run(lambda happening: None)

    assert ended.reason == "feed_ended"
    assert not desk.progress.has_reached_finish
