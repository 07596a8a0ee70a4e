"""What an expression is computed over, and the parts it is made of.

Rules: a node computes one value of a scope; a function says how many arguments it takes and gets them as nodes, so that
the ones that choose need not compute what they do not take. A pass over the whole event is counted where it is made.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from datetime import timezone, tzinfo
from typing import NamedTuple, Optional

from tests.searchtime.event import RAW, Cost, Fields, read
from tests.searchtime.expression.value import Value, from_field
from tests.searchtime.refusal import Refused


@dataclasses.dataclass(frozen=True)
class Settings:
    """What an expression needs to know besides the event."""

    timezone: tzinfo = timezone.utc
    now: Optional[float] = None


class Scope(NamedTuple):
    """The fields an expression sees."""

    fields: Fields
    settings: Settings
    cost: Cost

    def read(self, name: str) -> Value:
        """What the expression sees of a field."""
        return from_field(read(self.fields, name))

    def instead(self, name: str, value: str) -> Scope:
        """The same with another single value of one field."""
        return Scope({**self.fields, name: [value]}, self.settings, self.cost)


class Node(NamedTuple):
    """One part of an expression. `field` is its name where it is a field and nothing else."""

    evaluate: Callable[[Scope], Value]
    names: frozenset[str]
    field: str = ""
    literal: Optional[str] = None
    joins: bool = False
    calculates: bool = False


class Function(NamedTuple):
    """One function: how few and how many arguments, and what it does with them."""

    fewest: int
    most: Optional[int]
    call: Callable[[Scope, Sequence[Node]], Value]
    passes: bool = False

    def bind(self, name: str, arguments: Sequence[Node]) -> Node:
        """The function with its arguments, refused where their number is wrong."""
        if len(arguments) < self.fewest or (self.most is not None and len(arguments) > self.most):
            raise Refused(f"{name}() with {len(arguments)} arguments")
        over_raw = self.passes and any(argument.field == RAW for argument in arguments)

        def evaluate(scope: Scope) -> Value:
            scope.cost.calculated += over_raw
            return self.call(scope, arguments)

        return Node(evaluate, frozenset().union(*(argument.names for argument in arguments)))


def plain(fewest: int, most: Optional[int], call: Callable[..., Value], passes: bool = False) -> Function:
    """A function of the values of its arguments."""
    return Function(fewest, most, lambda scope, nodes: call(*(node.evaluate(scope) for node in nodes)), passes)


def strict(fewest: int, most: Optional[int], call: Callable[..., Value], passes: bool = False) -> Function:
    """A function of single values that is null where one of them is null."""

    def evaluate(scope: Scope, nodes: Sequence[Node]) -> Value:
        values = [node.evaluate(scope) for node in nodes]
        for value in values:
            if isinstance(value, list):
                raise Refused("a function of one value is given a field with several, which is not documented")
        return None if any(value is None for value in values) else call(*values)

    return Function(fewest, most, evaluate, passes)
