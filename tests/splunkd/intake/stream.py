"""The event stream, parsed as it comes and strictly.

Rules (Splunk platform reference 1.2): one `<stream>` of `<event>` elements in UTF-8; what is not well-formed XML, or
an element that the protocol does not know, ends the parsing for good. splunkd's own behaviour there is unknown
(reference, section 12), so the stand-in is as hard as it can be: a product that passes here never sends such bytes.
XML itself turns CR LF and lone CR into LF before anybody sees the text.

A fragment is one `<event>`; whether it is a whole event is for the pipeline to say.
"""

from __future__ import annotations

from typing import NamedTuple
from xml.parsers import expat

_FIELDS = frozenset(("time", "source", "sourcetype", "index", "host", "data"))
_TRUE = ("1", "true")


class Fragment(NamedTuple):
    """One `<event>`: text of its elements, None for an element that was not there."""

    stanza: str | None
    unbroken: bool
    done: bool
    time: str | None
    source: str | None
    sourcetype: str | None
    index_name: str | None
    host: str | None
    data: str


class _IllFormed(ValueError):
    """The stream cannot be read on; the text says where and why."""


class Stream:
    """One process's stdout. `feed` what was read, in order; `close` at its end. A `fault` ends it for good."""

    def __init__(self) -> None:
        parser = expat.ParserCreate("UTF-8")
        parser.buffer_text = True
        parser.buffer_size = 1 << 16
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._characters
        self._parser = parser
        self._tag = b""  # one that has not ended yet
        self._depth = 0
        self._ended = False
        self._fragments: list[Fragment] = []
        self._attributes: dict[str, str] = {}
        self._texts: dict[str, str] = {}
        self._text: list[str] = []
        self._done = False
        self.bytes = 0
        self.fault: str | None = None

    def feed(self, data: bytes) -> list[Fragment]:
        """The fragments that these bytes completed, up to a fault."""
        self.bytes += len(data)
        self._parse(self._whole_tags(data))
        fragments, self._fragments = self._fragments, []
        return fragments

    def close(self) -> str | None:
        """What is missing at the end of the stream, None where it ended as it should; nothing at all is fine too."""
        if self.bytes == 0 or self.fault is not None or self._ended:
            return None
        return "inside an event" if self._depth > 1 else "without </stream>"

    def _whole_tags(self, data: bytes) -> bytes:
        """What may be parsed by now: newer expat puts off a tag that comes in two reads (CVE-2023-52425), and the one
        in Debian 12's Python cannot be told not to; an event must not wait."""
        read = self._tag + data
        last = read.rfind(b"<")
        end = last if last > read.rfind(b">") else len(read)
        self._tag = read[end:]
        return read[:end]

    def _parse(self, data: bytes) -> None:
        if self.fault is not None:
            return
        try:
            self._parser.Parse(data, False)
        except expat.ExpatError as error:
            self.fault = f"not well-formed: {error}"
        except _IllFormed as error:
            self.fault = str(error)

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        known = (
            (self._depth == 1 and tag == "stream")
            or (self._depth == 2 and tag == "event")
            or (self._depth == 3 and (tag in _FIELDS or tag == "done"))
        )
        if not known:
            raise _IllFormed(f"unexpected <{tag}> in line {self._parser.CurrentLineNumber}")
        if self._depth == 2:
            self._attributes, self._texts, self._done = attributes, {}, False
        self._text = []

    def _characters(self, text: str) -> None:
        if self._depth == 3:
            self._text.append(text)
        elif text.strip():
            raise _IllFormed(f"text outside of <data> in line {self._parser.CurrentLineNumber}: {text.strip()[:40]!r}")

    def _end(self, tag: str) -> None:
        if self._depth == 3:
            if tag == "done":
                self._done = True
            else:
                self._texts[tag] = "".join(self._text)
            self._text = []
        elif self._depth == 2:
            self._fragments.append(self._fragment())
        self._depth -= 1
        self._ended = self._depth == 0

    def _fragment(self) -> Fragment:
        texts = self._texts
        return Fragment(
            self._attributes.get("stanza"),
            self._attributes.get("unbroken", "").lower() in _TRUE,
            self._done,
            texts.get("time"),
            texts.get("source"),
            texts.get("sourcetype"),
            texts.get("index"),
            texts.get("host"),
            texts.get("data", ""),
        )
