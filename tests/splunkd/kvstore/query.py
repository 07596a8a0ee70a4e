"""Which documents a query means.

Rules (REST reference, KV store endpoints): a query is a JSON object of fields and values, with `$gt`, `$gte`, `$lt`,
`$lte`, `$ne`, `$and`, `$or`. Anything else is refused, as an unknown operator is there.
"""

from __future__ import annotations

import operator
from collections.abc import Mapping
from typing import Any, Callable

Document = dict[str, Any]

_OPERATORS: Mapping[str, Callable[[Any, Any], bool]] = {
    "$gt": operator.gt,
    "$gte": operator.ge,
    "$lt": operator.lt,
    "$lte": operator.le,
    "$ne": operator.ne,
}


class QueryRefused(ValueError):
    """It is not a query."""


def matches(query: Any, document: Document) -> bool:
    """Whether a document is meant. Raises QueryRefused."""
    if not isinstance(query, dict):
        raise QueryRefused("a query is a JSON object")
    return all(_holds(name, wanted, document) for name, wanted in query.items())


def _holds(name: str, wanted: Any, document: Document) -> bool:
    if name in ("$and", "$or"):
        if not isinstance(wanted, list) or not wanted:
            raise QueryRefused(f"{name} wants a list of queries")
        found = [matches(each, document) for each in wanted]
        return all(found) if name == "$and" else any(found)
    if name.startswith("$"):
        raise QueryRefused(f"unknown operator {name}")
    if isinstance(wanted, dict) and any(key.startswith("$") for key in wanted):
        return all(_compares(key, document.get(name), value) for key, value in wanted.items())
    return bool(document.get(name) == wanted)


def _compares(name: str, found: Any, wanted: Any) -> bool:
    compare = _OPERATORS.get(name)
    if compare is None:
        raise QueryRefused(f"unknown operator {name}")
    try:
        return compare(found, wanted)
    except TypeError:
        return False  # values of two kinds have no order
