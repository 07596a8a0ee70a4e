"""The known mistakes of existing mappings (events reference, section 9), each by its number: none is made here."""

from __future__ import annotations

import re

import pytest

from tests.knowledge.case import AID, CID, Case, flags
from tests.knowledge.conftest import Search
from tests.knowledge.golden.audit import audit
from tests.knowledge.golden.detection import epp
from tests.searchtime import Result
from tools.package import ROOT

PROPS = (ROOT / "default" / "props.conf").read_text(encoding="utf-8")


def of(search: Search, event_type: str, event: dict[str, object]) -> Result:
    return search(Case("", event_type, event, "", "", {}).raw())


def legacy(**changes: object) -> dict[str, object]:
    names = {"ComputerName": "PC", "DetectName": "NGAV", "Severity": 3, "FileName": "a.exe", "FilePath": "\\D\\T"}
    return {**names, **changes}


def test_01_the_time_of_an_event_is_not_that_of_its_process() -> None:
    assert 'TIME_PREFIX = "eventCreationTime"' in PROPS
    assert "TIME_FORMAT = %s%3N" in PROPS


@pytest.mark.parametrize("utc", [1769007146, 1769007146000])
def test_02_utc_timestamp_is_seconds_or_milliseconds(search: Search, utc: int) -> None:
    event = audit("userAuthenticate", "CrowdStrike Authentication", {}, UTCTimestamp=utc)
    assert of(search, "AuthActivityAuditEvent", event).value("event_time") == "1769007146"


def test_03_filetime_and_nanoseconds_are_not_read_as_unix_seconds(search: Search) -> None:
    identity = {"DetectName": "x", "StartTime": 134134746000000000}
    xdr = {"Name": "x", "StartTimeEpoch": 1768999900000000000}
    assert of(search, "IdpDetectionSummaryEvent", identity).value("start_time") == "1769001000"
    assert of(search, "XdrDetectionSummaryEvent", xdr).value("start_time") == "1768999900"


@pytest.mark.parametrize(
    ("direction", "src", "dest"), [("0", "192.0.2.1", "203.0.113.9"), ("1", "203.0.113.9", "192.0.2.1")]
)
def test_04_a_firewall_match_has_its_sides_by_its_direction(
    search: Search, direction: str, src: str, dest: str
) -> None:
    event = {"ConnectionDirection": direction, "LocalAddress": "192.0.2.1", "RemoteAddress": "203.0.113.9"}
    result = of(search, "FirewallMatchEvent", {**event, "RuleAction": "1"})
    assert (result.value("src"), result.value("dest"), result.value("action")) == (src, dest, "allowed")


@pytest.mark.parametrize(
    ("event_type", "tags"),
    [
        ("IdpDetectionSummaryEvent", ["alert"]),
        ("IdentityProtectionEvent", ["alert"]),
        ("DataProtectionDetectionSummaryEvent", ["dlp", "incident"]),
        ("ScheduledReportNotificationEvent", []),
    ],
)
def test_05_identity_and_data_protection_are_no_malware_and_reports_no_alerts(
    search: Search, event_type: str, tags: list[str]
) -> None:
    assert sorted(of(search, event_type, {"Name": "x"}).tags) == tags


@pytest.mark.parametrize(
    ("operation", "login"),
    [("userAuthenticate", True), ("saml2Assert", True), ("createUser", False), ("streamStarted", False)],
)
def test_06_only_logins_are_logins_and_saml_is_one(search: Search, operation: str, login: bool) -> None:
    result = of(search, "AuthActivityAuditEvent", audit(operation, "CrowdStrike Authentication", {}))
    assert ("authentication" in result.tags) == login


def test_07_actor_and_target_are_not_swapped(search: Search) -> None:
    event = audit("deleteUser", "x", {"target_name": "gone@example.com", "actor_user": "admin@example.com"})
    result = of(search, "AuthActivityAuditEvent", {**event, "UserId": "admin@example.com"})
    assert (result.value("user"), result.value("src_user")) == ("gone@example.com", "admin@example.com")


def test_08_both_generations_of_names_are_read(search: Search) -> None:
    old, new = of(search, "DetectionSummaryEvent", legacy(SensorId=AID)), of(search, "EppDetectionSummaryEvent", epp())
    assert (old.value("dest"), old.value("aid")) == ("PC", AID)
    assert (new.value("dest"), new.value("aid")) == ("FIN-WS-0142", AID)


def test_09_would_have_been_blocked_is_not_blocked(search: Search) -> None:
    text = "Detection, process would have been blocked if related prevention policy setting was enabled."
    event = epp(PatternDispositionDescription=text, PatternDispositionFlags=flags("ProcessBlocked", "PolicyDisabled"))
    assert of(search, "EppDetectionSummaryEvent", event).value("action") == "allowed"


@pytest.mark.parametrize(
    ("severity", "word"), [(10, "informational"), (30, "low"), (50, "medium"), (70, "high"), (90, "critical")]
)
def test_10_severity_scales_are_not_mixed_and_a_missing_name_is_not_critical(
    search: Search, severity: int, word: str
) -> None:
    assert of(search, "EppDetectionSummaryEvent", epp(Severity=severity, SeverityName=None)).value("severity") == word
    assert of(search, "DetectionSummaryEvent", legacy(Severity=5)).value("severity") == "critical"
    cloud = {"PolicyStatement": "x", "Severity": 1, "SeverityName": "High"}
    assert of(search, "CSPMIOAStreamingEvent", cloud).value("severity") == "high"


def test_11_repeats_are_removed_by_customer_partition_and_offset(search: Search) -> None:
    macros = (ROOT / "default" / "macros.conf").read_text(encoding="utf-8")
    assert re.search(r"^definition = dedup cid falcon_partition falcon_offset _time", macros, re.MULTILINE)
    result = of(search, "EppDetectionSummaryEvent", epp())
    assert [result.value(name) for name in ("cid", "falcon_partition", "falcon_offset")] == [CID, "3", "77"]


def test_12_the_new_path_is_not_joined_with_the_name_again(search: Search) -> None:
    path = of(search, "EppDetectionSummaryEvent", epp(FilePath="\\D\\a.exe", FileName="a.exe")).value("file_path")
    assert path == "\\D\\a.exe"
    assert of(search, "DetectionSummaryEvent", legacy()).value("file_path") == "\\D\\T\\a.exe"
    assert of(search, "DetectionSummaryEvent", legacy(FilePath="/tmp")).value("file_path") == "/tmp/a.exe"  # noqa: S108 - what the event says


def test_13_the_parents_name_is_no_path(search: Search) -> None:
    result = of(search, "EppDetectionSummaryEvent", epp(ParentImageFileName="w.exe", ParentImageFilePath="\\D\\w.exe"))
    assert (result.value("parent_process_name"), result.value("parent_process_path")) == ("w.exe", "\\D\\w.exe")
    older = of(search, "DetectionSummaryEvent", legacy(ParentImageFileName="\\D\\w.exe"))
    assert (older.value("parent_process_name"), older.value("parent_process_path")) == ("w.exe", "\\D\\w.exe")


@pytest.mark.parametrize("word", ["High", "HIGH", "INFO", "Critical"])
def test_14_severity_is_lower_case(search: Search, word: str) -> None:
    found = of(search, "EppDetectionSummaryEvent", epp(SeverityName=word)).value("severity")
    assert found == {"info": "informational"}.get(word.lower(), word.lower())


@pytest.mark.parametrize("tags", [None, "SensorGroupingTags/x", [], [{"Key": "a", "ValueString": "b"}]])
def test_15_tags_may_be_missing_a_text_or_a_list(search: Search, tags: object) -> None:
    assert of(search, "EppDetectionSummaryEvent", {**epp(), "Tags": tags}).value("dest") == "FIN-WS-0142"


def test_16_start_and_end_are_not_swapped(search: Search) -> None:
    result = of(search, "EppDetectionSummaryEvent", epp(ProcessStartTime=1769000066, ProcessEndTime=1769000070))
    assert result.value("process_start_time") == "1769000066"
    assert result.value("process_end_time") == "1769000070"


def test_17_no_search_asks_for_names_of_another_feed() -> None:
    shipped = [path for path in (ROOT / "default").rglob("*") if path.is_file()]
    assert [path.name for path in shipped if "event_simpleName" in path.read_text(encoding="utf-8")] == []
