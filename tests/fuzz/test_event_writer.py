"""The event writer: whatever the lines hold, an incremental XML parser finds each event where it was put."""

from __future__ import annotations

import re
from typing import List
from xml.etree import ElementTree

from hypothesis import given
from hypothesis import strategies as st

from falcon_streams.core.batch import read_batch
from falcon_streams.core.envelope import read_event
from falcon_streams.splunk.stream_xml import STREAM_START, Renderer, Routing, escape_lines
from tests.fuzz.bytes_from_outside import cost_ratio, mutations
from tests.fuzz.test_lines import LINES
from tests.profile import trying

# XML 1.0, section 2.2: what is no character of it, and the CR that a parser would make a line end of
NO_CHARACTER = re.compile("[^\t\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
NAMES = st.text(st.characters(blacklist_categories=("Cs", "Cc"), blacklist_characters="\ufffe\uffff"), min_size=1)


def readable(line: bytes) -> str:
    """What is to come out: the line, less what XML cannot carry."""
    return NO_CHARACTER.sub("\ufffd", line.decode("utf-8", "replace").replace("\r", " "))


def parse(stream: bytes, size: int) -> List[ElementTree.Element]:
    """The events of a stream that comes in pieces of this size."""
    parser = ElementTree.XMLPullParser(["end"])
    whole = stream + b"</stream>"  # the end: newer parsers put off small pieces until then (CVE-2023-52425)
    for start in range(0, len(whole), size):
        parser.feed(whole[start : start + size])
    parser.close()
    ended = [happening[-1] for happening in parser.read_events()]
    return [element for element in ended if isinstance(element, ElementTree.Element) and element.tag == "event"]


@trying(500)
@given(
    lines=st.lists(mutations(LINES).filter(lambda line: b"\n" not in line), min_size=1, max_size=4),
    partition=NAMES,
    stanza=NAMES,
    size=st.integers(1, 64),
)
def test_every_event_is_found_in_the_output_in_order(
    lines: List[bytes], partition: str, stanza: str, size: int
) -> None:
    events = [read_event(line) for line in lines]
    batch = read_batch(lines)
    found = parse(STREAM_START + Renderer(Routing(stanza)).render(partition, batch, 1000.0), size)

    assert [element.findtext("data") or "" for element in found] == [readable(line) for line in lines]
    assert {element.get("stanza") for element in found} <= {stanza}
    for event, element in zip(events, found):
        if event.offset is not None:
            again = read_event((element.findtext("data") or "").encode())
            assert again.offset == event.offset


def test_escaping_costs_the_same_per_byte() -> None:
    for unit in (b"&<>" * 50_000, b"\x00\xff" * 50_000, b"x" * 500_000, "\ufffe\U0001f600".encode() * 30_000):
        assert cost_ratio(lambda text: escape_lines([text]), unit) < 4
