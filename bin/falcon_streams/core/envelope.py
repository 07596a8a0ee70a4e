r"""Makes an event of a line: peeks at its `metadata`, which everything else needs, and reads nothing more.

Rules: reading a line never changes it. The fast path is one match of a bytes pattern, anchored at the start of the
line, for the key order that every capture shows (events reference, section 1). Everything else is read as JSON:
`metadata` second, keys in another order, a creation time or an offset in another form, `format=flatjson`. The parser
reads short lines; `core/outline.py`, which builds no tree, reads those that are long or deep.
A line that is not a JSON object is malformed; JSON without a findable offset is unplaced. Neither is ever dropped. The
fast path takes a line for whole if it begins and ends as it should; `read_tail` therefore reads a feed's last line if
its line end is missing.
"""

from __future__ import annotations

import json
import re
from typing import Any, Dict, NamedTuple, Optional

from falcon_streams.core.creation import creation_time
from falcon_streams.core.outline import find_members, read_scalar

# Customer, offset, type, and the creation time in seconds and milliseconds, because `<time>` wants a dot between them.
# It wrongly matches names with escapes, which `is_plain` finds, and does not match years outside 2001 to 2096.
FAST = re.compile(
    rb'\{"metadata":\{"customerIDString":"([^"]*)","offset":(\d{1,20}),"eventType":"([^"]*)",'
    rb'"eventCreationTime":([1-3]\d{9})(\d{3})[,}]'
)
# A tree takes up to thirty times the memory of its text, but building it is ten times as fast as walking over the text.
_SHORT = 65_536
_FIELDS = ("offset", "eventType", "eventCreationTime", "customerIDString")
# flatjson has no public sample: any run of separators may be between the words (reference section 6).
_FLAT = re.compile(rf"metadata[^A-Za-z0-9]+({'|'.join(_FIELDS)})\Z")
# A float is exact up to here.
_LARGEST_FLOAT = 2.0**53


class Event(NamedTuple):
    """One line of a feed. `offset` is None if unplaced; `created`, in epoch milliseconds, if missing or unreadable."""

    raw: bytes
    offset: Optional[int]
    type: str
    created: Optional[int]
    customer: str
    malformed: bool = False


def read_event(line: bytes) -> Event:
    """Peek at one line. Never raises: a line that cannot be read is marked, not refused."""
    match = FAST.match(line)
    if match is not None and line.endswith(b"}") and is_plain(match[1] + match[3]):
        customer, offset, event_type, seconds, millis = match.groups()
        return Event(line, int(offset), event_type.decode("ascii"), int(seconds + millis), customer.decode("ascii"))
    return _read_slowly(line)


def is_plain(names: bytes) -> bool:
    """Whether these names can be taken as they are: ASCII only, without JSON escapes."""
    return names.isascii() and b"\\" not in names


def read_tail(line: bytes) -> Event:
    """Read a line that came without its end. Only whole JSON is an event, and the fast path does not check that."""
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
    """The fields of the envelope by name, decoded. Raises ValueError if the line is not a JSON object."""
    if len(line) <= _SHORT:
        try:
            return _fields_of_tree(line)
        except RecursionError:  # too deep for the parser
            pass
    return _fields_of_outline(line)


def _fields_of_tree(line: bytes) -> Dict[str, Any]:
    # Not strict: a raw control character in a string does not hide the offset; the event writer replaces it.
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
    """What a member's name means: `metadata`, or the envelope's field that flatjson has under this name."""
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
