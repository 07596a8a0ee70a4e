"""Field aliases: FIELDALIAS-<class> of props.conf.

Rules (props.conf.spec, FIELDALIAS; "Field alias behavior change", 7.2.4): `a AS b` gives b the values of a and
removes b where a is missing; `a ASNEW b` leaves a b that is there as it is. One alias of two originals is refused, as
the documentation forbids it; so is an alias of an alias, since the documentation does not say which comes first.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from tests.searchtime.event import Fields, read
from tests.searchtime.refusal import Refused

_NAME = r'(?:"([^"]+)"|([^\s",]+))'
_PAIR = re.compile(rf"\s*{_NAME}\s+(AS|ASNEW)\s+{_NAME}(?=[\s,]|$)\s*,?", re.IGNORECASE)


class Alias(NamedTuple):
    """One pair."""

    original: str
    name: str
    keep: bool


def compile_aliases(text: str) -> list[Alias]:
    """What the value of a FIELDALIAS says."""
    aliases, at = [], 0
    text = text.strip()
    while at < len(text):
        pair = _PAIR.match(text, at)
        if not pair:
            raise Refused(f"{text[at:]!r} is not <field> AS <alias>")
        quoted, plain, how, quoted_name, plain_name = pair.groups()
        if "*" in pair.group():
            raise Refused("a wildcard in a field alias")
        aliases.append(Alias(quoted or plain, quoted_name or plain_name, how.upper() == "ASNEW"))
        at = pair.end()
    if not aliases:
        raise Refused("no alias")
    return aliases


def apply(aliases: list[Alias], fields: Fields) -> None:
    """Carry out all aliases of an event."""
    originals: dict[str, str] = {}
    for alias in aliases:
        if originals.setdefault(alias.name, alias.original) != alias.original:
            raise Refused(f"{alias.name} is an alias of {originals[alias.name]} and of {alias.original}")
    for alias in aliases:
        if originals.get(alias.original, alias.original) != alias.original:
            raise Refused(f"{alias.name} is an alias of {alias.original}, which is an alias itself")
    for alias in aliases:
        values = read(fields, alias.original)
        if alias.keep and alias.name in fields:
            continue
        if values:
            fields[alias.name] = list(values)
        else:
            fields.pop(alias.name, None)
