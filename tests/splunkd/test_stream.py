"""The event stream's parser."""

from __future__ import annotations

from collections.abc import Iterable
from xml.sax.saxutils import escape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.splunkd.intake.stream import Fragment, Stream

_WHOLE = (
    '<stream><event stanza="toy://a" unbroken="1"><time>1.5</time><source>s</source><sourcetype>st</sourcetype>'
    "<index>i</index><host>h</host><data>{&quot;a&quot;: &amp;}\nü</data><done/></event>\n"
    "<event><data/></event></stream>"
).encode()
_EXPECTED = [
    Fragment("toy://a", True, True, "1.5", "s", "st", "i", "h", '{"a": &}\nü'),
    Fragment(None, False, False, None, None, None, None, None, ""),
]


def _feed(pieces: Iterable[bytes]) -> tuple[list[Fragment], str | None]:
    stream = Stream()
    fragments = [fragment for piece in pieces for fragment in stream.feed(piece)]
    return fragments, stream.close()


@pytest.mark.parametrize("size", [1, 7, len(_WHOLE)])
def test_a_stream_reads_the_same_however_it_is_cut(size: int) -> None:
    pieces = [_WHOLE[start : start + size] for start in range(0, len(_WHOLE), size)]

    assert _feed(pieces) == (_EXPECTED, None)


def test_an_event_is_there_with_its_last_byte() -> None:
    """No byte of a next event is waited for: newer expat would hold tokens back that came in two reads."""
    stream = Stream()
    head, tail = b"<stream><event><data>x</data></eve", b"nt>"

    assert stream.feed(head) == []
    assert [fragment.data for fragment in stream.feed(tail)] == ["x"]


@pytest.mark.parametrize(
    "bad",
    [
        b"<stream><event><data>\x01</data></event>",
        b"<stream><event><data>\xff</data></event>",
        b"<stream><event><data>&nope;</data></event>",
        b"<stream><event><data>&#55296;</data></event>",
        b"<stream><event><data>a < b</data></event>",
        b"<stream><event><data>x</event>",
        b"<stream></stream><stream>",
        b"<stream><event><surprise/></event>",
        b"<stream><event><data><b/></data></event>",
        b"<stream><data>x</data>",
        b"<events>",
        b"<stream>text",
        b"<stream><event>text",
        b"a log line\n<stream>",
    ],
)
def test_what_the_protocol_does_not_know_ends_the_stream(bad: bytes) -> None:
    stream = Stream()
    stream.feed(bad)

    assert stream.fault
    assert stream.feed(b"<event><data>x</data></event></stream>") == []
    assert stream.close() is None


def test_what_came_before_a_fault_is_kept() -> None:
    stream = Stream()
    fragments = stream.feed(b"<stream><event><data>good</data></event><event><data>\x01</data></event>")

    assert [fragment.data for fragment in fragments] == ["good"]
    assert "not well-formed" in str(stream.fault)


@pytest.mark.parametrize(
    ("whole", "expected"),
    [
        (b"", None),
        (b"<stream></stream>\n", None),
        (b"<stream>", "without </stream>"),
        (b"<stream><event><data>x", "inside an event"),
    ],
)
def test_an_end_says_what_is_missing(whole: bytes, expected: str | None) -> None:
    assert expected == _feed([whole])[1]


def test_carriage_returns_become_line_feeds() -> None:
    """XML says so, of every parser; splunkd's included."""
    fragments, _ = _feed([b"<stream><event><data>a\r\nb\rc&#13;d</data></event>"])

    assert fragments[0].data == "a\nb\nc\rd"


@given(st.text(st.characters(blacklist_categories=("Cs",), blacklist_characters="\r\ufffe\uffff", min_codepoint=32)))
def test_text_arrives_as_it_was_written(text: str) -> None:
    fragments, _ = _feed([f"<stream><event><data>{escape(text)}</data></event></stream>".encode()])

    assert text == fragments[0].data


def test_a_line_of_32_mib_is_one_event() -> None:
    size = 32 << 20
    chunk = b'{"k": "&quot;v"}' * 4096
    stream = Stream()
    stream.feed(b'<stream><event unbroken="1"><data>')
    for _ in range(size // len(chunk)):
        stream.feed(chunk)

    (fragment,) = stream.feed(b"</data><done/></event>")

    assert size // 16 * 11 == len(fragment.data)
