"""Automatic extraction: KV_MODE of props.conf.

Rules (props.conf.spec, KV_MODE; limits.conf.spec, [kv] and [spath]): `none` extracts nothing; `json` extracts a whole
event that is JSON and nothing of one that is not; `auto`, the default, and `auto_escaped` do that too, unless
AUTO_KV_JSON is false, and take pairs `name=value`. What is seen of the event is its first `kv_maxchars` characters, of
JSON its first `extraction_cutoff` bytes: a value that is not complete there does not come. After `kv_limit` fields no
further field comes. Empty values do not come (transforms.conf.spec, KEEP_EMPTY_VALS: "Autokv ignores" them).

A name that the event has already is refused, by its indexing in any case (it would be there twice), by an extraction
where it says something else (the documentation does not tell which stays). Pairs are read
where there is one reading: the value in double quotes, or of plain characters up to a blank or a comma.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterator, Mapping

from tests.searchtime import jsontext
from tests.searchtime.event import RAW, Ceilings, Cost, Fields
from tests.searchtime.refusal import Refused
from tests.searchtime.settings import boolean

MODES = ("none", "json", "auto", "auto_escaped")
_PAIR = re.compile(r'(?<![^\s,])([A-Za-z][A-Za-z0-9_]*)=("(?:[^"\\]|\\["\\])*"|[A-Za-z0-9_.:/+@-]+)(?=[\s,]|$)')


def check_mode(mode: str) -> str:
    """The mode, or a refusal."""
    if mode.lower() not in MODES:
        raise Refused(f"KV_MODE {mode} is not carried out")
    return mode.lower()


def apply(
    settings: Mapping[str, str],
    fields: Fields,
    ceilings: Ceilings,
    cost: Cost,
    indexed: Container[str] = (),
    keep_empty: bool = False,
) -> None:
    """Add what automatic extraction finds.

    `indexed` names the fields that came with the event; `keep_empty` lets empty JSON strings be values.
    """
    mode = check_mode(settings.get("KV_MODE", "auto"))
    if mode == "none":
        return
    cost.automatic += 1
    raw = fields[RAW][0]
    found: Fields = {}
    json_too = mode == "json" or boolean(settings.get("AUTO_KV_JSON", "true"))
    if json_too:
        for name, value in _json(raw, ceilings):
            if (value or keep_empty) and _room(found, name, ceilings):
                found.setdefault(name, []).append(value)
    if mode != "json":
        for name, value in _pairs(raw[: ceilings.kv_maxchars], mode):
            if found.get(name, [value]) != [value]:
                raise Refused(f"{name} comes twice, it is not documented which value counts")
            if value and _room(found, name, ceilings):
                found[name] = [value]
    for name, values in found.items():
        if name in indexed or fields.get(name, values) != values:
            raise Refused(f"automatic extraction finds {name}, which the event has already")
        fields[name] = values


def _room(found: Fields, name: str, ceilings: Ceilings) -> bool:
    return name in found or not ceilings.kv_limit or len(found) < ceilings.kv_limit


def _json(raw: str, ceilings: Ceilings) -> Iterator[tuple[str, str]]:
    if not raw.lstrip().startswith(("{", "[")) or not jsontext.valid(raw):
        return
    seen = raw[: ceilings.kv_maxchars].encode("utf-8", "surrogatepass")[: ceilings.extraction_cutoff]
    text = seen.decode("utf-8", "ignore")
    for name, leaf in jsontext.flatten(text, whole=len(text) == len(raw)):
        yield name, leaf.text


def _pairs(text: str, mode: str) -> Iterator[tuple[str, str]]:
    rest = _PAIR.sub("", text)
    if "=" in rest and not jsontext.valid(text):
        raise Refused(f"KV_MODE = {mode} meets an equal sign that more than one reading has a use for: {rest[:80]!r}")
    for name, value in _PAIR.findall(text):
        if value.startswith('"'):
            if "\\" in value and mode != "auto_escaped":
                raise Refused("KV_MODE = auto meets a backslash in a quoted value")
            value = re.sub(r'\\(["\\])', r"\1", value[1:-1]).strip(" ")
        yield name, value
