"""The chunked framing comes off wherever the bytes are cut, and what is no framing ends the feed."""

from __future__ import annotations

from typing import Iterator, List

import pytest
from hypothesis import given
from hypothesis import strategies as st

from falcon_streams.core.chunked import Dechunker
from falcon_streams.errors import Retryable

BODY = b'{"a":1}\n{"b":2}\r\n\r\n'
WIRE = b'8\r\n{"a":1}\n\r\n9;name="x"\r\n{"b":2}\r\n\r\n02 \r\n\r\n\r\n0\r\nTrailer: x\r\n\r\n'


def dechunk(pieces: List[bytes]) -> bytes:
    """What comes of these pieces; the body must have ended with them."""
    chunks = Dechunker()
    body = b"".join(chunks.push(piece) for piece in taken(chunks, pieces))
    assert chunks.ended
    return body


def taken(chunks: Dechunker, pieces: List[bytes]) -> Iterator[bytes]:
    """The pieces that are read: none after the last chunk."""
    return (piece for piece in pieces if not chunks.ended)


def encode(parts: List[bytes]) -> bytes:
    return b"".join(b"%X\r\n%b\r\n" % (len(part), part) for part in parts if part) + b"0\r\n\r\n"


@pytest.mark.parametrize("first", range(len(WIRE)))
def test_the_same_bytes_cut_at_every_position_bring_the_same_body(first: int) -> None:
    for second in range(first, len(WIRE)):
        assert dechunk([WIRE[:first], WIRE[first:second], WIRE[second:]]) == BODY


def test_byte_by_byte_is_the_same_too() -> None:
    assert dechunk([WIRE[at : at + 1] for at in range(len(WIRE))]) == BODY


@given(st.lists(st.binary(max_size=40), max_size=8), st.integers(1, 60))
def test_any_parts_come_through_in_any_pieces(parts: List[bytes], size: int) -> None:
    wire = encode(parts)

    assert dechunk([wire[at : at + size] for at in range(0, len(wire), size)]) == b"".join(parts)


def test_what_has_arrived_of_a_chunk_is_handed_on_at_once() -> None:
    chunks = Dechunker()

    assert chunks.push(b"ff\r\nabc") == b"abc"
    assert chunks.push(b"d") == b"d"
    assert not chunks.ended


@pytest.mark.parametrize(
    "wire",
    [
        b"x\r\n",
        b"-1\r\n",
        b"+1\r\na\r\n",
        b"0x1\r\na\r\n",
        b" 1\r\na\r\n",
        b"1_0\r\n",
        b"\r\n",
        b"1\ra",
        b"1\r\nab\r\n",
        b"1\r\naXX1\r\n",
        b"7fffffffffffffff\r\nx",
        b"f" * 16 + b"\r\nx",
        b"1" * 17 + b"\r\n",
        b"0" * 200 + b"1\r\nx",
        b"1;" + b"x" * 1001,
        b'{"errors":[]}',
    ],
)
def test_bytes_that_fit_no_chunk_end_the_feed(wire: bytes) -> None:
    with pytest.raises(Retryable, match="do not fit"):
        Dechunker().push(wire)
    chunks = Dechunker()
    with pytest.raises(Retryable, match="do not fit"):
        for at in range(len(wire)):
            chunks.push(wire[at : at + 1])


@pytest.mark.parametrize("head", [b"0" * 40 + b"2", b"2;" + b"x" * 900, b'2 ; name="a b"', b"2\t"])
def test_the_longest_heads_that_anyone_sends_are_taken_however_they_are_cut(head: bytes) -> None:
    wire = head + b"\r\nx\n\r\n0\r\n\r\n"
    for size in (1, 7, len(wire)):
        assert dechunk([wire[at : at + size] for at in range(0, len(wire), size)]) == b"x\n"


digits = st.text("0123456789abcdefABCDEF", min_size=1, max_size=20).map(str.encode)
extensions = st.sampled_from([b"", b" ", b";a=b", b";" + b"x" * 998, b";" + b"x" * 1100, b"\r", b"\n", b"g"])
heads = st.builds(lambda size, more: b"\r\n" + size + more + b"\r\n", digits, extensions)
wires = st.lists(heads | st.binary(max_size=40), max_size=8).map(b"".join)


@given(wires, st.integers(1, 30))
def test_no_bytes_raise_anything_else_and_their_verdict_does_not_depend_on_the_cuts(wire: bytes, size: int) -> None:
    assert verdict(wire, size) == verdict(wire, max(1, len(wire)))


def verdict(wire: bytes, size: int) -> tuple[bool, bool]:
    """Whether these bytes were taken, and whether the body has ended with them."""
    chunks = Dechunker()
    try:
        for piece in taken(chunks, [wire[at : at + size] for at in range(0, len(wire), size)]):
            chunks.push(piece)
    except Retryable:
        return False, chunks.ended
    return True, chunks.ended
