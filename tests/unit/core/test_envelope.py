"""A line becomes an event without being changed, whatever it holds."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from falcon_streams.core.envelope import Event, read_event, read_tail

FAST = (
    b'{"metadata":{"customerIDString":"c1","offset":174,"eventType":"A","eventCreationTime":1657110865303,'
    b'"version":"1.0"},"event":{"x":1}}'
)


def test_the_usual_line_is_read() -> None:
    assert read_event(FAST) == Event(FAST, 174, "A", 1657110865303, "c1")


@pytest.mark.parametrize(
    "line",
    [
        b'{"event":{"x":1},"metadata":{"customerIDString":"c1","offset":174,"eventType":"A","eventCreationTime":1657110865303}}',
        b'{"metadata": {"offset": 174, "eventCreationTime": 1657110865303, "eventType": "A", "customerIDString": "c1"}}',  # noqa: E501
        b'{"metadata":{"customerIDString":"c1","offset":"174","eventType":"A","eventCreationTime":1657110865303},"event":null}',
        b'{"metadata.offset":174,"metadata.eventType":"A","metadata.customerIDString":"c1","metadata.eventCreationTime":1657110865303}',
        b'{"metadata_offset":174,"metadata_eventType":"A","metadata_customerIDString":"c1","metadata_eventCreationTime":1657110865303}',
    ],
)
def test_other_shapes_are_read_to_the_same_envelope(line: bytes) -> None:
    assert read_event(line) == Event(line, 174, "A", 1657110865303, "c1")


@pytest.mark.parametrize(
    "line", [b"not json", b"[1]", b'"text"', b"null", b'{"metadata":{"offset":1', b"\x00\xff", FAST[:-2]]
)
def test_a_line_that_is_no_json_object_is_malformed_and_kept(line: bytes) -> None:
    event = read_event(line)

    assert event.malformed
    assert (event.raw, event.offset) == (line, None)


@pytest.mark.parametrize("cut", range(1, len(FAST)))
def test_a_tail_cut_anywhere_is_no_event_and_a_whole_one_is(cut: int) -> None:
    assert read_tail(FAST[:-cut]).offset is None
    assert read_tail(FAST).offset == 174


@pytest.mark.parametrize(
    "metadata",
    ["null", "{}", '{"offset":null}', '{"offset":true}', '{"offset":-1}', '{"offset":1.5}', '{"offset":"x"}', "[]"],
)
def test_json_without_a_findable_offset_is_unplaced_not_malformed(metadata: str) -> None:
    event = read_event(b'{"metadata":' + metadata.encode() + b',"event":{}}')

    assert event.offset is None
    assert not event.malformed


def test_offset_zero_is_an_offset() -> None:
    assert read_event(FAST.replace(b"174", b"0")).offset == 0


def test_an_offset_beyond_double_precision_is_exact() -> None:
    assert read_event(FAST.replace(b"174", b"18446744073709551615")).offset == 18446744073709551615


@pytest.mark.parametrize("created", [b"0", b"12345", b"99999999999999", b'"yesterday"', b"null", b"-1657110865303"])
def test_an_unreadable_creation_time_is_none(created: bytes) -> None:
    event = read_event(FAST.replace(b"1657110865303", created))

    assert (event.offset, event.created) == (174, None)


@pytest.mark.parametrize("created", [b'"1657110865303"', b"1657110865303.0", b'"2022-07-06T12:34:25.303Z"'])
def test_a_creation_time_of_another_form_is_read_behind_the_usual_keys(created: bytes) -> None:
    line = FAST.replace(b"1657110865303", created)

    assert read_event(line) == Event(line, 174, "A", 1657110865303, "c1")


@pytest.mark.parametrize("offset", [b"174.0", b"1.74e2"])
def test_an_offset_as_a_float_without_fraction_is_an_offset(offset: bytes) -> None:
    line = FAST.replace(b"174", offset)

    assert read_event(line) == Event(line, 174, "A", 1657110865303, "c1")


@pytest.mark.parametrize("offset", [b"-174.0", b"1e400", b"-1e400", b"18446744073709551615.0", b"NaN", b"Infinity"])
def test_an_offset_that_a_float_cannot_tell_exactly_is_none(offset: bytes) -> None:
    event = read_event(FAST.replace(b"174", offset))

    assert (event.offset, event.malformed) == (None, False)


@pytest.mark.parametrize("line", [b"\xef\xbb\xbf" + FAST, b"data: " + FAST, b"data:" + FAST, FAST + b","])
def test_a_byte_order_mark_a_leading_data_and_a_trailing_comma_are_malformed_and_kept(line: bytes) -> None:
    assert read_event(line) == Event(line, None, "", None, "", malformed=True)


def test_depth_and_numbers_survive() -> None:
    deep = b'{"event":' + b"[" * 200_000 + b"]" * 200_000 + b',"metadata":{"offset":1}}'
    long = b'{"event":{"n":' + b"9" * 10_000 + b'},"metadata":{"offset":1}}'

    assert not read_event(deep).malformed
    assert read_event(long).offset == 1
    assert read_event(FAST[:-8] + b"[" * 200_000 + b"]" * 200_000 + b"}").offset == 174


def test_invalid_utf8_does_not_hide_the_offset() -> None:
    assert read_event(b'{"event":{"a":"\xff\xed\xa0\x80"},"metadata":{"offset":7}}').offset == 7


@given(st.binary())
def test_any_bytes_are_answered_with_an_event_that_holds_them(line: bytes) -> None:
    assert read_event(line).raw == line


@given(st.integers(0, 2**64 - 1), st.text(), st.booleans())
def test_both_paths_agree(offset: int, event_type: str, metadata_first: bool) -> None:
    metadata = {
        "customerIDString": "c",
        "offset": offset,
        "eventType": event_type,
        "eventCreationTime": 1657110865303,
    }
    tree = {"metadata": metadata, "event": {}} if metadata_first else {"event": {}, "metadata": metadata}
    line = json.dumps(tree, separators=(",", ":"), ensure_ascii=True).encode()

    assert read_event(line)[1:] == (offset, event_type, 1657110865303, "c", False)
