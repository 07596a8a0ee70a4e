"""Which capabilities a stanza of restmap.conf demands.

Rules (restmap.conf.spec): `capability` is checked for every method, `capability.<get|post|delete|put>` for its own;
a value is a name or an expression of names with `and`, `or` and brackets. Here `and` binds closer than `or`; the spec
does not say. A capability is had or not: admin_all_objects "bypasses ACLs" (authorize.conf.spec), not capabilities.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

_TOKEN = re.compile(r"[()]|[^\s()]+")


class ExpressionRefused(ValueError):
    """Not an expression of capabilities."""


def demanded(settings: Mapping[str, str], method: str) -> list[str]:
    """The expressions that hold for a method."""
    names = ("capability", f"capability.{method.lower()}")
    return [settings[name] for name in names if settings.get(name)]


def holds(expression: str, capabilities: frozenset[str]) -> bool:
    """Whether somebody with these capabilities satisfies an expression."""
    tokens = _TOKEN.findall(expression)
    value = _either(tokens, capabilities)
    if tokens:
        raise ExpressionRefused(f"{expression!r} goes on where it should end: {tokens[0]!r}")
    return value


def _either(tokens: list[str], capabilities: frozenset[str]) -> bool:
    value = _both(tokens, capabilities)
    while tokens and tokens[0].lower() == "or":
        del tokens[0]
        value = _both(tokens, capabilities) or value
    return value


def _both(tokens: list[str], capabilities: frozenset[str]) -> bool:
    value = _one(tokens, capabilities)
    while tokens and tokens[0].lower() == "and":
        del tokens[0]
        value = _one(tokens, capabilities) and value
    return value


def _one(tokens: list[str], capabilities: frozenset[str]) -> bool:
    if not tokens or tokens[0].lower() in (")", "and", "or"):
        raise ExpressionRefused("a capability is missing")
    token = tokens.pop(0)
    if token != "(":
        return token in capabilities
    value = _either(tokens, capabilities)
    if not tokens or tokens.pop(0) != ")":
        raise ExpressionRefused("a bracket is not closed")
    return value
