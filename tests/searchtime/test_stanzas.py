"""The stanzas of props.conf add up as its spec says, and what is not carried out is refused where it stands."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.searchtime import Event, Knowledge, Refused, SearchTime
from tests.searchtime.conftest import App

# props.conf.spec, "stanza precedence", "stanza patterns", "pattern collisions"


def _winner(app: App, *stanzas: str, source: str = "/var/log/az.log", host: str = "Box") -> str:
    text = "".join(f'[{name}]\nKV_MODE=none\nEVAL-winner = "{name}"\n' for name in stanzas)
    return app.write("default/props.conf", text).search(source=source, host=host).value("winner") or ""


def test_source_overrides_host_and_host_overrides_sourcetype(app: App) -> None:
    assert _winner(app, "toy") == "toy"
    assert _winner(app, "toy", "host::box") == "host::box"
    assert _winner(app, "source::...az.log", "toy", "host::box") == "source::...az.log"


def test_a_priority_does_not_reach_across_kinds(app: App) -> None:
    app.write(
        "default/props.conf",
        '[toy]\nKV_MODE=none\npriority = 500\nEVAL-w = "toy"\n[source::...]\nEVAL-w = "source"\n',
    )
    assert app.search().value("w") == "source"


def test_the_first_in_ascii_order_wins_among_patterns(app: App) -> None:
    assert _winner(app, "source::...z...", "source::...a...") == "source::...a..."


def test_a_literal_wins_over_a_pattern(app: App) -> None:
    assert _winner(app, "source::...a...", "source::/var/log/az.log") == "source::/var/log/az.log"


def test_a_star_does_not_cross_a_slash(app: App) -> None:
    assert _winner(app, "source::/var/*az.log") == ""
    assert _winner(app, "source::/var/*/az.log") == "source::/var/*/az.log"


def test_distinct_settings_of_all_matching_stanzas_apply(app: App) -> None:
    app.write(
        "default/props.conf", "[toy]\nKV_MODE=none\nEVAL-a = 1\n[source::...]\nEVAL-b = 2\n[host::b*]\nEVAL-c = 3\n"
    )
    result = app.search()
    assert [result.value(name) for name in "abc"] == ["1", "2", "3"]


def test_default_lies_under_all(app: App) -> None:
    app.write("default/props.conf", "[default]\nKV_MODE = none\nEVAL-a = 1\nEVAL-b = 1\n[toy]\nEVAL-a = 2\n")
    result = app.search("x=1")
    assert [result.value(name) for name in "abx"] == ["2", "1", None]


def test_local_overrides_default_setting_by_setting(app: App) -> None:
    # "Configuration file precedence"
    app.write("default/props.conf", "[toy]\nKV_MODE=none\nEVAL-a = 1\nEVAL-b = 1\n")
    app.write("local/props.conf", "[toy]\nEVAL-a = 2\n")
    result = app.search()
    assert (result.value("a"), result.value("b")) == ("2", "1")


def test_an_empty_setting_of_a_higher_layer_takes_a_class_away(app: App) -> None:
    app.write("default/props.conf", "[toy]\nKV_MODE=none\nEVAL-a = 1\n").write("local/props.conf", "[toy]\nEVAL-a =\n")
    assert app.search().value("a") is None


def test_an_event_of_another_sourcetype_gets_nothing(app: App) -> None:
    app.write("default/props.conf", "[toy]\nKV_MODE=none\nEVAL-a = 1\n")
    assert app.search(sourcetype="other").value("a") is None


def test_the_sequence_is_the_documented_one(app: App) -> None:
    # "The sequence of search-time operations": each step uses what the one before it made
    app.write(
        "default/props.conf",
        "[toy]\nKV_MODE = json\nEXTRACT-a = (?<one>o\\w+)\nREPORT-a = r\nFIELDALIAS-a = three AS four\n"
        "EVAL-five = two . four\nLOOKUP-a = t five OUTPUT six\n",
    )
    app.write("default/transforms.conf", "[r]\nSOURCE_KEY = one\nREGEX = (?<two>n)\n[t]\nfilename = t.csv\n")
    app.write("lookups/t.csv", "five,six\nn3,done\n")
    app.write("default/eventtypes.conf", "[seven]\nsearch = six=done\n")
    app.write("default/tags.conf", "[eventtype=seven]\neight = enabled\n")
    assert app.search('{"x":"one","three":3}').tags == ["eight"]


# What is not carried out


@pytest.mark.parametrize(
    ("conf", "text", "key"),
    [
        ("props", "[toy]\nrename = other\n", "rename"),
        ("props", "[toy]\nKV_TRIM_SPACES = false\n", "KV_TRIM_SPACES"),
        ("props", "[toy]\nNOSUCH = 1\n", "NOSUCH"),
        ("props", "[toy]\nINDEXED_EXTRACTIONS = json\n", "INDEXED_EXTRACTIONS"),
        ("transforms", "[toy]\nNOSUCH = 1\n", "NOSUCH"),
        ("eventtypes", "[toy]\nsearch = x\ntags = y\n", "tags"),
        ("macros", "[toy]\nnosuch = y\n", "nosuch"),
        ("fields", "[toy]\nTOKENIZER = (\\w+)\n", "TOKENIZER"),
        ("limits", "[spath]\nextraction_cutoff = 10000\n", "extraction_cutoff"),
    ],
)
def test_a_setting_that_is_not_carried_out_is_refused_by_file_stanza_and_key(
    app: App, conf: str, text: str, key: str
) -> None:
    app.write(f"default/{conf}.conf", text)
    with pytest.raises(Refused) as refused:
        Knowledge.load(app.folder)
    assert (refused.value.file, refused.value.key) == (f"{conf}.conf", key)
    assert str(refused.value).startswith(f"{conf}.conf [")


def test_a_folder_that_is_missing_is_refused(app: App) -> None:
    with pytest.raises(Refused, match="no folder"):
        Knowledge.load(app.folder / "nosuch")


def test_settings_of_index_time_are_let_be(app: App) -> None:
    app.write("default/props.conf", "[toy]\nTRUNCATE = 0\nTRANSFORMS-x = x\nSEDCMD-x = s/a/b/\nTIME_FORMAT = %s\n")
    app.write("default/transforms.conf", "[x]\nREGEX = (x)\nDEST_KEY = _meta\nFORMAT = a::$1\nWRITE_META = true\n")
    app.write("default/fields.conf", "[x]\nINDEXED = true\n")
    assert len(app.search("x").fields) == 6


def test_an_app_of_nothing_gives_what_every_event_has(app: App) -> None:
    result = app.search("text", time=1.5)
    assert sorted(result.fields) == ["_raw", "_time", "host", "index", "source", "sourcetype"]
    assert result.eventtypes == result.tags == []


def test_bytes_that_are_no_utf8_are_read_all_the_same(app: App) -> None:
    assert app.search(b"\xff\xfe").values("_raw") == ["\ufffd\ufffd"]


def test_the_configuration_of_this_repository_is_carried_out() -> None:
    root = Path(__file__).resolve().parents[2]
    search_time = SearchTime(Knowledge.load(root))
    result = search_time.evaluate(Event(b'{"event":{"a":1}}', sourcetype="CrowdStrike:Event:Streams:JSON"))
    assert result.value("event.a") == "1"
