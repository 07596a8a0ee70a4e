"""From events to the XML that splunkd reads: pure rendering, bytes in and bytes out.

Rules: the text between <data> and </data>, read by an XML parser, is the line as Falcon sent it. The exceptions are
what XML 1.0 cannot carry: forbidden control characters, U+FFFE, U+FFFF and bytes that are no UTF-8 become U+FFFD, and
a CR within a line becomes a space, because a parser would make a line feed of it and splunkd would break the event
there. A line is only searched for what it could hold: most are plain ASCII without control characters.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Callable, Dict, List, Optional, Sequence, Tuple
from xml.sax.saxutils import escape, quoteattr

from falcon_streams.core.envelope import Event

STREAM_START, STREAM_END = b"<stream>\n", b"</stream>\n"
SOURCE = "CrowdStrike:Event:Streams"
SOURCETYPE = "CrowdStrike:Event:Streams:JSON"
MALFORMED_SOURCETYPE = "falcon:event_streams:malformed"

_CONTROLS = bytes(code for code in range(0x20) if code not in (0x09, 0x0A))
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_TAIL = b"</data><done/></event>\n"


@dataclass(frozen=True)
class Routing:
    """Where an input's events go: its stanza, and Splunk's own settings where the admin has set them."""

    stanza: str
    index: Optional[str] = None
    host: Optional[str] = None
    source: Optional[str] = None
    sourcetype: str = SOURCETYPE


@dataclass(frozen=True)
class TaData:
    """What the vendor's add-on appends to each event, for searches that use it (events reference, section 1)."""

    cloud: str
    version: str
    input: str
    app_id: str
    event_types: Tuple[str, ...]
    newest: bool

    def render(self, partition: str, several: bool) -> bytes:
        """The object for a partition's events; all its values are strings."""
        fields = {
            "Feed_id": partition,
            "Multiple_feeds": str(several),
            "Cloud_environment": "us_commercial" if self.cloud == "us-1" else self.cloud,
            "TA_version": self.version,
            "Input": self.input,
            "App_id": self.app_id,
            "Event_types": str(list(self.event_types or ("All",))),
            "Initial_start": "current" if self.newest else "historic",
        }
        return json.dumps(fields, separators=(",", ":")).encode("ascii")


class Renderer:
    """Renders the events of one input."""

    def __init__(self, routing: Routing, ta_data: Callable[[str], Optional[bytes]] = lambda partition: None) -> None:
        """`ta_data` gives the JSON object that the vendor's add-on would append to a partition's events, or None."""
        self._routing = routing
        self._ta_data = ta_data
        self._frames: Dict[Tuple[str, bool], Tuple[bytes, bytes, bytes]] = {}

    def render(self, partition: str, events: Sequence[Event], now: float) -> bytes:
        """The events as `<event>` elements. `now`, in epoch seconds, is the time of those that have none readable."""
        arrival = b"%.3f" % now
        parts: List[bytes] = []
        for event in events:
            head, middle, extra = self._frame(partition, event.malformed)
            stamp = arrival if event.created is None else b"%d.%03d" % divmod(event.created, 1000)
            line = event.raw[:-1] + extra if extra and event.raw.endswith(b"}") else event.raw
            parts += (head, stamp, middle, escape_line(line), _TAIL)
        return b"".join(parts)

    def _frame(self, partition: str, malformed: bool) -> Tuple[bytes, bytes, bytes]:
        frame = self._frames.get((partition, malformed))
        if frame is None:
            frame = self._frames[(partition, malformed)] = self._make_frame(partition, malformed)
        return frame

    def _make_frame(self, partition: str, malformed: bool) -> Tuple[bytes, bytes, bytes]:
        routing = self._routing
        # The partition rides in the source; an index-time transform takes it out again (design decision 12).
        source = f"{SOURCE}:{partition}" if routing.source is None else f"{SOURCE}:{partition}:{routing.source}"
        elements = (
            ("source", source),
            ("sourcetype", MALFORMED_SOURCETYPE if malformed else routing.sourcetype),
            ("index", routing.index),
            ("host", routing.host),
        )
        middle = "".join(f"<{name}>{escape(value)}</{name}>" for name, value in elements if value)
        ta_data = None if malformed else self._ta_data(partition)
        return (
            f'<event stanza={quoteattr(routing.stanza)} unbroken="1"><time>'.encode(),
            f"</time>{middle}<data>".encode(),
            b"" if ta_data is None else b',"ta_data":' + ta_data + b"}",
        )


def escape_line(line: bytes) -> bytes:
    """A line as XML character data; the module's head says which bytes cannot survive."""
    if len(line.translate(None, _CONTROLS)) != len(line) or not line.isascii():
        line = _scrub(line)
    if b"&" in line:
        line = line.replace(b"&", b"&amp;")
    if b"<" in line:
        line = line.replace(b"<", b"&lt;")
    if b">" in line:
        line = line.replace(b">", b"&gt;")
    return line


def _scrub(line: bytes) -> bytes:
    text = line.decode("utf-8", "replace").replace("\r", " ")
    return _FORBIDDEN.sub("\ufffd", text).encode("utf-8")
