"""Mistakes made on purpose: a function of the product with one piece of its syntax tree replaced.

Rules: the piece is an expression or a statement, written as code and compared as a tree. So a line of the product may
move and be formatted anew; where the piece itself has changed, the mutation is refused instead of testing nothing.
"""

from __future__ import annotations

import ast
import inspect
import textwrap
from types import FunctionType, ModuleType
from typing import Any, Dict, List, Tuple, Union

import pytest

Piece = Union[ast.expr, ast.stmt]


class _Replacement(ast.NodeTransformer):
    """Replaces each node equal to a piece, and counts them."""

    def __init__(self, before: Piece, after: List[Piece]) -> None:
        self.count = 0
        self._before = ast.dump(before)
        self._after = after

    def visit(self, node: ast.AST) -> Any:
        """The node, with what stands in its place."""
        if ast.dump(node) != self._before:
            return self.generic_visit(node)
        self.count += 1
        return self._after if isinstance(node, ast.stmt) else self._after[0]


def mutate(patch: pytest.MonkeyPatch, place: Union[type, ModuleType], name: str, before: str, after: str) -> None:
    """Replace the function of this name in a class or module by one in which the expression or statement `before` is
    `after`: an expression, or any number of statements.

    Raises AssertionError where the piece does not stand there once: the product has changed, and the mutation with it.
    """
    function: FunctionType = getattr(place, name)
    tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    replacement = _Replacement(*_pieces(before, after))
    tree = replacement.visit(tree)
    assert replacement.count == 1, f"{before!r} stands {replacement.count} times in {name}"
    tree.body.insert(0, ast.parse("from __future__ import annotations").body[0])
    found: Dict[str, Any] = {}
    exec(compile(ast.fix_missing_locations(tree), f"mutated {name}", "exec"), function.__globals__, found)  # noqa: S102 - our own code, with one place changed
    patch.setattr(place, name, found[name])


def _pieces(before: str, after: str) -> Tuple[Piece, List[Piece]]:
    """Both as expressions where both are one, else as statements: one, and any number."""
    (old, *_), new = ast.parse(before).body, ast.parse(after or "pass").body
    if isinstance(old, ast.Expr) and len(new) == 1 and isinstance(new[0], ast.Expr):
        return old.value, [new[0].value]
    return old, [*new]
