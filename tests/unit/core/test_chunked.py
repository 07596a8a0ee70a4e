"""The chunked framing comes off wherever the bytes are cut, and what is no framing ends the feed."""

from __future__ import annotations

from typing import Iterator, List

import pytest
from hypothesis import given
from hypothesis import strategies as st

from falcon_streams.core.chunked import LONGEST_HEAD, Dechunker
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
        b"11111111111111111\r\n",
        b"1;" + b"x" * LONGEST_HEAD,
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


@given(st.binary(max_size=200), st.integers(1, 30))
def test_no_bytes_raise_anything_else(wire: bytes, size: int) -> None:
    chunks = Dechunker()
    try:
        for piece in taken(chunks, [wire[at : at + size] for at in range(0, len(wire), size)]):
            chunks.push(piece)
    except Retryable:
        pass
