r"""Finds members of a JSON object of any size without making a tree of it.

Theory. A tree takes up to thirty times the memory of its text (60 MiB of `[],` are 20 million lists), so a line that
somebody else has written must not become one. This walks over the text once: runs of plain items in one match of a
pattern, what is open as one byte each, and nothing is kept but where the wanted members lie. Each pattern takes a
bounded number of items, because a regular expression remembers each of them until it ends.

Rules: pure; linear in time; what is taken for JSON is what `json.loads(..., strict=False)` takes, on bytes, at any
depth. Of two members with one name the later counts. Names and values beyond a kilobyte are none of ours.
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
# a name that may be wanted is looked at by itself, and so is one with escapes
_WANTED = rb"metadata|offset|eventType|eventCreationTime|customerIDString"


def _deeper(plain: bytes) -> bytes:
    """What `plain` takes, and the short lists and objects of it."""
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
    """Where the values of an object's members lie, of those for whose name `wanted` gives a word, by that word; a name
    that is wanted begins as `_WANTED` says. Raises ValueError where the text is not one whole JSON object."""
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
    """A value that is neither a list nor an object, nor too long to be ours; else None."""
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
    """Go into a value as deep as it opens; the end of the first value within that is closed again."""
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
    """Come out of everything that ends here."""
    while opened:
        after = _blank(text, at)
        if _is(text, after, _COMMA):
            return after
        _demand(text, after, _CLOSES[opened.pop()])
        at = after + 1
    return at


def _next(text: bytes, at: int, kind: int) -> int:
    """The next value within what is open, behind this comma."""
    _demand(text, at, _COMMA)
    return _after(text, at + 1, kind)


def _after(text: bytes, at: int, kind: int) -> int:
    """The value that follows in a list or an object, behind all that one match can pass over."""
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
        assert match is not None  # noqa: S101 - it takes nothing, too
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
    assert match is not None  # noqa: S101 - it takes nothing, too
    return match.end()


def _is(text: bytes, at: int, byte: int) -> bool:
    return at < len(text) and text[at] == byte


def _demand(text: bytes, at: int, byte: int) -> None:
    if not _is(text, at, byte):
        raise ValueError(f"no {chr(byte)}")
