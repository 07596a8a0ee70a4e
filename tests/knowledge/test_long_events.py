"""Long events of each type keep their fields under Splunk's limits: escapes, audit pairs, half a megabyte of noise."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Optional

import pytest

from tests.knowledge.case import PARTITION, Case
from tests.knowledge.conftest import SOURCE, SOURCETYPE, differences
from tests.knowledge.golden import AUDIT, DETECTIONS
from tests.knowledge.golden.audit import audit
from tests.knowledge.golden.detection import EPP_FIELDS, MALWARE, epp
from tests.pcre import compile_pattern
from tests.searchtime import Event, Knowledge, Result, SearchTime
from tests.splunkd.conf import ini
from tools.package import ROOT

Search = Callable[[bytes], Result]
# One event of each type, those with the most fields.
LARGEST = {case.event_type: case for case in sorted([*DETECTIONS, *AUDIT], key=lambda case: len(case.fields))}
# Nested JSON and paths.
NOISE = {
    "Nested": json.dumps({"CommandLine": 'say "no"', "UserName": "nobody"}),
    "Path": "C:\\Temp\\",
    "Plain": "x" * 60,
}


@pytest.fixture(scope="module")
def search(knowledge: Knowledge) -> Search:
    """Search time for one raw event; empty texts play no part here."""
    searching = SearchTime(knowledge)
    indexed = {"falcon_partition": PARTITION}
    return lambda raw: searching.evaluate(
        Event(raw, sourcetype=SOURCETYPE, source=SOURCE, time=1769000131.0, fields=indexed)
    )


@pytest.mark.parametrize("event_first", [False, True], ids=["metadata first", "event first"])
@pytest.mark.parametrize("escapes", [600, 9_000, 90_000])
def test_a_command_line_full_of_escapes_hides_no_other_key(search: Search, escapes: int, event_first: bool) -> None:
    command = 'x "' * escapes
    event = {"CommandLine": command, **{key: value for key, value in epp().items() if key != "CommandLine"}}
    fields = {name: value for name, value in EPP_FIELDS.items() if value is None or EPP_FIELDS["process"] != value}
    result = search(Case("", "EppDetectionSummaryEvent", event, "", "", {}).raw(event_first))

    assert differences(Case("escapes", "", event, *MALWARE, fields), result) == {}
    assert result.value("process") == command


@pytest.mark.parametrize("event_first", [False, True], ids=["metadata first", "event first"])
@pytest.mark.parametrize("pairs", [100, 1_000, 6_000])
def test_every_pair_of_an_audit_event_is_a_field(search: Search, pairs: int, event_first: bool) -> None:
    given = {f"key{number}": f'the "{number}" of [many]' for number in range(pairs)}
    event = audit("updateUser", "CrowdStrike", {**given, "target_name": "last@example.com"})
    result = search(Case("", "AuthActivityAuditEvent", event, "", "", {}).raw(event_first))

    assert result.value("audit_target_name") == "last@example.com"
    assert result.value("user") == "last@example.com"
    for number in (0, pairs // 2, pairs - 1):
        assert result.value(f"Key___key{number}") == f'the \\"{number}\\" of [many]'


@pytest.mark.parametrize("case", LARGEST.values(), ids=LARGEST)
def test_a_long_event_of_any_type_has_the_fields_of_a_short_one(search: Search, case: Case) -> None:
    size = 500_000 if case.event_type == "EppDetectionSummaryEvent" else 200_000
    raw = lengthened(case, size).raw(event_first=True)

    assert len(raw) > size
    assert differences(case, search(raw)) == {}


def lengthened(case: Case, size: int) -> Case:
    """With noise behind what automatic JSON sees (`extraction_cutoff`) and before the metadata."""
    return case._replace(event={**case.event, "Extra": [NOISE] * (1 + size // (len(json.dumps(NOISE)) - 10))})


WALK = compile_pattern(ini.read(ROOT / "default" / "transforms.conf")["crowdstrike_es_root"]["REGEX"])


def pairs(text: str) -> list[tuple[Optional[str], ...]]:
    """What the walk finds, each match beginning where the one before ended."""
    return [match.groups()[:2] for match in WALK.finditer(text)]


def pairs_of_the_rest(text: str) -> list[tuple[Optional[str], ...]]:
    """What the walk finds if the rest of the text is a text of its own."""
    found = []
    match = WALK.search(text)
    while match is not None:
        found.append(match.groups()[:2])
        text = text[match.end() :]
        match = WALK.search(text)
    return found


@pytest.mark.parametrize("case", LARGEST.values(), ids=LARGEST)
@pytest.mark.parametrize("event_first", [False, True], ids=["metadata first", "event first"])
def test_the_walk_goes_on_by_an_offset_and_on_the_rest_of_the_text(case: Case, event_first: bool) -> None:
    text = case.raw(event_first).decode("utf-8")
    said = {f'{key}"': value for key, value in case.event.items() if value not in ("", None)}

    assert pairs_of_the_rest(text) == pairs(text)
    assert {key for key, value in pairs(text) if value} == set(said)


@pytest.mark.parametrize("case", LARGEST.values(), ids=LARGEST)
def test_a_truncated_event_shows_what_stands_before_the_cut(case: Case) -> None:
    text = case.raw(event_first=True).decode("utf-8")
    whole = pairs(text)
    for cut in range(0, len(text), 7):
        found = pairs(text[:cut])
        assert found == whole[: len(found)]
    assert len(pairs(text[: len(text) // 2])) > 0
