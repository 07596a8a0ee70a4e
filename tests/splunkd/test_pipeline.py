"""From fragments to events: metadata, line breaking, merging, truncation, transforms."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from tests.splunkd.conf.layers import Confs
from tests.splunkd.home import Home
from tests.splunkd.intake.pipeline import Pipeline, Taken
from tests.splunkd.intake.rules import Rules
from tests.splunkd.intake.stream import Fragment


class _Intake:
    """A pipeline over conf texts, and what it complained of."""

    def __init__(self, home: Path, props: str = "", transforms: str = "", **settings: str) -> None:
        app = Home(home).apps / "TA_x" / "default"
        app.mkdir(parents=True)
        (app / "props.conf").write_text(props)
        (app / "transforms.conf").write_text(transforms)
        self.complaints: list[str] = []
        rules = Rules(Confs(home), self.complaints.append)
        self._pipeline = Pipeline(rules, "toy://a", settings, "thishost", self.complaints.append)

    def take(self, data: str, **told: str | bool | None) -> list[Taken]:
        return self._pipeline.take([_fragment(data, **told)], 0.0)

    def finish(self) -> list[Taken]:
        return self._pipeline.finish(0.0)


def _fragment(data: str, **told: str | bool | None) -> Fragment:
    whole = Fragment(None, True, True, None, None, None, None, None, data)
    return whole._replace(**told)  # type: ignore[arg-type]


def _raws(events: list[Taken]) -> list[bytes]:
    return [event.raw for event in events]


def test_an_event_that_says_nothing_gets_the_stanzas_metadata(tmp_path: Path) -> None:
    (event,) = _Intake(tmp_path, index="i", host="h", source="s", sourcetype="st", interval="60").take("x")

    assert (event.index_name, event.host, event.source, event.sourcetype) == ("i", "h", "s", "st")


def test_where_the_stanza_is_silent_too_there_are_defaults(tmp_path: Path) -> None:
    (event,) = _Intake(tmp_path, host="$decideOnStartup", index="default").take("x")

    assert (event.index_name, event.host, event.source, event.sourcetype) == ("default", "thishost", "toy://a", "toy")
    assert abs(time.time() - event.time) < 60


def test_what_the_event_says_wins(tmp_path: Path) -> None:
    (event,) = _Intake(tmp_path, index="i", host="h", source="s", sourcetype="st").take(
        "2023-11-14T22:13:20Z", time="12.5", index_name="I", host="H", source="S", sourcetype="ST"
    )

    assert (event.time, event.index_name, event.host, event.source, event.sourcetype) == (12.5, "I", "H", "S", "ST")


def test_unbroken_data_is_one_event_up_to_its_done(tmp_path: Path) -> None:
    intake = _Intake(tmp_path)

    assert intake.take("one\ntwo", done=False) == []
    assert _raws(intake.take("\nthree")) == [b"one\ntwo\nthree"]


def test_other_data_is_cut_into_lines_and_its_last_line_waits(tmp_path: Path) -> None:
    intake = _Intake(tmp_path, "[toy]\nSHOULD_LINEMERGE = false\n")
    first = intake.take("one\r\n\ntwo\nthr", unbroken=False, done=False)
    second = intake.take("ee\nfour", unbroken=False, done=False)

    assert _raws(first) == [b"one", b"two"]
    assert _raws(second) == [b"three"]
    assert _raws(intake.finish()) == [b"four"]


def test_done_ends_the_last_line(tmp_path: Path) -> None:
    assert _raws(_Intake(tmp_path, "[toy]\nSHOULD_LINEMERGE = false\n").take("one\ntwo", unbroken=False)) == [
        b"one",
        b"two",
    ]


@pytest.mark.parametrize(
    ("breaker", "text", "expected"),
    [
        (r"(;)", "a;b", [b"a", b"b"]),
        (r"end(\n)begin|(\|)", "x end\nbegin y|z", [b"x end", b"begin y", b"z"]),
        (r"(?:)(\s+)(?=\{)|NEVER()", '{"a": 1} {"b": 2}', [b'{"a": 1}', b'{"b": 2}']),
    ],
)
def test_a_line_breaker_drops_its_first_group(tmp_path: Path, breaker: str, text: str, expected: list[bytes]) -> None:
    props = f"[toy]\nSHOULD_LINEMERGE = false\nLINE_BREAKER = {breaker}\n"

    assert expected == _raws(_Intake(tmp_path, props).take(text, unbroken=False))


def test_a_line_breaker_without_a_group_is_complained_of(tmp_path: Path) -> None:
    intake = _Intake(tmp_path, "[toy]\nLINE_BREAKER = x\n")
    intake.take("a")

    assert intake.complaints == ["props.conf: LINE_BREAKER 'x' has no capturing group"]


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ("", [b"a\n b", b"2023-11-14T22:13:20Z c\nd"]),
        ("BREAK_ONLY_BEFORE_DATE = false", [b"a\n b\n2023-11-14T22:13:20Z c\nd"]),
        ("BREAK_ONLY_BEFORE = ^d", [b"a\n b\n2023-11-14T22:13:20Z c", b"d"]),
        ("BREAK_ONLY_BEFORE_DATE = false\nMUST_BREAK_AFTER = b", [b"a\n b", b"2023-11-14T22:13:20Z c\nd"]),
        ("BREAK_ONLY_BEFORE_DATE = false\nMAX_EVENTS = 3", [b"a\n b\n2023-11-14T22:13:20Z c", b"d"]),
    ],
)
def test_lines_are_merged_where_an_app_forgets_to_forbid_it(
    tmp_path: Path, settings: str, expected: list[bytes]
) -> None:
    intake = _Intake(tmp_path, f"[toy]\nMAX_DAYS_AGO = 10951\n{settings}\n")

    assert expected == _raws(intake.take("a\n b\n2023-11-14T22:13:20Z c\nd", unbroken=False))


@pytest.mark.parametrize(
    ("truncate", "expected"), [("4", "xxxü"[:3]), ("5", "xxxü"), ("0", "xxxüy" * 3000), ("", ("xxxüy" * 3000)[:8333])]
)
def test_an_event_is_cut_at_truncate_bytes_but_never_within_a_character(
    tmp_path: Path, truncate: str, expected: str
) -> None:
    props = f"[toy]\nTRUNCATE = {truncate}\n" if truncate else ""
    intake = _Intake(tmp_path, props)

    (event,) = intake.take("xxxüy" * 3000)

    assert expected.encode()[: int(truncate or 10000) or None].decode(errors="ignore").encode() == event.raw
    assert (truncate != "0") == any("Truncating line" in text for text in intake.complaints)


def test_a_missing_time_is_read_from_the_text(tmp_path: Path) -> None:
    intake = _Intake(tmp_path, "[toy]\nTIME_PREFIX = at=\nTIME_FORMAT = %s\nMAX_DAYS_AGO = 10951\n")

    (event,) = intake.take("at=1700000000 z")

    assert event.time == 1700000000.0


def test_an_unreadable_time_is_complained_of_once(tmp_path: Path) -> None:
    intake = _Intake(tmp_path)
    intake.take("x", time="yesterday")
    intake.take("x", time="yesterday")

    assert len(intake.complaints) == 1
    assert "<time>" in intake.complaints[0]


_PARTITION = """
[partition]
SOURCE_KEY = MetaData:Source
REGEX = ^source::Falcon:(\\d+)$
FORMAT = falcon_partition::$1
WRITE_META = true
[source]
SOURCE_KEY = MetaData:Source
REGEX = ^(source::Falcon):\\d+$
FORMAT = $1
DEST_KEY = MetaData:Source
"""


def test_a_transform_copies_from_the_source_and_restores_it(tmp_path: Path) -> None:
    intake = _Intake(tmp_path, "[source::Falcon:*]\nTRANSFORMS-partition = partition, source\n", _PARTITION)

    (event,) = intake.take("x", source="Falcon:3")

    assert (event.source, json.loads(event.fields)) == ("Falcon", {"falcon_partition": "3"})


def test_transforms_apply_in_the_order_of_their_classes_and_names(tmp_path: Path) -> None:
    """The control: with the source restored first, there is nothing left to copy."""
    props = "[source::Falcon:*]\nTRANSFORMS-b = partition\nTRANSFORMS-a = source\n"

    (event,) = _Intake(tmp_path, props, _PARTITION).take("x", source="Falcon:3")

    assert (event.source, json.loads(event.fields)) == ("Falcon", {})


@pytest.mark.parametrize(
    ("transform", "expected"),
    [
        ("REGEX = (x)\nDEST_KEY = queue\nFORMAT = nullQueue", None),
        ("REGEX = (nope)\nDEST_KEY = queue\nFORMAT = nullQueue", ("toy", "default", b"x=1", {})),
        ("REGEX = x=(.)\nDEST_KEY = _MetaData:Index\nFORMAT = i$1", ("toy", "i1", b"x=1", {})),
        ("REGEX = .\nDEST_KEY = MetaData:Sourcetype\nFORMAT = sourcetype::other", ("other", "default", b"x=1", {})),
        ("REGEX = (x)=(.)\nDEST_KEY = _raw\nFORMAT = $1$2$3", ("toy", "default", b"x1$3", {})),
        ("REGEX = (?<name>x)=(.)\nFORMAT = $1::$2\nWRITE_META = true", ("toy", "default", b"x=1", {"x": "1"})),
        ("REGEX = x=(.)\nWRITE_META = true", ("toy", "default", b"x=1", {"t": "1"})),
        ('REGEX = (x)\nFORMAT = q::"a b"\nWRITE_META = true', ("toy", "default", b"x=1", {"q": "a b"})),
        ("REGEX = (x)\nFORMAT = $0 k::v\nDEST_KEY = _meta", ("toy", "default", b"x=1", {"k": "v"})),
        ("REGEX = (nope)\nDEST_KEY = _MetaData:Index\nFORMAT = no\nDEFAULT_VALUE = other",
         ("toy", "other", b"x=1", {})),
        ("REGEX = =(.)\nLOOKAHEAD = 2\nDEST_KEY = queue\nFORMAT = nullQueue", ("toy", "default", b"x=1", {})),
        ("REGEX = (.)\nREPEAT_MATCH = true\nFORMAT = c$1::$1\nWRITE_META = true",
         ("toy", "default", b"x=1", {"cx": "x", "c=": "=", "c1": "1"})),
        ("REGEX = ^((?>[a-z]++)=(?<n>\\d))\nFORMAT = n::$2\nWRITE_META = true", ("toy", "default", b"x=1", {"n": "1"})),
        ("REGEX = (x|y)+=(.)\nMATCH_LIMIT = 2\nFORMAT = n::$2\nWRITE_META = true", ("toy", "default", b"x=1", {})),
    ],
)  # fmt: skip
def test_a_transform_does_what_its_stanza_says(
    tmp_path: Path, transform: str, expected: tuple[str, str, bytes, dict[str, str]] | None
) -> None:
    events = _Intake(tmp_path, "[toy]\nTRANSFORMS-x = t\n", f"[t]\n{transform}\n").take("x=1")
    told = [(event.sourcetype, event.index_name, event.raw, json.loads(event.fields)) for event in events]

    assert ([expected] if expected else []) == told


@pytest.mark.parametrize(
    ("transform", "complaint"),
    [
        ("", "no such stanza"),
        ("[t]\nFORMAT = x", "has no REGEX"),
        ("[t]\nREGEX = (x)", "no DEST_KEY"),
        ("[t]\nREGEX = (x)\nDEST_KEY = metadata:host", "no DEST_KEY"),
        ("[t]\nINGEST_EVAL = a=1", "INGEST_EVAL"),
        ("[t]\nREGEX = (x\nDEST_KEY = queue", "transforms.conf"),
        ("[t]\nREGEX = (x)\nDEST_KEY = MetaData:Source\nFORMAT = bare", "without its prefix source::"),
    ],
)
def test_a_transform_that_cannot_work_is_complained_of_and_the_event_goes_on(
    tmp_path: Path, transform: str, complaint: str
) -> None:
    intake = _Intake(tmp_path, "[toy]\nTRANSFORMS-x = t\n", transform)

    assert _raws(intake.take("x=1")) == [b"x=1"]
    assert [complaint in text for text in intake.complaints] == [True]
