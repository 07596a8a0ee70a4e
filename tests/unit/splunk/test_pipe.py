"""splunkd's pipe: what was taken, what waits, and a stop that gets through a full one."""

from __future__ import annotations

import fcntl
import os
import socket
import sys
import threading
import time
from queue import SimpleQueue
from typing import Callable, Deque, Iterator, Tuple

import pytest

from falcon_streams.clock import SystemClock
from falcon_streams.core.batch import read_batch
from falcon_streams.errors import SplunkdGone, Stopped
from falcon_streams.splunk.pipe import WIDE, Pipe
from falcon_streams.splunk.sink import MOST_GATHERED, PipeSink
from falcon_streams.splunk.stream_xml import Renderer, Routing
from tests.fakes.clock import FakeClock, ScaledClock

LOTS = b"x" * 1_000_000


@pytest.fixture
def ends() -> Iterator[Tuple[int, int]]:
    read, write = os.pipe()
    yield read, write
    for descriptor in (read, write):
        try:
            os.close(descriptor)
        except OSError:
            pass


def test_bytes_count_as_taken_when_they_have_left_the_fifo(ends: Tuple[int, int]) -> None:
    read, write = ends
    pipe = Pipe(write, SystemClock())
    pipe.write(b"12345")

    assert (pipe.written, pipe.taken()) == (5, 0)
    os.read(read, 3)
    assert pipe.taken() == 3
    os.read(read, 3)
    assert pipe.taken() == 5


def test_on_a_socket_bytes_count_as_taken_two_seconds_after_they_were_written() -> None:
    left, right = socket.socketpair()
    clock = FakeClock()
    with left, right:
        pipe = Pipe(left.fileno(), clock)
        pipe.write(b"12345")
        right.recv(5)
        assert pipe.taken() == 0
        clock.take(SimpleQueue(), 1.9)
        assert pipe.taken() == 0
        clock.take(SimpleQueue(), 0.2)
        assert pipe.taken() == 5


class Meeting(Deque[Tuple[int, float]]):
    """A history that lets `question` in between a writer's test whether it is empty and its use, if that may be."""

    question: Callable[[], object]

    def __len__(self) -> int:
        length = super().__len__()
        if threading.current_thread() is threading.main_thread():
            asker = threading.Thread(target=self.question)
            asker.start()
            asker.join(0.05)
        return length


def test_on_a_socket_a_question_between_two_steps_of_a_write_does_no_harm() -> None:
    left, right = socket.socketpair()
    clock = FakeClock()
    with left, right:
        pipe = Pipe(left.fileno(), clock)
        pipe.write(b"1")
        clock.pause(10.0)
        pipe._history = meeting = Meeting(pipe._history)
        meeting.question = pipe.taken
        pipe.write(b"2")

        clock.pause(10.0)
        assert pipe.taken() == 2


def test_on_a_socket_a_steady_stream_is_taken_too() -> None:
    left, right = socket.socketpair()
    clock = FakeClock()
    with left, right:
        pipe = Pipe(left.fileno(), clock)
        for _ in range(200):
            pipe.write(b"1")
            right.recv(1)
            clock.take(SimpleQueue(), 0.05)
        assert 0 < pipe.taken() < 200


def test_a_large_write_waits_for_a_slow_reader(ends: Tuple[int, int]) -> None:
    read, write = ends
    pipe = Pipe(write, SystemClock())
    got = bytearray()

    def drain() -> None:
        while len(got) < len(LOTS):
            got.extend(os.read(read, 50_000))

    thread = threading.Thread(target=drain)
    thread.start()
    pipe.write(LOTS)
    thread.join()

    assert bytes(got) == LOTS
    assert pipe.taken() == len(LOTS)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux lets a pipe grow")
def test_a_fifo_is_widened_once_a_batch_does_not_fit_into_it(ends: Tuple[int, int]) -> None:
    read, write = ends
    pipe, usual = Pipe(write, SystemClock()), room_of(write)
    pipe.write(b"x" * usual)
    assert room_of(write) == usual
    os.read(read, usual)

    pipe.write(b"x" * 2 * usual)
    assert (room_of(write), pipe.taken()) == (WIDE, usual)


def test_a_fifo_that_may_not_grow_is_written_as_it_is(ends: Tuple[int, int], monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> int:
        raise PermissionError("beyond pipe-user-pages-soft")

    read, write = ends
    pipe, usual = Pipe(write, SystemClock()), room_of(write)
    monkeypatch.setattr(fcntl, "fcntl", refuse)
    drain = threading.Thread(target=lambda: [os.read(read, usual) for _ in range(2)])
    drain.start()
    pipe.write(b"x" * 2 * usual)
    drain.join()

    assert pipe.written == 2 * usual


def room_of(descriptor: int) -> int:
    return fcntl.fcntl(descriptor, 1032)  # F_GETPIPE_SZ, which Python has from 3.10 on


def test_a_reader_that_has_gone_is_splunkd_gone(ends: Tuple[int, int]) -> None:
    read, write = ends
    os.close(read)

    with pytest.raises(SplunkdGone):
        Pipe(write, SystemClock()).write(b"1")


def test_a_stop_ends_a_write_into_a_full_pipe_after_its_second(ends: Tuple[int, int]) -> None:
    _, write = ends
    pipe = Pipe(write, SystemClock())
    threading.Timer(0.1, pipe.stop).start()

    started = time.monotonic()
    with pytest.raises(Stopped):
        pipe.write(LOTS)
    assert 0.9 < time.monotonic() - started < 15


def test_a_pipe_that_stays_full_is_said_once_until_it_has_moved(
    ends: Tuple[int, int], caplog: pytest.LogCaptureFixture
) -> None:
    read, write = ends
    pipe = Pipe(write, ScaledClock(200))  # half a minute in 0.15 s
    os.set_blocking(read, False)
    got = 0

    def said() -> int:
        return [record.msg for record in caplog.records].count("pipe_full")

    def drain() -> None:
        nonlocal got
        for times in (1, 2):
            while said() < times and time.monotonic() < deadline:
                time.sleep(0.02)
            time.sleep(0.5)  # as long again, and longer: it is not said twice
            assert said() == times
            got += len(os.read(read, 100_000))
        os.set_blocking(read, True)
        while got < len(LOTS):
            got += len(os.read(read, 100_000))

    deadline = time.monotonic() + 10
    thread = threading.Thread(target=drain)
    thread.start()
    pipe.write(LOTS)
    thread.join()

    assert said() == 2


def sink_on(write: int) -> tuple[PipeSink, Pipe]:
    pipe = Pipe(write, SystemClock())
    return PipeSink(pipe, Renderer(Routing("falcon_event_streams://a")), SystemClock(), lambda: True), pipe


def test_the_stream_is_ended_at_an_events_end(ends: Tuple[int, int]) -> None:
    read, write = ends
    sink, _ = sink_on(write)
    sink.start()
    ticket = sink.write("0", read_batch([b"{}"]))
    sink.stop()
    sink.close()
    data = os.read(read, 65536)

    assert data.startswith(b"<stream>")
    assert data.endswith(b"</event>\n</stream>\n")
    assert len(data) == ticket + len(b"</stream>\n")
    with pytest.raises(Stopped):
        sink.write("0", read_batch([b"{}"]))


def test_the_stream_stays_open_behind_half_an_event(ends: Tuple[int, int]) -> None:
    read, write = ends
    sink, pipe = sink_on(write)
    batch = read_batch([b'{"a":"' + LOTS + b'"}'])

    def stop_in_the_middle() -> None:
        while not pipe.written:
            time.sleep(0.001)
        sink.stop()

    threading.Thread(target=stop_in_the_middle).start()
    with pytest.raises(Stopped):
        sink.write("0", batch)
    sink.close()
    data = bytearray()
    os.close(write)
    while piece := os.read(read, 65536):
        data += piece

    assert b"</stream>" not in data


def test_elements_of_two_partitions_never_mix(ends: Tuple[int, int]) -> None:
    read, write = ends
    sink, pipe = sink_on(write)
    got = bytearray()

    def drain() -> None:
        while piece := os.read(read, 4096):
            got.extend(piece)

    def send(partition: str) -> None:
        for _ in range(200):
            sink.write(partition, read_batch([partition.encode() * 3000]))

    drainer = threading.Thread(target=drain)
    writers = [threading.Thread(target=send, args=(partition,)) for partition in "01"]
    for thread in (drainer, *writers):
        thread.start()
    for thread in writers:
        thread.join()
    os.close(write)
    drainer.join()

    assert len(got) == pipe.written
    for line in bytes(got).splitlines():
        assert line.count(b"<event ") == 1
        assert (b"0" * 3000 in line) != (b"1" * 3000 in line)


def test_what_is_gathered_goes_out_in_one_write_and_is_not_taken_before(ends: Tuple[int, int]) -> None:
    read, write = ends
    sink, pipe = sink_on(write)
    sink.gather()
    tickets = [sink.write(partition, read_batch([b"{}"])) for partition in ("0", "1")]
    assert pipe.written == sink.taken() == 0
    sink.write_gathered()

    assert pipe.written == tickets[1] == 2 * tickets[0]
    assert len(os.read(read, 65536)) == tickets[1]
    assert sink.taken() == tickets[1]


def test_much_that_is_gathered_goes_out_before_the_turn_is_over(ends: Tuple[int, int]) -> None:
    read, write = ends
    reader = threading.Thread(target=lambda: list(iter(lambda: os.read(read, 65536), b"")))
    reader.start()
    sink, pipe = sink_on(write)
    sink.gather()
    lines = [b'{"a":"' + b"x" * 1000 + b'"}'] * (MOST_GATHERED // 5000)
    tickets = [sink.write(str(number), read_batch(lines)) for number in range(6)]

    assert 0 < pipe.written < tickets[-1]
    os.close(write)
    reader.join()


def test_a_stop_drops_what_is_gathered_and_nothing_follows_the_end_of_the_stream(ends: Tuple[int, int]) -> None:
    read, write = ends
    sink, _ = sink_on(write)
    sink.gather()
    sink.write("0", read_batch([b"{}"]))
    sink.stop()
    sink.close()
    sink.write_gathered()

    assert os.read(read, 65536) == b"</stream>\n"
