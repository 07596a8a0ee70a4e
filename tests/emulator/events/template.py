"""An event body that is made once and stamped many times, each time with its own times and serial number.

Rules: a maker writes a mark where a time belongs, relative to the event's creation; stamping replaces it. A mark that
is a whole JSON string becomes a number where its kind is a number. JSON is written as Go writes it: compact, UTF-8 as
it is, `&`, `<` and `>` escaped (events reference 1).
"""

from __future__ import annotations

import json
import re
import time
from typing import Any, Callable

_MARK = re.compile(rb'"\[\[(s|ms|ns|ft)([+-]\d+)\]\]"|\[\[(iso|ison|serial)([+-]\d+)\]\]')
_FILETIME_EPOCH = 11_644_473_600_000  # ms from 1601 to 1970

Stamp = Callable[[int, int], bytes]


def seconds(delta: int = 0) -> str:
    """Epoch seconds, `delta` seconds after the creation."""
    return f"[[s{delta:+d}]]"


def millis(delta: int = 0) -> str:
    """Epoch milliseconds, `delta` milliseconds after the creation."""
    return f"[[ms{delta:+d}]]"


def nanos(delta: int = 0) -> str:
    """Epoch nanoseconds, `delta` seconds after the creation."""
    return f"[[ns{delta:+d}]]"


def filetime(delta: int = 0) -> str:
    """Windows FILETIME, `delta` seconds after the creation."""
    return f"[[ft{delta:+d}]]"


def iso(delta: int = 0) -> str:
    """ISO 8601 text, `delta` seconds after the creation."""
    return f"[[iso{delta:+d}]]"


def iso_nanos(delta: int = 0) -> str:
    """ISO 8601 text with nanoseconds, `delta` milliseconds after the creation."""
    return f"[[ison{delta:+d}]]"


def serial(base: int = 0) -> str:
    """A number that no other event of this partition bears, in the midst of a text."""
    return f"[[serial{base:+d}]]"


def encode(tree: Any) -> bytes:
    """Compact JSON as Go writes it."""
    text = json.dumps(tree, separators=(",", ":"), ensure_ascii=False)
    return text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e").encode()


class Template:
    """A body to stamp."""

    def __init__(self, event_type: str, body: Any, resolution: int = 1, version: bool = True) -> None:
        """`resolution` of the creation time in milliseconds: 1000 where the type knows only seconds."""
        self.event_type = event_type
        self.resolution = resolution
        pieces: list[bytes] = []
        self._stamps: list[Stamp] = []
        source, end = encode(body), 0
        for found in _MARK.finditer(source):
            pieces.append(source[end : found.start()].replace(b"%", b"%%"))
            kind, delta = found[1] or found[3], found[2] or found[4]
            self._stamps.append(_stamp(kind.decode(), int(delta)))
            end = found.end()
        pieces.append(source[end:].replace(b"%", b"%%"))
        tail, name = b',"version":"1.0"}' if version else b"}", event_type.encode()
        self._head = b'{"metadata":{"customerIDString":"%(customer)s","offset":%(offset)d,"eventType":"' + name
        self._head += b'","eventCreationTime":%(created)d' + tail + b',"event":'
        self._other_head = b'{"metadata":{"eventType":"' + name + b'","customerIDString":"%(customer)s",'
        self._other_head += b'"offset":%(offset)d,"eventCreationTime":%(created)d},"event":'
        self._body = b"%s".join(pieces) + b"}"

    def stamp(self, customer: bytes, offset: int, created: int, number: int, usual: bool = True) -> bytes:
        """The line of one event, created at that many epoch milliseconds; else with another key order, no version."""
        created -= created % self.resolution
        head = self._head if usual else self._other_head
        head %= {b"customer": customer, b"offset": offset, b"created": created}
        return head + self._body % tuple([stamp(created, number) for stamp in self._stamps])


def _stamp(kind: str, delta: int) -> Stamp:
    if kind == "s":
        return lambda at, _: b"%d" % (at // 1000 + delta)
    if kind == "ms":
        return lambda at, _: b"%d" % (at + delta)
    if kind == "ns":
        return lambda at, _: b"%d" % (at * 1_000_000 + delta * 1_000_000_000)
    if kind == "ft":
        return lambda at, _: b"%d" % ((at + _FILETIME_EPOCH + delta * 1000) * 10_000)
    if kind == "iso":
        return lambda at, _: time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(at // 1000 + delta)).encode()
    if kind == "ison":
        return lambda at, number: _nanoseconds(at + delta, number)
    return lambda _, number: b"%d" % (delta + number)


def _nanoseconds(at: int, number: int) -> bytes:
    whole = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(at // 1000))
    return b"%s.%03d%06dZ" % (whole.encode(), at % 1000, number % 1_000_000)
