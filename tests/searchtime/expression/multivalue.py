"""Functions of fields with several values.

Rules ("Multivalue eval functions"): positions of `mvindex` count from 0, from the end where negative, and the last is
included; `mvcount` of nothing is null; `mvdedup` keeps the first of equals; `mvzip` ends with the shorter; `mvsort`
sorts texts; `mvfind` gives the position of the first match; `mvfilter` and `mvmap` compute an expression of one field
for each of its values.
"""

from __future__ import annotations

from collections.abc import Sequence

from tests.searchtime.expression.scope import Function, Node, Scope, plain
from tests.searchtime.expression.value import Value, number_of, of_several, one_text, several, to_field, truth
from tests.searchtime.pcre import compile_pcre
from tests.searchtime.refusal import Refused


def _mvindex(values: Value, start: Value, end: Value = None) -> Value:
    texts = several(values)
    first, last = _position(start), _position(start if end is None else end)
    first, last = (place + len(texts) if place < 0 else place for place in (first, last))
    inside = [0 <= place < len(texts) for place in (first, last)]
    if any(inside) and not all(inside):
        raise Refused("mvindex() with an end out of range: null by the page, values by what is told of it")
    return of_several(texts[first : last + 1]) if all(inside) else None


def _position(value: Value) -> int:
    number = number_of(value)
    if number is None or number != int(number):
        raise Refused(f"mvindex() with {value!r}")
    return int(number)


def _mvjoin(values: Value, delimiter: Value) -> Value:
    return one_text(delimiter).join(several(values)) if values is not None else None


def _mvzip(left: Value, right: Value, delimiter: Value = ",") -> Value:
    if left is None or right is None:
        return None
    return of_several([f"{one}{one_text(delimiter)}{other}" for one, other in zip(several(left), several(right))])


def _mvfind(values: Value, pattern: Value) -> Value:
    regex = compile_pcre(one_text(pattern))
    return next((place for place, text in enumerate(several(values)) if regex.search(text)), None)


def _mvfilter(scope: Scope, nodes: Sequence[Node]) -> Value:
    if len(nodes[0].names) != 1:
        raise Refused("mvfilter() takes an expression of one field")
    (name,) = nodes[0].names
    texts = several(scope.read(name))
    return of_several([text for text in texts if truth(nodes[0].evaluate(scope.instead(name, text)), "mvfilter()")])


def _mvmap(scope: Scope, nodes: Sequence[Node]) -> Value:
    values, expression = nodes
    if len(values.names) != 1 or not values.names <= expression.names:
        raise Refused("mvmap() is carried out for one field and an expression of it")
    (name,) = values.names
    out: list[str] = []
    for text in several(values.evaluate(scope)):
        out += to_field(expression.evaluate(scope.instead(name, text)))
    return of_several(out)


FUNCTIONS: dict[str, Function] = {
    "mvindex": plain(2, 3, _mvindex),
    "mvcount": plain(1, 1, lambda values: len(several(values)) or None),
    "mvjoin": plain(2, 2, _mvjoin),
    "mvappend": plain(1, None, lambda *values: of_several([text for value in values for text in several(value)])),
    "mvdedup": plain(1, 1, lambda values: of_several(list(dict.fromkeys(several(values))))),
    "mvreverse": plain(1, 1, lambda values: of_several(several(values)[::-1])),
    "mvsort": plain(1, 1, lambda values: of_several(sorted(several(values)))),
    "mvzip": plain(2, 3, _mvzip),
    "mvfind": plain(2, 2, _mvfind),
    "mvfilter": Function(1, 1, _mvfilter),
    "mvmap": Function(2, 2, _mvmap),
}
