"""What an XML parser reads out of the stream is the line as Falcon sent it."""

from __future__ import annotations

import json
from typing import List
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from falcon_streams.core.envelope import Event, read_event
from falcon_streams.splunk.stream_xml import (
    MALFORMED_SOURCETYPE,
    STREAM_END,
    STREAM_START,
    Renderer,
    Routing,
    TaData,
    escape_lines,
)
from tests.fakes.batches import batch_of

STANZA = "falcon_event_streams://prod"


def parsed(rendered: bytes) -> List[ElementTree.Element]:
    return list(ElementTree.fromstring(STREAM_START + rendered + STREAM_END))


def render(*events: Event, routing: Routing = Routing(STANZA)) -> List[ElementTree.Element]:  # noqa: B008 - frozen
    return parsed(Renderer(routing).render("0", batch_of(*events), 1_700_000_000.5))


def event(raw: bytes, created: int | None = 1_657_110_865_303) -> Event:
    return Event(raw, 1, "A", created, "c")


def test_an_event_carries_time_source_sourcetype_and_its_line() -> None:
    (element,) = render(event(b'{"a":"<&>]]>"}'))

    assert element.attrib == {"stanza": STANZA, "unbroken": "1"}
    assert [(child.tag, child.text) for child in element] == [
        ("time", "1657110865.303"),
        ("source", "CrowdStrike:Event:Streams:0"),
        ("sourcetype", "CrowdStrike:Event:Streams:JSON"),
        ("data", '{"a":"<&>]]>"}'),
        ("done", None),
    ]


def test_an_event_without_a_readable_time_gets_the_time_of_arrival() -> None:
    (element,) = render(event(b"{}", created=None))

    assert element.findtext("time") == "1700000000.500"


def test_index_host_and_an_own_source_are_written_where_they_are_set() -> None:
    (element,) = render(event(b"{}"), routing=Routing(STANZA, index="sec", host="hf<1>", source="my & source"))

    assert element.findtext("index") == "sec"
    assert element.findtext("host") == "hf<1>"
    assert element.findtext("source") == "CrowdStrike:Event:Streams:0:my & source"


def test_a_malformed_line_has_a_sourcetype_of_its_own() -> None:
    (element,) = render(read_event(b"not json"))

    assert element.findtext("sourcetype") == MALFORMED_SOURCETYPE
    assert element.findtext("data") == "not json"


def test_ta_data_is_appended_to_objects_and_to_nothing_else() -> None:
    ta_data = TaData("us-1", "0.1.0", "prod", "app", (), newest=False)
    renderer = Renderer(Routing(STANZA), lambda partition: ta_data.render(partition, several=True))

    batch = batch_of(event(b'{"a":1}'), read_event(b"nope}"), read_event(b"{}"))
    good, bad, empty = parsed(renderer.render("1", batch, 0.0))

    assert json.loads(good.findtext("data") or "") == {
        "a": 1,
        "ta_data": {
            "Feed_id": "1",
            "Multiple_feeds": "True",
            "Cloud_environment": "us_commercial",
            "TA_version": "0.1.0",
            "Input": "prod",
            "App_id": "app",
            "Event_types": "['All']",
            "Initial_start": "historic",
        },
    }
    assert bad.findtext("data") == "nope}"
    assert empty.findtext("data") == "{}"


@pytest.mark.parametrize(
    "before, after",
    [
        (b"\x00\x01\x08\x0b\x0c\x0e\x1f", "\ufffd" * 7),
        (b"tab\tdel\x7f", "tab\tdel\x7f"),
        (b"a\rb", "a b"),
        (b"\xff\xfe", "\ufffd\ufffd"),
        (b"\xed\xa0\x80", "\ufffd\ufffd\ufffd"),
        ("\ufffe\uffff".encode(), "\ufffd\ufffd"),
        ("\U0001f600 ä €".encode(), "\U0001f600 ä €"),
        (b"\\u0000 \\ud800", "\\u0000 \\ud800"),
    ],
)
def test_what_xml_cannot_carry_is_replaced_and_listed_here(before: bytes, after: str) -> None:
    (element,) = render(event(before))

    assert element.findtext("data") == after


@given(st.binary())
def test_any_bytes_make_well_formed_xml(line: bytes) -> None:
    (element,) = render(event(line.replace(b"\n", b"")))

    assert element.find("data") is not None


@given(st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\r\ufffe\uffff", min_codepoint=0x20)))
def test_any_ordinary_text_is_unchanged(text: str) -> None:
    (element,) = render(event(text.encode()))

    assert (element.findtext("data") or "") == text


def test_plain_lines_are_not_copied() -> None:
    lines = [b'{"plain":"ascii"}', '{"plain":"żółć"}'.encode()]

    assert escape_lines(lines) is lines


def test_each_line_of_a_batch_is_escaped_and_scrubbed_for_itself() -> None:
    lines = [b"a", b"<&>", b"\x01", b"\xff", "\uffff".encode(), "ż&".encode(), b"]]>", b"a\rb"]

    for count in range(1, len(lines) + 1):
        together = escape_lines(lines[:count])
        assert list(together) == [escape_lines([line])[0] for line in lines[:count]]


def test_the_columns_of_a_mixed_batch_end_up_with_their_own_lines() -> None:
    good, late = event(b'{"n":1}'), event(b'{"n":2}', created=1_700_000_000_007)
    elements = render(good, read_event(b"bad"), event(b'{"n":3}', created=None), late)

    assert [element.findtext("data") for element in elements] == ['{"n":1}', "bad", '{"n":3}', '{"n":2}']
    assert [element.findtext("time") for element in elements] == [
        "1657110865.303",
        "1700000000.500",
        "1700000000.500",
        "1700000000.007",
    ]
    assert [element.findtext("sourcetype") for element in elements].index(MALFORMED_SOURCETYPE) == 1
