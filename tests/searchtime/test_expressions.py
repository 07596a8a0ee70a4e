"""Eval expressions compute what the pages of the Search Reference say, and refuse what these leave open."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import settings as trials
from hypothesis import strategies as st

from tests.searchtime import Refused, Settings, test_functions
from tests.searchtime.conftest import FIELDS, Given, Table, compute
from tests.searchtime.expression.value import Value, to_field

# "Informational functions"
INFORMATIONAL: Table = [
    ('typeof(12) . typeof("string") . typeof(1==2) . typeof(badfield)', "NumberStringBooleanInvalid"),
    ('if(isnum(one) AND NOT isnum(word) AND isstr(word), "yes", "no")', "yes"),
    ('if(isnum(tonumber("1")) AND isint(one) AND NOT isint(word) AND isbool(1==1), "yes", "no")', "yes"),
    ('if(isnull(nothing) AND isnotnull(word), "yes", "no")', "yes"),
]
# "Use the eval command", "Boolean expressions"; null in arithmetic and logic as the rules of value.py have it
OPERATORS: Table = [
    ("1 + 2 * 3", 7),
    ("(1 + 2) * 3", 9),
    ("7 % 4", 3),
    ("7.5 % 2", 1.5),
    ('if(NOT (nothing="x" AND true()), "yes", "no")', "no"),
    ('validate(nothing="x", "null is not false")', None),
    ("7 / 2", 3.5),
    ("6 / 2", 3),
    ("1 / 0", None),
    ("one + two", 3),
    ("one . two", "12"),
    ("'a.b{}' . \"!\"", "dotted!"),
    ("one + nothing", None),
    ("word . nothing", None),
    ("-one", -1),
    ('if(nothing = "x", "yes", "no") . if(nothing != "x", "yes", "no")', "nono"),
    ('if(NOT nothing="x", "yes", "no")', "no"),
    ('if(nothing="x" OR true(), "yes", "no")', "yes"),
    ('if(two < 10, "as numbers", "as texts")', "as numbers"),
    ('if(one == "1.0", "as numbers", "as texts")', "as numbers"),
    ('if("b" > "a", "yes", "no")', "yes"),
    ('if(true() OR false() AND false(), "and first", "or first")', "and first"),
    ('if(NOT false() AND false(), "yes", "no")', "no"),
    ('if(true() XOR true(), "yes", "no")', "no"),
    ('if(hosts == "b", "one of them", "none")', "one of them"),
    (r'"a\"b\\c\d"', r'a"b\c\d'),
]
# "Date and Time functions", "Date and time format variables"
TIME: Table = [
    ('strftime(1700000000.123456, "%Y-%m-%dT%H:%M:%S.%3N%z")', "2023-11-14T22:13:20.123+0000"),
    ('strftime(1700000000.123456, "%s.%6N")', "1700000000.123456"),
    ('strftime(1700000000.5, "%H:%M:%S.%Q %Z")', "22:13:20.500 UTC"),
    ('strftime(1700000000, "%F %T %:z %%")', "2023-11-14 22:13:20 +00:00 %"),
    ('strftime(word, "%F")', None),
    ('strptime("2023-11-14T22:13:20Z", "%Y-%m-%dT%H:%M:%S%Z")', 1700000000),
    ('strptime("2023-11-15T00:13:20.250+0200", "%Y-%m-%dT%H:%M:%S.%3N%z")', 1700000000.25),
    ('strptime("14 Nov 2023 10:13 PM", "%d %b %Y %I:%M %p")', 1699999980),
    ('strptime("1700000000.5", "%s.%N")', 1700000000.5),
    ('strptime(word, "%Y")', None),
    ('strptime("2023-02-30", "%Y-%m-%d")', None),
]
# "Cryptographic functions"
DIGESTS: Table = [
    ('md5("")', "d41d8cd98f00b204e9800998ecf8427e"),
    ('sha1("")', "da39a3ee5e6b4b0d3255bfef95601890afd80709"),
    ('sha256("")', "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
]


@pytest.mark.parametrize(("expression", "expected"), INFORMATIONAL + OPERATORS)
def test_operators_and_kinds_are_as_the_eval_page_says(expression: str, expected: Value) -> None:
    assert compute(expression) == expected


@pytest.mark.parametrize(("expression", "expected"), TIME + DIGESTS)
def test_times_and_digests_are_as_their_pages_say(expression: str, expected: Value) -> None:
    assert compute(expression) == expected


def test_now_is_the_time_that_was_given() -> None:
    assert compute("now() - 10", settings=Settings(now=100.0)) == 90


def test_only_the_branch_that_is_taken_is_computed() -> None:
    assert compute("if(true(), 1, now())") == 1
    assert compute("case(false(), now(), true(), 2)") == 2
    assert compute("coalesce(word, now())") == "word"


@pytest.mark.parametrize(
    "expression",
    [
        'relative_time(1, "-1d")',
        'searchmatch("x")',
        "now()",
        "random()",
        "nosuch(1)",
        "if(1, 2)",
        "if(word, 1, 2)",
        "case(true())",
        "word and word",
        "true",
        "a . b + 1",
        "a +",
        '"open',
        "lower(word",
        "len(names)",
        "names . word",
        'names != "alex"',
        'tostring("5", "binary")',
        'tonumber("seven")',
        "mvindex(names, 0, 99)",
        'urldecode("a+b")',
        'strptime("2023-11-14 and more", "%Y-%m-%d")',
        'strftime(1, "%U")',
        'match(word, "(a")',
        'json_object("a", word)',
        'spath("<a/>", "a")',
        "punct",
        "word < 5",
        "mvfilter(one = two)",
        "'unclosed",
        "-7 % 4",
        'isnum("1")',
        "isnum(substr(one, 1, 1))",
        "isnum(numbers)",
    ],
)
def test_what_is_not_documented_is_refused(expression: str) -> None:
    with pytest.raises(Refused):
        compute(expression)


def test_true_and_false_are_no_value_of_a_field() -> None:
    # "Use the eval command": a Boolean has to go through a function that takes one
    with pytest.raises(Refused, match="if\\(\\)"):
        to_field(compute("1 == 1"))


@given(st.text(), st.text())
def test_joining_joins(one: str, other: str) -> None:
    assert compute("one . other", {"one": one, "other": other}) == one + other


@given(st.integers(-(2**52), 2**52), st.integers(-(2**52), 2**52))
def test_comparison_of_fields_is_that_of_their_numbers(one: int, other: int) -> None:
    fields: Given = {"one": str(one), "other": str(other)}
    assert compute("one < other", fields) is (one < other)
    assert compute("one == other", fields) is (one == other)
    assert compute("one + other", fields) == one + other


@given(st.text(alphabet=st.characters(blacklist_categories=("Cs",))))
def test_a_text_written_as_a_literal_is_itself(text: str) -> None:
    quoted = text.replace("\\", "\\\\").replace('"', '\\"')
    assert compute(f'"{quoted}"') == text


_ANY = st.one_of(
    st.text(alphabet=st.characters(blacklist_categories=("Cs",)), max_size=12),
    st.text(alphabet='0123456789.eE+-[]{}",:%\\ Tz', max_size=12),
    st.integers().map(str),
    st.floats().map(str),
)
_ALL = [*test_functions.EVERY, *INFORMATIONAL, *OPERATORS, *TIME]


@given(st.sampled_from(_ALL), st.lists(_ANY, min_size=1, max_size=2))
def test_an_expression_gives_a_value_of_any_fields_or_refuses(row: tuple[str, Value], values: list[str]) -> None:
    try:
        to_field(compute(row[0], dict.fromkeys(FIELDS, values)))
    except Refused:
        pass


@given(_ANY, _ANY, st.sampled_from("+-*/%."))
def test_operators_give_a_value_or_refuse(one: str, other: str, operator: str) -> None:
    try:
        to_field(compute(f"one {operator} other", {"one": one, "other": other}))
    except Refused:
        pass


@trials(max_examples=40)
@given(_ANY, _ANY)
@pytest.mark.parametrize(
    "call",
    [
        "round(x, y)",
        "pow(x, y)",
        "substr(x, y)",
        "tonumber(x, y)",
        "strftime(x, y)",
        "strptime(x, y)",
        "replace(x, y, x)",
        "match(x, y)",
        "cidrmatch(x, y)",
        "mvindex(x, y)",
        "spath(x, y)",
        "json_extract(x, y)",
        "json_extract_exact(x, y)",
        'tostring(x, "commas")',
        'tostring(x, "hex")',
        'tostring(x, "duration")',
        "floor(x) + ceiling(y)",
        "like(x, y)",
        "split(x, y)",
        "trim(x, y)",
        "max(x, y) . min(x, y)",
        "md5(x)",
        "urldecode(x)",
    ],
)
def test_a_function_gives_a_value_of_any_texts_or_refuses(call: str, one: str, other: str) -> None:
    try:
        to_field(compute(call, {"x": one, "y": other}))
    except Refused:
        pass


@given(st.integers(0, 4102444800))
def test_a_time_that_is_written_reads_back(seconds: int) -> None:
    expression = 'strptime(strftime(t, "%Y-%m-%dT%H:%M:%S%z"), "%Y-%m-%dT%H:%M:%S%z")'
    assert compute(expression, {"t": str(seconds)}) == seconds
