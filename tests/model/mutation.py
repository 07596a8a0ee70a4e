"""Mistakes made on purpose: a function of the product with one piece of its text replaced."""

from __future__ import annotations

import inspect
import textwrap
from types import FunctionType, ModuleType
from typing import Any, Dict, Union

import pytest


def mutate(patch: pytest.MonkeyPatch, place: Union[type, ModuleType], name: str, before: str, after: str) -> None:
    """Replace the function of this name in a class or module by one whose text differs in this piece.

    Raises AssertionError where the piece does not stand there once: the product has changed, and the mutation with it.
    """
    function: FunctionType = getattr(place, name)
    text = textwrap.dedent(inspect.getsource(function))
    assert text.count(before) == 1, f"{before!r} stands {text.count(before)} times in {name}"
    found: Dict[str, Any] = {}
    code = compile("from __future__ import annotations\n" + text.replace(before, after), f"mutated {name}", "exec")
    exec(code, function.__globals__, found)
    patch.setattr(place, name, found[name])
