"""The detections: what each makes a finding of, what it must not, and which part of its search keeps that out.

The tables are typed by hand, from the events reference. A row that must not fire names the part of the search that
keeps it out; with that part taken away it fires, so no condition is idle and no row is quiet by accident.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import pytest

from tests.knowledge.alert import fires, is_detection
from tests.knowledge.case import AID, CID, flags
from tests.knowledge.golden.audit import AUTH, USER, audit
from tests.knowledge.golden.detection import epp
from tests.knowledge.pipeline import Row, run
from tests.knowledge.rows import NOW, Seen, log_lines
from tests.knowledge.rows import events as emulated
from tests.searchtime import Event, Knowledge, SearchTime
from tests.splunkd.conf import ini
from tools.package import ROOT

DETECTIONS = {
    name: each for name, each in ini.read(ROOT / "default" / "savedsearches.conf").items() if is_detection(each)
}
CONSOLE = "https://falcon.crowdstrike.com/activity-v2/detections/x"
EPP, XDR, LEAD = "EppDetectionSummaryEvent", "XdrDetectionSummaryEvent", "AutomatedLeadSummaryEvent"
GROUP = f"aggind:{AID}:30066771001"
INDICATOR = f"ind:{AID}:418822730155-10197-660123"
OTHER_GROUP = f"aggind:{AID}:2"


class Sent(NamedTuple):
    """An event as Falcon sends it, so many seconds before the search runs."""

    event_type: str
    event: Mapping[str, object]
    ago: float = 60.0


class Fires(NamedTuple):
    """What a detection makes of events: severity, headline, risk score, and what its finding is about, newest first."""

    detection: str
    when: str
    sent: Sequence[Sent]
    findings: Sequence[tuple[str, str, str, str]]


class Silent(NamedTuple):
    """Events that a detection must not fire for, the part of its search that keeps them out, and what to put there."""

    detection: str
    when: str
    sent: Sequence[Sent]
    because: str
    instead: str = ""


def change(operation: str, **pairs: str) -> Sent:
    return Sent(USER, audit(operation, "some_service", pairs, Success=None))


def refused(success: bool = False, operation: str = "userAuthenticate", user: str = "eve", ago: float = 60) -> Sent:
    return Sent(AUTH, audit(operation, "CrowdStrike Authentication", {}, UserId=user, Success=success), ago)


def shell(host: str, user: str = "mallory", event: str = "RemoteResponseSessionStartEvent", ago: float = 60) -> Sent:
    names = {"SessionId": f"of-{host}", "HostnameField": host, "UserName": user, "AgentIdString": AID}
    return Sent(event, {**names, "StartTimestamp": 1769009093, "EndTimestamp": 1769009899}, ago)


def closed(number: int, status: str = "closed", user: str = "mallory") -> Sent:
    pairs = {"composite_id": f"{CID}:ind:{AID}:{number}", "update_status": status}
    return Sent(USER, audit("detection_update", "detections", pairs, UserId=user, Success=None))


def roles(granted: str, success: bool = True) -> Sent:
    pairs = {"target_name": "eve@example.com", "roles": granted}
    return Sent(AUTH, audit("grantUserRoles", "CrowdStrike Authentication", pairs, Success=success))


def xdr(**changes: object) -> Sent:
    event = {
        "DetectId": f"{CID}:ind:{CID}:xdr|eee4",
        "Name": "PowerShell, then a mailbox rule",
        "Severity": 70,
        "HostNames": "FIN-WS-0142, HR-WS-0001",
        "Users": "mkeller",
        "DomainNames": "evil.example, worse.example",
        "FalconHostLink": CONSOLE,
    }
    return Sent(XDR, {**event, **changes})


def lead(indicator: str, score: int = 54) -> Sent:
    event = {
        "CompositeId": f"{CID}:automated-lead:{CID}:c0ffee",
        "Name": "FIN-WS-0142 at 2026-05-17T06:59:40Z",
        "Score": score,
        "ThreatgraphIndicators": [
            {"IndicatorId": f"ind:{AID}:1-2-3", "Hostname": "FIN-WS-0142", "HostId": AID, "PatternId": 10358},
            {"IndicatorId": indicator, "Hostname": "FIN-WS-0142", "HostId": AID, "PatternId": 10358},
        ],
    }
    return Sent(LEAD, event)


def check(resource: str, action: str = "Failed") -> Sent:
    event = {"PolicyStatement": "S3 bucket is public", "PolicyId": 12, "ResourceId": resource, "AccountId": "4711"}
    return Sent("CSPMSearchStreamingEvent", {**event, "SeverityName": "High", "Disposition": action})


def incident(number: str, **changes: object) -> Sent:
    event = {
        "IdentityProtectionIncidentId": number,
        "IncidentType": "UNUSUAL_ACTIVITY",
        "SeverityName": "LOW",
        "UserName": "CORP\\svc.backup",
        "EndpointName": "ws-311",
    }
    return Sent("IdentityProtectionEvent", {**event, **changes})


ENDPOINT = Sent(EPP, epp(FalconHostLink=CONSOLE))
IDENTITY = Sent(
    "IdpDetectionSummaryEvent",
    {
        "DetectId": f"{CID}:ind:{CID}:5E8D397E-79C1",
        "DetectName": "Unusual login",
        "Severity": 34,
        "SeverityName": "Low",
        "SourceAccountName": "svc.backup",
        "SourceEndpointHostName": "ws-311",
    },
)
PHONE = Sent(
    "MobileDetectionSummaryEvent",
    {
        "CompositeId": f"{CID}:ind:{AID}:41124|2",
        "Name": "LockScreenNotSet",
        "SeverityName": "Medium",
        "ComputerName": "Pixel of field team 4",
        "UserName": "field04",
        "NetworkDetectionType": "prevented",
        "MobileNetworkConnections": [{"RemoteAddress": "203.0.113.9", "Url": "https://evil.example/x"}],
    },
)
MATCH = Sent(
    "CustomerIOCEvent",
    {"DomainName": "evil.example", "ComputerName": "FIN-WS-0142", "UserName": "mkeller", "AgentIdString": AID},
)
UPLOAD = Sent(
    "DataProtectionDetectionSummaryEvent",
    {
        "CompositeId": f"{CID}:data-protection:{AID}:180d",
        "Name": "Payroll uploaded",
        "SeverityName": "Critical",
        "Hostname": "FIN-WS-0142",
        "UserName": "mkeller",
        "Filename": "payroll.xlsx",
        "Destination": {"Channel": "web", "Web": {"Hostname": "mail.example.net", "URL": "https://mail.example.net/u"}},
        "ResponseAction": "blocked",
        "ContentSha": "21" * 32,
    },
)
HUNTERS = Sent(
    "OverwatchGenericDetectionSummaryEvent",
    {"CompositeId": f"{CID}:lead:generic|{CID}:89a1", "DisplayName": "OverWatch Detection", "SeverityName": "High"},
)
IOA = Sent(
    "FcsIoaDetectionSummaryEvent",
    {
        "CompositeId": f"{CID}:ind:{CID}:cloud",
        "Name": "Root key used",
        "SeverityName": "Critical",
        "ResourceId": "arn:aws:iam::4711:root",
        "UserName": "root",
        "SourceIPAddress": "203.0.113.9",
    },
)
MADE = {"name": "the object"}
ENDPOINT_HEADLINE = "high: Suspicious Activity on FIN-WS-0142 (mkeller), blocked"
XDR_HEADLINE = "high: PowerShell, then a mailbox rule on FIN-WS-0142 (mkeller)"
WHO = "analyst1@example.com"
ONE_EVENT = f"{CID}:3:1"

FIRES = [
    Fires(
        "Falcon - endpoint detection",
        "a detection",
        [ENDPOINT],
        [("high", ENDPOINT_HEADLINE, "60", GROUP)],
    ),
    Fires(
        "Falcon - endpoint detection",
        "two of one group and a worse one of it",
        [
            ENDPOINT,
            Sent(EPP, epp(CompositeId=f"{CID}:ind:{AID}:2", Name="Another")),
            Sent(EPP, epp(SeverityName="Critical", Name="Worse", UserName=None, PatternDispositionFlags=flags())),
        ],
        [
            ("high", ENDPOINT_HEADLINE, "60", GROUP),
            ("critical", "critical: Worse on FIN-WS-0142, blocked", "80", GROUP),
        ],
    ),
    Fires(
        "Falcon - endpoint detection",
        "an old one, without a group",
        [Sent("DetectionSummaryEvent", {"DetectId": f"ldt:{AID}:3", "DetectName": "NGAV", "Severity": 3})],
        [("medium", "medium: NGAV, allowed", "40", f"ldt:{AID}:3")],
    ),
    Fires(
        "Falcon - endpoint detection",
        "no severity and no id at all",
        [Sent(EPP, {"Name": "x", "Hostname": "h"})],
        [("unknown", "unknown: x on h, allowed", "5", ONE_EVENT)],
    ),
    Fires(
        "Falcon - endpoint detection",
        "no name",
        [Sent(EPP, {"Severity": 10, "CompositeId": "c:ind:1"})],
        [("informational", "informational: EppDetectionSummaryEvent, allowed", "5", "c:ind:1")],
    ),
    Fires(
        "Falcon - identity detection",
        "one thing in both events that Falcon sends of it",
        [IDENTITY, incident("5e8d397e-79c1")],
        [("low", "low: Unusual login by svc.backup on ws-311", "20", "5e8d397e-79c1")],
    ),
    Fires(
        "Falcon - identity detection",
        "an incident, and again when it has become worse",
        [incident("INC-1036", SeverityName="CRITICAL"), incident("INC-1036"), incident("INC-1036")],
        [
            ("critical", "critical: UNUSUAL_ACTIVITY by svc.backup on ws-311", "80", "inc-1036"),
            ("low", "low: UNUSUAL_ACTIVITY by svc.backup on ws-311", "20", "inc-1036"),
        ],
    ),
    Fires(
        "Falcon - cross-domain detection or lead",
        "one that shares nothing with the endpoint's",
        [xdr(), ENDPOINT],
        [("high", XDR_HEADLINE, "60", f"{CID}:ind:{CID}:xdr|eee4")],
    ),
    Fires(
        "Falcon - cross-domain detection or lead",
        "a lead of weak signals, sent three times",
        [lead("ind:x:9"), lead("ind:x:9"), lead("ind:x:9"), ENDPOINT],
        [("medium", "medium: Automated lead on FIN-WS-0142", "40", f"{CID}:automated-lead:{CID}:c0ffee")],
    ),
    Fires(
        "Falcon - cross-domain detection or lead",
        "the hunters' finding, which names no host",
        [HUNTERS],
        [("high", "high: OverWatch Detection", "60", f"{CID}:lead:generic|{CID}:89a1")],
    ),
    Fires(
        "Falcon - cross-domain detection or lead",
        "CrowdScore of a host",
        [Sent("IncidentSummaryEvent", {"IncidentID": f"inc:{AID}:1", "FineScore": 8.4, "HostID": AID})],
        [("critical", f"critical: CrowdScore incident on {AID}", "80", f"inc:{AID}:1")],
    ),
    Fires(
        "Falcon - mobile detection",
        "a detection",
        [PHONE],
        [
            (
                "medium",
                "medium: LockScreenNotSet on Pixel of field team 4 (field04), blocked",
                "40",
                f"{CID}:ind:{AID}:41124|2",
            )
        ],
    ),
    Fires(
        "Falcon - cloud finding",
        "a check of two resources, one of them repeated",
        [check("bucket-1"), check("bucket-2"), check("bucket-1")],
        [
            ("high", "high: S3 bucket is public in bucket-1", "60", "12:4711:bucket-1"),
            ("high", "high: S3 bucket is public in bucket-2", "60", "12:4711:bucket-2"),
        ],
    ),
    Fires(
        "Falcon - cloud finding",
        "behaviour",
        [IOA],
        [
            (
                "critical",
                "critical: Root key used in arn:aws:iam::4711:root (root)",
                "80",
                f"{CID}:ind:{CID}:cloud",
            )
        ],
    ),
    Fires(
        "Falcon - match of a custom indicator",
        "a domain, twice on one host",
        [MATCH, MATCH],
        [
            (
                "medium",
                "medium: Custom IOC match: domain evil.example on FIN-WS-0142",
                "40",
                "evil.example:FIN-WS-0142",
            )
        ],
    ),
    Fires(
        "Falcon - data protection detection",
        "an upload",
        [UPLOAD],
        [
            (
                "critical",
                "critical: Payroll uploaded, payroll.xlsx to mail.example.net by mkeller, blocked",
                "80",
                f"{CID}:data-protection:{AID}:180d",
            )
        ],
    ),
    Fires(
        "Falcon - admin role granted",
        "one of several roles",
        [roles("reader,falconhost_admin")],
        [("high", f"high: {WHO} gave eve@example.com the roles reader,falconhost_admin", "60", ONE_EVENT)],
    ),
    Fires(
        "Falcon - policy weakened",
        "a policy disabled",
        [change("disable_policy", **MADE)],
        [("high", f"high: {WHO}, disable_policy of the object", "60", ONE_EVENT)],
    ),
    Fires(
        "Falcon - policy weakened",
        "one that an update switches off",
        [change("update_policy", policy_name="Servers", policy_enabled="false")],
        [("high", f"high: {WHO}, update_policy of Servers", "60", ONE_EVENT)],
    ),
    Fires(
        "Falcon - exclusion added",
        "an exclusion made",
        [change("create_exception", **MADE)],
        [("medium", f"medium: {WHO}, create_exception of the object", "40", ONE_EVENT)],
    ),
    Fires(
        "Falcon - API client made",
        "a client made",
        [change("CreateAPIClient", **MADE)],
        [("medium", f"medium: {WHO}, CreateAPIClient of the object", "40", ONE_EVENT)],
    ),
    Fires(
        "Falcon - API client made",
        "another secret",
        [change("ResetAPIClientSecret", **MADE)],
        [("medium", f"medium: {WHO}, ResetAPIClientSecret of the object", "40", ONE_EVENT)],
    ),
    Fires(
        "Falcon - allow-list changed",
        "a list switched off",
        [change("UpdateAllowlistGroup", group_name="offices", active="false", old_active="true")],
        [("high", f"high: {WHO}, UpdateAllowlistGroup of offices", "60", ONE_EVENT)],
    ),
    Fires(
        "Falcon - Real Time Response on many hosts",
        "five hosts",
        [shell(f"host{number}", ago=60.0 * number) for number in range(5)],
        [("high", "high: mallory opened Real Time Response on 5 hosts", "60", "mallory")],
    ),
    Fires(
        "Falcon - sign-ins refused in a row",
        "five, and then one that is accepted",
        [refused(success=True, ago=10), *(refused(ago=20 + number) for number in range(5))],
        [("medium", "medium: eve was refused 5 times in a row (password)", "40", "eve:password")],
    ),
    Fires(
        "Falcon - sign-ins refused in a row",
        "five second factors, each behind a right password",
        [
            each
            for number in range(5)
            for each in (
                refused(operation="twoFactorAuthenticate", ago=20 + number),
                refused(success=True, ago=21 + number),
            )
        ],
        [("medium", "medium: eve was refused 5 times in a row (mfa)", "40", "eve:mfa")],
    ),
    Fires(
        "Falcon - host hidden or released",
        "containment lifted",
        [change("lift_containment_requested", device_id=AID)],
        [("medium", f"medium: {WHO}, lift_containment_requested of {AID}", "40", ONE_EVENT)],
    ),
    Fires(
        "Falcon - maintenance token revealed",
        "the token of a host",
        [change("reveal_token", device_id=AID)],
        [("medium", f"medium: {WHO} had a maintenance token shown of {AID}", "40", ONE_EVENT)],
    ),
    Fires(
        "Falcon - quarantined file released",
        "a file released",
        [change("quarantined_file_update", quarantined_file_id=f"{AID}_{'ab' * 32}", action_taken="release")],
        [("medium", f"medium: {WHO} released {AID}_{'ab' * 32}", "40", ONE_EVENT)],
    ),
    Fires(
        "Falcon - console user made",
        "a user made",
        [Sent(AUTH, audit("createUser", "CrowdStrike Authentication", {"target_name": "new@example.com"}))],
        [("low", f"low: {WHO} made the user new@example.com", "20", ONE_EVENT)],
    ),
    Fires(
        "Falcon - many detections closed",
        "fifty by one user",
        [closed(number, "closed" if number % 2 else "false_positive") for number in range(50)],
        [("medium", "medium: mallory closed 50 detections", "40", "mallory")],
    ),
]
FAMILIES = {
    "Falcon - endpoint detection": "eventtype=crowdstrike_es_epp_detection",
    "Falcon - identity detection": "eventtype=crowdstrike_es_idp_detection",
    "Falcon - mobile detection": "family=mobile_detection",
    "Falcon - cloud finding": "eventtype=crowdstrike_es_cspm",
    "Falcon - match of a custom indicator": "family=indicator_match",
    "Falcon - data protection detection": "eventtype=crowdstrike_es_dlp",
}
STRANGERS = [
    ("a host's firewall", Sent("FirewallMatchEvent", {"HostName": "h", "RuleAction": "2"})),
    ("a change that somebody made", change("update_group", **MADE)),
]
SUCCEEDED = "status=success"


def failed(operation: str, **pairs: str) -> Sent:
    return Sent(AUTH, audit(operation, "some_service", pairs, Success=False))


SILENT = [
    *(
        Silent(detection, when, [sent], condition)
        for detection, condition in FAMILIES.items()
        for when, sent in STRANGERS
    ),
    Silent(
        "Falcon - cloud finding",
        "a check that was passed",
        [check("bucket-1", "Passed")],
        FAMILIES["Falcon - cloud finding"],
    ),
    Silent(
        "Falcon - cross-domain detection or lead",
        "the endpoint's own detection",
        [ENDPOINT],
        " | where told==0",
    ),
    Silent(
        "Falcon - cross-domain detection or lead",
        "the view of an endpoint detection with the same id",
        [xdr(CompositeId=epp()["CompositeId"], AggregateId=None), ENDPOINT],
        " | where told==0",
    ),
    Silent(
        "Falcon - cross-domain detection or lead",
        "the view of its group",
        [xdr(AggregateId=GROUP), ENDPOINT],
        " | where told==0",
    ),
    Silent(
        "Falcon - cross-domain detection or lead",
        "a lead that has the endpoint detection among its signals",
        [lead(INDICATOR), ENDPOINT],
        " | where told==0",
    ),
    Silent(
        "Falcon - cross-domain detection or lead",
        "an identity detection",
        [IDENTITY],
        "(family=cross_domain_detection OR family=automated_lead OR family=overwatch_detection OR family=incident"
        " OR family=endpoint_detection)",
    ),
    Silent(
        "Falcon - admin role granted",
        "a role that may only read",
        [roles("falconhost_read_only")],
        ' | where match(audit_roles, "(?i)falconhost_admin|remote_responder_three|firewall_manager|xdr_admin")',
    ),
    Silent("Falcon - admin role granted", "a grant that was refused", [roles("falconhost_admin", False)], SUCCEEDED),
    Silent(
        "Falcon - policy weakened",
        "a policy made, and one updated that stays on",
        [change("create_policy", **MADE), change("update_policy", policy_name="Servers", policy_enabled="true")],
        "(command=disable_policy OR command=delete_policy OR command=remove_policy OR audit_policy_enabled=false)",
    ),
    Silent(
        "Falcon - policy weakened",
        "what else is disabled",
        [change("disable_rule_group", **MADE, policy_enabled="false")],
        "object_category=policy",
    ),
    Silent("Falcon - policy weakened", "an attempt", [failed("disable_policy", **MADE)], SUCCEEDED),
    Silent(
        "Falcon - exclusion added",
        "an exclusion taken away",
        [change("delete_exception", **MADE)],
        "(action=created OR action=updated)",
    ),
    Silent("Falcon - exclusion added", "a rule made", [change("create_rule", **MADE)], "object_category=exclusion"),
    Silent("Falcon - exclusion added", "an attempt", [failed("create_exception", **MADE)], SUCCEEDED),
    Silent(
        "Falcon - API client made",
        "clients deleted",
        [change("DeleteAPIClients", **MADE)],
        "(action=created OR action=updated)",
    ),
    Silent("Falcon - API client made", "a group made", [change("create_group", **MADE)], "object_category=api_client"),
    Silent("Falcon - API client made", "an attempt", [failed("CreateAPIClient", **MADE)], SUCCEEDED),
    Silent(
        "Falcon - allow-list changed",
        "a policy updated",
        [change("update_policy", **MADE)],
        "object_category=allowlist",
    ),
    Silent("Falcon - allow-list changed", "an attempt", [failed("UpdateAllowlistGroup", group_name="x")], SUCCEEDED),
    Silent(
        "Falcon - Real Time Response on many hosts",
        "five sessions on four hosts",
        [*(shell(f"host{number}") for number in range(4)), shell("host1")],
        " | where hosts>=5",
    ),
    Silent(
        "Falcon - Real Time Response on many hosts",
        "five hosts, by two users",
        [shell(f"host{number}", user="mallory" if number else "eve") for number in range(5)],
        " | where hosts>=5",
    ),
    Silent(
        "Falcon - Real Time Response on many hosts",
        "sessions that end",
        [shell(f"host{number}", event="RemoteResponseSessionEndEvent") for number in range(5)],
        "action=started",
    ),
    Silent(
        "Falcon - Real Time Response on many hosts",
        "phones that were detected on",
        [Sent(PHONE.event_type, {**PHONE.event, "ComputerName": f"phone{number}"}) for number in range(5)],
        "family=remote_response action=started",
    ),
    Silent(
        "Falcon - sign-ins refused in a row",
        "four",
        [refused(ago=number) for number in range(4)],
        " | where refused>=5",
    ),
    Silent(
        "Falcon - sign-ins refused in a row",
        "six with one between them that was accepted",
        [refused(success=number == 3, ago=number) for number in range(7)],
        " | where refused>=5",
    ),
    Silent(
        "Falcon - sign-ins refused in a row",
        "five of five users",
        [refused(user=f"user{number}", ago=number) for number in range(5)],
        " | where refused>=5",
    ),
    Silent(
        "Falcon - sign-ins refused in a row",
        "five that were accepted",
        [refused(success=True, ago=number) for number in range(5)],
        " | where accepted==0",
        " | eval row=1",
    ),
    Silent(
        "Falcon - host hidden or released",
        "a host contained",
        [change("containment_requested", device_id=AID)],
        "(command=hide_host_requested OR command=mobile_hide_host_requested OR command=lift_containment_requested)",
    ),
    Silent("Falcon - host hidden or released", "an attempt", [failed("hide_host_requested", device_id=AID)], SUCCEEDED),
    Silent(
        "Falcon - maintenance token revealed",
        "a setting read",
        [change("frobnicate", **MADE)],
        "object_category=maintenance_token",
    ),
    Silent("Falcon - maintenance token revealed", "an attempt", [failed("reveal_token", device_id=AID)], SUCCEEDED),
    Silent(
        "Falcon - quarantined file released",
        "a file deleted there",
        [change("quarantined_file_update", quarantined_file_id="x_y", action_taken="delete")],
        "vendor_action=release*",
    ),
    Silent(
        "Falcon - quarantined file released",
        "something else that was released",
        [change("frobnicate", action_taken="release", **MADE)],
        "command=quarantined_file_update",
    ),
    Silent(
        "Falcon - quarantined file released",
        "an attempt",
        [failed("quarantined_file_update", quarantined_file_id="x_y", action_taken="release")],
        SUCCEEDED,
    ),
    Silent(
        "Falcon - console user made",
        "a user deleted",
        [Sent(AUTH, audit("deleteUser", "CrowdStrike Authentication", {"target_name": "old@example.com"}))],
        "command=createUser",
    ),
    Silent(
        "Falcon - console user made", "an attempt", [failed("createUser", target_name="new@example.com")], SUCCEEDED
    ),
    Silent(
        "Falcon - many detections closed",
        "forty-nine, some of them twice",
        [closed(number % 49) for number in range(60)],
        " | where detections>=50",
    ),
    Silent(
        "Falcon - many detections closed",
        "fifty by two users",
        [closed(number, user="mallory" if number else "eve") for number in range(50)],
        " | where detections>=50",
    ),
    Silent(
        "Falcon - many detections closed",
        "fifty taken up",
        [closed(number, "in_progress") for number in range(50)],
        "(audit_update_status=closed OR audit_update_status=ignored OR audit_update_status=false_positive)",
    ),
]


@pytest.fixture(scope="module")
def searching(knowledge: Knowledge) -> SearchTime:
    return SearchTime(knowledge)


def seen(sent: Sequence[Sent], searching: SearchTime, tenant: str = "") -> list[Seen]:
    """The events as a search sees them, newest first; each has the offset of its place, from 1."""
    made = []
    for offset, each in enumerate(sent, 1):
        created = NOW - each.ago
        metadata = {
            "customerIDString": CID,
            "offset": offset,
            "eventType": each.event_type,
            "eventCreationTime": int(created * 1000),
        }
        raw = json.dumps({"metadata": metadata, "event": each.event}, separators=(",", ":")).encode()
        indexed = {"falcon_partition": "3", **({"falcon_tenant": tenant} if tenant else {})}
        result = searching.evaluate(
            Event(
                raw,
                sourcetype="CrowdStrike:Event:Streams:JSON",
                source="CrowdStrike:Event:Streams",
                host="forwarder01",
                time=created,
                fields=indexed,
            )
        )
        made.append((result.fields, result.eventtypes, result.tags))
    return sorted(made, key=lambda found: -float(found[0]["_time"][0]))


def findings(search: str, events: Sequence[Seen], knowledge: Knowledge) -> list[Row]:
    return run(search, events, knowledge.macros, NOW)


def one(detection: str) -> Fires:
    """The first of the rows that fire a detection."""
    return next(each for each in FIRES if each.detection == detection)


def case_id(each: tuple[str, ...]) -> str:
    return f"{each[0][9:]}: {each[1]}"


@pytest.mark.parametrize("case", FIRES, ids=case_id)
def test_a_detection_makes_a_finding_of_what_it_is_for(
    case: Fires, searching: SearchTime, knowledge: Knowledge
) -> None:
    rows = findings(DETECTIONS[case.detection]["search"], seen(case.sent, searching), knowledge)

    assert [(row["severity"], row["headline"], row["risk_score"], row["finding"]) for row in rows] == list(
        case.findings
    )
    assert fires(DETECTIONS[case.detection], len(rows))


@pytest.mark.parametrize("case", SILENT, ids=case_id)
def test_a_detection_is_silent_for_what_is_not_its_own_because_of_a_part_of_its_search(
    case: Silent, searching: SearchTime, knowledge: Knowledge
) -> None:
    search, events = DETECTIONS[case.detection]["search"], seen(case.sent, searching)
    assert search.count(case.because) == 1, "the part that keeps it out is not there once"

    rows = findings(search, events, knowledge)
    without = findings(search.replace(case.because, case.instead), events, knowledge)

    assert not fires(DETECTIONS[case.detection], len(rows)), rows
    assert fires(DETECTIONS[case.detection], len(without)), "its control: without that part it has to fire"


def test_every_detection_has_rows_of_both_kinds() -> None:
    assert {each.detection for each in FIRES} == {each.detection for each in SILENT} == set(DETECTIONS)
    assert len(DETECTIONS) == 19


@pytest.mark.parametrize("name", sorted(DETECTIONS))
def test_what_enterprise_security_reads_names_fields_that_the_rows_have(
    name: str, searching: SearchTime, knowledge: Knowledge
) -> None:
    rows = [
        row
        for each in FIRES
        if each.detection == name
        for row in findings(DETECTIONS[name]["search"], seen(each.sent, searching), knowledge)
    ]

    assert unknown(DETECTIONS[name], rows) == []


def test_a_field_that_no_row_has_is_found(searching: SearchTime, knowledge: Knowledge) -> None:
    """The control of the former."""
    name = "Falcon - mobile detection"
    rows = findings(DETECTIONS[name]["search"], seen(one(name).sent, searching), knowledge)
    for key, wrong in {
        "action.notable.param.rule_title": "$headlin$",
        "action.email.subject": "$result.headlin$",
        "action.risk.param._risk": '[{"risk_object_field": "hots", "risk_object_type": "system", "risk_score": 1}]',
        "action.notable.param.nes_fields": "dest,usr",
        "alert.suppress.fields": "tenant,findings",
    }.items():
        assert len(unknown({**DETECTIONS[name], key: wrong}, rows)) == 1, key
    assert unknown(DETECTIONS[name], [{**rows[0], "risk_object": "x"}]) == ["risk_object"]


def unknown(detection: Mapping[str, str], rows: Sequence[Row]) -> list[str]:
    """The fields that a detection's keys name and none of its rows has a value of; and one that no row may have,
    because Enterprise Security would give its whole risk to that."""
    texts = ["action.notable.param.rule_title", "action.notable.param.rule_description"]
    texts += ["action.risk.param._risk_message", "action.email.subject", "action.email.message.alert"]
    named = [name for key in texts for name in re.findall(r"\$(?:result\.)?(\w+)\$", detection[key])]
    for key in ("action.risk.param._risk", "action.notable.param._entities"):
        for each in json.loads(detection[key]):
            named.append(each.get("risk_object_field") or each["threat_object_field"])
    named += detection["action.notable.param.nes_fields"].split(",") + detection["alert.suppress.fields"].split(",")
    known = {name for row in rows for name in row}
    filled = {name for row in rows for name, value in row.items() if value != [] or name.startswith("threat_")}
    return sorted({*named} - filled | known & {"risk_object", "risk_object_type"})


# What can be looked for elsewhere, by detection: the rows of its first case have these threat objects and no others.
THREATS = {
    "Falcon - endpoint detection": {"threat_hash": "9f" * 32},
    "Falcon - mobile detection": {"threat_address": "203.0.113.9", "threat_link": "https://evil.example/x"},
    "Falcon - match of a custom indicator": {"threat_domain": "evil.example"},
    "Falcon - data protection detection": {"threat_hash": "21" * 32, "threat_link": "https://mail.example.net/u"},
    "Falcon - cross-domain detection or lead": {"threat_domain": ["evil.example", "worse.example"]},
    "Falcon - quarantined file released": {"threat_hash": "ab" * 32},
}


@pytest.mark.parametrize("name", sorted(DETECTIONS))
def test_a_finding_has_the_threat_objects_of_its_event(name: str, searching: SearchTime, knowledge: Knowledge) -> None:
    row = findings(DETECTIONS[name]["search"], seen(one(name).sent, searching), knowledge)[0]
    shown = {field: value for field, value in row.items() if field.startswith("threat_") and value != []}
    named = {each.get("threat_object_field") for each in json.loads(DETECTIONS[name]["action.risk.param._risk"])}

    assert shown == THREATS.get(name, {})
    assert set(shown) <= named


def test_what_an_endpoint_detection_reached_and_what_matched_there_are_threat_objects(
    searching: SearchTime, knowledge: Knowledge
) -> None:
    event = epp(
        NetworkAccesses=[{"RemoteAddress": "203.0.113.9"}, {"RemoteAddress": "203.0.113.9"}],
        DnsRequests=[{"DomainName": "evil.example"}],
        ReferrerUrl="https://evil.example/x",
        IOCType="domain",
        IOCValue="worse.example",
    )
    (row,) = findings(
        DETECTIONS["Falcon - endpoint detection"]["search"], seen([Sent(EPP, event)], searching), knowledge
    )

    assert row["threat_address"] == "203.0.113.9"
    assert row["threat_domain"] == ["evil.example", "worse.example"]
    assert row["threat_link"] == "https://evil.example/x"


@pytest.mark.parametrize(
    ("user", "risk"),
    [
        ("mkeller", "mkeller"),
        ("Rooty", "Rooty"),
        ("SYSTEM", []),
        ("root", []),
        ("LOCAL SERVICE", []),
        ("FIN-WS-0142$", []),
    ],
)
def test_the_risk_of_an_account_that_every_machine_has_does_not_grow(
    user: str, risk: object, searching: SearchTime, knowledge: Knowledge
) -> None:
    events = seen([Sent(EPP, epp(UserName=user))], searching)
    (row,) = findings(DETECTIONS["Falcon - endpoint detection"]["search"], events, knowledge)

    assert (row["user"], row["risk_user"]) == (user, risk)


def test_a_finding_is_annotated_with_the_techniques_that_falcon_names_or_with_those_of_its_detection(
    searching: SearchTime, knowledge: Knowledge
) -> None:
    (row,) = findings(DETECTIONS["Falcon - endpoint detection"]["search"], seen([ENDPOINT], searching), knowledge)
    fixed = {
        name: json.loads(each["action.correlationsearch.annotations"])["mitre_attack"]
        for name, each in DETECTIONS.items()
    }

    assert row["annotations.mitre_attack"] == "T1059.001"
    assert {name for name, techniques in fixed.items() if techniques} == set(DETECTIONS) - FOUND_BY_FALCON
    assert all(re.fullmatch(r"T\d{4}(?:\.\d{3})?", each) for techniques in fixed.values() for each in techniques)


FOUND_BY_FALCON = {*FAMILIES, "Falcon - cross-domain detection or lead"}


@pytest.mark.parametrize(
    ("link", "url", "said"),
    [
        (CONSOLE, CONSOLE, f"In Falcon: {CONSOLE}"),
        ("https://evil.example/x", [], "The event has no link to Falcon."),
        ("javascript:alert(1)", [], "The event has no link to Falcon."),
    ],
)
def test_a_finding_leads_to_falcons_console_and_nowhere_else(
    link: str, url: object, said: str, searching: SearchTime, knowledge: Knowledge
) -> None:
    events = seen([Sent(EPP, epp(FalconHostLink=link, Description="Bad."))], searching)
    (row,) = findings(DETECTIONS["Falcon - endpoint detection"]["search"], events, knowledge)

    assert (row["url"], row["details"]) == (url, f"Bad. {said}")


ALLOWED = {
    "SeverityName": "Critical",
    "PatternDispositionFlags": flags(),
    "PatternDispositionDescription": "Detection, standard detection.",
}


@pytest.mark.parametrize(
    ("name", "details"),
    [
        (
            "Falcon - allow-list changed",
            "Somebody changed the addresses from which Falcon's console and API can be reached."
            " Details: group_name=offices; active=false; old_active=true. From 198.51.100.23.",
        ),
        (
            "Falcon - sign-ins refused in a row",
            "Falcon's console refused a user five times in a row or more within an hour, by the same method."
            " From 198.51.100.23.",
        ),
        ("Falcon - many detections closed", "One user closed fifty detections or more within an hour."),
    ],
)
def test_a_change_is_told_with_its_pairs_and_where_it_came_from(
    name: str, details: str, searching: SearchTime, knowledge: Knowledge
) -> None:
    (row,) = findings(DETECTIONS[name]["search"], seen(one(name).sent, searching), knowledge)

    assert row["details"] == details


def test_no_detection_stumbles_over_an_event_that_the_emulator_makes(knowledge: Knowledge) -> None:
    made = [*emulated(knowledge), *log_lines()]
    found = {name: findings(each["search"], made, knowledge) for name, each in DETECTIONS.items()}

    assert {name for name in FOUND_BY_FALCON if not found[name]} == set()
    for name, rows in found.items():
        for field in ("tenant", "severity", "headline", "details", "risk_score", "finding"):
            assert all(isinstance(row[field], str) and row[field] for row in rows), f"{name}: {field}"


HOSTILE = 'x<script>alert(1)</script>\r\nBcc: eve@example.com" | delete'


def test_what_an_event_says_is_a_line_of_text_in_titles_and_messages(
    searching: SearchTime, knowledge: Knowledge
) -> None:
    event = epp(Name=HOSTILE, Hostname=HOSTILE, UserName=HOSTILE, Description=HOSTILE)
    (row,) = findings(
        DETECTIONS["Falcon - endpoint detection"]["search"], seen([Sent(EPP, event)], searching), knowledge
    )
    told = run(
        ini.read(ROOT / "default" / "savedsearches.conf")["Falcon - critical detection that was allowed"]["search"],
        seen([Sent(EPP, {**event, **ALLOWED})], searching),
        knowledge.macros,
        NOW,
    )

    for text in (row["headline"], row["details"], *(each[name] for each in told for name in ("headline", "details"))):
        assert "script" in str(text) or "Falcon" in str(text)
        assert re.findall(r"[<>\x00-\x1f]", str(text)) == []
    assert len(told) == 1


@pytest.mark.parametrize("name", [HOSTILE, 'a"b', "a b", "a`b", "a\\"])
def test_an_id_that_is_none_of_falcons_reaches_no_drilldown(
    name: str, searching: SearchTime, knowledge: Knowledge
) -> None:
    events = seen([Sent(EPP, epp(CompositeId=name, AggregateId=name))], searching)
    (row,) = findings(DETECTIONS["Falcon - endpoint detection"]["search"], events, knowledge)

    assert (row["id"], row["detection_group_id"]) == ([], [])
    assert row["finding"]


def test_the_same_thing_at_two_tenants_is_two_findings(searching: SearchTime, knowledge: Knowledge) -> None:
    for name in DETECTIONS:
        events = [*seen(one(name).sent, searching, "ACME"), *seen(one(name).sent, searching, "Umbrella")]
        events = [(dict(fields, cid=[fields["falcon_tenant"][0]]), types, tags) for fields, types, tags in events]
        rows, number = findings(DETECTIONS[name]["search"], events, knowledge), len(one(name).findings)
        assert sorted(str(row["tenant"]) for row in rows) == ["ACME"] * number + ["Umbrella"] * number, name
        assert "tenant" in DETECTIONS[name]["alert.suppress.fields"].split(","), name


def test_a_repeated_event_changes_no_finding(searching: SearchTime, knowledge: Knowledge) -> None:
    for each in FIRES:
        events = seen(each.sent, searching)
        search = DETECTIONS[each.detection]["search"]
        twice = [event for event in events for _ in range(2)]
        assert findings(search, twice, knowledge) == findings(search, events, knowledge), each.detection


@pytest.mark.parametrize("name", sorted(DETECTIONS))
def test_a_drilldown_finds_the_events_of_its_finding_by_ids_alone(
    name: str, searching: SearchTime, knowledge: Knowledge
) -> None:
    events = seen(one(name).sent, searching)
    row = findings(DETECTIONS[name]["search"], events, knowledge)[0]
    ((drilldown),) = json.loads(DETECTIONS[name]["action.notable.param.drilldown_searches"])
    tokens = set(re.findall(r"\$(\w+)\$", drilldown["search"]))
    search = re.sub(r"\$(\w+)\$", lambda found: str(row[found[1]] or found[0]), drilldown["search"])

    assert tokens <= {"id", "detection_group_id"}, "a text that an event brings could end the search's own quotes"
    assert findings(search, events, knowledge)
    assert not findings(search, seen([STRANGERS[0][1]], searching), knowledge)


def test_a_detection_ships_disabled_and_comes_once_a_day_for_one_thing() -> None:
    for name, each in DETECTIONS.items():
        assert (each["disabled"], each["enableSched"]) == ("1", "1"), name
        assert each["alert.suppress.fields"] == "tenant,finding,severity", name
        assert each["alert.suppress.period"] == "24h", name
        assert each["action.correlationsearch.label"] == name


def test_what_comes_late_is_found_when_it_is_indexed_and_a_count_has_its_hour() -> None:
    counted = {name for name, each in DETECTIONS.items() if "dispatch.index_earliest" not in each}

    assert counted == {
        name for name, each in DETECTIONS.items() if "stats " in each["search"].replace("eventstats ", "")
    }
    for name, each in DETECTIONS.items():
        assert each["dispatch.earliest_time"] == ("-65m" if name in counted else "-24h"), name
        minutes = int(each.get("dispatch.index_earliest", "-65m")[1:-1])
        assert minutes > 10, f"{name} runs every ten minutes"
        assert each["realtime_schedule"] == "0", f"{name}: a run that was skipped would be a gap"


def test_the_detections_run_every_ten_minutes_and_not_all_in_the_same_one() -> None:
    minutes = [re.fullmatch(r"(\d)-59/10 \* \* \* \*", each["cron_schedule"]) for each in DETECTIONS.values()]
    found = Counter(minute[1] for minute in minutes if minute)

    assert sum(found.values()) == len(DETECTIONS)
    assert max(found.values()) == 2


PAGE = (ROOT / "docs" / "enterprise-security.md").read_text(encoding="utf-8")


def test_the_page_tells_every_detection_with_its_severity_and_threat_objects() -> None:
    rows = [
        [cell.strip() for cell in line.split("|")[1:-1]] for line in PAGE.splitlines() if line.startswith("| Falcon - ")
    ]
    kinds = {"file_hash": "hash", "domain": "domain", "ip_address": "address", "url": "link"}
    expected = {
        name: [
            kinds[each["threat_object_type"]]
            for each in json.loads(said["action.risk.param._risk"])
            if "threat_object_type" in each
        ]
        for name, said in DETECTIONS.items()
    }

    assert {name: [each for each in threats.split(", ") if each] for name, _, _, _, threats in rows} == expected
    for name, _, severity, _, _ in rows:
        fixed = re.findall(r'eval severity="(\w+)"', DETECTIONS[name]["search"])
        assert severity == (fixed[0] if fixed else "medium" if "indicator" in name else "Falcon's"), name
