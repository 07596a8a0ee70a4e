"""Automatic extraction takes JSON and pairs as the specs say, up to the three ceilings and not beyond."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as trials
from hypothesis import strategies as st

from tests.searchtime import Ceilings, Refused, jsontext
from tests.searchtime.conftest import App

_TEXT = st.text(alphabet=st.characters(blacklist_categories=("Cs",)), max_size=8)
_LEAF = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), _TEXT)
_TREE: st.SearchStrategy[Any] = st.recursive(
    _LEAF, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_TEXT, inner, max_size=4), max_leaves=20
)
_OPEN = Ceilings(extraction_cutoff=1 << 30, kv_limit=0, kv_maxchars=1 << 30)


@pytest.fixture
def toy(app: App) -> App:
    return app.write("default/props.conf", "[toy]\nKV_MODE = json\n")


# "spath", props.conf.spec KV_MODE


@pytest.mark.parametrize(
    ("raw", "fields"),
    [
        ('{"a":{"b":{"c":1}}}', {"a.b.c": ["1"]}),
        ('{"a":[1,2,"x"]}', {"a{}": ["1", "2", "x"]}),
        ('{"a":[{"b":1},{"b":2,"c":3}]}', {"a{}.b": ["1", "2"], "a{}.c": ["3"]}),
        ('{"a":[[1],[2]]}', {"a{}{}": ["1", "2"]}),
        ('{"a":true,"b":false,"c":null}', {"a": ["true"], "b": ["false"], "c": ["null"]}),
        ('{"a":1.50,"b":-1e3,"c":12345678901234567890}', {"a": ["1.50"], "b": ["-1e3"], "c": ["12345678901234567890"]}),
        (r'{"a":"\u00e9\ud83d\ude00\n\"\\\/"}', {"a": ['é😀\n"\\/']}),
        ('{"a.b":1,"c":{},"d":[]}', {"a.b": ["1"]}),
        ('[{"a":1},{"a":2}]', {"{}.a": ["1", "2"]}),
        (' {"a" : 1 , "b" : [ 2 ] } ', {"a": ["1"], "b{}": ["2"]}),
    ],
)
def test_json_is_flattened(toy: App, raw: str, fields: dict[str, list[str]]) -> None:
    result = toy.search(raw)
    assert {name: result.values(name) for name in fields} == fields
    assert len(result.fields) == len(fields) + 6


@pytest.mark.parametrize("raw", ["", "text", "5", '{"a":1', '{"a":1} more', '{"a":01}', "{'a':1}", '{"a":1,}', "<a/>"])
def test_what_is_not_json_gives_nothing(toy: App, raw: str) -> None:
    assert len(toy.search(raw).fields) == 6


def test_the_mode_none_extracts_nothing(app: App) -> None:
    app.write("default/props.conf", "[toy]\nKV_MODE = none\n")
    result = app.search('{"a":1} b=2')
    assert len(result.fields) == 6
    assert result.cost.total() == 0


def test_an_empty_value_is_ignored_unless_json_is_to_keep_it(toy: App) -> None:
    # transforms.conf.spec, KEEP_EMPTY_VALS
    assert "a" not in toy.search('{"a":""}').fields
    assert toy.search('{"a":""}', keep_empty_json=True).values("a") == [""]


# limits.conf.spec, [spath] extraction_cutoff


def _padded(before: int) -> str:
    """An event in which the value of `late` begins after so many bytes."""
    head = '{"early":1,"pad":"'
    tail = '","late":"x"}'
    return head + "p" * (before - len(head) - len('","late":')) + tail


@pytest.mark.parametrize(("begins", "there"), [(4997, True), (4998, False), (5000, False), (6000, False)])
def test_a_value_comes_only_if_it_ends_before_the_cutoff(toy: App, begins: int, there: bool) -> None:
    raw = _padded(begins)
    assert raw.index('"x"') == begins
    result = toy.search(raw)
    assert result.value("early") == "1"
    assert (result.value("late") is not None) is there


@pytest.mark.parametrize(("letters", "there"), [(2400, True), (2500, False)])
def test_the_cutoff_counts_bytes_not_characters(toy: App, letters: int, there: bool) -> None:
    raw = '{"pad":"' + "é" * letters + '","late":"x"}'
    assert len(raw) < 5000
    assert (toy.search(raw).value("late") == "x") is there


def test_a_number_at_the_cutoff_may_go_on_and_does_not_come(toy: App) -> None:
    raw = '{"a":12345,"b":1}'
    assert toy.search(raw, ceilings=Ceilings(extraction_cutoff=8)).value("a") is None
    assert toy.search(raw, ceilings=Ceilings(extraction_cutoff=11)).value("a") == "12345"
    assert toy.search('{"a":1.5}', ceilings=Ceilings(extraction_cutoff=7)).value("a") is None


def test_a_higher_cutoff_lets_more_through(toy: App) -> None:
    assert toy.search(_padded(6000), ceilings=Ceilings(extraction_cutoff=10000)).value("late") == "x"


# limits.conf.spec, [kv] limit


def test_the_hundredth_field_comes_and_the_next_does_not(toy: App) -> None:
    raw = json.dumps({f"f{number}": number for number in range(1, 103)})
    result = toy.search(raw)
    assert result.value("f100") == "100"
    assert result.value("f101") is None
    assert toy.search(raw, ceilings=Ceilings(kv_limit=0)).value("f102") == "102"


def test_many_values_of_a_field_are_one_field(toy: App) -> None:
    raw = json.dumps({"many": list(range(300)), **{f"f{number}": 1 for number in range(99)}})
    result = toy.search(raw)
    assert len(result.values("many{}")) == 300
    assert result.value("f98") == "1"


# limits.conf.spec, [kv] maxchars


def test_pairs_after_the_first_10240_characters_do_not_come(app: App) -> None:
    app.write("default/props.conf", "[toy]\nKV_MODE = auto\n")
    result = app.search("early=1 " + "x" * 10225 + " in=1 late=1")
    assert (result.value("early"), result.value("in"), result.value("late")) == ("1", "1", None)


def test_json_ends_at_maxchars_where_the_cutoff_is_higher(toy: App) -> None:
    high = Ceilings(extraction_cutoff=100000)
    assert toy.search(_padded(10237), ceilings=high).value("late") == "x"
    assert toy.search(_padded(10238), ceilings=high).value("late") is None


# props.conf.spec, KV_MODE = auto


def test_pairs_are_taken_with_and_without_quotes(app: App) -> None:
    result = app.search('2014-04-04 10:10:45 myfield=" apples " level=INFO, n=1.5')
    assert [result.value(name) for name in ("myfield", "level", "n")] == ["apples", "INFO", "1.5"]


def test_escaped_quotes_are_honoured_where_the_mode_says_so(app: App) -> None:
    app.write("default/props.conf", "[toy]\nKV_MODE = auto_escaped\n")
    assert app.search(r'field="value with \"nested\" quotes"').value("field") == 'value with "nested" quotes'


def test_the_mode_auto_takes_json_too_unless_told_not_to(app: App) -> None:
    assert app.search('{"a":1}').value("a") == "1"
    app.write("default/props.conf", "[toy]\nAUTO_KV_JSON = false\n")
    assert app.search('{"a":1}').value("a") is None


@pytest.mark.parametrize("raw", ["a=b=c", "a=b;c=d", "a=1 a=2", "url?x=1&y=2", "a='b c'"])
def test_pairs_with_more_than_one_reading_are_refused(app: App, raw: str) -> None:
    with pytest.raises(Refused):
        app.search(raw)


@pytest.mark.parametrize("mode", ["xml", "multi", "nosuch"])
def test_another_mode_is_refused_with_its_place(app: App, mode: str) -> None:
    with pytest.raises(Refused, match=r"props\.conf \[toy\] KV_MODE"):
        app.write("default/props.conf", f"[toy]\nKV_MODE = {mode}\n").search()


def test_a_name_that_the_event_has_already_is_refused(toy: App) -> None:
    for raw, fields in (('{"host":"box"}', {}), ('{"a":1}', {"a": "1"})):
        with pytest.raises(Refused, match="has already"):
            toy.search(raw, fields=fields)


def test_a_name_that_an_extract_found_may_say_the_same(app: App) -> None:
    app.write("default/props.conf", '[toy]\nKV_MODE = json\nEXTRACT-a = "a":(?<a>\\d)\n')
    assert app.search('{"a":1}').values("a") == ["1"]
    with pytest.raises(Refused, match="has already"):
        app.search('{"a":12}')


# Properties


def _walk(tree: Any, name: str, out: dict[str, list[str]]) -> dict[str, list[str]]:
    """The reference: a plain recursion over what Python's json reads."""
    if isinstance(tree, dict):
        for key, value in tree.items():
            _walk(value, f"{name}.{key}" if name else key, out)
    elif isinstance(tree, list):
        for value in tree:
            _walk(value, f"{name}{{}}", out)
    else:
        out.setdefault(name, []).append(tree if isinstance(tree, str) else json.dumps(tree))
    return out


@given(_TREE.filter(lambda tree: isinstance(tree, (dict, list))))
def test_flattening_agrees_with_a_plain_walk(tree: Any) -> None:
    found: dict[str, list[str]] = {}
    for name, leaf in jsontext.flatten(json.dumps(tree)):
        found.setdefault(name, []).append(leaf.text)
    assert found == _walk(tree, "", {})


@given(_TREE)
def test_what_is_parsed_and_rendered_is_the_same_json(tree: Any) -> None:
    text = json.dumps(tree, ensure_ascii=False, separators=(",", ":"))
    assert jsontext.render(jsontext.parse(text)) == text


@given(st.one_of(_TREE.map(json.dumps), st.text(alphabet='{}[]",:0a\\ tru-.e', max_size=30)))
def test_what_is_json_is_what_python_takes_for_json(text: str) -> None:
    try:
        json.loads(text)
        expected = True
    except ValueError:
        expected = False
    assert jsontext.valid(text) is expected


@trials(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(tree=_TREE, cutoff=st.integers(0, 200), limit=st.integers(0, 5))
def test_no_json_event_raises_and_the_ceilings_only_take_away(toy: App, tree: Any, cutoff: int, limit: int) -> None:
    raw = json.dumps({"event": tree}, ensure_ascii=False)
    everything = toy.search(raw, ceilings=_OPEN).fields
    some = toy.search(raw, ceilings=Ceilings(extraction_cutoff=cutoff, kv_limit=limit)).fields
    for name, values in some.items():
        assert everything[name][: len(values)] == values
    assert not limit or len(some) <= 6 + limit


def test_no_depth_is_too_deep(toy: App) -> None:
    raw = '{"a":' * 100000 + "1" + "}" * 100000
    assert jsontext.valid(raw)
    assert len(toy.search(raw).fields) == 6
