"""Kinds of fault that events of other projects showed: each event has the fields that it has to have, and no others.

`field_faults.ndjson` has invented events, each with why it is there and what a search has to show: a value, a list for
several, null for none. More of them are read where they are at hand.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.knowledge.conftest import SOURCE, SOURCETYPE
from tests.searchtime import Event, Knowledge, SearchTime
from tools.package import ROOT

_OURS = ROOT / "tests" / "golden" / "field_faults.ndjson"
_MORE = ROOT.parent / "shared" / "samples" / "field-faults-more.ndjson"


def read(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()] if path.exists() else []


FAULTS = [*read(_OURS), *read(_MORE)]


@pytest.fixture(scope="module", params=[False, True], ids=["empty texts dropped", "empty texts kept"])
def searching(knowledge: Knowledge, request: pytest.FixtureRequest) -> SearchTime:
    return SearchTime(knowledge, keep_empty_json=request.param)


def wrong(searching: SearchTime, raw: str, expected: dict[str, Any]) -> dict[str, tuple[object, object]]:
    """The fields that are not as expected: found, expected."""
    event = Event(raw.encode("utf-8"), sourcetype=SOURCETYPE, source=SOURCE, fields={"falcon_partition": "0"})
    result = searching.evaluate(event)
    found = {name: list(result.values(name)) for name in expected}
    found.update({name: sorted(getattr(result, name)) for name in expected if name in ("tags", "eventtype")})
    wanted = {
        name: [] if value is None else [str(each) for each in value] if isinstance(value, list) else [str(value)]
        for name, value in expected.items()
    }
    return {name: (found[name], wanted[name]) for name in expected if found[name] != wanted[name]}


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: f"{fault['id']} {fault['why']}")
def test_an_event_shows_what_it_has_and_nothing_else(searching: SearchTime, fault: dict[str, Any]) -> None:
    assert wrong(searching, fault["raw"], fault["expect"]) == {}


def test_a_field_that_is_wrong_is_found(searching: SearchTime) -> None:
    """The control of the former."""
    for fault in FAULTS:
        name, value = next(iter(fault["expect"].items()))
        other = "something else" if value is None else None
        assert name in wrong(searching, fault["raw"], {**fault["expect"], name: other})
