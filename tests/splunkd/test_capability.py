"""Expressions of capabilities in restmap.conf."""

from __future__ import annotations

import pytest

from tests.splunkd.persistent import capability


@pytest.mark.parametrize(
    ("expression", "met"),
    [("a", True), ("b", False), ("a and b", False), ("b or a", True), ("(b or a) and a", True), ("a or b and c", True)],
)
def test_capabilities_are_had_by_and_or_and_brackets(expression: str, met: bool) -> None:
    assert capability.holds(expression, frozenset("a")) == met


@pytest.mark.parametrize("wrong", ["", "a b", "a and", "(a", "a)", "or a"])
def test_what_is_no_expression_is_refused(wrong: str) -> None:
    with pytest.raises(capability.ExpressionRefused):
        capability.holds(wrong, frozenset("a"))
