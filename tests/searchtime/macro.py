"""Search macros: what stands between backticks.

Rules (macros.conf.spec): `name` stands for the definition of [name], `name(a, b)` for that of [name(2)] with `$arg$`
replaced everywhere; a macro inside double quotes is text. Definitions may name macros. A macro of another app, one that
is computed (`iseval`) and one with a validation are refused.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from tests.searchtime.refusal import Refused, placed
from tests.searchtime.settings import boolean

_PIECE = re.compile(r'"(?:[^"\\]|\\.)*"|`([^`]*)`|[^"`]+')
_CALL = re.compile(r"([\w:.-]+)\s*(?:\((.*)\))?", re.DOTALL)
_ARGUMENT = re.compile(r'\s*("(?:[^"\\]|\\.)*"|[^",]*)\s*(?:,|$)')
_DEEPEST = 100


def expand(text: str, macros: Mapping[str, Mapping[str, str]], depth: int = 0) -> str:
    """The text with every macro replaced."""
    if depth > _DEEPEST:
        raise Refused("macros that name each other without end")
    pieces, at = [], 0
    while at < len(text):
        piece = _PIECE.match(text, at)
        if not piece:
            raise Refused(f"a quote or backtick that does not end: {text[at:]!r}")
        call = piece.group(1)
        pieces.append(piece.group() if call is None else expand(_definition(call, macros), macros, depth + 1))
        at = piece.end()
    return "".join(pieces)


def _definition(call: str, macros: Mapping[str, Mapping[str, str]]) -> str:
    parsed = _CALL.fullmatch(call.strip())
    if not parsed:
        raise Refused(f"{call!r} is no call of a macro")
    values = _arguments(parsed.group(2))
    name = f"{parsed.group(1)}({len(values)})" if values else parsed.group(1)
    said = macros.get(name)
    if said is None:
        raise Refused(f"macros.conf has no [{name}]")
    with placed("macros.conf", name):
        if boolean(said.get("iseval", "false")) or said.get("validation"):
            raise Refused("iseval and validation are not carried out")
        names = [argument.strip() for argument in said.get("args", "").split(",") if argument.strip()] if values else []
        if len(names) != len(values):
            raise Refused(f"args names {len(names)} arguments")
        definition = said.get("definition", "")
        for argument, value in zip(names, values):
            definition = definition.replace(f"${argument}$", value)
        return definition


def _arguments(text: str | None) -> list[str]:
    values: list[str] = []
    at = 0
    while text and text.strip() and at <= len(text):
        argument = _ARGUMENT.match(text, at)
        if not argument:
            raise Refused(f"arguments {text!r}")
        value = argument.group(1).strip()
        values.append(value[1:-1] if value.startswith('"') else value)
        if argument.end() == len(text) and not text.endswith(","):
            break
        at = argument.end()
    return values
