"""From events to the XML that splunkd reads: pure rendering, bytes in and bytes out.

Rules: an XML parser reads between <data> and </data> the line as Falcon sent it. The exceptions are what XML 1.0 cannot
carry: forbidden control characters, U+FFFE, U+FFFF, and bytes that are not UTF-8 become U+FFFD. A CR within a line
becomes a space, because a parser would make it a line feed, and splunkd would break the event there. A batch is
searched for these as one block, because most batches are plain ASCII without control characters.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from itertools import chain, filterfalse, repeat
from typing import Any, Callable, Dict, Iterable, List, NamedTuple, Optional, Sequence, Tuple
from xml.sax.saxutils import escape, quoteattr

from falcon_streams.core.batch import Batch
from falcon_streams.core.partition_name import split
from falcon_streams.core.tenants import Register, Tenant, Tenants

STREAM_START, STREAM_END = b"<stream>\n", b"</stream>\n"
SOURCE = "CrowdStrike:Event:Streams"
SOURCETYPE = "CrowdStrike:Event:Streams:JSON"
MALFORMED_SOURCETYPE = "falcon:event_streams:malformed"

# For bytes.translate: _VISIBLE changes the bytes that XML cannot carry, so a text that it leaves unchanged has none.
# _PLAIN also changes what XML must escape, which Falcon's encoder writes as \u0026 and the like.
_VISIBLE = bytes(0x20 if code < 0x20 and code not in (0x09, 0x0A) else code for code in range(0x100))
_PLAIN = bytes(0x20 if code in b"&<>" else code for code in _VISIBLE)
_is_ascii: Callable[[Any], bool] = bytes.isascii
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_TAIL = b"</data><done/></event>\n"
_NOBODY = Tenant()
_MOST_FRAMES = 4096  # of some hundred bytes each

Frame = Tuple[bytes, bytes, bytes]
"""What stands before the time of an event, what before its data, and what is appended to the data."""


class _Frames(NamedTuple):
    """The frames of these tenants, by partition, CID, and whether the line is malformed."""

    tenants: Tenants
    made: Dict[Tuple[str, str, bool], Frame]


@dataclass(frozen=True)
class Routing:
    """Where an input's events go: its stanza, and Splunk's own settings if the admin has set them."""

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

    def __init__(
        self,
        routing: Routing,
        ta_data: Callable[[str], Optional[bytes]] = lambda partition: None,
        register: Optional[Register] = None,
    ) -> None:
        """`ta_data` gives the JSON object that the vendor's add-on would append to a partition's events, or None.
        Where the tenants of the register say nothing, or there is none, all events go where the input says."""
        self._routing = routing
        self._ta_data = ta_data
        self._register = register or Register(Tenants())
        self._frames = _Frames(self._register.tenants, {})

    def render(self, partition: str, batch: Batch, now: float) -> bytes:
        """The batch as `<event>` elements. `now`, in epoch seconds, is the time of events without a readable time."""
        frames = self._frames_now()
        sole = b"" if frames.tenants.say_nothing else batch.sole_customer()
        head, middle, extra = self._frame(frames, sole or b"", partition)
        lines, seconds, millis = batch.lines, batch.seconds, batch.millis
        middles: Iterable[bytes] = repeat(middle) if sole is not None else self._middles(frames, batch, partition)
        if extra:
            lines = _append(extra, batch)
        if b"" in seconds:
            arrival = b"%d" % now, b"%03d" % (now % 1 * 1000)
            seconds = [given or arrival[0] for given in seconds]
            millis = [given or arrival[1] for given in millis]
        if batch.malformed:
            bad = self._frame(frames, b"", partition, malformed=True)[1]
            middles = [bad if at in batch.malformed else good for at, good in zip(range(len(lines)), middles)]
        elements = zip(repeat(head), seconds, repeat(b"."), millis, middles, escape_lines(lines), repeat(_TAIL))
        return b"".join(chain.from_iterable(elements))

    def _frames_now(self) -> _Frames:
        """The frames of the tenants as they are now. Several threads render: each goes on with what it got here."""
        frames, tenants = self._frames, self._register.tenants
        if frames.tenants is not tenants:
            frames = self._frames = _Frames(tenants, {})
        return frames

    def _middles(self, frames: _Frames, batch: Batch, partition: str) -> Iterable[bytes]:
        """What stands before the data of each event, where they have several customers."""
        middle_of = {customer: self._frame(frames, customer, partition)[1] for customer in set(batch.customers)}
        return map(middle_of.__getitem__, batch.customers)

    def _frame(self, frames: _Frames, customer: bytes, partition: str, malformed: bool = False) -> Frame:
        """Kept by the tenant and not by what an event calls it, and only so many, because customers come from outside
        and any partition may bear the events of any tenant."""
        tenants, made = frames
        tenant = _NOBODY if tenants.say_nothing else tenants.of_customer(customer, partition)
        key = (partition, tenant.cid, malformed)
        frame = made.get(key)
        if frame is None:
            if len(made) >= _MOST_FRAMES:
                made.clear()
            frame = made[key] = self._make_frame(partition, tenant, malformed)
        return frame

    def _make_frame(self, partition: str, tenant: Tenant, malformed: bool) -> Frame:
        routing = self._routing
        id = split(partition)[1]
        # The source carries partition and tenant; index-time transforms take them out again (design decision 12).
        source = f"{SOURCE}:{id}@{tenant.name}" if tenant.name else f"{SOURCE}:{id}"
        elements = (
            ("source", source if routing.source is None else f"{source}:{routing.source}"),
            ("sourcetype", MALFORMED_SOURCETYPE if malformed else routing.sourcetype),
            ("index", tenant.index or routing.index),
            ("host", routing.host),
        )
        middle = "".join(f"<{name}>{escape(value)}</{name}>" for name, value in elements if value)
        ta_data = None if malformed else self._ta_data(id)
        return (
            f'<event stanza={quoteattr(routing.stanza)} unbroken="1"><time>'.encode(),
            f"</time>{middle}<data>".encode(),
            b"" if ta_data is None else b',"ta_data":' + ta_data + b"}",
        )


def escape_lines(lines: Sequence[bytes]) -> Sequence[bytes]:
    """Lines as XML character data; the module's head says which bytes cannot survive."""
    block = b"\n".join(lines)
    is_unicode = _is_unicode(b"\n".join(filterfalse(_is_ascii, lines)))
    if is_unicode and block.translate(_PLAIN) == block:
        return lines
    if not is_unicode or block.translate(_VISIBLE) != block:
        lines = [_scrub(line) for line in lines]
    return [line.replace(b"&", b"&amp;").replace(b"<", b"&lt;").replace(b">", b"&gt;") for line in lines]


def _is_unicode(text: bytes) -> bool:
    """Whether this is UTF-8 that XML can carry; also False for text with characters from U+FFC0 to U+FFFD."""
    try:
        text.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return b"\xef" not in text or b"\xef\xbf" not in text  # one byte is found by memchr, which is faster than two


def _scrub(line: bytes) -> bytes:
    text = line.decode("utf-8", "replace").replace("\r", " ")
    return _FORBIDDEN.sub("\ufffd", text).encode("utf-8")


def _append(extra: bytes, batch: Batch) -> List[bytes]:
    """The lines with this object at the end of each; malformed lines and empty objects stay as they are."""
    return [
        line[:-1] + extra if line.endswith(b"}") and b":" in line and place not in batch.malformed else line
        for place, line in enumerate(batch.lines)
    ]
