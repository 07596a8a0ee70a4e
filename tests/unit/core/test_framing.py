"""Bytes become lines, however they are cut."""

from __future__ import annotations

import time
import tracemalloc
from typing import List

import pytest
from hypothesis import given
from hypothesis import strategies as st

from falcon_streams.core.framing import Framer

SAMPLE = '{"a":"ä"}\r\n\r\n{"b":2}\n\n\r\n{"c":"€"}\n'.encode()
LINES = ['{"a":"ä"}'.encode(), b'{"b":2}', '{"c":"€"}'.encode()]


def pushed(framer: Framer, pieces: List[bytes]) -> List[bytes]:
    return [line for piece in pieces for line in framer.push(piece)]


@pytest.mark.parametrize("cut", range(len(SAMPLE) + 1))
def test_a_cut_at_any_byte_changes_nothing(cut: int) -> None:
    framer = Framer()

    assert pushed(framer, [SAMPLE[:cut], SAMPLE[cut:]]) == LINES
    assert framer.heartbeats == 3
    assert framer.close() == b""


def test_single_bytes_make_the_same_lines() -> None:
    assert pushed(Framer(), [bytes([byte]) for byte in SAMPLE]) == LINES


@given(
    st.lists(st.binary(min_size=1, max_size=20).filter(lambda b: b"\n" not in b and not b.endswith(b"\r"))), st.data()
)
def test_any_lines_in_any_pieces_come_out_as_they_went_in(lines: List[bytes], data: st.DataObject) -> None:
    stream = b"".join(line + b"\n" for line in lines)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)))))
    pieces = [stream[start:end] for start, end in zip([0, *cuts], [*cuts, len(stream)])]

    assert pushed(Framer(), pieces) == lines


def test_what_stands_behind_the_last_line_end_is_handed_out_at_the_close() -> None:
    framer = Framer()

    assert framer.push(b"one\ntw") == [b"one"]
    assert framer.push(b"o\r") == []
    assert framer.close() == b"two"


def test_an_overlong_line_is_handed_out_once_to_its_limit_and_the_next_line_is_whole() -> None:
    framer = Framer(longest=10)

    lines = pushed(framer, [b"0123456789abc", b"def", b"ghi\nnext\n"])

    assert lines == [b"0123456789", b"next"]
    assert framer.overlong == 1


def test_a_line_that_comes_in_tiny_pieces_takes_little_more_memory_than_its_length() -> None:
    size, framer = 400_000, Framer()
    tracemalloc.start()
    try:
        for at in range(size // 2):
            framer.push(b"%02d" % (at % 100))
        held, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert held < 2 * size
    assert len(framer.push(b"\n")[0]) == size


def test_cost_grows_linearly_with_a_line_that_drips_in() -> None:
    def seconds(count: int) -> float:
        framer = Framer()
        started = time.process_time()
        for _ in range(count):
            framer.push(b"x" * 100)
        framer.push(b"\n")
        return time.process_time() - started

    seconds(1000)
    small = max(seconds(20_000), 0.001)

    assert seconds(80_000) < 4 * small * 4
