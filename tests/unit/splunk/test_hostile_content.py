"""What somebody who writes events, or names things, could try: it arrives as bytes, and it opens nothing else.

Each attack goes through the real reading and rendering of an event, and through the real formatter of a log line.
"""

from __future__ import annotations

import logging
import time
from pathlib import Path
from typing import List
from xml.etree import ElementTree

import pytest

from falcon_streams.core.batch import read_batch
from falcon_streams.errors import Fatal
from falcon_streams.splunk.logs import LineFormatter
from falcon_streams.splunk.settings import read_input
from falcon_streams.splunk.stream_xml import STREAM_END, STREAM_START, Renderer, Routing
from falcon_streams.store.files import folder_of

HEAD = b'{"metadata":{"customerIDString":"c","offset":7,"eventType":"A","eventCreationTime":1657110865303},"event":'
TEXTS = {
    "the end of the stream": "</data></event></stream><stream><event><data>forged",
    "a section's end": "]]><!--",
    "an entity": '<!DOCTYPE x [<!ENTITY y SYSTEM "file:///etc/passwd">]>&y;',
    "a terminal's escapes": "\\u001b[2J\\u001b]0;owned\\u0007",
    "a forged log line": "x\\n2026-11-23T10:00:00.000+00:00 level=INFO action=started input=main",
    "right to left": "\u202egnp.exe",
}
LINES = {
    **{name: HEAD + f'{{"UserName":"{text}"}}}}'.encode() for name, text in TEXTS.items()},
    "deep nesting": HEAD + b"[" * 200_000 + b"]" * 200_000 + b"}",
    "deep nesting first": b'{"event":' + b'{"a":' * 100_000 + b"1" + b"}" * 100_000 + b',"metadata":{"offset":1}}',
    "a number of 5,000 digits": HEAD.replace(b'"offset":7', b'"offset":' + b"9" * 5_000) + b"{}}",
    "a time beyond any": HEAD.replace(b"1657110865303", b"9" * 400) + b"{}}",
    "a number that is none": HEAD.replace(b"1657110865303", b"1e999") + b"{}}",
}


def formatted(value: str) -> str:
    record = logging.LogRecord("falcon_streams.x", logging.ERROR, __file__, 1, "x", ({"error": value},), None)
    return LineFormatter("main", with_time=False).format(record)


@pytest.mark.parametrize("name", LINES)
def test_a_hostile_event_is_one_event_of_the_very_bytes(name: str) -> None:
    line = LINES[name]
    began = time.process_time()
    rendered = Renderer(Routing("falcon_event_streams://main")).render("0", read_batch([line]), 1_700_000_000.5)
    (element,) = ElementTree.fromstring(STREAM_START + rendered + STREAM_END)

    assert element.findtext("data") == line.decode()
    assert time.process_time() - began < 10


@pytest.mark.parametrize("name", TEXTS)
def test_a_hostile_text_is_one_printable_field_of_a_log_line(name: str) -> None:
    text = TEXTS[name].encode().decode("unicode_escape") if name != "right to left" else TEXTS[name]
    line = formatted(text)

    assert line.isprintable()
    assert line.startswith("ERROR level=ERROR action=x input=main error=")


NAMES: List[str] = ["../../etc/passwd", "..", "a/b", "a\nb", "a\r\n[default]", "a b", "x" * 300, "ä", "a\u202eb", "a:b",
                    "[x]", "-x", "", "\x00", "a\x1b[2J"]  # fmt: skip


@pytest.mark.parametrize("name", NAMES, ids=repr)
def test_a_hostile_name_of_a_stanza_is_refused_by_one_printable_sentence(name: str) -> None:
    with pytest.raises(Fatal, match="the name is not 1 to 64") as refused:
        read_input(name, {"account": "prod", "app_id": "a1"})

    assert str(refused.value).isprintable()
    assert len(str(refused.value)) < 500


@pytest.mark.parametrize("name", NAMES, ids=repr)
def test_a_hostile_name_that_got_past_that_would_still_be_one_folder_of_ours(name: str) -> None:
    folder = folder_of("/checkpoints", name)

    assert folder.parent == Path("/checkpoints")
    assert folder.name not in ("", ".", "..")
    assert len(folder.name) < 255
    assert folder.name.isascii()
    assert folder.name.isprintable()
