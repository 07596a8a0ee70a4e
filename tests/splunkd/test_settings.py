"""Which props apply, and which time they find in a text."""

from __future__ import annotations

import pytest

from tests.splunkd.conf import ini
from tests.splunkd.intake.props import Props
from tests.splunkd.intake.timestamp import Clockmaker, UnknownFormat

_NOW = 1_700_000_000.0


def _props(text: str) -> Props:
    stanzas = ini.parse(text)
    return Props({name: told for name, told in stanzas.items() if name != "default"}, stanzas.get("default", {}))


@pytest.mark.parametrize(
    ("stanza", "kind", "value", "matches"),
    [
        ("source::/var/log/*.log", "source", "/var/log/a.log", True),
        ("source::/var/log/*.log", "source", "/var/log/a/b.log", False),
        (r"source::...\\*.log", "source", r"C:\Splunk\a.log", True),
        (r"source::C:\\*.log", "source", r"C:\Splunk\a.log", False),
        ("source::/var/.../b.log", "source", "/var/log/a/b.log", True),
        ("source::/var/log/a.log", "source", "/var/log/axlog", False),
        ("source::Falcon:Stream:*", "source", "Falcon:Stream:0", True),
        ("source::Falcon:Stream:*", "source", "Falcon:Stream:", True),
        ("source::Falcon:Stream:*", "source", "Falcon:Stream", False),
        ("source::Falcon:Stream:*", "source", "a Falcon:Stream:0", False),
        ("source::...(?<!tar.)(gz|bz2)", "source", "a.gz", True),
        ("source::...(?<!tar.)(gz|bz2)", "source", "a.tar.gz", False),
        ("source::abc", "source", "ABC", False),
        ("host::fw*", "host", "FW01", True),
        ("host::FW01", "host", "fw01", True),
        ("host::(?-i)bar", "host", "BAR", False),
        ("falcon:json", "sourcetype", "falcon:json", True),
        ("falcon:json", "sourcetype", "Falcon:json", False),
        ("falcon:*", "sourcetype", "falcon:json", False),
    ],
)
def test_a_stanza_applies_to_what_its_pattern_matches(stanza: str, kind: str, value: str, matches: bool) -> None:
    event = {"source": "-", "host": "-", "sourcetype": "-", kind: value}

    assert matches == ("x" in _props(f"[{stanza}]\nx = 1\n").settings_for(**event))


def test_source_beats_host_beats_sourcetype_beats_default_setting_by_setting() -> None:
    props = _props(
        "[default]\na = 0\nb = 0\nc = 0\nd = 0\n[st]\nb = 1\nc = 1\nd = 1\npriority = 500\n"
        "[host::h]\nc = 2\nd = 2\n[source::s*]\nd = 3\n"
    )

    settings = props.settings_for("source", "h", "st")

    assert [settings[name] for name in "abcd"] == ["0", "1", "2", "3"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[source::...a...]\nx = a\n[source::...z...]\nx = z\n", "a"),
        ("[source::...z...]\nx = z\n[source::...a...]\nx = a\n", "a"),
        ("[source::...a...]\nx = a\npriority = 5\n[source::...z...]\nx = z\npriority = 10\n", "z"),
        ("[source::...a...]\nx = a\n[source::az]\nx = literal\n", "literal"),
        ("[source::...a...]\nx = a\npriority = 101\n[source::az]\nx = literal\n", "a"),
    ],
)
def test_of_two_patterns_priority_and_then_ascii_order_decide(text: str, expected: str) -> None:
    assert expected == _props(text).settings_for("az", "h", "st")["x"]


@pytest.mark.parametrize(
    ("text", "settings", "expected"),
    [
        ('{"t":1700000000123}', {"TIME_PREFIX": '"t":', "TIME_FORMAT": "%s%3N"}, 1700000000.123),
        ("at 2023-11-14T22:13:20.5Z x", {"TIME_PREFIX": "at ", "TIME_FORMAT": "%Y-%m-%dT%H:%M:%S.%f%Z"}, _NOW + 0.5),
        ("2023-11-14 23:13:20 +0100", {"TIME_FORMAT": "%Y-%m-%d %H:%M:%S %z"}, _NOW),
        ("2023-11-14 23:13:20", {"TIME_FORMAT": "%F %T", "TZ": "Europe/Berlin"}, _NOW),
        ("Nov 14 2023 22:13:20", {"TIME_FORMAT": "%b %d %Y %H:%M:%S"}, _NOW),
        ("seen 2023-11-14T22:13:20Z", {}, _NOW),
        ("seen 1700000000.25 there", {}, _NOW + 0.25),
        ("no time at all", {}, None),
        ("x2023-11-14 22:13:20", {"TIME_FORMAT": "%F %T"}, None),
        ("2023-11-14T22:13:20Z", {"TIME_PREFIX": "missing"}, None),
        ("." * 200 + "2023-11-14T22:13:20Z", {}, None),
        ("." * 200 + "2023-11-14T22:13:20Z", {"MAX_TIMESTAMP_LOOKAHEAD": "0"}, _NOW),
        ("2023-11-14T22:13:20Z", {"MAX_TIMESTAMP_LOOKAHEAD": "10"}, None),
        ("2023-11-14T22:13:20Z", {"DATETIME_CONFIG": "CURRENT"}, None),
        ("2013-11-14T22:13:20Z", {}, None),
        ("2013-11-14T22:13:20Z", {"MAX_DAYS_AGO": "10951"}, 1384467200.0),
        ("2023-12-24T22:13:20Z", {}, None),
        ("2023-02-31T22:13:20Z", {}, None),
    ],
)
def test_a_time_is_read_where_the_settings_say(text: str, settings: dict[str, str], expected: float | None) -> None:
    assert expected == Clockmaker().read(text, settings, _NOW)


def test_a_time_format_beyond_the_stand_in_is_an_error_and_no_guess() -> None:
    with pytest.raises(UnknownFormat, match="%U"):
        Clockmaker().read("x", {"TIME_FORMAT": "%U"}, _NOW)
