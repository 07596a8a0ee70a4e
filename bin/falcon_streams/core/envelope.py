r"""From a line to an event: the peek at `metadata` that everything else needs, and nothing more.

Rules: the line stays as it arrived; reading it never changes it. The fast path is one match of a bytes pattern anchored
at the start of the line, for the key order that every capture shows (events reference, section 1). Whatever it does not
match is read as JSON: `metadata` second, keys in any order, a creation time or an offset of another form,
`format=flatjson`. A short line by the parser; one that is long or deep by `core/outline.py`, which makes no tree of it,
whatever it holds.
A line that is no JSON object is malformed; JSON without a findable offset is unplaced. Neither is ever dropped. The
fast path takes a line that begins and ends as it should for whole; a feed's last line without its end is therefore
read by `read_tail`.
"""

from __future__ import annotations

import json
import re
from typing import Any, Dict, NamedTuple, Optional

from falcon_streams.core.creation import creation_time
from falcon_streams.core.outline import find_members, read_scalar

# Customer, offset, type, and the creation time in seconds and milliseconds, because `<time>` wants a dot between.
# What this takes wrongly, names with escapes in them, `is_plain` finds; other years than 2001 to 2096 it does not take.
FAST = re.compile(
    rb'\{"metadata":\{"customerIDString":"([^"]*)","offset":(\d{1,20}),"eventType":"([^"]*)",'
    rb'"eventCreationTime":([1-3]\d{9})(\d{3})[,}]'
)
# flatjson has no public sample: any run of separators may stand between the words (reference section 6).
# A tree takes up to thirty times its text, and is made ten times as fast as one walks over it.
_SHORT = 65_536
_FIELDS = ("offset", "eventType", "eventCreationTime", "customerIDString")
_FLAT = re.compile(rf"metadata[^A-Za-z0-9]+({'|'.join(_FIELDS)})\Z")
# A float is exact up to here.
_LARGEST_FLOAT = 2.0**53


class Event(NamedTuple):
    """One line of a feed. `offset` None: unplaced. `created` in epoch milliseconds, None: missing or unreadable."""

    raw: bytes
    offset: Optional[int]
    type: str
    created: Optional[int]
    customer: str
    malformed: bool = False


def read_event(line: bytes) -> Event:
    """Peek at one line. Never raises: what cannot be read is marked, not refused."""
    match = FAST.match(line)
    if match is not None and line.endswith(b"}") and is_plain(match[1] + match[3]):
        customer, offset, event_type, seconds, millis = match.groups()
        return Event(line, int(offset), event_type.decode("ascii"), int(seconds + millis), customer.decode("ascii"))
    return _read_slowly(line)


def is_plain(names: bytes) -> bool:
    """Whether these names are what they stand for: no escapes of JSON, nothing but ASCII."""
    return names.isascii() and b"\\" not in names


def read_tail(line: bytes) -> Event:
    """Read a line that came without its end: only whole JSON is an event, for which the fast path does not look."""
    return _read_slowly(line)


def _read_slowly(line: bytes) -> Event:
    try:
        fields = _read_fields(line)
    except ValueError:
        return Event(line, None, "", None, "", malformed=True)
    return Event(
        line,
        _offset(fields.get("offset")),
        _string(fields.get("eventType")),
        creation_time(fields.get("eventCreationTime")),
        _string(fields.get("customerIDString")),
    )


def _read_fields(line: bytes) -> Dict[str, Any]:
    """The fields of the envelope by name, decoded. Raises ValueError where the line is no JSON object."""
    if len(line) <= _SHORT:
        try:
            return _fields_of_tree(line)
        except RecursionError:  # deeper than the parser goes
            pass
    return _fields_of_outline(line)


def _fields_of_tree(line: bytes) -> Dict[str, Any]:
    # not strict: a raw control character in a string spoils no offset; the event writer replaces it
    tree = json.loads(line.decode("utf-8", "replace"), strict=False, parse_int=_whole_number, parse_constant=str)
    if not isinstance(tree, dict):
        raise ValueError("no object")
    metadata = tree.get("metadata")
    if isinstance(metadata, dict):
        return metadata
    return {word: value for word, value in ((_field_of(name), value) for name, value in tree.items()) if word}


def _fields_of_outline(line: bytes) -> Dict[str, Any]:
    found = find_members(line, _field_of)
    metadata = found.pop("metadata", None)
    if metadata is not None and line[metadata[0]] == ord("{"):
        line = line[slice(*metadata)]
        found = find_members(line, lambda name: name if name in _FIELDS else None)
    return {name: read_scalar(line, span, _whole_number) for name, span in found.items()}


def _field_of(name: str) -> Optional[str]:
    """What a member of the line is to us: `metadata`, or the field of the envelope that flatjson tells by this name."""
    match = _FLAT.match(name)
    return match[1] if match is not None else name if name == "metadata" else None


def _whole_number(digits: str) -> Any:
    # Python refuses to convert thousands of digits; no field of ours has more than twenty.
    return int(digits) if len(digits) <= 20 else digits


def _offset(value: Any) -> Optional[int]:
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= 20:
        value = int(value)
    if isinstance(value, float) and value.is_integer() and value <= _LARGEST_FLOAT:
        value = int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def _string(value: Any) -> str:
    return value if isinstance(value, str) else ""
