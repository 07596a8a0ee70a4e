"""Members are found in a text of any size: as `json.loads` would find them, in linear time and little memory."""

from __future__ import annotations

import json
import time
import tracemalloc
from typing import Any, Callable, Dict, Optional

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from falcon_streams.core.envelope import Event, read_event
from falcon_streams.core.outline import find_members

KIB = 2**10
SMALL = '{}[],:" \t\n0123456789-.eE\\'
WORDS = [
    "true",
    "null",
    "NaN",
    "-Infinity",
    '"metadata"',
    '"event"',
    '":',
    ',"',
    "[],",
    "{}",
    '"a":1,',
    "\\n",
    "\\u00e4",
]
PIECES = st.sampled_from([*SMALL, *WORDS, "\\x", "é", "\ufeff", "0.5", "1e5", '{"a":[{"b":[1,2,{}]}]}'])
TREES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner) | st.dictionaries(st.text() | st.sampled_from(["metadata", "offset", "eventType"]), inner)
    ),
    max_leaves=30,
)


def members(text: bytes) -> Optional[Dict[str, Any]]:
    """Every member whose name may be wanted, decoded; None for no object."""
    try:
        found = find_members(text, lambda name: name if name in ("metadata", "offset", "eventType") else None)
    except ValueError:
        return None
    return {
        name: json.loads(text[slice(*span)].decode("utf-8", "replace"), strict=False) for name, span in found.items()
    }


def expected(text: bytes) -> Optional[Dict[str, Any]]:
    try:
        tree = json.loads(text.decode("utf-8", "replace"), strict=False)
    except ValueError:
        return None
    if not isinstance(tree, dict):
        return None
    return {name: value for name, value in tree.items() if name in ("metadata", "offset", "eventType")}


@settings(max_examples=100, deadline=None)
@given(st.lists(PIECES, max_size=30).map("".join), st.booleans())
def test_any_text_is_an_object_where_the_parser_says_so(text: str, wrapped: bool) -> None:
    data = (f'{{"offset":{text}}}' if wrapped else text).encode()
    assert repr(members(data)) == repr(expected(data))


@settings(max_examples=30, deadline=None)
@given(
    st.dictionaries(st.text() | st.sampled_from(["metadata", "offset"]), TREES),
    st.booleans(),
    st.sampled_from([None, 1]),
)
def test_members_are_what_the_parser_makes_of_them(
    tree: Dict[str, Any], ascii_only: bool, indent: Optional[int]
) -> None:
    data = json.dumps(tree, ensure_ascii=ascii_only, indent=indent).encode("utf-8", "surrogatepass")
    assert repr(members(data)) == repr(expected(data))


@settings(max_examples=30, deadline=None)
@given(TREES, st.data())
def test_a_text_that_is_cut_is_no_object(tree: Any, data: st.DataObject) -> None:
    text = json.dumps({"offset": tree}).encode()
    assert members(text[: data.draw(st.integers(0, len(text) - 1))]) is None


SHAPES = [
    "[],",
    "{},",
    '"",',
    "0,",
    '"\\n",',
    '"a":1,',
    '"event":1,',
    "[[]],",
    '{"a":[]},',
    "[",
    '{"a":',
    "\\",
    "é",
    '\\"',
]


def line(shape: str, size: int) -> bytes:
    """An event of about this size that is full of one shape, with its metadata second."""
    many = shape * (size // len(shape.encode()))
    if shape in ("[", '{"a":'):
        closing = "]" if shape == "[" else "}"
        many = f"{many}1{closing * (size // len(shape))}"
    elif shape in ("\\", "é", '\\"'):
        many = f'"{many[: len(many) // 2 * 2]}"'
    elif ":" in shape and not shape.startswith("{"):
        many = f"{{{many[:-1]}}}"
    else:
        many = f"[{many[:-1]}]"
    return b'{"event":' + many.encode() + b',"metadata":{"offset":7,"eventType":"A"}}'


@pytest.mark.parametrize("shape", SHAPES)
def test_no_shape_of_a_line_costs_more_than_its_own_memory(shape: str) -> None:
    text = line(shape, 80 * KIB)
    tracemalloc.start()
    try:
        event = read_event(text)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert (event.offset, event.type) == (7, "A")
    assert peak < 3 * len(text) + 64 * KIB  # the line itself is the fourth


@pytest.mark.parametrize("shape", SHAPES)
def test_time_grows_with_the_line_and_no_faster(shape: str) -> None:
    def seconds(text: bytes) -> float:
        return min(_timed(read_event, text) for _ in range(2))

    assert seconds(line(shape, 320 * KIB)) < 10 * seconds(line(shape, 80 * KIB)) + 0.05


def _timed(read: Callable[[bytes], Event], text: bytes) -> float:
    began = time.thread_time()
    read(text)
    return time.thread_time() - began


def test_metadata_of_any_size_is_read_alike() -> None:
    text = b'{"event":{},"metadata":{"x":[' + b"[]," * 100_000 + b'1],"offset":5,"eventType":"' + b"a" * 5_000 + b'"}}'
    assert read_event(text)[1:] == (5, "", None, "", False)


NEARLY = [
    *(
        '{"a":1,}',
        '{"offset":1,}',
        '{"a":[1,]}',
        '{"a":{"b":1,}}',
        '{"a":[,1]}',
        '{"a":[1 2]}',
        '{"a":1 "b":2}',
        '{"a"}',
    ),
    *('{"a":}', "{,}", '{"a":01}', '{"a":1.}', '{"a":[}', '{"a":[1}]', '{"a":1}}', '{"a":1} 2', '{"a":"\\x"}', "{1:2}"),
]


@pytest.mark.parametrize("text", NEARLY)
def test_what_is_nearly_an_object_is_none(text: str) -> None:
    assert members(text.encode()) is expected(text.encode()) is None
