"""PCRE is read as far as Python's re can, and refused beyond."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.searchtime import Refused
from tests.searchtime.pcre import compile_pcre


@pytest.mark.parametrize(
    ("pattern", "text", "found"),
    [
        (r"(?<a>x)(?P<b>y)(?'c'z)", "xyz", {"a": "x", "b": "y", "c": "z"}),
        (r"(?<=a)(?<b>b)(?<!c)", "ab", {"b": "b"}),
        (r"(?i)(?<a>X)", "x", {"a": "x"}),
        (r"(?<a>[(?<x>]+)", "(?<", {"a": "(?<"}),
        (r"\(?<(?<a>x)", "<x", {"a": "x"}),
        (r"(?<a>x+?)x", "xx", {"a": "x"}),
        (r"(?<a>[^]]+)]", "a[b]", {"a": "a[b"}),
        (r"(?<a>[]x]+)", "]x", {"a": "]x"}),
        (r"(?<a>x{2,3})", "xxxx", {"a": "xxx"}),
        (r"(?<a>\d+)\z", "12", {"a": "12"}),
        (r"a\h(?<a>b)", "a\tb", {"a": "b"}),
        (r"(?<a>\w+)", "ab", {"a": "ab"}),
        (r"(?<a>a)\Z", "a\n", {"a": "a"}),
        (r"(?:(?<a>a)|b)+", "ab", {"a": "a"}),
    ],
)
def test_what_python_can_is_translated(pattern: str, text: str, found: dict[str, str]) -> None:
    match = compile_pcre(pattern).search(text)
    assert match is not None
    assert match.groupdict() == found


def test_classes_are_those_of_ascii() -> None:
    assert compile_pcre(r"\w").search("é") is None
    assert compile_pcre(r"\d").search("٣") is None


@pytest.mark.parametrize(
    "pattern",
    [
        "(?>a)",
        "a++",
        "a*+",
        "a?+",
        "a{2}+",
        "(?|a|b)",
        "(?R)",
        "(?1)",
        "(?&name)",
        r"a\Kb",
        r"\Ra",
        r"\Qa.b\E",
        r"\p{L}",
        r"\X",
        "[[:alpha:]]",
        "a(?i)b",
        "(*UTF8)a",
        r"\g1",
        "(a",
        "(?<a>x)(?<a>y)",
        "(?<n-m>x)",
        "[a",
    ],
)
def test_what_python_cannot_is_refused(pattern: str) -> None:
    with pytest.raises(Refused):
        compile_pcre(pattern)


@given(st.text())
def test_an_escaped_text_finds_itself(text: str) -> None:
    match = compile_pcre(re.escape(text)).fullmatch(text)
    assert match is not None


@given(st.text(alphabet=r"ab()[]{}?*+\|.<>:=!PK1,^$-", max_size=12))
def test_any_pattern_is_read_or_refused(pattern: str) -> None:
    try:
        compile_pcre(pattern)
    except Refused:
        pass
