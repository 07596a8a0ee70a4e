"""EXTRACT and REPORT take fields out of events as props.conf.spec and transforms.conf.spec say."""

from __future__ import annotations

import pytest

from tests.pcre import overruns
from tests.searchtime import Refused
from tests.searchtime.conftest import App


def _props(app: App, *lines: str) -> App:
    return app.write("default/props.conf", "[toy]\nKV_MODE = none\n" + "\n".join(lines) + "\n")


def _report(app: App, *lines: str) -> App:
    _props(app, "REPORT-x = x")
    return app.write("default/transforms.conf", "[x]\n" + "\n".join(lines) + "\n")


# props.conf.spec, EXTRACT


def test_the_named_groups_of_an_extract_become_fields(app: App) -> None:
    result = _props(app, r"EXTRACT-a = user=(?<user>\w+) id=(?<id>\d+)").search("user=jo id=7 user=al id=8")
    assert (result.value("user"), result.value("id")) == ("jo", "7")


def test_an_extract_sees_lines_and_all_characters(app: App) -> None:
    result = _props(app, r"EXTRACT-a = ^b(?<rest>.*)z$").search("a\nb1\n2z\nc")
    assert result.value("rest") == "1\n2"


def test_an_extract_may_look_into_a_field_of_a_lower_class(app: App) -> None:
    _props(app, r"EXTRACT-aaa = (?<num>\d+) in part", r"EXTRACT-ZZZ = part=(?<part>\S+)")
    assert app.search("part=x12y").value("num") == "12"


def test_an_extract_does_not_see_a_field_of_a_higher_class(app: App) -> None:
    _props(app, r"EXTRACT-ZZZ = (?<num>\d+) in part", r"EXTRACT-aaa = part=(?<part>\S+)")
    assert app.search("part=x12y").value("num") is None


def test_an_extract_may_look_into_an_indexed_field(app: App) -> None:
    _props(app, r"EXTRACT-a = (?<num>\d+) in part")
    assert app.search("", fields={"part": "x12"}).value("num") == "12"


def test_an_extract_that_does_not_match_makes_nothing(app: App) -> None:
    assert _props(app, r"EXTRACT-a = (?<num>\d+)").search("none").value("num") is None


def test_a_group_that_takes_nothing_makes_no_field(app: App) -> None:
    assert "b" not in _props(app, r"EXTRACT-a = (?<a>a)(?<b>b*)(?<c>c)?").search("a").fields


def test_an_extract_without_a_named_group_is_refused_with_its_place(app: App) -> None:
    with pytest.raises(Refused, match=r"props\.conf \[toy\] EXTRACT-a: .*named group"):
        _props(app, r"EXTRACT-a = (\d+)").search()


# transforms.conf.spec, REGEX and FORMAT


@pytest.mark.parametrize(
    "lines",
    [
        (r"REGEX = ([a-z]+)=([a-z]+)", "FORMAT = $1::$2"),
        (r"REGEX = (?<_KEY_1>[a-z]+)=(?<_VAL_1>[a-z]+)",),
    ],
)
def test_names_and_values_out_of_the_event_come_from_every_match(app: App, lines: tuple[str, ...]) -> None:
    result = _report(app, *lines).search("a=b c=d")
    assert (result.value("a"), result.value("c")) == ("b", "d")


def test_format_may_name_fields_and_texts(app: App) -> None:
    _report(app, r"REGEX = (\w+) (\w+)", "FORMAT = first::$1 second::$2 third::other-value")
    result = app.search("x y z w")
    assert [result.value(name) for name in ("first", "second", "third")] == ["x", "y", "other-value"]


def test_without_mv_add_a_newly_found_value_is_discarded(app: App) -> None:
    assert _report(app, r"REGEX = t=(?<t>\w)").search("t=1 t=2").values("t") == ["1"]


def test_with_mv_add_a_newly_found_value_is_appended(app: App) -> None:
    # "Configure extractions of multivalue fields", MV_ADD
    assert _report(app, r"REGEX = t=(?<t>\w)", "MV_ADD = true").search("t=1 t=2").values("t") == ["1", "2"]
    _report(app, r"REGEX = t=(\w)", "FORMAT = t::$1", "MV_ADD = true")
    assert app.search("t=1 t=2").values("t") == ["1", "2"]


def test_a_transform_keeps_what_an_extract_found(app: App) -> None:
    _props(app, r"EXTRACT-a = (?<a>1)", "REPORT-x = x").write("default/transforms.conf", "[x]\nREGEX = (?<a>2)\n")
    assert app.search("1 2").values("a") == ["1"]


def test_transforms_apply_from_left_to_right_and_classes_in_ascii_order(app: App) -> None:
    _props(app, "REPORT-b = first", "REPORT-C = second, third")
    app.write("default/transforms.conf", "[first]\nREGEX=(?<a>1)\n[second]\nREGEX=(?<a>2)\n[third]\nREGEX=(?<a>3)\n")
    assert app.search("1 2 3").values("a") == ["2"]


def test_a_transform_may_look_into_another_field(app: App) -> None:
    _props(app, r"EXTRACT-a = path=(?<path>\S+)", "REPORT-x = x")
    app.write("default/transforms.conf", "[x]\nSOURCE_KEY = path\nREGEX = ([^/]+)$\nFORMAT = file::$1\n")
    result = app.search("path=/a/b.txt")
    assert result.value("file") == "b.txt"
    assert (result.cost.extract, result.cost.report) == (1, 0)


def test_a_transform_may_look_into_the_source(app: App) -> None:
    _report(app, "SOURCE_KEY = source", r"REGEX = (?<file>[^/]+)$")
    assert app.search(source="/var/log/x.log").value("file") == "x.log"


# transforms.conf.spec, CLEAN_KEYS


@pytest.mark.parametrize(
    ("clean", "name"),
    [("", "a_b_c"), ("CLEAN_KEYS = true", "a_b_c"), ("CLEAN_KEYS = false", "_1a-b.c")],
)
def test_names_are_cleaned_unless_told_not_to(app: App, clean: str, name: str) -> None:
    assert _report(app, r"REGEX = (\S+)=(\S+)", "FORMAT = $1::$2", clean).search("_1a-b.c=x").value(name) == "x"


def test_the_name_of_a_group_is_not_cleaned(app: App) -> None:
    assert _report(app, r"REGEX = (?<_a>\d)").search("1").value("_a") == "1"


def test_empty_values_come_where_they_are_to_be_kept(app: App) -> None:
    assert "a" not in _report(app, r"REGEX = (?<a>\d*)x").search("x").fields
    assert _report(app, r"REGEX = (?<a>\d*)x", "KEEP_EMPTY_VALS = true").search("x").values("a") == [""]


# transforms.conf.spec, DELIMS and FIELDS


def test_pairs_are_split_by_two_delimiters(app: App) -> None:
    result = _report(app, 'DELIMS = "|", "="').search("a=1|b=2=3|nothing|a=4")
    assert (result.values("a"), result.values("b")) == (["1"], ["2=3"])


def test_values_are_named_by_their_place(app: App) -> None:
    result = _report(app, 'DELIMS = ","', 'FIELDS = one, "field two", three').search("x,,z,more")
    assert {name: result.value(name) for name in ("one", "field two", "three")} == {
        "one": "x",
        "field two": None,
        "three": "z",
    }


@pytest.mark.parametrize(
    "lines",
    [
        (r"REGEX = (\d)", "FORMAT = a::$1$1"),
        (r"REGEX = (\d)", "FORMAT = a::x$1"),
        (r"REGEX = (\d)", "FORMAT = a::$2"),
        (r"REGEX = (\d)",),
        (r"REGEX = \d", "FORMAT = a::b"),
        (r"REGEX = (?<a>\d)", "REPEAT_MATCH = true"),
        (r"REGEX = (?<a>\d)", "DEST_KEY = _meta"),
        (r"REGEX = (?<a>\d)", "SOURCE_KEY = MetaData:Source"),
        (r"REGEX = (?<a>\d)", "MV_ADD = perhaps"),
        (r"REGEX = (?<a>\d",),
        ('DELIMS = ", "', "FIELDS = a, b"),
        ("FORMAT = a::b",),
        (r"REGEX = (?<a>\d)", "NOSUCH = 1"),
    ],
)
def test_a_transform_that_is_not_carried_out_is_refused_with_its_place(app: App, lines: tuple[str, ...]) -> None:
    with pytest.raises(Refused, match=r"transforms\.conf \[x\]"):
        _report(app, *lines).search("1")


def test_a_transform_that_is_missing_is_refused(app: App) -> None:
    with pytest.raises(Refused, match=r"props\.conf \[toy\] REPORT-x: transforms\.conf has no \[x\]"):
        _props(app, "REPORT-x = x").search()


# MATCH_LIMIT and DEPTH_LIMIT, props.conf.spec and transforms.conf.spec: "PCRE might fail to correctly match a pattern"

ESCAPED = r'"[^"\\]*(?:\\.[^"\\]*)*"'
LONG = 'a="x" b="' + '\\"' * 600 + '" c="y"'


def test_an_extract_that_meets_a_limit_makes_nothing(app: App) -> None:
    _props(app, rf"EXTRACT-a = b=(?<b>{ESCAPED})", r"EXTRACT-b = c=(?<c>\S+)")
    with overruns() as met:
        result = app.search(LONG)
    assert (result.value("b"), result.value("c")) == (None, '"y"')
    assert [each.limit for each in met] == ["DEPTH_LIMIT"]


def test_a_report_that_meets_a_limit_keeps_what_came_before(app: App) -> None:
    result = _report(app, rf"REGEX = (\w)=({ESCAPED})", "FORMAT = $1::$2").search(LONG)
    assert [result.value(name) for name in "abc"] == ['"x"', None, None]


def test_a_possessive_quantifier_meets_none(app: App) -> None:
    result = _report(app, r'REGEX = (\w)="([^"\\]*+(?:\\.[^"\\]*+)*+)"', "FORMAT = $1::$2").search(LONG)
    assert [result.value(name) for name in "abc"] == ["x", '\\"' * 600, "y"]


@pytest.mark.parametrize("limit", ["MATCH_LIMIT = 100", "DEPTH_LIMIT = 10"])
def test_a_stanza_may_lower_a_limit(app: App, limit: str) -> None:
    text = "b=" + "xz" * 100 + "y"
    pattern = r"b=(?<b>(?:x|z)*y)"
    assert _report(app, f"REGEX = {pattern}", limit).search(text).value("b") is None
    app.write("default/transforms.conf", "")
    assert _props(app, f"EXTRACT-a = {pattern}", limit).search(text).value("b") is None
    assert _props(app, f"EXTRACT-a = {pattern}").search(text).value("b") == text[2:]


def test_a_stanza_cannot_raise_a_limit(app: App) -> None:
    _report(app, rf"REGEX = b=(?<b>{ESCAPED})", "MATCH_LIMIT = 10000000", "DEPTH_LIMIT = 10000000")
    assert app.search(LONG).value("b") is None
