"""An event as Falcon renders it when it sends it again: the same event in other bytes.

Theory. Falcon renders an event anew at each sending. A sending has a number: it turns the order of the metadata's
members, decides whether `metadata` or `event` comes first, and is written down as a key of its own.

Rules: `original` gives the published bytes back, byte for byte, so that a ledger check needs no other means. A line
whose metadata are not flat (or that is no event) is sent again as it is.
"""

from __future__ import annotations

import re
from typing import Optional

_KEY = b'"sending":'
_MEMBER = re.compile(rb'"\w+":(?:-?[\d.]+|"[^",\\]*")\Z')
_METADATA_FIRST = re.compile(rb'\{"metadata":\{([^{}]*)\},("event":.*)\}\Z', re.DOTALL)
_EVENT_FIRST = re.compile(rb'\{("event":.*),"metadata":\{([^{}]*)\}\}\Z', re.DOTALL)


def render_anew(line: bytes, number: int) -> bytes:
    """The line as this sending has it; `number` is 1 or more."""
    found = _METADATA_FIRST.match(line)
    members = found[1].split(b",") if found else []
    if found is None or _KEY in line or not all(map(_MEMBER.match, members)):
        return line
    turn = number % len(members)
    metadata = b",".join([*members[turn:], *members[:turn], _KEY + b"%d" % number])
    return _join(metadata, found[2], event_first=number % 2 == 1)


def original(line: bytes) -> bytes:
    """The line as it was published, whatever sending this is."""
    if _KEY not in line:
        return line
    first, second = _METADATA_FIRST.match(line), _EVENT_FIRST.match(line)
    metadata, event = (first[1], first[2]) if first else (second[2], second[1]) if second else (b"", b"")
    *members, last = metadata.split(b",")
    number = _number(last)
    if number is None or not members:
        return line
    turn = -number % len(members)
    return _join(b",".join([*members[turn:], *members[:turn]]), event, event_first=False)


def _join(metadata: bytes, event: bytes, event_first: bool) -> bytes:
    return b'{%s,"metadata":{%s}}' % (event, metadata) if event_first else b'{"metadata":{%s},%s}' % (metadata, event)


def _number(member: bytes) -> Optional[int]:
    digits = member[len(_KEY) :]
    return int(digits) if member.startswith(_KEY) and digits.isdigit() else None
