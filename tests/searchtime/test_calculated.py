"""FIELDALIAS and EVAL make fields of fields, in the documented order."""

from __future__ import annotations

import pytest

from tests.searchtime import Refused
from tests.searchtime.conftest import App

RAW = '{"a":"1","b":"2","x y":"3","n":{"m":"4"},"arr":["p","q"]}'


def _props(app: App, *lines: str) -> App:
    return app.write("default/props.conf", "[toy]\nKV_MODE = json\n" + "\n".join(lines) + "\n")


# props.conf.spec, FIELDALIAS


def test_an_alias_is_another_name_and_takes_nothing_away(app: App) -> None:
    result = _props(app, "FIELDALIAS-x = a AS z").search(RAW)
    assert (result.value("a"), result.value("z")) == ("1", "1")


def test_several_aliases_stand_in_one_setting_with_and_without_quotes(app: App) -> None:
    _props(app, "FIELDALIAS-x = a AS one   \\", ' a as two, "x y" AS "y x" n.m ASNEW m arr{} AS all')
    result = app.search(RAW)
    assert [result.value(name) for name in ("one", "two", "y x", "m")] == ["1", "1", "3", "4"]
    assert result.values("all") == ["p", "q"]


def test_as_replaces_an_alias_that_is_there(app: App) -> None:
    assert _props(app, "FIELDALIAS-x = a AS b").search(RAW).value("b") == "1"


def test_as_removes_an_alias_whose_original_is_missing(app: App) -> None:
    # "Field alias behavior change", since 7.2.4
    assert _props(app, "FIELDALIAS-x = missing AS b").search(RAW).value("b") is None


def test_asnew_keeps_an_alias_that_is_there(app: App) -> None:
    assert _props(app, "FIELDALIAS-x = a ASNEW b").search(RAW).value("b") == "2"
    assert _props(app, "FIELDALIAS-x = missing ASNEW b").search(RAW).value("b") == "2"
    assert _props(app, "FIELDALIAS-x = a ASNEW z").search(RAW).value("z") == "1"


def test_an_indexed_field_may_have_an_alias(app: App) -> None:
    assert _props(app, "FIELDALIAS-x = part AS z").search(RAW, fields={"part": "7"}).value("z") == "7"


@pytest.mark.parametrize(
    "text", ["userID AS user loginID AS user", "a AS z z AS y", "a z", "a AS", "AS z", ",", "a* AS b*"]
)
def test_an_alias_that_is_none_is_refused_with_its_place(app: App, text: str) -> None:
    with pytest.raises(Refused, match=r"props\.conf \[toy\] FIELDALIAS"):
        _props(app, f"FIELDALIAS-x = {text}").search(RAW)


# props.conf.spec, EVAL; "About calculated fields"


def test_calculated_fields_do_not_see_each_other(app: App) -> None:
    result = _props(app, "EVAL-x = y*2", "EVAL-y = 100").search('{"y":4}')
    assert (result.value("x"), result.value("y")) == ("8", "100")


def test_two_calculated_fields_may_swap(app: App) -> None:
    result = _props(app, "EVAL-a = b", "EVAL-b = a").search(RAW)
    assert (result.value("a"), result.value("b")) == ("2", "1")


def test_a_calculated_field_sees_an_alias(app: App) -> None:
    assert _props(app, "FIELDALIAS-x = a AS z", "EVAL-c = z + 1").search(RAW).value("c") == "2"


def test_an_alias_does_not_see_a_calculated_field(app: App) -> None:
    assert _props(app, "EVAL-c = 1", "FIELDALIAS-x = c AS z").search(RAW).value("z") is None


def test_a_calculated_field_replaces_an_extracted_one(app: App) -> None:
    assert _props(app, 'EVAL-a = "new"').search(RAW).value("a") == "new"


def test_a_result_that_is_null_makes_nothing_and_takes_nothing(app: App) -> None:
    result = _props(app, "EVAL-a = null()", "EVAL-z = missing").search(RAW)
    assert (result.value("a"), result.value("z")) == ("1", None)


def test_a_calculated_field_may_have_several_values(app: App) -> None:
    result = _props(app, "EVAL-all = mvappend('arr{}', a)").search(RAW)
    assert result.values("all") == ["p", "q", "1"]
    with pytest.raises(ValueError, match="3 values"):
        result.value("all")


def test_a_calculated_field_sees_the_time_and_the_source(app: App) -> None:
    result = _props(app, 'EVAL-t = strftime(_time, "%F") . source').search(RAW, time=1700000000.25)
    assert result.value("t") == "2023-11-14/var/log/toy.log"
    assert result.value("_time") == "1700000000.25"


@pytest.mark.parametrize("formula", ["nosuch(a)", "a +", "a == b", "'arr{}' . a", 'relative_time(a, "-1d")'])
def test_an_expression_that_is_not_carried_out_is_refused_with_its_place(app: App, formula: str) -> None:
    with pytest.raises(Refused, match=r"props\.conf \[toy\] EVAL-c: "):
        _props(app, f"EVAL-c = {formula}").search(RAW)


# The price of a configuration


def test_every_pass_over_the_event_is_counted(app: App) -> None:
    _props(
        app,
        r"EXTRACT-a = (?<e>\d)",
        r"EXTRACT-b = (?<f>\d) in e",
        "REPORT-a = r",
        'EVAL-c = spath(_raw, "a") . json_extract(_raw, "b")',
        'EVAL-d = if(true(), 1, spath(_raw, "a"))',
        'EVAL-e = json_extract(n, "m")',
    ).write("default/transforms.conf", "[r]\nREGEX = (?<g>\\d)\n")
    cost = app.search(RAW).cost
    assert (cost.extract, cost.report, cost.automatic, cost.calculated, cost.total()) == (1, 1, 1, 2, 5)
