"""The fakes keep the promises of the ports, and fail on wrong use."""

from __future__ import annotations

import time
from pathlib import Path
from queue import SimpleQueue

import pytest

from falcon_streams.core.claim import Claim
from falcon_streams.core.discovery import Stream
from falcon_streams.core.envelope import Event
from falcon_streams.core.record import Owner, StartPosition, first_record
from falcon_streams.errors import Retryable, Stopped
from tests.fakes.batches import batch_of
from tests.fakes.clock import FakeClock, ScaledClock, SteppedClock
from tests.fakes.memory import MemoryClaims, MemorySink, MemoryStore, ScriptedFeed, ScriptedFeeds

STREAM = Stream("0", "https://f/0", "https://a/0", "t", 1800.0)


def test_a_fake_clock_moves_only_by_waiting_and_runs_its_agenda_in_order() -> None:
    clock, inbox, seen = FakeClock(), SimpleQueue[str](), []
    start = clock.monotonic()
    clock.after(5, lambda: seen.append("five"))
    clock.after(2, lambda: inbox.put("two"))

    assert clock.take(inbox, 10) == "two"
    assert clock.monotonic() == start + 2
    assert clock.take(inbox, 10) is None
    assert (clock.monotonic(), seen) == (start + 12, ["five"])
    with pytest.raises(ValueError, match="over"):
        clock.at(start, lambda: None)


def test_setting_the_epoch_leaves_the_monotonic_time_alone() -> None:
    clock = FakeClock()
    now, monotonic = clock.now(), clock.monotonic()
    clock.step_epoch(-3600)

    assert (clock.now(), clock.monotonic()) == (now - 3600, monotonic)


def test_a_scaled_clock_runs_faster_and_two_of_one_epoch_agree() -> None:
    epoch = time.time()
    one, other = ScaledClock(100, epoch), ScaledClock(100, epoch)
    before = one.now()
    time.sleep(0.02)

    assert one.now() - before >= 2
    earlier, between, later = one.now(), other.now(), one.now()
    assert earlier - 1 < between < later + 1
    assert one.real(100) == 1
    assert one.take(SimpleQueue(), 1) is None


def test_a_stepped_clock_is_set_by_its_file_and_waits_in_real_time(tmp_path: Path) -> None:
    file = tmp_path / "clock"
    clock = SteppedClock(str(file))
    now, monotonic = clock.now(), clock.monotonic()
    assert abs(now - time.time()) < 1
    file.write_text("-3600")

    assert 3599 < now - clock.now() < 3601
    assert 0 <= clock.monotonic() - monotonic < 1
    assert clock.real(5) == 5


def test_a_sink_counts_bytes_holds_them_back_and_refuses_after_a_stop() -> None:
    sink, batch = MemorySink(), batch_of(Event(b"12345", 1, "A", None, "c"))
    sink.hold = True

    assert sink.write("0", batch) == 5
    assert sink.taken() == 0
    sink.hold = False
    assert sink.taken() == 5
    assert sink.lines("0") == [b"12345"]
    assert sink.lines("1") == []
    sink.stop()
    with pytest.raises(Stopped):
        sink.write("0", batch)


def test_a_store_gives_back_what_it_was_given_and_may_be_broken() -> None:
    store = MemoryStore()
    record = first_record("i", "0", Owner("h", "a", ""), StartPosition(), 1.0, None)
    store.save([record])

    assert store.load("0") == record
    assert store.load("1") is None
    assert store.partitions() == {"0"}
    store.broken = True
    with pytest.raises(Retryable):
        store.save([record])


def test_claims_are_inserted_once_replaced_where_they_are_and_may_be_out_of_reach() -> None:
    claims, claim = MemoryClaims(), Claim(1, "h", "f", "r")

    assert claims.look().newest is None
    assert claims.insert(claim) and not claims.insert(Claim(1, "other", "f", "r"))
    claims.replace(claim._replace(beat=1))
    assert claims.look().newest == claim._replace(beat=1)
    with pytest.raises(Retryable):
        claims.replace(claim._replace(generation=2))
    claims.broken = Retryable("503")
    with pytest.raises(Retryable):
        claims.look()


def test_a_scripted_feed_plays_its_steps_and_must_not_be_read_after_its_close() -> None:
    feeds = ScriptedFeeds(lambda stream, position: ScriptedFeed([b"a", Retryable("cut")]))
    feed = feeds.open(STREAM, "offset=1")

    assert feed.read() == b"a"
    with pytest.raises(Retryable):
        feed.read()
    assert feed.read() == b""
    feed.close()
    with pytest.raises(AssertionError):
        feed.read()
    assert feeds.asked == [("0", "offset=1")]
