"""Framing and envelope: any bytes in any pieces become lines, any line becomes an event, and no byte is lost."""

from __future__ import annotations

from typing import List

from hypothesis import given
from hypothesis import strategies as st

from falcon_streams.core.envelope import Event, read_event, read_tail
from falcon_streams.core.framing import Framer
from tests.fuzz.bytes_from_outside import cost_ratio, mutations
from tests.profile import trying

FAST = b'{"metadata":{"customerIDString":"c","offset":0,"eventType":"A","eventCreationTime":1657110865303},"event":{}}'
SLOW = b'{"event":null,"metadata":{"offset":"17","eventType":"B","eventCreationTime":1657110865303}}'
FLAT = b'{"metadata.offset":3,"metadata.eventType":"C","event.a.b":[1,2]}'
LINES = (FAST, SLOW, FLAT)
STREAMS = (b"\r\n".join(LINES) + b"\r\n", b"\n".join(LINES), b"\r\n\r\n" + FAST + b"\n\n")


@trying(400)
@given(
    stream=mutations(STREAMS), cuts=st.lists(st.integers(0, 400), max_size=8), longest=st.sampled_from([5, 60, 10**6])
)
def test_any_pieces_make_the_lines_that_the_whole_makes(stream: bytes, cuts: List[int], longest: int) -> None:
    places = sorted(min(cut, len(stream)) for cut in cuts)
    framer = Framer(10**6)
    lines = [
        line
        for start, end in zip([0, *places], [*places, len(stream)])
        if end > start
        for line in framer.push(stream[start:end])
    ]
    tail = framer.close()

    whole = [line[:-1] if line.endswith(b"\r") else line for line in stream.split(b"\n")]
    assert lines == [line for line in whole[:-1] if line]
    assert tail == whole[-1]
    assert framer.heartbeats == len([line for line in whole[:-1] if not line])

    short = Framer(longest)
    assert all(len(line) <= max(longest, len(stream)) for line in short.push(stream))


@trying(600)
@given(line=mutations(LINES))
def test_any_line_becomes_an_event_that_holds_it(line: bytes) -> None:
    for read in (read_event, read_tail):
        event = read(line)

        assert isinstance(event, Event)
        assert event.raw is line
        assert event.offset is None or 0 <= event.offset < 10**20
        assert not (event.malformed and event.offset is not None)


def test_lines_and_events_cost_the_same_per_byte_at_eight_times_the_size() -> None:
    def frame(data: bytes) -> None:
        framer = Framer()
        for start in range(0, len(data), 1000):
            framer.push(data[start : start + 1000])
        framer.close()

    assert cost_ratio(frame, b"x" * 500_000) < 4
    assert cost_ratio(frame, STREAMS[0] * 2000) < 4
    for deep in (b"[" * 50_000, b'{"a":' * 15_000, b"\\" * 200_000, b'{"metadata' * 20_000, b"9" * 200_000):
        assert cost_ratio(read_event, deep) < 4
