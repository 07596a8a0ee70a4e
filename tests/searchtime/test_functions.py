"""The functions of eval compute what the pages of the Search Reference say they do."""

from __future__ import annotations

import json

import pytest

from tests.searchtime.conftest import Table, compute
from tests.searchtime.expression.value import Value

# "Comparison and Conditional functions"
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
# "Text functions"
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
# "Conversion functions"
CONVERSION: Table = [
    ('tonumber("0101", 2)', 5),
    ('tonumber("0A4",16)', 164),
    ("tonumber(word)", None),
    ("tonumber(trim(two))", 2),
    ('tostring(1==1) + " " + tostring(15, "hex") + " " + tostring(12345.6789, "commas")', "True 0xF 12,345.68"),
    ('tostring(615, "duration")', "00:10:15"),
    ('tostring(9, "binary")', "1001"),
]
# "Multivalue eval functions"
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
# "JSON functions", "Text functions" (spath)
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
    ('json_array_to_mv(json_extract(cities,"{}.name"))', ["London", "Venice"]),
    ("json_array_to_mv(word)", None),
    ('spath(mixed, "o.k{1}")', "2"),
    ('spath(mixed, "o")', '{"k":[1,2]}'),
    ('spath(cities, "{}.name")', ["London", "Venice"]),
]
# "Mathematical functions"
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
# "Statistical eval functions"
STATISTICAL: Table = [
    ('max(1, 3, 6, 7, "foo", one)', "foo"),
    ('min(1, 3, 6, 7, "foo", two)', "1"),
    ("max(numbers)", "100"),
    ("min(nothing)", None),
]
EVERY = [*COMPARISON_AND_CONDITIONAL, *TEXT, *CONVERSION, *MULTIVALUE, *JSON, *MATHEMATICAL, *STATISTICAL]


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


def test_json_keys_are_a_json_array_of_the_names() -> None:
    # "JSON functions", json_keys
    bridges = '{"name": "Clifton Suspension Bridge", "length": 1352, "city": "Bristol", "country": "England"}'
    answer = compute("json_keys(bridges)", {"bridges": bridges})
    assert json.loads(str(answer)) == ["name", "length", "city", "country"]
