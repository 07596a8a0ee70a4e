"""Where a plan of tenants comes from: a table that somebody has written, or the children that Flight Control lists.

Rules:

- Both are from outside. A row with a fault stays in the plan with its sentence, and nothing is done for it.
- A table is CSV with a line of names first. A column that is missing leaves the setting of every tenant as it is.
- A cell that a spreadsheet would run is a fault: the table, or what is searched later, may be opened in one.
- A child's name becomes a name by leaving out what no name may hold, and the part of an index's name by leaving out
  what is no letter or digit.
"""

from __future__ import annotations

import csv
import re
import unicodedata
from io import StringIO
from typing import Dict, Iterable, List, Mapping, NamedTuple, Sequence

from falcon_streams.core.partition_name import read_cid
from falcon_streams.core.tenants import Child
from falcon_streams.core.text import tidy
from falcon_streams.errors import Refused
from falcon_streams.splunk.settings import read_schema

CID = "cid"
MOST_ROWS = 5_000
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_NO_NAME = re.compile(r'[":\\]')
_NO_SLUG = re.compile(r"[^a-z0-9]+")
_PATTERN = re.compile(r"\{([^{}]*)\}")
_LONGEST_NAME = 64


class Row(NamedTuple):
    """What is wanted of one tenant. `called` is how the row names it. If nothing can be done for it, `cid` is empty and
    `fault` is a sentence. `fills` says that what a stanza says already is kept."""

    called: str
    cid: str
    settings: Mapping[str, str]
    fault: str = ""
    fills: bool = False


def read_table(text: str) -> List[Row]:
    """The rows of a CSV. Refused 400 if it is none, or has a column that no tenant has."""
    text = text.lstrip("\ufeff")
    lines = _cells(text)
    if not lines:
        raise Refused(400, "the table is empty: its first line names the columns, and one of them is cid")
    header = [name.strip().lower() for name in lines[0]]
    known = {CID, *read_schema("tenant")["properties"]}
    wrong = [tidy(name, 40) for name in header if name not in known]
    if wrong or CID not in header or len(set(header)) < len(header):
        raise Refused(
            400,
            f"the table's first line has to name cid and each column once, out of {', '.join(sorted(known))}"
            + (f". {wrong[0]!r} is none of them" if wrong else ""),
        )
    if len(lines) > MOST_ROWS:
        raise Refused(413, f"the table has more than {MOST_ROWS} rows: split it")
    return [_row(number, header, cells) for number, cells in enumerate(lines[1:], 2) if any(map(str.strip, cells))]


def rows_of_children(children: Iterable[Child], patterns: Mapping[str, str]) -> List[Row]:
    """A row for each child. `patterns` are settings in which {name} and {cid} stand for the child's. Refused 400 for a
    pattern that names something else."""
    for setting, pattern in patterns.items():
        wrong = set(_PATTERN.findall(pattern)) - {"name", CID}
        if wrong:
            raise Refused(400, f"{tidy(setting)} has {{{tidy(min(wrong))}}}: a pattern knows {{name}} and {{cid}}")
        if setting == "index" and pattern.startswith("{name}"):
            raise Refused(
                400, "index begins with {name}, so a child's name could choose any index: begin it with falcon_"
            )
    return [_row_of_child(child, patterns) for child in children]


def fit_name(text: str) -> str:
    """A name as the tenants' conf takes it; empty if nothing is left of it."""
    plain = " ".join(_NO_NAME.sub(" ", tidy(text)).split())
    return plain.lstrip("=+-@ ")[:_LONGEST_NAME].rstrip()


def slug(text: str) -> str:
    """A name as a part of an index's name; empty if nothing is left of it."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return _NO_SLUG.sub("_", plain).strip("_")


def _cells(text: str) -> List[List[str]]:
    delimiter = ";" if ";" in text.partition("\n")[0] and "," not in text.partition("\n")[0] else ","
    try:
        return list(csv.reader(StringIO(text, newline=""), delimiter=delimiter, strict=True))
    except csv.Error as error:
        raise Refused(400, f"the table is no CSV ({tidy(str(error))}): save it as CSV with commas again") from None


def _row(number: int, header: Sequence[str], cells: Sequence[str]) -> Row:
    named = dict(zip(header, cells))
    written = named.pop(CID, "")
    called = f"line {number}: {tidy(written, 40)}"
    if len(cells) != len(header):
        return Row(called, "", {}, f"has {len(cells)} cells and not {len(header)}. Put what holds a comma in quotes")
    for name, value in named.items():
        if value.startswith(_FORMULA):
            return Row(called, "", {}, f"{name} begins with a character that makes a spreadsheet run it. Remove it")
        if not value.isprintable():
            return Row(called, "", {}, f"{name} holds a character that cannot be seen. Remove it")
    cid = read_cid(written)
    if not cid:
        return Row(called, "", {}, "cid is not 32 hexadecimal digits, with or without the checksum behind a dash")
    return Row(called, cid, {name: value.strip() for name, value in named.items()})


def _row_of_child(child: Child, patterns: Mapping[str, str]) -> Row:
    name = fit_name(child.name)
    values = {"name": slug(name), CID: child.cid}
    called = f"{child.cid}: {tidy(child.name, 40)}"
    if not name:
        return Row(called, "", {}, "Flight Control gives it no name. Name it in a table")
    settings: Dict[str, str] = {"name": name}
    for setting, pattern in patterns.items():
        if "{name}" in pattern and not values["name"]:
            return Row(called, "", {}, f"its name has no letter that {setting} could have. Use {{cid}}, or a table")
        settings[setting] = _PATTERN.sub(lambda found: values[found.group(1)], pattern)
    return Row(called, child.cid, settings, fills=True)
