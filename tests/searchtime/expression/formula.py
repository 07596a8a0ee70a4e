"""Eval expressions: their grammar, and what they compute.

Rules ("Use the eval command", "Boolean expressions"): a name without quotes or in single quotes is a field, one in
double quotes a text; in a text `\\"` is a quote and `\\\\` a backslash, any other backslash itself. NOT binds closer
than AND, AND than OR, OR than XOR; operators in capitals, `in` also without, and `!` is NOT. A bare name has no dots:
`a.b` joins a and b. Joining beside arithmetic needs parentheses, since no page says which comes first. Functions not
known are refused when the expression is read.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from typing import Optional, Union

from lark import Lark, Token, Tree
from lark.exceptions import LarkError

from tests.searchtime.expression import choice, document, moment, multivalue, text
from tests.searchtime.expression.scope import Function, Node, Scope
from tests.searchtime.expression.value import Literal, Number, Value, calculate, compare, truth
from tests.searchtime.refusal import Refused

_GRAMMAR = r"""
?start: exclusive
?exclusive: either (XOR either)*
?either: both (OR both)*
?both: inverse (AND inverse)*
?inverse: (NOT | BANG) inverse -> negation
    | relation
?relation: sum
    | sum COMPARISON sum -> comparison
    | sum LIKE sum -> likeness
    | sum IN "(" arguments ")" -> membership
?sum: product ((PLUS | MINUS | DOT) product)*
?product: signed ((STAR | SLASH | PERCENT) signed)*
?signed: MINUS signed -> negative
    | atom
?atom: "(" exclusive ")" -> group
    | NAME "(" [arguments] ")" -> call
    | NUMBER -> number
    | STRING -> string
    | QUOTED -> quoted
    | NAME -> name
arguments: exclusive ("," exclusive)*

XOR.2: /XOR\b/
OR.2: /OR\b/
AND.2: /AND\b/
NOT.2: /NOT\b/
LIKE.2: /LIKE\b/
IN.2: /(IN|in)\b/
BANG: /!(?!=)/
COMPARISON: "==" | "!=" | "<=" | ">=" | "=" | "<" | ">"
PLUS: "+"
MINUS: "-"
DOT: "."
STAR: "*"
SLASH: "/"
PERCENT: "%"
NAME: /[A-Za-z_][A-Za-z0-9_]*/
NUMBER: /\d+(\.\d+)?([eE][+-]?\d+)?(?![A-Za-z_])/
STRING: /"(\\.|[^"\\])*"/s
QUOTED: /'[^']+'/
%ignore /\s+/
"""
_FUNCTIONS: dict[str, Function] = {
    **choice.FUNCTIONS,
    **text.FUNCTIONS,
    **multivalue.FUNCTIONS,
    **document.FUNCTIONS,
    **moment.FUNCTIONS,
}
_NO_NAMES: frozenset[str] = frozenset()
_WORDS = frozenset(("true", "false", "null", "and", "or", "not", "xor", "like", "in"))

Part = Union[Token, "Tree[Token]"]


@functools.lru_cache(maxsize=1)
def _parser() -> Lark:
    return Lark(_GRAMMAR, parser="lalr", maybe_placeholders=False)


@functools.lru_cache(maxsize=4096)
def compile_formula(expression: str) -> Node:
    """The expression, ready to be computed."""
    return _node(read_formula(expression))


def read_formula(expression: str) -> Part:
    """The expression by the grammar, as it is written."""
    try:
        return _parser().parse(expression)
    except LarkError as error:
        where = str(error).strip().splitlines()[0]
        raise Refused(f"the expression {expression!r} is not read: {where}") from error


def _node(part: Part) -> Node:
    if isinstance(part, Token):
        raise Refused(f"{part} where a value is due")
    kind, children = str(part.data), part.children
    if kind in ("exclusive", "either", "both"):
        return _logic(kind, [_node(child) for child in children[::2]])
    if kind == "negation":
        inner = _node(children[1])
        return Node(lambda scope: _not(truth(inner.evaluate(scope), "NOT")), inner.names)
    if kind == "comparison":
        return _comparison(_node(children[0]), str(children[1]), _node(children[2]))
    if kind == "likeness":
        return _FUNCTIONS["like"].bind("like", [_node(children[0]), _node(children[2])])
    if kind == "membership":
        return _FUNCTIONS["in"].bind("in", [_node(children[0]), *_arguments(children[2])])
    if kind in ("sum", "product"):
        return _operations(children)
    if kind == "negative":
        inner = _node(children[1])
        return Node(lambda scope: calculate("-", 0, inner.evaluate(scope)), inner.names, calculates=True)
    if kind == "group":
        inner = _node(children[0])
        return inner._replace(joins=False, calculates=False)
    if kind == "call":
        return _call(str(children[0]), _arguments(children[1]) if len(children) > 1 else [])
    return _atom(kind, str(children[0]))


def _arguments(part: Part) -> list[Node]:
    assert isinstance(part, Tree)
    return [_node(child) for child in part.children]


def _atom(kind: str, word: str) -> Node:
    if kind == "number":
        number: Number = int(word) if word.isdigit() else float(word)
        return Node(lambda scope: number, _NO_NAMES)
    if kind == "string":
        literal = Literal(re.sub(r'\\(["\\])', r"\1", word[1:-1]))
        return Node(lambda scope: literal, _NO_NAMES, literal=literal)
    name = word[1:-1] if kind == "quoted" else word
    if kind == "name" and word.lower() in _WORDS:
        raise Refused(f"{word} is neither a field nor an operator: write it as a function, or in capitals")
    return Node(lambda scope: scope.read(name), frozenset((name,)), field=name)


def _call(name: str, arguments: list[Node]) -> Node:
    function = _FUNCTIONS.get(name)
    if function is None:
        raise Refused(f"the function {name}() is not carried out")
    return function.bind(name, arguments)


def _logic(kind: str, nodes: list[Node]) -> Node:
    sign = {"exclusive": "XOR", "either": "OR", "both": "AND"}[kind]
    names = frozenset().union(*(node.names for node in nodes))

    def evaluate(scope: Scope) -> Value:
        if sign == "XOR":
            held = [truth(node.evaluate(scope), sign) for node in nodes]
            return None if None in held else sum(map(bool, held)) % 2 == 1
        decisive = sign == "OR"
        unknown = False
        for node in nodes:
            answer = truth(node.evaluate(scope), sign)
            if answer is decisive:
                return decisive
            unknown = unknown or answer is None
        return None if unknown else not decisive

    return Node(evaluate, names)


def _not(answer: Optional[bool]) -> Optional[bool]:
    return None if answer is None else not answer


def _comparison(left: Node, operator: str, right: Node) -> Node:
    def evaluate(scope: Scope) -> Value:
        return compare(operator, left.evaluate(scope), right.evaluate(scope))

    return Node(evaluate, left.names | right.names)


def _operations(children: list[Part]) -> Node:
    result = _node(children[0])
    for sign, operand in zip(children[1::2], children[2::2]):
        result = _operation(str(sign), result, _node(operand))
    return result


def _operation(operator: str, left: Node, right: Node) -> Node:
    joins = operator == "."
    if (joins and (left.calculates or right.calculates)) or (not joins and (left.joins or right.joins)):
        raise Refused(f"joining by '.' beside arithmetic ({operator}) needs parentheses")
    evaluate: Callable[[Scope], Value] = lambda scope: calculate(  # noqa: E731
        operator, left.evaluate(scope), right.evaluate(scope)
    )
    return Node(evaluate, left.names | right.names, joins=joins, calculates=not joins)
