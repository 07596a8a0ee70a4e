"""Every event type, field by field, against tables that were typed by hand."""

from __future__ import annotations

import json

import pytest

from tests.emulator.events.catalogue import Catalogue
from tests.knowledge.case import CID, Case
from tests.knowledge.conftest import Search, differences
from tests.knowledge.golden import AUDIT, DETECTIONS
from tools.settings_pages import known_types

CASES = [*DETECTIONS, *AUDIT]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.title)
@pytest.mark.parametrize("event_first", [False, True], ids=["metadata first", "event first"])
def test_an_event_has_the_fields_the_type_and_the_tags_of_its_table(
    case: Case, event_first: bool, search: Search
) -> None:
    assert differences(case, search(case.raw(event_first))) == {}


def test_a_wrong_expectation_is_found(search: Search) -> None:
    """The control of the former."""
    case = CASES[0]
    for name in case.fields:
        wrong = case._replace(fields={name: "something else"})
        assert name in differences(wrong, search(case.raw()))
    assert "eventtype" in differences(case._replace(eventtype="x"), search(case.raw()))
    assert "tags" in differences(case._replace(tags="x"), search(case.raw()))


def test_every_known_type_has_a_table() -> None:
    tabled = {case.event_type.lower() for case in CASES}

    assert {name.lower() for name in known_types()} <= tabled


def generated(hard: bool = True) -> list[bytes]:
    """One event of every template of the emulator; `hard` with those in which every text is empty, or all is null."""
    catalogue = Catalogue(7, CID)
    templates = [each for variants in catalogue.by_type.values() for each in variants]
    templates += list(catalogue.hard) if hard else []
    return [each.stamp(CID.encode(), number, 1769000131000, number) for number, each in enumerate(templates)]


def test_every_event_that_the_emulator_makes_has_exactly_one_event_type(search: Search) -> None:
    known = {name.lower() for name in known_types()} - {"auditlogv3event"}  # each has a twin of an older type
    for raw in generated():
        own = [name for name in search(raw).eventtypes if name.startswith("crowdstrike_es_")]
        assert len(own) == 1, (own, raw[:200])
        event_type = json.loads(raw)["metadata"]["eventType"].lower()
        assert (own == ["crowdstrike_es_other"]) == (event_type not in known), (own, event_type)
