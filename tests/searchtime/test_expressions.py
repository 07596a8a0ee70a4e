"""Eval expressions compute what the pages of the Search Reference say they do."""

from __future__ import annotations

import json
from typing import Optional, Union

import pytest
from hypothesis import given
from hypothesis import settings as trials
from hypothesis import strategies as st

from tests.searchtime import Cost, Refused, Settings
from tests.searchtime.expression.formula import compile_formula
from tests.searchtime.expression.scope import Scope
from tests.searchtime.expression.value import Value, to_field

Given = dict[str, Union[str, list[str]]]
Table = list[tuple[str, Value]]
FIELDS: Given = {
    "one": "1",
    "two": "2",
    "word": "word",
    "ip": "123.132.32.77",
    "status": "404",
    "date": "1/14/2023",
    "a.b{}": "dotted",
    "names": ["alex", "celestino", "claudia", "david", "ikraam", "nyah", "rutherford", "wei"],
    "ponies": ["buttercup", "dash", "flutter", "honey", "ivory", "minty", "pinky", "rarity"],
    "email": ["a@x.net", "b@y.com", "c@z.org"],
    "numbers": ["10", "9", "70", "100"],
    "results": ["1", "2", "3"],
    "threshold": "5",
    "hosts": ["a", "b"],
    "ports": ["80", "81", "82"],
    "same": ["x", "x"],
    "cities": '[{"name":"London","Bridges":[{"name":"Tower Bridge","length":801}]},'
    '{"name":"Venice","Bridges":[{"name":"Rialto Bridge","length":157},{"name":"Ponte della Paglia"}]}]',
    "splunk_path": '{"system.splunk.path":"/opt/splunk/"}',
    "mixed": '{"t":true,"n":null,"f":1.50,"s":"\\u00e9","o":{"k":[1,2]}}',
}


def compute(expression: str, fields: Optional[Given] = None, settings: Optional[Settings] = None) -> Value:
    given = {name: [value] if isinstance(value, str) else value for name, value in (fields or FIELDS).items()}
    return compile_formula(expression).evaluate(Scope(given, settings or Settings(), Cost()))


# Each group by the page its facts come from.
COMPARISON_AND_CONDITIONAL: Table = [
    ('case(status==200, "OK", status==404, "Not found", status==500, "Internal Server Error")', "Not found"),
    ('case(status==200, "OK")', None),
    ('case(status==200, "OK", true(), "Other")', "Other"),
    ('if(cidrmatch("123.132.32.0/25",ip), "local", "not local")', "local"),
    ('if(cidrmatch("192.0.2.0/24","192.0.3.0"), "true", "false")', "false"),
    ('if(cidrmatch("2001:0db8:ffff:ffff::ff00/120", "2001:0db8:ffff:ffff:0:0:0:ff99"), "y", "n")', "y"),
    ("coalesce(clientip, ip)", "123.132.32.77"),
    ("coalesce(nothing, null())", None),
    ('if(in(status, "404","500","503"),"true","false")', "true"),
    ('if(status in("400", "401"), "hit", "miss")', "miss"),
    ('if("123.132.32.77" IN (ip, clientip), "hit", "miss")', "hit"),
    ('if(like(word, "wo%"), "yes", "no")', "yes"),
    ('if(word LIKE "w_rd", "yes", "no")', "yes"),
    ('if(like(word, "WO%"), "yes", "no")', "no"),
    ('if(match(ip, "^\\d{1,3}\\.\\d{1,3}\\.\\d{1,3}\\.\\d{1,3}$"), "ip", "none")', "ip"),
    ("nullif(one, two)", "1"),
    ("nullif(one, one)", None),
    ('validate(isint(status), "ERROR: Port is not an integer", status >= 1 AND status <= 65535, "out")', None),
    ('validate(isint(word), "ERROR: Port is not an integer", true(), "out")', "ERROR: Port is not an integer"),
]
TEXT: Table = [
    ('len("buttercup")', 9),
    ('ltrim(" ZZZZabcZZ ", " Z")', "abcZZ "),
    ('rtrim(" ZZZZabcZZ ", " Z")', " ZZZZabc"),
    ('trim(" ZZZZabcZZ ", " Z")', "abc"),
    ('trim("\t x \t")', "x"),
    ('replace(date, "^(\\d{1,2})/(\\d{1,2})/", "\\2/\\1/")', "14/1/2023"),
    ('substr("string", 1, 3) + substr("string", -3)', "string"),
    ('substr("string", 3)', "ring"),
    ('upper(word) . lower("ABC")', "WORDabc"),
    ("upper(hosts)", ["A", "B"]),
    ('urldecode("http%3A%2F%2Fwww.splunk.com%2Fdownload%3Fr%3Dheader")', "http://www.splunk.com/download?r=header"),
]
CONVERSION: Table = [
    ('tonumber("0101", 2)', 5),
    ('tonumber("0A4",16)', 164),
    ("tonumber(word)", None),
    ("tonumber(trim(two))", 2),
    ('tostring(1==1) + " " + tostring(15, "hex") + " " + tostring(12345.6789, "commas")', "True 0xF 12,345.68"),
    ('tostring(615, "duration")', "00:10:15"),
    ('tostring(9, "binary")', "1001"),
]
MULTIVALUE: Table = [
    ("mvindex(names,2)", "claudia"),
    ("mvindex(names,0,3)", ["alex", "celestino", "claudia", "david"]),
    ("mvindex(ponies,-1)", "rarity"),
    ("mvindex(ponies,-3)", "minty"),
    ("mvindex(ponies, -3, -1)", ["minty", "pinky", "rarity"]),
    ("mvindex(ponies, 8)", None),
    ("mvcount(names)", 8),
    ("mvcount(word)", 1),
    ("mvcount(nothing)", None),
    ('mvfilter(match(email, "\\.net$") OR match(email, "\\.org$"))', ["a@x.net", "c@z.org"]),
    ("mvfilter(!isnull(hosts))", ["a", "b"]),
    ('mvfind(email, "org$")', 2),
    ('mvfind(email, "err\\d+")', None),
    ('mvjoin(results, " OR ")', "1 OR 2 OR 3"),
    ("mvmap(results, results*10)", ["10", "20", "30"]),
    ("mvmap(results, results*threshold)", ["5", "10", "15"]),
    ("mvmap(mvindex(results, 1,2), results*threshold)", ["10", "15"]),
    ("mvsort(numbers)", ["10", "100", "70", "9"]),
    ("mvzip(hosts,ports)", ["a,80", "b,81"]),
    ('mvzip(mvzip(hosts,ports,"|"),ports,"|")', ["a|80|80", "b|81|81"]),
    ('mvappend("localhost", word, hosts)', ["localhost", "word", "a", "b"]),
    ("mvdedup(same)", "x"),
    ('mvreverse(split("1,2,3", ","))', ["3", "2", "1"]),
]
JSON: Table = [
    ('json_extract(cities,"{}.name")', '["London","Venice"]'),
    ('json_extract(cities,"{0}")', '{"name":"London","Bridges":[{"name":"Tower Bridge","length":801}]}'),
    ('json_extract(cities,"{}.Bridges{}.name")', '["Tower Bridge","Rialto Bridge","Ponte della Paglia"]'),
    ('json_extract(cities,"{1}.Bridges{0}")', '{"name":"Rialto Bridge","length":157}'),
    ('json_extract(cities,"{1}.Bridges{0}.length")', "157"),
    ('json_extract(cities,"{7}")', None),
    ('json_extract(mixed,"n")', None),
    ('json_extract(mixed,"o.k","s")', '[[1,2],"é"]'),
    ('json_extract(mixed,"f")', "1.50"),
    ("json_extract(word)", None),
    ('json_extract_exact(splunk_path, "system.splunk.path")', "/opt/splunk/"),
    ('json_extract(splunk_path, "system.splunk.path")', None),
    ('json_object("name", "maria", "age", 25, "off", false())', '{"name":"maria","age":25,"off":false}'),
    ('json_array("a", 1)', '["a",1]'),
    ('if(json_valid(cities), "yes", "no") . if(json_valid(word), "yes", "no")', "yesno"),
    ('spath(mixed, "o.k{}")', ["1", "2"]),
    ('spath(mixed, "o.k{1}")', "2"),
    ('spath(mixed, "o")', '{"k":[1,2]}'),
    ('spath(cities, "{}.name")', ["London", "Venice"]),
]
MATHEMATICAL: Table = [
    ("round(3.5)", 4),
    ("round(2.555, 2)", 2.56),
    ("round(word)", None),
    ("floor(1.9)", 1),
    ("ceiling(1.9)", 2),
    ("abs(0-3)", 3),
    ("pow(2, 3)", 8.0),
    ("exact(3.14)", 3.14),
]
STATISTICAL: Table = [
    ('max(1, 3, 6, 7, "foo", one)', "foo"),
    ('min(1, 3, 6, 7, "foo", two)', "1"),
    ("max(numbers)", "100"),
    ("min(nothing)", None),
]
INFORMATIONAL: Table = [
    ('typeof(12) . typeof("string") . typeof(1==2) . typeof(badfield)', "NumberStringBooleanInvalid"),
    ('if(isnum(one) AND NOT isnum(word) AND isstr(word), "yes", "no")', "yes"),
    ('if(isnum(tonumber("1")) AND isint(one) AND NOT isint(word) AND isbool(1==1), "yes", "no")', "yes"),
    ('if(isnull(nothing) AND isnotnull(word), "yes", "no")', "yes"),
]
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
DIGESTS: Table = [
    ('md5("")', "d41d8cd98f00b204e9800998ecf8427e"),
    ('sha1("")', "da39a3ee5e6b4b0d3255bfef95601890afd80709"),
    ('sha256("")', "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
]


@pytest.mark.parametrize(("expression", "expected"), COMPARISON_AND_CONDITIONAL)
def test_comparisons_and_conditions_are_as_their_page_says(expression: str, expected: Value) -> None:
    assert compute(expression) == expected


@pytest.mark.parametrize(("expression", "expected"), TEXT)
def test_text_functions_are_as_their_page_says(expression: str, expected: Value) -> None:
    assert compute(expression) == expected


@pytest.mark.parametrize(("expression", "expected"), CONVERSION)
def test_conversions_are_as_their_page_says(expression: str, expected: Value) -> None:
    assert compute(expression) == expected


@pytest.mark.parametrize(("expression", "expected"), MULTIVALUE)
def test_multivalue_functions_are_as_their_page_says(expression: str, expected: Value) -> None:
    assert compute(expression) == expected


@pytest.mark.parametrize(("expression", "expected"), JSON)
def test_json_functions_are_as_their_page_says(expression: str, expected: Value) -> None:
    assert compute(expression) == expected


@pytest.mark.parametrize(("expression", "expected"), MATHEMATICAL + STATISTICAL)
def test_mathematical_and_statistical_functions_are_as_their_pages_say(expression: str, expected: Value) -> None:
    assert compute(expression) == expected


@pytest.mark.parametrize(("expression", "expected"), INFORMATIONAL + OPERATORS)
def test_operators_and_kinds_are_as_the_eval_page_says(expression: str, expected: Value) -> None:
    assert compute(expression) == expected


@pytest.mark.parametrize(("expression", "expected"), TIME + DIGESTS)
def test_times_and_digests_are_as_their_pages_say(expression: str, expected: Value) -> None:
    assert compute(expression) == expected


def test_json_keys_are_a_json_array_of_the_names() -> None:
    # "JSON functions", json_keys
    bridges = '{"name": "Clifton Suspension Bridge", "length": 1352, "city": "Bristol", "country": "England"}'
    answer = compute("json_keys(bridges)", {"bridges": bridges})
    assert json.loads(str(answer)) == ["name", "length", "city", "country"]


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
        'match(word, "(?>a)")',
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
_ALL = [*COMPARISON_AND_CONDITIONAL, *TEXT, *CONVERSION, *MULTIVALUE, *JSON, *MATHEMATICAL, *STATISTICAL, *OPERATORS]


@given(st.sampled_from([*_ALL, *INFORMATIONAL, *TIME]), st.lists(_ANY, min_size=1, max_size=2))
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
