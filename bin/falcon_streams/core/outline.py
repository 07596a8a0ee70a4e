r"""Finds members of a JSON object of any size without building a tree.

Theory. A tree takes up to thirty times the memory of its text (60 MiB of `[],` are 20 million lists), so a line that
somebody else has written must not become one. This module walks over the text once. One match of a pattern passes over
a run of plain items; each open list or object takes one byte; the only other thing kept is where the wanted members
are. Each pattern matches a bounded number of items, because a regular expression remembers each of them until it ends.

Rules: pure; linear in time; accepts as JSON what `json.loads(..., strict=False)` accepts, on bytes, at any depth. Of
two members with the same name, the later counts. Names and values longer than a kilobyte are none of ours.
"""

from __future__ import annotations

import json
import re
from typing import Any, Callable, Dict, Optional, Tuple

Span = Tuple[int, int]

_SPACE = rb"[ \t\n\r]*"
_STRING = rb'"[^"\\]*"'
_NUMBER = rb"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?"
_SCALAR = rb"(?:" + _STRING + rb"|true|false|null|NaN|-?Infinity|" + _NUMBER + rb")"
# A run stops at a name that may be wanted, or that has escapes: such a name is read by itself.
_WANTED = rb"metadata|offset|eventType|eventCreationTime|customerIDString"


def _deeper(plain: bytes) -> bytes:
    """Matches what `plain` matches, and short lists and objects of it."""
    name = _STRING + _SPACE + rb":" + _SPACE
    item, member = plain + _SPACE, name + plain + _SPACE
    items = rb"\[" + _SPACE + rb"(?:" + item + rb"(?:," + _SPACE + item + rb"){0,8})?\]"
    members = rb"\{" + _SPACE + rb"(?:" + member + rb"(?:," + _SPACE + member + rb"){0,8})?\}"
    return rb"(?:" + _SCALAR + rb"|" + items + rb"|" + members + rb")"


_PLAIN = _deeper(_deeper(_SCALAR))
_ITEM = _SPACE + _PLAIN + _SPACE + rb","
_MEMBER = _SPACE + rb'"(?!' + _WANTED + rb')[^"\\]*"' + _SPACE + rb":" + _SPACE + _PLAIN + _SPACE + rb","
_BLANK = re.compile(_SPACE)
_COLON = re.compile(_SPACE + rb":" + _SPACE)
_ONE = re.compile(_PLAIN)
_RUNS = {0x5B: re.compile(rb"(?:" + _ITEM + rb"){1,100}"), 0x7B: re.compile(rb"(?:" + _MEMBER + rb"){1,100}")}
_IN_STRING = re.compile(rb'[^"\\]*(?:\\(?:["\\/bfnrt]|u[0-9A-Fa-f]{4})[^"\\]*){0,500}')
_CLOSES = {0x5B: 0x5D, 0x7B: 0x7D}
_LIST, _OBJECT, _QUOTE, _COMMA = 0x5B, 0x7B, 0x22, 0x2C
_LONGEST = 1024


def find_members(text: bytes, wanted: Callable[[str], Optional[str]]) -> Dict[str, Span]:
    """Where the values of the wanted members are. `wanted` gives the word for a member's name, the key of the result,
    or None; wanted names begin as `_WANTED` says. Raises ValueError if the text is not one whole JSON object."""
    found: Dict[str, Span] = {}
    at = _blank(text, 0)
    _demand(text, at, _OBJECT)
    at = _blank(text, at + 1)
    more = not _is(text, at, 0x7D)
    while more:
        at = _blank(text, _run(text, at, _OBJECT))
        start, at = at, _string(text, at)
        name = wanted(_name(text[start:at])) if at - start <= _LONGEST else None
        begin = _colon(text, at)
        end = _value(text, begin)
        if name is not None:
            found[name] = (begin, end)
        at = _blank(text, end)
        more = _is(text, at, _COMMA)
        at += more
    _demand(text, at, 0x7D)
    if _blank(text, at + 1) != len(text):
        raise ValueError("something follows the object")
    return found


def read_scalar(text: bytes, span: Span, parse_int: Callable[[str], Any]) -> Any:
    """The value, or None if it is a list, an object, or too long to be ours."""
    begin, end = span
    if text[begin] in (_LIST, _OBJECT) or end - begin > _LONGEST:
        return None
    value = text[begin:end].decode("utf-8", "replace")
    return json.loads(value, strict=False, parse_int=parse_int, parse_constant=str)


def _value(text: bytes, at: int) -> int:
    """The end of the value that begins here."""
    opened = bytearray()
    while True:
        at = _begin(text, at, opened)
        at = _close(text, at, opened)
        if not opened:
            return at
        at = _next(text, at, opened[-1])


def _begin(text: bytes, at: int, opened: bytearray) -> int:
    """Go into a value as deep as it opens; return the end of the first value that closes."""
    while True:
        match = _ONE.match(text, at)
        if match is not None:
            return match.end()
        if _is(text, at, _QUOTE):
            return _string(text, at)
        if not (_is(text, at, _LIST) or _is(text, at, _OBJECT)):
            raise ValueError("no value")
        opened.append(text[at])
        at = _after(text, at + 1, text[at])


def _close(text: bytes, at: int, opened: bytearray) -> int:
    """Leave every list and object that ends here."""
    while opened:
        after = _blank(text, at)
        if _is(text, after, _COMMA):
            return after
        _demand(text, after, _CLOSES[opened.pop()])
        at = after + 1
    return at


def _next(text: bytes, at: int, kind: int) -> int:
    """The next value of the open list or object, behind this comma."""
    _demand(text, at, _COMMA)
    return _after(text, at + 1, kind)


def _after(text: bytes, at: int, kind: int) -> int:
    """The next value of a list or an object that a run of matches cannot pass over."""
    at = _blank(text, _run(text, at, kind))
    return _colon(text, _string(text, at)) if kind == _OBJECT else at


def _run(text: bytes, at: int, kind: int) -> int:
    run = _RUNS[kind]
    match = run.match(text, at)
    while match is not None:
        at = match.end()
        match = run.match(text, at)
    return at


def _string(text: bytes, at: int) -> int:
    """The end of the string that begins here."""
    _demand(text, at, _QUOTE)
    at += 1
    while True:
        match = _IN_STRING.match(text, at)
        assert match is not None  # noqa: S101 - it also matches nothing
        if _is(text, match.end(), _QUOTE):
            return match.end() + 1
        if match.end() == at:
            raise ValueError("a string does not end")
        at = match.end()


def _name(quoted: bytes) -> str:
    return str(json.loads(quoted.decode("utf-8", "replace"), strict=False))


def _colon(text: bytes, at: int) -> int:
    match = _COLON.match(text, at)
    if match is None:
        raise ValueError("no colon")
    return match.end()


def _blank(text: bytes, at: int) -> int:
    match = _BLANK.match(text, at)
    assert match is not None  # noqa: S101 - it also matches nothing
    return match.end()


def _is(text: bytes, at: int, byte: int) -> bool:
    return at < len(text) and text[at] == byte


def _demand(text: bytes, at: int, byte: int) -> None:
    if not _is(text, at, byte):
        raise ValueError(f"no {chr(byte)}")
