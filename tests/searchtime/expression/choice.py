"""Functions that choose, and functions that tell what something is.

Rules ("Comparison and Conditional functions", "Informational functions"): `if` and `case` compute only what they
take; a condition that is null does not hold; `case` without a condition that holds is null, `validate` gives the
first value whose condition fails; `coalesce` the first that is not null. `like` knows `%` and `_`; `match` finds
anywhere.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Sequence

from tests.searchtime.expression.scope import Function, Node, Scope, plain, strict
from tests.searchtime.expression.value import Value, compare, number_of, text_of, truth
from tests.searchtime.pcre import compile_pcre
from tests.searchtime.refusal import Refused


def _if(scope: Scope, nodes: Sequence[Node]) -> Value:
    return nodes[1 if truth(nodes[0].evaluate(scope), "if()") else 2].evaluate(scope)


def _case(scope: Scope, nodes: Sequence[Node]) -> Value:
    if len(nodes) % 2:
        raise Refused("case() takes pairs")
    for condition, value in zip(nodes[::2], nodes[1::2]):
        if truth(condition.evaluate(scope), "case()"):
            return value.evaluate(scope)
    return None


def _validate(scope: Scope, nodes: Sequence[Node]) -> Value:
    if len(nodes) % 2:
        raise Refused("validate() takes pairs")
    for condition, value in zip(nodes[::2], nodes[1::2]):
        if truth(condition.evaluate(scope), "validate()") is False:
            return value.evaluate(scope)
    return None


def _coalesce(scope: Scope, nodes: Sequence[Node]) -> Value:
    for node in nodes:
        value = node.evaluate(scope)
        if value is not None:
            return value
    return None


def _nullif(one: Value, other: Value) -> Value:
    return None if compare("==", one, other) else one


def member(value: Value, *listed: Value) -> Value:
    """Whether a value is one of a list; null where it is null."""
    if isinstance(value, list):
        raise Refused("in() of a field with several values is not documented")
    return None if value is None else any(compare("==", value, one) for one in listed)


def like(text: Value, pattern: Value) -> Value:
    """Whether a text is as a pattern with `%` and `_`; null where a side is null."""
    if text is None or pattern is None:
        return None
    if isinstance(text, (list, bool)) or isinstance(pattern, (list, bool)):
        raise Refused("LIKE of several values, or of true and false, is not documented")
    signs = {"%": ".*", "_": "."}
    expression = "".join(signs.get(sign) or re.escape(sign) for sign in text_of(pattern))
    return re.fullmatch(expression, text_of(text), re.DOTALL) is not None


def _match(text: str, pattern: str) -> Value:
    return compile_pcre(text_of(pattern)).search(text_of(text)) is not None


def _cidrmatch(network: str, address: str) -> Value:
    try:
        within = ipaddress.ip_network(network, strict=False)
    except ValueError:
        raise Refused(f"cidrmatch() with {network!r}") from None
    try:
        return ipaddress.ip_address(address) in within
    except ValueError:
        return False


def _kind(scope: Scope, nodes: Sequence[Node]) -> str:
    """What `typeof` says. A text that looks like a number is one in a field; of others no page tells."""
    value = nodes[0].evaluate(scope)
    if value is None:
        return "Invalid"
    if isinstance(value, bool):
        return "Boolean"
    if isinstance(value, list):
        raise Refused("the kind of a field with several values is not documented")
    if isinstance(value, str) and number_of(value) is not None and not nodes[0].field:
        raise Refused(f"the kind of the computed text {str(value)!r} is not documented: use tonumber() or tostring()")
    return "String" if number_of(value) is None else "Number"


def _is(kind: str) -> Function:
    return Function(1, 1, lambda scope, nodes: _kind(scope, nodes) == kind)


def _isint(scope: Scope, nodes: Sequence[Node]) -> Value:
    number = number_of(nodes[0].evaluate(scope)) if _kind(scope, nodes) == "Number" else None
    return number is not None and number == int(number)


FUNCTIONS: dict[str, Function] = {
    "if": Function(3, 3, _if),
    "case": Function(2, None, _case),
    "validate": Function(2, None, _validate),
    "coalesce": Function(1, None, _coalesce),
    "nullif": plain(2, 2, _nullif),
    "in": plain(2, None, member),
    "like": plain(2, 2, like, passes=True),
    "match": strict(2, 2, _match, passes=True),
    "cidrmatch": strict(2, 2, _cidrmatch),
    "null": plain(0, 0, lambda: None),
    "true": plain(0, 0, lambda: True),
    "false": plain(0, 0, lambda: False),
    "isnull": plain(1, 1, lambda value: value is None),
    "isnotnull": plain(1, 1, lambda value: value is not None),
    "isnum": _is("Number"),
    "isstr": _is("String"),
    "isbool": _is("Boolean"),
    "isint": Function(1, 1, _isint),
    "typeof": Function(1, 1, _kind),
}
