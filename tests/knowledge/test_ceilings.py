"""Large events: what the CIM needs is there, whatever Splunk's own extraction leaves out, and at a stated price."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tests.knowledge.case import AID, CID, Case
from tests.knowledge.conftest import SOURCE, SOURCETYPE, Search, differences
from tests.knowledge.golden.audit import audit
from tests.knowledge.golden.detection import EPP_FIELDS, MALWARE, epp
from tests.searchtime import Event, Knowledge, SearchTime
from tools.package import ROOT

PASSES = 4


def large_detection() -> dict[str, object]:
    """A detection of more than 30 KB: three arrays that no console would show."""
    access = {"AccessType": 0, "Protocol": "TCP", "LocalAddress": "192.0.2.44", "LocalPort": 50000, "RemotePort": 443}
    written = {"Timestamp": 1769000066, "FileName": "x.tmp", "FilePath": "\\Device\\HarddiskVolume3\\Temp\\x.tmp"}
    arrays = {
        "NetworkAccesses": [{**access, "RemoteAddress": f"203.0.113.{n}"} for n in range(100)],
        "FilesWritten": [written] * 100,
        "DnsRequests": [{"DomainName": f"host{n}.example.net", "RequestType": "A"} for n in range(200)],
    }
    return {**epp(), **arrays}


@pytest.mark.parametrize("event_first", [False, True], ids=["metadata first", "event first"])
def test_a_detection_of_30_kilobytes_has_every_field(search: Search, event_first: bool) -> None:
    case = Case("large", "EppDetectionSummaryEvent", large_detection(), *MALWARE, EPP_FIELDS)
    raw = case.raw(event_first)

    assert len(raw) > 30_000
    assert differences(case, search(raw)) == {}


@pytest.mark.parametrize("event_first", [False, True], ids=["metadata first", "event first"])
def test_a_session_of_three_hundred_commands_has_every_field(search: Search, event_first: bool) -> None:
    commands = [f'reg query "HKLM\\SOFTWARE\\Example{n}"' for n in range(300)]
    event = {"SessionId": "s", "HostnameField": "H", "UserName": "u", "EndTimestamp": 5, "Commands": commands}
    event["AgentIdString"] = AID
    fields = {"command": "; ".join(commands), "dest": "H", "user": "u", "object_id": "s", "aid": AID, "end_time": "5"}
    case = Case(
        "long", "RemoteResponseSessionEndEvent", event, "crowdstrike_es_change_endpoint", "change endpoint", fields
    )

    assert differences(case, search(case.raw(event_first))) == {}


def test_a_saml_login_that_carries_its_assertion_twice_is_a_login(search: Search) -> None:
    event = audit("saml2Assert", "CrowdStrike Authentication", {"saml_assertion": "A" * 10_000, "target_name": "x@y"})
    case = Case("saml", "AuthActivityAuditEvent", event, "crowdstrike_es_auth", "authentication", {"action": "success"})

    for event_first in (False, True):
        assert differences(case, search(case.raw(event_first))) == {}


def test_more_than_a_hundred_fields_hide_none(search: Search) -> None:
    noise = {f"Extra{n:03}": n for n in range(150)}
    case = Case("wide", "EppDetectionSummaryEvent", {**noise, **epp()}, *MALWARE, EPP_FIELDS)

    assert differences(case, search(case.raw())) == {}


def test_an_event_costs_as_many_passes_as_props_conf_says(search: Search) -> None:
    small, large = search(Case("", "EppDetectionSummaryEvent", epp(), *MALWARE, {}).raw()), None
    large = search(Case("", "EppDetectionSummaryEvent", large_detection(), *MALWARE, {}).raw())
    print(f"passes over an event: {small.cost}, over one of 30 KB: {large.cost}")
    assert small.cost.total() <= PASSES
    assert large.cost.total() <= PASSES


@pytest.mark.parametrize("times", [1, 2], ids=["indexed", "indexed and extracted again"])
def test_events_of_the_vendors_add_on_with_fields_of_index_time_keep_single_values(tmp_path: Path, times: int) -> None:
    """It may have indexed every field (INDEXED_EXTRACTIONS); with KV_MODE = json each of them then comes twice."""
    for folder in ("default", "lookups"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    (tmp_path / "local").mkdir()
    (tmp_path / "local" / "props.conf").write_text(f"[{SOURCETYPE}]\nKV_MODE = none\n")
    raw = Case("", "EppDetectionSummaryEvent", epp(), *MALWARE, {}).raw()
    tree = json.loads(raw)
    scalars = {key: str(value) for key, value in tree["event"].items() if isinstance(value, (str, int)) and value != ""}
    indexed = {f"event.{key}": [value] * times for key, value in scalars.items()}
    indexed.update({"metadata.eventType": ["EppDetectionSummaryEvent"] * times, "metadata.customerIDString": [CID]})
    event = Event(raw, sourcetype=SOURCETYPE, source=SOURCE, fields=indexed)
    result = SearchTime(Knowledge.load(tmp_path)).evaluate(event)

    for name in (
        "dest",
        "user",
        "severity",
        "signature",
        "action",
        "file_path",
        "process",
        "category",
        "id",
        "subject",
    ):
        assert result.values(name) == [EPP_FIELDS[name]], name
    assert "crowdstrike_es_epp_detection" in result.eventtypes
