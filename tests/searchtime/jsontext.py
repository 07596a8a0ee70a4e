"""JSON as Splunk reads it: every value with its text, every name with its path.

Rules ("spath", KV_MODE = json): names nest with `.`; the members of an array are values of one field, `name{}`, and
objects in it give `name{}.key`; numbers keep their text, booleans are `true` and `false`, null is `null`; strings are
decoded. Objects and arrays themselves are no values. Nothing here recurses, so no depth of nesting is too deep.
A name that comes twice in an object gives two values.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import NamedTuple, Union

_BLANK = re.compile(r"[ \t\r\n]*")
_WORD = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?|true|false|null")
_STRING = json.JSONDecoder(strict=False)
_PLAIN_STRING = re.compile(r'"(?:[^"\\\x00-\x1f]|\\["\\/bfnrt]|\\u[0-9a-fA-F]{4})*"')


class NotJson(ValueError):
    """The text ends or goes astray here."""


class Leaf(NamedTuple):
    """A value that is neither object nor array."""

    text: str
    kind: str  # string, number, true, false, null


# An object, an array or a leaf; an object's later name of two wins.
Tree = Union["dict[str, Tree]", "list[Tree]", Leaf]
Step = tuple[str, Leaf]
_ENDS = ("", ",", "]", "}", " ", "\t", "\r", "\n")
_NOTHING = Leaf("", "")
_CLOSING = {"]": ("value or ]", "end in ["), "}": ("key or }", "end in {")}


def steps(text: str, whole: bool = True) -> Iterator[Step]:
    """What comes one after another: `{`, `}`, `[`, `]`, `key` and `value`. NotJson where it is none, after what was.

    `whole=False`: the text is cut off, so a number at its very end may be the beginning of another.
    """
    opened: list[str] = []
    at = _skip(text, 0)
    expect = "value"
    while True:
        sign = text[at : at + 1]
        if expect in ("value", "value or ]") and sign in ("{", "["):
            opened.append(sign)
            yield sign, _NOTHING
            at, expect = at + 1, "key or }" if sign == "{" else "value or ]"
        elif expect in _CLOSING.get(sign, ()):
            opened.pop()
            yield sign, _NOTHING
            at, expect = at + 1, _after(opened)
        elif expect in ("value", "value or ]"):
            leaf, at = _leaf(text, at)
            if not whole and at == len(text) and leaf.kind == "number":
                raise NotJson("cut off")
            yield "value", leaf
            expect = _after(opened)
        elif expect in ("key", "key or }"):
            if sign != '"':
                raise NotJson(f"no name at {at}")
            name, at = _leaf(text, at)
            at = _skip(text, at)
            if text[at : at + 1] != ":":
                raise NotJson(f"no colon at {at}")
            yield "key", name
            at, expect = at + 1, "value"
        elif expect != "end" and sign == ",":
            at, expect = at + 1, "key" if expect == "end in {" else "value"
        elif expect == "end" and at == len(text):
            return
        else:
            raise NotJson(f"{sign!r} at {at}")
        at = _skip(text, at)


def flatten(text: str, whole: bool = True) -> Iterator[tuple[str, Leaf]]:
    """Every value with its name. `whole=False` takes a text that is cut off and ends where it ends."""
    names = [""]
    kinds: list[str] = []
    try:
        for step, leaf in steps(text, whole):
            if step == "key":
                names[-1] = f"{names[-2]}.{leaf.text}" if names[-2] else leaf.text
            elif step == "value":
                if kinds:
                    yield names[-1], leaf
            elif step == "{":
                kinds.append(step)
                names.append(names[-1])
            elif step == "[":
                kinds.append(step)
                names.append(f"{names[-1]}{{}}")
            else:
                kinds.pop()
                names.pop()
    except NotJson:
        if whole:
            raise


def valid(text: str) -> bool:
    """Whether the text is JSON."""
    try:
        for _ in steps(text):
            pass
    except NotJson:
        return False
    return True


def parse(text: str) -> Tree:
    """The whole value."""
    root: list[Tree] = []
    stack: list[Tree] = [root]
    keys: list[str] = []

    def put(value: Tree) -> None:
        place = stack[-1]
        if isinstance(place, dict):
            place[keys.pop()] = value
        elif isinstance(place, list):
            place.append(value)

    for step, leaf in steps(text):
        if step == "key":
            keys.append(leaf.text)
        elif step == "value":
            put(leaf)
        elif step in "{[":
            opened: Tree = {} if step == "{" else []
            put(opened)
            stack.append(opened)
        else:
            stack.pop()
    return root[0]


def render(tree: Tree) -> str:
    """Compact JSON that says the same."""
    pieces: list[str] = []
    todo: list[Union[Tree, str]] = [tree]
    while todo:
        part = todo.pop()
        if isinstance(part, str):
            pieces.append(part)
        elif isinstance(part, Leaf):
            pieces.append(json.dumps(part.text, ensure_ascii=False) if part.kind == "string" else part.text)
        elif isinstance(part, dict):
            inside: list[Union[Tree, str]] = ["{"]
            for number, (name, value) in enumerate(part.items()):
                inside += ["," * bool(number) + json.dumps(name, ensure_ascii=False) + ":", value]
            todo += reversed([*inside, "}"])
        else:
            within: list[Union[Tree, str]] = ["["]
            for number, value in enumerate(part):
                within += ["," * bool(number), value]
            todo += reversed([*within, "]"])
    return "".join(pieces)


def _skip(text: str, at: int) -> int:
    blank = _BLANK.match(text, at)
    return blank.end() if blank else at


def _after(opened: list[str]) -> str:
    return f"end in {opened[-1]}" if opened else "end"


def _leaf(text: str, at: int) -> tuple[Leaf, int]:
    if text[at : at + 1] == '"':
        string = _PLAIN_STRING.match(text, at)
        if not string:
            raise NotJson(f"no string at {at}")
        return Leaf(str(_STRING.decode(string.group())), "string"), string.end()
    word = _WORD.match(text, at)
    if not word or text[word.end() : word.end() + 1] not in _ENDS:
        raise NotJson(f"no value at {at}")
    kind = word.group() if word.group() in ("true", "false", "null") else "number"
    return Leaf(word.group(), kind), word.end()
