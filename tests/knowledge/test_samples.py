"""Events that nobody here wrote, and searches that others have written."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.knowledge.conftest import Search
from tests.knowledge.golden import DETECTIONS
from tests.knowledge.test_golden import generated
from tools.knowledge.event_type import read_vocabulary


def test_the_samples_go_through_without_a_refusal_and_have_their_types(search: Search, samples: list[bytes]) -> None:
    for raw in samples:
        result = search(raw)
        tree = json.loads(raw)
        assert result.value("vendor_event_type") == tree["metadata"]["eventType"]
        assert result.value("cid") == tree["metadata"]["customerIDString"]
        assert result.value("falcon_offset") == str(tree["metadata"]["offset"])
        own = [name for name in result.eventtypes if name.startswith("crowdstrike_es_")]
        assert len(own) == 1
        # one of them has no event at all: it names no operation
        assert (own == ["crowdstrike_es_other"]) == ("event" not in tree)
        if tree["metadata"]["eventType"].startswith("Epp"):
            assert result.value("action") in ("allowed", "blocked", "deferred")
            assert result.value("severity") in ("critical", "high", "medium", "low", "informational")


def test_the_order_of_metadata_and_event_does_not_matter(search: Search) -> None:
    for case in DETECTIONS:
        first, second = search(case.raw()), search(case.raw(event_first=True))
        ours = {name for name in first.fields if not name.startswith(("event.", "metadata.", "_"))}
        assert {name: first.values(name) for name in ours} == {name: second.values(name) for name in ours}


# "CrowdStrike Falcon Stream Alerts" renames event.* and reads these (events reference, 8.3); Cyences reads those (8.2).
ESCU = ("Name", "Technique", "Tactic", "FileName", "SHA256String", "MD5String", "ProcessId", "FalconHostLink")
CYENCES = ("SeverityName", "UserName", "LocalIP", "CommandLine", "PatternDispositionDescription", "ParentCommandLine")


@pytest.mark.parametrize(
    "field", [*ESCU, *CYENCES, "ComputerName", "HostNames", "DetectName", "DetectDescription", "DetectId"]
)
def test_searches_for_endpoint_detections_find_the_names_of_both_generations(search: Search, field: str) -> None:
    assert search(DETECTIONS[0].raw()).values(f"event.{field}")


def test_escu_finds_the_lower_case_id_and_cyences_the_lower_case_action(search: Search) -> None:
    for raw in generated(hard=False):
        result = search(raw)
        if "attack" in result.tags:
            assert result.value("id")
            assert result.value("action") in ("allowed", "blocked", "deferred")


def test_the_compatibility_block_can_be_removed_and_nothing_else_suffers(tmp_path: Path) -> None:
    """As docs/moving.md says: a line for each name in local/props.conf."""
    import shutil

    from tests.knowledge.conftest import SOURCE, SOURCETYPE, differences
    from tests.searchtime import Event, Knowledge, SearchTime
    from tools.package import ROOT

    for folder in ("default", "lookups"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    (tmp_path / "local").mkdir()
    lines = (f"EVAL-event.{name} = null()\n" for name in read_vocabulary())
    (tmp_path / "local" / "props.conf").write_text(f"[{SOURCETYPE}]\n{''.join(lines)}")
    searching = SearchTime(Knowledge.load(tmp_path))
    case = DETECTIONS[0]
    result = searching.evaluate(Event(case.raw(), sourcetype=SOURCETYPE, source=SOURCE))

    assert result.values("event.ComputerName") == []
    assert differences(case, result) == {}
