"""Patterns are PCRE's, their matches are told as Python's `re` tells them, and Splunk's two limits end a match."""

from __future__ import annotations

import ctypes
import re
from concurrent.futures import ThreadPoolExecutor
from typing import Optional

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.pcre import Limits, PatternError, compile_pattern, library, overruns

ESCAPES = '"' + '\\"' * 600 + '"'
GREEDY = r'"[^"\\]*(?:\\.[^"\\]*)*"'
POSSESSIVE = r'"[^"\\]*+(?:\\.[^"\\]*+)*+"'


@pytest.mark.parametrize(
    ("pattern", "text", "found"),
    [
        (r"(?<a>x)(?P<b>y)(?'c'z)", "xyz", {"a": "x", "b": "y", "c": "z"}),
        (r"(?<=a)(?<b>b)(?<!c)", "ab", {"b": "b"}),
        (r"(?<a>[^]]+)]", "a[b]", {"a": "a[b"}),
        (r"(?<a>\d+)\z", "12", {"a": "12"}),
        (r"a\h(?<a>b)", "a\tb", {"a": "b"}),
        (r"(?:(?<a>a)|(?<b>b))+", "a", {"a": "a", "b": None}),
        (r"(?<a>a++)b", "aab", {"a": "aa"}),
        (r"(?<a>(?>a|ab))c", "abc ac", {"a": "a"}),
        (r"(?<a>\((?:[^()]++|(?&a))*\))", "x(a(b)c)", {"a": "(a(b)c)"}),
        (r"a\K(?<a>b)", "ab", {"a": "b"}),
        (r"(?<a>[[:alpha:]]+)1", "ab1", {"a": "ab"}),
        (r"(?<a>a(?i)b)", "aB", {"a": "aB"}),
    ],
)
def test_what_pcre_reads_is_carried_out(pattern: str, text: str, found: dict[str, str]) -> None:
    match = compile_pattern(pattern).search(text)
    assert match is not None
    assert match.groupdict() == found


@pytest.mark.parametrize("pattern", ["(a", "(?<a>x)(?<a>y)", "(?<n-m>x)", "[a", r"\g1", "a**", r"(?<=a+)b", r"\C"])
def test_what_pcre_does_not_read_is_said_in_its_words(pattern: str) -> None:
    with pytest.raises(PatternError, match=r" at \d+$"):
        compile_pattern(pattern)


def test_classes_are_those_of_ascii() -> None:
    assert compile_pattern(r"\w").search("é") is None
    assert compile_pattern(r"\d").search("٣") is None


@given(st.text())
def test_an_escaped_text_finds_itself(text: str) -> None:
    assert compile_pattern(re.escape(text)).fullmatch(text) is not None


@given(st.text(alphabet=r"ab()[]{}?*+\|.<>:=!PK1,^$-", max_size=12))
def test_any_pattern_is_read_or_refused(pattern: str) -> None:
    try:
        compile_pattern(pattern)
    except PatternError:
        pass


@given(st.sampled_from(["a*", "(a)|b", "[^a]+", "(?:é|b)(a?)", "$", "a+?(b)?"]), st.text(alphabet="abé\n", max_size=20))
def test_matches_lie_where_re_says_they_lie(pattern: str, text: str) -> None:
    ours = [(each.span(), each.groups()) for each in compile_pattern(pattern).finditer(text)]
    assert ours == [(each.span(), each.groups()) for each in re.finditer(pattern, text)]


def test_a_limit_ends_a_match_without_jit_and_with_it_and_is_noted() -> None:
    with overruns() as met:
        assert compile_pattern(GREEDY).search(ESCAPES) is None
    assert [(each.limit, each.jit) for each in met] == [("DEPTH_LIMIT", False)]

    with overruns() as met:
        assert compile_pattern("(?:a|b)*+c").search("ab" * 60_000 + "c") is None
        assert compile_pattern(GREEDY).search('"' + '\\"' * 60_000 + '"') is None
    assert {(each.limit, each.jit) for each in met} >= {("MATCH_LIMIT", False), ("the JIT stack", True)}


def test_a_possessive_quantifier_stays_below_the_limits() -> None:
    with overruns() as met:
        assert compile_pattern(POSSESSIVE).search(ESCAPES * 15) is not None
        assert compile_pattern(POSSESSIVE).search('"' + '\\"' * 90_000 + '"') is not None
    assert met == []


def test_a_limit_ends_a_series_of_matches() -> None:
    found = compile_pattern(GREEDY).finditer(f'"one" {ESCAPES} "two"')
    assert [match.group() for match in found] == ['"one"']


def test_a_stanza_may_lower_a_limit_and_never_raise_one() -> None:
    low = Limits().lowered(match="10", depth="")
    assert low == Limits(10, 1_000)
    assert Limits().lowered(match="1000000", depth="5000") == Limits()
    assert compile_pattern(POSSESSIVE, low).search('"' + '\\"' * 20 + '"') is None
    assert compile_pattern(POSSESSIVE).search('"' + '\\"' * 20 + '"') is not None


def test_threads_share_a_pattern() -> None:
    pattern = compile_pattern(r"(?<word>[a-z]+)(?<number>\d+)")

    def number(text: str) -> Optional[str]:
        match = pattern.search(text)
        return match.group(2) if match else None

    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(number, [f"{'é' * n}word{n}" for n in range(200)] * 5))
    assert found == [str(n) for n in range(200)] * 5


def test_a_machine_without_the_library_gets_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> None:
        raise OSError(name)

    monkeypatch.setattr(ctypes, "PyDLL", missing)
    with pytest.raises(library.Missing, match=r"install it \(Debian: apt-get install libpcre2-8-0"):
        library.load()
