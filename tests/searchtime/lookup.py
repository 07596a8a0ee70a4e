"""Automatic lookups: LOOKUP-<class> of props.conf with a stanza of transforms.conf and a csv file.

Rules (props.conf.spec, LOOKUP; transforms.conf.spec, "Lookup tables"; "Make your lookup automatic"): an event that
has all match fields gets the output fields of the rows that match, at most `max_matches` of them in file order; below
`min_matches` it gets `default_match`. OUTPUT replaces what is there, and clears it where no row matches; OUTPUTNEW
writes a field only where it is missing, and is refused where an event has some of its fields: whether it writes the
others is not documented. Without an output list every column that is no match field is put out.
Automatic lookups do not nest: all read the fields as they were before the first of them, and one that needs the
output of another is refused. Each value of a match field is looked up by itself. An empty cell is no value.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from typing import NamedTuple

from tests.searchtime.event import Fields, read
from tests.searchtime.knowledge import Rows
from tests.searchtime.refusal import Refused
from tests.searchtime.settings import boolean, check_use

_NAME = r'(?:"[^"]+"|[^\s",]+)'
_COLUMN = re.compile(rf"\s*({_NAME})(?:\s+AS\s+({_NAME}))?\s*,?", re.IGNORECASE)
_OUTPUT = re.compile(r"\s(OUTPUT|OUTPUTNEW)\s", re.IGNORECASE)
_MATCH_TYPE = re.compile(r"(WILDCARD|CIDR|EXACT)\(\s*([^()]+?)\s*\)", re.IGNORECASE)

Columns = list[tuple[str, str]]


class Lookup(NamedTuple):
    """One LOOKUP, compiled: pairs of column and field."""

    matches: Columns
    outputs: Columns
    new_only: bool
    rows: Rows
    match_types: dict[str, str]
    case_sensitive: bool
    most: int
    fewest: int
    default: str

    def apply(self, before: Fields, fields: Fields) -> None:
        """Look the event up and write what is found."""
        inputs = [read(before, field) for _, field in self.matches]
        if not all(inputs):
            return
        if len(inputs) > 1 and any(len(values) > 1 for values in inputs):
            raise Refused("several match fields, one of them with several values, is not documented")
        found: dict[str, list[str]] = {column: [] for column, _ in self.outputs}
        for value in inputs[0]:
            asked = [value, *(values[0] for values in inputs[1:])]
            rows = [row for row in self.rows if self._fits(row, asked)][: self.most]
            for column, values in found.items():
                values += [row[column] for row in rows if row[column]]
                values += [self.default] * max(0, self.fewest - len(rows)) if self.default else []
        if self.new_only and len({field in fields for column, field in self.outputs if found[column]}) > 1:
            raise Refused("OUTPUTNEW with some of its fields there is not documented")
        for column, field in self.outputs:
            if self.new_only and field in fields:
                continue
            if found[column]:
                fields[field] = list(found[column])
            else:
                fields.pop(field, None)

    def _fits(self, row: Mapping[str, str], asked: list[str]) -> bool:
        return all(self._equal(row[column], value, column) for (column, _), value in zip(self.matches, asked))

    def _equal(self, cell: str, value: str, column: str) -> bool:
        kind = self.match_types.get(column, "EXACT")
        if kind == "CIDR":
            try:
                return ipaddress.ip_address(value) in ipaddress.ip_network(cell, strict=False)
            except ValueError:
                return False
        if not self.case_sensitive:
            cell, value = cell.lower(), value.lower()
        if kind == "WILDCARD":
            pattern = ".*".join(re.escape(part) for part in cell.split("*"))
            return re.fullmatch(pattern, value, re.DOTALL) is not None
        return cell == value


def compile_lookup(text: str, transforms: Mapping[str, Mapping[str, str]], tables: Mapping[str, Rows]) -> Lookup:
    """What the value of a LOOKUP says."""
    stanza, rest = [*text.split(maxsplit=1), "", ""][:2]
    said = transforms.get(stanza)
    if said is None:
        raise Refused(f"transforms.conf has no lookup [{stanza}]")
    check_use(stanza, said, "LOOKUP")
    rows = tables.get(said.get("filename", ""))
    if not rows:
        raise Refused(f"lookups/{said.get('filename', '')} of [{stanza}] is missing or empty")
    parts = _OUTPUT.split(f" {rest} ")
    if len(parts) not in (1, 3):
        raise Refused("more than one OUTPUT")
    matches = _columns(parts[0])
    outputs = _columns(parts[2]) if len(parts) == 3 else []
    if not matches:
        raise Refused("a lookup needs a match field")
    if not outputs:
        outputs = [(column, column) for column in rows[0] if column not in dict(matches)]
    for column, _ in matches + outputs:
        if column not in rows[0]:
            raise Refused(f"lookups/{said['filename']} has no column {column}")
    return Lookup(
        matches=matches,
        outputs=outputs,
        new_only=len(parts) == 3 and parts[1].upper() == "OUTPUTNEW",
        rows=rows,
        match_types=_match_types(said.get("match_type", "")),
        case_sensitive=boolean(said.get("case_sensitive_match", "true")),
        most=_count(said.get("max_matches", "100"), 1),
        fewest=_count(said.get("min_matches", "0"), 0),
        default=said.get("default_match", ""),
    )


def apply(lookups: list[Lookup], fields: Fields) -> None:
    """Carry out all lookups of an event."""
    before = {name: list(values) for name, values in fields.items()}
    made = {field: number for number, lookup in enumerate(lookups) for _, field in lookup.outputs}
    for number, lookup in enumerate(lookups):
        for _, field in lookup.matches:
            if field not in before and made.get(field, number) != number:
                raise Refused(f"the match field {field} comes from another lookup, and automatic lookups do not nest")
        lookup.apply(before, fields)


def _columns(text: str) -> Columns:
    columns: Columns = []
    at, text = 0, text.strip()
    while at < len(text):
        column = _COLUMN.match(text, at)
        if not column or column.group(1).upper() == "AS":
            raise Refused(f"{text[at:]!r} is not <column> [AS <field>]")
        name = column.group(1).strip('"')
        columns.append((name, (column.group(2) or name).strip('"')))
        at = column.end()
    return columns


def _count(text: str, least: int) -> int:
    if not text.isdigit() or not least <= int(text) <= 1000:
        raise Refused(f"{text!r} matches")
    return int(text)


def _match_types(text: str) -> dict[str, str]:
    if _MATCH_TYPE.sub("", text).strip(" ,") not in ("", "EXACT"):
        raise Refused(f"match_type {text!r}")
    return {column: kind.upper() for kind, column in _MATCH_TYPE.findall(text)}
