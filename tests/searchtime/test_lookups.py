"""LOOKUP writes what the rows of a csv file say, as the specs have it."""

from __future__ import annotations

import pytest

from tests.searchtime import Refused
from tests.searchtime.conftest import App

TABLE = """code,action,severity
4720,created,low
4720,made,
4726,deleted,high
LOGIN*,login,info
10.0.0.0/8,inside,none
"""


def _app(app: App, lookup: str, *transform: str, **props: str) -> App:
    lines = [f"{name} = {value}" for name, value in props.items()]
    app.write("default/props.conf", "\n".join(["[toy]", "KV_MODE = json", f"LOOKUP-x = {lookup}", *lines]) + "\n")
    app.write("default/transforms.conf", "[t]\nfilename = t.csv\n" + "\n".join(transform) + "\n")
    return app.write("lookups/t.csv", TABLE)


# props.conf.spec, LOOKUP


def test_an_output_field_comes_from_the_row_that_matches(app: App) -> None:
    assert _app(app, "t code OUTPUT action").search('{"code":"4726"}').value("action") == "deleted"


def test_fields_may_have_other_names_on_both_sides(app: App) -> None:
    _app(app, "t code AS EventCode OUTPUT action AS what, severity AS how")
    result = app.search('{"EventCode":4726}')
    assert (result.value("what"), result.value("how")) == ("deleted", "high")


def test_without_an_output_list_every_other_column_comes(app: App) -> None:
    result = _app(app, "t code").search('{"code":"4726"}')
    assert (result.value("action"), result.value("severity")) == ("deleted", "high")


def test_output_replaces_and_outputnew_keeps(app: App) -> None:
    raw = '{"code":"4726","action":"old"}'
    assert _app(app, "t code OUTPUT action").search(raw).value("action") == "deleted"
    assert _app(app, "t code OUTPUTNEW action").search(raw).value("action") == "old"


def test_outputnew_with_some_of_its_fields_there_is_refused(app: App) -> None:
    with pytest.raises(Refused, match="some of its fields"):
        _app(app, "t code OUTPUTNEW action, severity").search('{"code":"4726","action":"old"}')


def test_output_clears_where_no_row_matches_and_outputnew_does_not(app: App) -> None:
    raw = '{"code":"none","action":"old"}'
    assert _app(app, "t code OUTPUT action").search(raw).value("action") is None
    assert _app(app, "t code OUTPUTNEW action").search(raw).value("action") == "old"


def test_an_event_without_the_match_field_is_left_alone(app: App) -> None:
    assert _app(app, "t code OUTPUT action").search('{"action":"old"}').value("action") == "old"


def test_a_lookup_sees_calculated_fields(app: App) -> None:
    app = _app(app, "t code AS c OUTPUT action", **{"EVAL-c": '"47" . rest'})
    assert app.search('{"rest":"26"}').value("action") == "deleted"


def test_a_calculated_field_does_not_see_a_lookup(app: App) -> None:
    app = _app(app, "t code OUTPUT action", **{"EVAL-c": 'coalesce(action, "nothing")'})
    assert app.search('{"code":"4726"}').value("c") == "nothing"


def test_each_value_of_a_field_is_looked_up(app: App) -> None:
    result = _app(app, "t code AS codes{} OUTPUT severity").search('{"codes":["4726","4720"]}')
    assert result.values("severity") == ["high", "low"]


# transforms.conf.spec, "Lookup tables"


def test_rows_come_in_the_order_of_the_file_up_to_max_matches(app: App) -> None:
    assert _app(app, "t code OUTPUT action").search('{"code":"4720"}').values("action") == ["created", "made"]
    _app(app, "t code OUTPUT action", "max_matches = 1")
    assert app.search('{"code":"4720"}').values("action") == ["created"]


def test_the_default_comes_where_too_few_rows_match(app: App) -> None:
    _app(app, "t code OUTPUT action", "min_matches = 1", "default_match = unknown")
    assert app.search('{"code":"none"}').value("action") == "unknown"
    assert app.search('{"code":"4726"}').value("action") == "deleted"


def test_case_matters_unless_told_otherwise(app: App) -> None:
    wild = "match_type = WILDCARD(code)"
    assert _app(app, "t code OUTPUT action", wild).search('{"code":"login-1"}').value("action") is None
    _app(app, "t code OUTPUT action", wild, "case_sensitive_match = false")
    assert app.search('{"code":"login-1"}').value("action") == "login"


def test_a_wildcard_in_the_table_is_one_only_where_it_is_said(app: App) -> None:
    assert _app(app, "t code OUTPUT action").search('{"code":"LOGIN-1"}').value("action") is None
    _app(app, "t code OUTPUT action", "match_type = WILDCARD(code)")
    assert app.search('{"code":"LOGIN-1"}').value("action") == "login"


def test_a_network_in_the_table_has_its_addresses(app: App) -> None:
    _app(app, "t code AS ip OUTPUT action", "match_type = CIDR(code)")
    assert app.search('{"ip":"10.1.2.3"}').value("action") == "inside"
    assert app.search('{"ip":"11.1.2.3"}').value("action") is None


def test_several_match_fields_must_all_match(app: App) -> None:
    _app(app, "t code severity AS sev OUTPUT action")
    assert app.search('{"code":"4720","sev":"low"}').value("action") == "created"
    assert app.search('{"code":"4720","sev":"high"}').value("action") is None


# "Make your lookup automatic"


def test_lookups_do_not_nest(app: App) -> None:
    app = _app(app, "t code OUTPUT action", **{"LOOKUP-y": "t action OUTPUT severity AS level"})
    with pytest.raises(Refused, match="do not nest"):
        app.search('{"code":"4726"}')


def test_lookups_read_the_fields_as_they_were_before_the_first(app: App) -> None:
    app = _app(app, "t code OUTPUT severity AS code", **{"LOOKUP-y": "t code OUTPUT action"})
    result = app.search('{"code":"4726"}')
    assert (result.value("code"), result.value("action")) == ("high", "deleted")


@pytest.mark.parametrize(
    ("lookup", "transform"),
    [
        ("nosuch code", ""),
        ("t nosuch", ""),
        ("t code OUTPUT nosuch", ""),
        ("t OUTPUT action", ""),
        ("t code OUTPUT action OUTPUT severity", ""),
        ("t code", "match_type = NOSUCH(code)"),
        ("t code", "time_field = severity"),
        ("t code", "max_matches = all"),
        ("t code", "external_cmd = x.py code"),
        ("t code", "filename = nosuch.csv"),
        ("t code", "REGEX = (x)"),
    ],
)
def test_a_lookup_that_is_not_carried_out_is_refused(app: App, lookup: str, transform: str) -> None:
    with pytest.raises(Refused, match=r"(props\.conf \[toy\] LOOKUP-x|transforms\.conf \[t\])"):
        _app(app, lookup, transform).search('{"code":"4726"}')


def test_a_table_with_a_row_too_long_is_refused(app: App) -> None:
    with pytest.raises(Refused, match=r"lookups/t\.csv: row 2"):
        _app(app, "t code").write("lookups/t.csv", "code,action\n1,2,3\n").search()
