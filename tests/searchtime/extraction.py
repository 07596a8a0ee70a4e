"""Inline field extractions: EXTRACT-<class> of props.conf.

Rules (props.conf.spec, EXTRACT): the named groups of the first match become fields; the expression is read with
`(?ms)`; `<regex> in <field>` looks into a field that is there already, by its indexing or by a class of lower ASCII
order. A group that took no part or took nothing makes no field. A field that is there already is kept as it is.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from tests.pcre import SPLUNK, Limits, Pattern
from tests.searchtime.event import RAW, Cost, Fields, read
from tests.searchtime.pcre import compile_pcre
from tests.searchtime.refusal import Refused

_IN_FIELD = re.compile(r"(.+)\s+in\s+([A-Za-z0-9_]+)\s*", re.DOTALL)


class Extraction(NamedTuple):
    """One EXTRACT, compiled."""

    regex: Pattern
    source: str

    def apply(self, fields: Fields, cost: Cost) -> None:
        """Add what the expression finds."""
        values = read(fields, self.source)
        cost.extract += self.source == RAW
        if len(values) > 1:
            raise Refused(f"{self.source} has several values, it is not documented which of them EXTRACT reads")
        match = self.regex.search(values[0]) if values else None
        for name, value in match.groupdict().items() if match else ():
            if value and name not in fields:
                fields[name] = [value]


def compile_extraction(text: str, limits: Limits = SPLUNK) -> Extraction:
    """What the value of an EXTRACT says, under the limits of its stanza."""
    within = _IN_FIELD.fullmatch(text)
    pattern, source = within.groups() if within else (text, RAW)
    regex = compile_pcre(f"(?ms){pattern}", limits)
    if not regex.groupindex:
        raise Refused("an EXTRACT needs a named group")
    if any(name.startswith(("_KEY_", "_VAL_")) for name in regex.groupindex):
        raise Refused("_KEY_ and _VAL_ are documented for transforms only")
    return Extraction(regex, source)
