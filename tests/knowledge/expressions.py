"""Every regular expression that the app ships, found by machine in its conf files and dashboards.

Rules: an EXTRACT is read with `(?ms)` (props.conf.spec). In eval, `match`, `replace` and `mvfind` take the expression
as their second argument; in a text `\\"` is a quote and `\\\\` a backslash.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from tests.splunkd.conf import ini

PROPS = ("LINE_BREAKER", "TIME_PREFIX", "BREAK_ONLY_BEFORE", "MUST_BREAK_AFTER", "EVENT_BREAKER")
CALLS = frozenset(("match", "replace", "mvfind"))
_TOKEN = re.compile(r'(?P<call>\w*)\(|(?P<end>\))|(?P<comma>,)|(?P<text>"(?:\\.|[^"\\])*")|[^"(),\w]+|\w+', re.DOTALL)
_REX = re.compile(r'\|\s*(?:rex|regex)\b[^|"]*"((?:\\.|[^"\\])*)"')


class Expression(NamedTuple):
    """One expression and where it stands."""

    place: str
    pattern: str


def shipped(folder: Path) -> list[Expression]:
    """All of them, each once."""
    found = [*_props(folder / "props.conf"), *_transforms(folder / "transforms.conf"), *_searches(folder)]
    return list({each.pattern: each for each in reversed(found)}.values())[::-1]


def _props(path: Path) -> Iterator[Expression]:
    for stanza, said in ini.read(path).items():
        for key, value in said.items():
            if key.startswith("EXTRACT-"):
                yield Expression(f"[{stanza}] {key}", f"(?ms){value}")
            elif key in PROPS:
                yield Expression(f"[{stanza}] {key}", value)
            elif key.startswith("EVAL-"):
                yield from (Expression(f"[{stanza}] {key}", pattern) for pattern in called(value))


def _transforms(path: Path) -> Iterator[Expression]:
    for stanza, said in ini.read(path).items():
        if "REGEX" in said:
            yield Expression(f"[{stanza}] REGEX", said["REGEX"])


def _searches(folder: Path) -> Iterator[Expression]:
    """Of saved searches, macros, event types and dashboards: those of eval and where, and of rex."""
    texts = {
        f"{name}.conf": "\n".join(
            value for said in ini.read(folder / f"{name}.conf").values() for value in said.values()
        )
        for name in ("savedsearches", "macros", "eventtypes", "checklist")
    }
    views = sorted((folder / "data" / "ui" / "views").glob("*.xml"))
    for name, text in {**texts, **{path.name: path.read_text(encoding="utf-8") for path in views}}.items():
        patterns = [*called(text), *(_unescaped(found) for found in _REX.findall(text))]
        yield from (Expression(name, pattern) for pattern in patterns)


def called(formula: str) -> Iterator[str]:
    """The texts that stand as the second argument of a function which takes an expression there."""
    calls: list[tuple[str, int]] = []
    for token in _TOKEN.finditer(formula):
        if token["call"] is not None:
            calls.append((token["call"], 0))
        elif token["end"] and calls:
            calls.pop()
        elif token["comma"] and calls:
            calls[-1] = calls[-1][0], calls[-1][1] + 1
        elif token["text"] and calls and calls[-1][0] in CALLS and calls[-1][1] == 1:
            yield _unescaped(token["text"][1:-1])


def _unescaped(text: str) -> str:
    return re.sub(r'\\(["\\])', r"\1", text)
