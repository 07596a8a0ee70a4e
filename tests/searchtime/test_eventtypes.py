"""Event types and tags are those of eventtypes.conf, macros.conf and tags.conf."""

from __future__ import annotations

import pytest

from tests.searchtime import Refused
from tests.searchtime.conftest import App

RAW = '{"status":"Failed","code":404,"user":"","many":["x","y"],"ip":"10.0.0.7","note":"foo_bar baz-qux login"}'


def _app(app: App, search: str, macros: str = "", more: str = "") -> App:
    app.write("default/props.conf", "[toy]\nKV_MODE = json\n")
    app.write("default/macros.conf", macros)
    return app.write("default/eventtypes.conf", f"[et]\nsearch = {search}\n{more}\n")


def _meets(app: App, search: str, macros: str = "") -> bool:
    return _app(app, search, macros).search(RAW).eventtypes == ["et"]


# "Use the search command", "Boolean expressions"; eventtypes.conf.spec
MET = [
    "status=Failed",
    "status=failed",
    'status="FAILED"',
    "status = fail*",
    'status="*ail*"',
    "code=404",
    "code>400 code<=404",
    "sourcetype=toy",
    "source=/var/log/*",
    "host=BOX index=main",
    "status=*",
    "many{}=x many{}=Y",
    "ip=10.0.0.0/8",
    "NOT missing=x",
    "NOT status=ok",
    "status!=ok",
    "code IN (200, 404)",
    'status IN ("ok", fail*)',
    "NOT code IN (200, 500)",
    "login",
    "LOGIN",
    "log*",
    '"baz-qux"',
    '"foo_bar baz"',
    "bar",
    "*ogin",
    '":404,"',
    "(status=ok OR status=failed) AND code=404",
    "status=ok OR status=failed code=404",
    "NOT (status=ok OR code=200)",
    "NOT status=ok code=404",
    "*",
]
NOT_MET = [
    "status=ok",
    "missing=*",
    "missing!=x",
    "status!=failed",
    "NOT status=failed",
    "code>404",
    "ogin",
    "nothing",
    '"baz qux"',
    "ip=11.0.0.0/8",
    "many{}=z",
    "code IN (200)",
    "NOT status=failed code=404",
    # OR comes before AND: (failed or ok) and 500
    "status=failed OR status=ok code=500",
]


@pytest.mark.parametrize("search", MET)
def test_an_event_meets_a_search(app: App, search: str) -> None:
    assert _meets(app, search)


@pytest.mark.parametrize("search", NOT_MET)
def test_an_event_does_not_meet_a_search(app: App, search: str) -> None:
    assert not _meets(app, search)


def test_an_event_type_may_ask_for_another(app: App) -> None:
    app = _app(
        app, "status=failed", more="[other]\nsearch = eventtype=et code=404\n[third]\nsearch = NOT eventtype=o*\n"
    )
    result = app.search(RAW)
    assert result.eventtypes == ["et", "other"]
    assert result.values("eventtype") == ["et", "other"]


def test_a_disabled_event_type_is_none(app: App) -> None:
    assert _app(app, "*", more="disabled = 1").search(RAW).eventtypes == []


def test_an_event_type_sees_lookups(app: App) -> None:
    app = _app(app, "what=found").write("default/transforms.conf", "[t]\nfilename = t.csv\n")
    app.write("lookups/t.csv", "code,what\n404,found\n")
    app.write("default/props.conf", "[toy]\nKV_MODE = json\nLOOKUP-x = t code\n")
    assert app.search(RAW).eventtypes == ["et"]


# macros.conf.spec


def test_a_macro_stands_for_its_definition(app: App) -> None:
    assert _meets(app, "`ours` code=404", "[ours]\ndefinition = sourcetype=toy `inner`\n[inner]\ndefinition = login\n")


def test_arguments_replace_their_names_everywhere(app: App) -> None:
    macros = (
        '[has(2)]\nargs = field, value\ndefinition = $field$="$value$*" login\n[has(1)]\nargs=x\ndefinition=nothing\n'
    )
    assert _meets(app, "`has(status, fai)`", macros)
    assert _meets(app, '`has(status, "Fail")`', macros)


def test_a_macro_in_quotes_is_text(app: App) -> None:
    assert not _meets(app, '"`ours`"', "[ours]\ndefinition = login\n")


@pytest.mark.parametrize(
    ("search", "macros"),
    [
        ("a | stats count", ""),
        ("[search x]", ""),
        ("TERM(x)", ""),
        ("tag=web", ""),
        ("status!=x many{}!=x", ""),
        ("lo*in", ""),
        ("(status=x", ""),
        ("status=x)", ""),
        ("status=x OR", ""),
        ("status=a or status=b", ""),
        ("sta*=x", ""),
        ("earliest=-1d x", ""),
        ("code>x", ""),
        ("linecount=1", ""),
        ("eventtype=nosuch", ""),
        ("eventtype=et", ""),
        ("`nosuch`", ""),
        ("`m`", "[m]\ndefinition = x\niseval = true\n"),
        ("`m`", "[m]\ndefinition = `m`\n"),
        ("", ""),
    ],
)
def test_a_search_that_is_not_carried_out_is_refused_with_its_place(app: App, search: str, macros: str) -> None:
    with pytest.raises(Refused, match=r"(eventtypes\.conf \[et\] search|macros\.conf \[m\])"):
        _meets(app, search, macros)


def test_a_name_with_a_field_in_it_is_refused(app: App) -> None:
    with pytest.raises(Refused, match="name with a field"):
        app.write("default/eventtypes.conf", "[cisco-%code%]\nsearch = x\n").search()


# tags.conf.spec, "About tags"


def test_tags_of_an_event_type_and_of_a_value_come_together(app: App) -> None:
    app = _app(app, "status=failed").write(
        "default/tags.conf",
        "[eventtype=et]\nauthentication = enabled\nfailure = enabled\nold = disabled\n"
        "[status=Failed]\nbad = enabled\n[status=ok]\ngood = enabled\n[ip=10%2E0.0.7]\ninside = enabled\n",
    )
    result = app.search(RAW)
    assert result.tags == ["authentication", "bad", "failure", "inside"]
    assert result.values("tag") == result.tags
    assert result.values("tag::eventtype") == ["authentication", "failure"]
    assert result.values("tag::status") == ["bad"]


def test_a_local_layer_may_disable_a_tag(app: App) -> None:
    app = _app(app, "*").write("default/tags.conf", "[eventtype=et]\na = enabled\nb = enabled\n")
    assert app.write("local/tags.conf", "[eventtype=et]\nb = disabled\n").search(RAW).tags == ["a"]


@pytest.mark.parametrize("text", ["[eventtype]\na = enabled\n", "[eventtype=et]\na = yes\n"])
def test_a_tag_that_is_none_is_refused(app: App, text: str) -> None:
    with pytest.raises(Refused, match=r"tags\.conf \["):
        app.write("default/tags.conf", text).search()
