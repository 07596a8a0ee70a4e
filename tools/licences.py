"""The packages in UCC's front end, as its own licence list names them.

Rules: the list is in UCC's wheel beside the scripts, and ships with them: one entry per package, with name, version,
licence, and text. It does not say which script holds which package, so all of them count as shipped, even those of the
scripts that are left out. A licence that is not an SPDX expression keeps its words.
"""

from __future__ import annotations

import re
from typing import Dict, List, NamedTuple

_ENTRY = re.compile(r"^Name: (\S+)\nVersion: (.*)\nLicense: (.*)\nPrivate: ", re.MULTILINE)
# The SPDX identifiers that occur in this framework's lists.
_KNOWN = ("0BSD", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "CC0-1.0", "ISC", "MIT", "MPL-2.0", "Unlicense", "Zlib")
_ONE = "|".join(map(re.escape, _KNOWN))
_EXPRESSION = re.compile(rf"\(?(?:{_ONE})(?: (?:AND|OR) (?:{_ONE}))*\)?")
_NOTHING = ("", "null", "undefined")


class Package(NamedTuple):
    """One entry of the list; version and licence are empty if it has none."""

    name: str
    version: str
    licence: str

    @property
    def purl(self) -> str:
        """Its address; the sign of a scope is escaped, as the specification has it."""
        version = f"@{self.version}" if self.version else ""
        return f"pkg:npm/{self.name.replace('@', '%40')}{version}"


def read(text: str) -> List[Package]:
    """The packages of a list, by name."""
    return sorted({Package(*(_told(value) for value in entry)) for entry in _ENTRY.findall(text)})


def _told(value: str) -> str:
    return "" if value.strip() in _NOTHING else value.strip()


def declared(licence: str) -> List[Dict[str, object]]:
    """A licence in CycloneDX's form: an identifier, an expression, or words; empty if none is declared."""
    if not licence:
        return []
    if not _EXPRESSION.fullmatch(licence):
        return [{"license": {"name": licence}}]
    bare = licence.strip("()")
    return [{"license": {"id": bare}}] if bare in _KNOWN else [{"expression": licence}]
