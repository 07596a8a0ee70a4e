"""docs/log.md has every action that a line of the log may bear, and no other; each with its consequence and remedy."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from falcon_streams.run.happenings import Ending

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "log.md"
LEVELS = ("debug", "info", "warning", "error", "exception", "critical")
_ROW = re.compile(r"\| `(\w+)` \| ([^|]+) \| ([^|]+) \| ([^|]+) \| ([^|]+) \|")


def actions(source: str) -> Iterator[str]:
    """What the calls of a source to its logger name. Raises AssertionError for one that it cannot read."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and _is_logger(node.func.value):
            if node.func.attr == "log":
                yield from words(node.args[1])
            elif node.func.attr in LEVELS:
                yield from words(node.args[0])
        if isinstance(node, ast.Dict):  # the formatter's own word, for what libraries tell
            for key, value in zip(node.keys, node.values):
                if isinstance(key, ast.Constant) and key.value == "action" and isinstance(value, ast.IfExp):
                    yield from words(value.orelse)


def words(node: ast.expr) -> Iterator[str]:
    """The texts that an expression may have."""
    if isinstance(node, ast.IfExp):
        yield from words(node.body)
        yield from words(node.orelse)
    elif isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    else:
        assert ast.unparse(node) == "stop.ending.value", f"{ast.unparse(node)} is no plain text"
        yield from (each.value for each in Ending if each not in (Ending.STOPPED, Ending.FINISHED))  # no complaints


def _is_logger(node: ast.expr) -> bool:
    return ast.unparse(node) in ("LOG", "logging.getLogger(__name__)")


@cache
def used() -> set[str]:
    """The actions of the product."""
    sources = [path.read_text(encoding="utf-8") for path in (ROOT / "bin").rglob("*.py")]
    return {action for source in sources for action in actions(source)}


def rows() -> list[tuple[str, ...]]:
    """The rows of the page's table: action, level, meaning, consequence, remedy."""
    return _ROW.findall(PAGE.read_text(encoding="utf-8"))


def test_the_page_has_every_action_of_the_log_and_no_other() -> None:
    told = [row[0] for row in rows()]

    assert sorted(told) == sorted(used())
    assert told == sorted(told)


def test_every_action_has_its_level_meaning_consequence_and_remedy() -> None:
    for action, level, *columns in rows():
        assert set(level.split(", ")) <= {"INFO", "WARN", "ERROR"}, action
        assert all(column.strip() for column in columns), action


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ('LOG.info("one", {})', ["one"]),
        ('LOG.log(level, "two", {})', ["two"]),
        ('LOG.warning("three" if bad else "four", {})', ["three", "four"]),
        ('logging.getLogger(__name__).error("five")', ["five"]),
        ("LOG.log(level, stop.ending.value)", ["restart", "fatal", "unclean"]),
        ("math.log(2, 3)", []),
    ],
)
def test_an_action_is_found_however_it_is_written(source: str, found: list[str]) -> None:
    assert list(actions(source)) == found


def test_an_action_that_cannot_be_read_is_refused() -> None:
    with pytest.raises(AssertionError, match="name is no plain text"):
        list(actions("LOG.info(name, {})"))
