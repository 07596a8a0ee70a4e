"""A type that Falcon has just made up gets its place by an admin's own table, and none of our lines changes."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.emulator.events.cast import Cast
from tests.emulator.events.template import Template, seconds
from tests.knowledge.case import CID
from tests.knowledge.conftest import SOURCE, SOURCETYPE
from tests.knowledge.models import faults, load, models_of
from tests.searchtime import Event, Knowledge, Result, SearchTime
from tools import environments
from tools.package import ROOT

HEAD = "event_type,family,falcon_eventtype,type\n"
OWN = HEAD + "containerdriftevent,container_detection,detection_other,alert\n"


def evaluated(folder: Path, own: str) -> Result:
    """An invented event as the emulator sends it, under the app with this table of the admin's own."""
    for name in ("default", "lookups"):
        shutil.copytree(ROOT / name, folder / name)
    (folder / "local").mkdir()
    (folder / "local" / "transforms.conf").write_text("[crowdstrike_es_own_types]\nfilename = our_falcon_types.csv\n")
    (folder / "lookups" / "our_falcon_types.csv").write_text(own)
    host = Cast(7, CID).host("Linux")
    body = {
        "CompositeId": f"{CID}:container:1",
        "Name": "A process that its image does not have",
        "Description": "A shell ran in a container.",
        "SeverityName": "Severe",
        "Hostname": host.name,
        "LocalIP": host.ip,
        "UserName": "EXAMPLE\\root",
        "PatternId": 5001,
        "TechniqueId": "T1610",
        "StartTime": seconds(-60),
    }
    raw = Template("ContainerDriftEvent", body).stamp(CID.encode(), 5, 1_769_000_131_000, 1)
    event = Event(raw, sourcetype=SOURCETYPE, source=SOURCE, fields={"falcon_partition": "0"})
    return SearchTime(Knowledge.load(folder)).evaluate(event)


@pytest.mark.parametrize("models", environments.MODELS)
def test_a_row_of_an_admins_own_makes_an_alert_of_a_new_type(tmp_path: Path, models: str) -> None:
    result = evaluated(tmp_path, OWN)

    own = [name for name in result.eventtypes if name.startswith("crowdstrike_es_")]
    assert (own, list(result.tags)) == (["crowdstrike_es_detection_other"], ["alert"])
    (model,) = models_of(result, load(models))
    assert faults(result, model) == {}
    expected = {
        "app": "Falcon",
        "family": "container_detection",
        "severity": "critical",
        "signature": "A process that its image does not have",
        "user": "root",
        "user_domain": "EXAMPLE",
        "start_time": "1769000071",
    }
    assert {name: result.value(name) for name in expected} == expected


def test_without_a_row_it_is_new_and_has_the_usual_fields(tmp_path: Path) -> None:
    """The control of the former."""
    result = evaluated(tmp_path, HEAD + "anothertype,x,other,alert\n")

    own = [name for name in result.eventtypes if name.startswith("crowdstrike_es_")]
    assert (own, list(result.tags), result.value("family")) == (["crowdstrike_es_other"], [], "new")
    assert result.value("severity") == "critical"
