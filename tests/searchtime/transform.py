"""Field extractions by transforms: REPORT-<class> of props.conf with a stanza of transforms.conf.

Rules (transforms.conf.spec, REGEX, FORMAT, MV_ADD, CLEAN_KEYS): the transforms of a class apply from left to right.
Named groups become fields, FORMAT writes `name::value` pairs whose sides are a text or one `$n`, `_KEY_x` and `_VAL_x`
are a name and its value. The expression applies to every match, except that a FORMAT of fixed names without MV_ADD
takes the first. A field that is there already is kept, with MV_ADD it gets another value. Names that come out of
FORMAT or `_KEY_` are cleaned unless CLEAN_KEYS is false: what is not alphanumeric becomes `_`, then leading `_` and
digits go. Empty values are dropped unless KEEP_EMPTY_VALS.

DELIMS is carried out where the documentation leaves one reading: one delimiter with FIELDS, or pairs; text with a
double quote in it is refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple, Optional

from tests.pcre import SPLUNK, Match, Pattern
from tests.searchtime.event import RAW, Cost, Fields, read
from tests.searchtime.pcre import compile_pcre
from tests.searchtime.refusal import Refused
from tests.searchtime.settings import boolean, check_use

_PAIR = re.compile(r'(\$\d+|[^\s:$"]+(?:(?!::)[^\s"$])*)::(\$\d+|"[^"$]*"|[^\s"$]+)(?:\s+|$)')
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"\s*(?:,\s*|$)')
_LISTED = re.compile(r'\s*(?:"((?:[^"\\]|\\.)*)"|([^",\s][^",]*?))\s*(?:,|$)')
_ESCAPES = {r"\t": "\t", r"\n": "\n", r"\r": "\r", r"\\": "\\", r"\"": '"'}

Found = Iterator[tuple[str, str]]


class Transform(NamedTuple):
    """One stanza, compiled for search time."""

    source: str
    regex: Optional[Pattern]
    pairs: list[tuple[str, str]]
    delims: list[str]
    names: list[str]
    mv_add: bool
    clean: bool
    keep_empty: bool

    def apply(self, fields: Fields, cost: Cost) -> None:
        """Add what the transform finds."""
        values = read(fields, self.source)
        cost.report += self.source == RAW
        if len(values) > 1:
            raise Refused(f"{self.source} has several values, it is not documented which of them a REPORT reads")
        before = set(fields)
        for name, value in self._found(values[0]) if values else ():
            if not name or not (value or self.keep_empty):
                continue
            if self.mv_add:
                fields.setdefault(name, []).append(value)
            elif name not in fields:
                fields[name] = [value]
        clashing = {"host", "source", "sourcetype", "index", RAW, "_time"} & before
        if self.mv_add and any(len(fields[name]) > 1 for name in clashing):
            raise Refused("MV_ADD to a default field is not documented")

    def _found(self, text: str) -> Found:
        if self.regex is None:
            return self._split(text)
        fixed = bool(self.pairs) and not any(name.startswith("$") for name, _ in self.pairs)
        matches = self.regex.finditer(text)
        if fixed and not self.mv_add:
            first = next(matches, None)
            matches = iter([first] if first else [])
        return (pair for match in matches for pair in self._read(match))

    def _read(self, match: Match) -> Found:
        for name, value in self.pairs:
            yield self._cleaned(_fill(name, match)), _fill(value, match)
        if not self.pairs:
            for name, found in match.groupdict().items():
                if name.startswith("_KEY_"):
                    yield self._cleaned(found or ""), match.groupdict().get(f"_VAL_{name[5:]}") or ""
                elif not name.startswith("_VAL_"):
                    yield name, found or ""

    def _split(self, text: str) -> Found:
        if '"' in text:
            raise Refused("DELIMS with a double quote in the text is not carried out")
        parts = re.split(f"[{re.escape(self.delims[0])}]", text)
        if self.names:
            yield from zip(self.names, (part.strip(" ") for part in parts))
            return
        for part in parts:
            name, *value = re.split(f"[{re.escape(self.delims[1])}]", part, maxsplit=1)
            if value:
                yield self._cleaned(name.strip(" ")), value[0].strip(" ")

    def _cleaned(self, name: str) -> str:
        return re.sub(r"[^A-Za-z0-9]", "_", name).lstrip("_0123456789") if self.clean else name


def compile_transform(stanza: str, said: Mapping[str, str]) -> Transform:
    """What a stanza means to a REPORT."""
    check_use(stanza, said, "REPORT")
    source = said.get("SOURCE_KEY", RAW)
    if ":" in source:
        raise Refused(f"SOURCE_KEY {source} is one of index time")
    regex, pairs, delims, names = None, [], [], []
    if said.get("REGEX"):
        regex = compile_pcre(said["REGEX"], SPLUNK.lowered(said.get("MATCH_LIMIT", ""), said.get("DEPTH_LIMIT", "")))
        pairs = _pairs(said.get("FORMAT", ""), regex)
        if "DELIMS" in said or "FIELDS" in said:
            raise Refused("REGEX and DELIMS in one transform")
    elif said.get("DELIMS"):
        delims = [_unescape(delim) for delim in _QUOTED.findall(said["DELIMS"])]
        names = [_unescape(quoted) or plain for quoted, plain in _LISTED.findall(said.get("FIELDS", ""))]
        if (names and (len(delims) != 1 or len(delims[0]) != 1)) or (not names and len(delims) != 2):
            raise Refused("DELIMS is carried out for one delimiter with FIELDS, or for pairs")
    else:
        raise Refused("the transform has neither REGEX nor DELIMS")
    flags = (boolean(said.get(key, default)) for key, default in _FLAGS)
    return Transform(source, regex, pairs, delims, names, *flags)


_FLAGS = (("MV_ADD", "false"), ("CLEAN_KEYS", "true"), ("KEEP_EMPTY_VALS", "false"))


def _pairs(text: str, regex: Pattern) -> list[tuple[str, str]]:
    if not regex.groups:
        raise Refused("the REGEX of a transform needs a capturing group")
    if not text:
        if not regex.groupindex:
            raise Refused("a transform without FORMAT needs a named group")
        return []
    pairs, at = [], 0
    while at < len(text):
        pair = _PAIR.match(text, at)
        if not pair:
            raise Refused(f"FORMAT {text!r} is not <name>::<value> of texts and single groups")
        name, value = pair.groups()
        pairs.append((name, value[1:-1] if value.startswith('"') else value))
        at = pair.end()
    for side in (side for pair_ in pairs for side in pair_ if side.startswith("$")):
        if not 0 < int(side[1:]) <= regex.groups:
            raise Refused(f"FORMAT names {side}, the REGEX has {regex.groups} groups")
    return pairs


def _fill(side: str, match: Match) -> str:
    return (match.group(int(side[1:])) or "") if side.startswith("$") else side


def _unescape(text: str) -> str:
    return re.sub(r"\\.", lambda found: _ESCAPES.get(found.group(), found.group()), text)
