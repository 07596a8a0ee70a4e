"""What is concluded from many events: XDR, OverWatch, leads, incidents (events reference 5.4, 5.6 and 5.8)."""

from __future__ import annotations

from typing import Any, Optional

from tests.emulator.events.cast import Cast
from tests.emulator.events.template import iso, millis, nanos, seconds
from tests.emulator.events.vocabulary import LINK, SEVERITIES, mitre

Body = dict[str, Any]


def xdr(cast: Cast) -> Body:
    """XdrDetectionSummaryEvent; times in milliseconds, or in nanoseconds as in 2022."""
    host, other = cast.host(), cast.host()
    old = cast.rng.random() < 0.25
    return {
        "DetectId": f"{cast.customer}:ind:{cast.customer}:xdr|{cast.hex(32)}",
        "Name": "Encoded PowerShell followed by mailbox rule",
        "Description": "Endpoint and mail activity share one user.",
        "PatternId": 100011,
        "TacticIds": "TA0002,TA0009",
        "Tactics": "Execution, Collection",
        "TechniqueIds": "T1059.001,T1114.003",
        "Techniques": "PowerShell,Email Forwarding Rule",
        "StartTimeEpoch": nanos(-293) if old else millis(-293000),
        "EndTimeEpoch": nanos(-73) if old else millis(-73000),
        "Severity": cast.one((16, 70, 90)),
        "HostNames": f"{host.name}, {other.name}",
        "IPv4Addresses": f"{host.ip},{other.ip}",
        "IPv6Addresses": host.ipv6,
        "Users": cast.person(),
        "SensorIds": f"{host.aid},{other.aid}",
        "SHA256Hashes": cast.hex(64),
        "EmailAddresses": cast.analyst(),
        "SourceProducts": "Falcon,ExampleMail",
        "SourceVendors": "CrowdStrike,ExampleVendor",
        "DataDomains": "Endpoint,Email",
        "Author": "CrowdStrike",
        "XdrType": "xdr",
    }


def overwatch(cast: Cast) -> Body:
    """OverwatchGenericDetectionSummaryEvent."""
    severity, severity_name = cast.one(SEVERITIES)
    composite = f"{cast.customer}:lead:generic|{cast.customer}:{cast.uuid()}"
    return {
        "CompositeId": composite,
        "Timestamp": iso(-60),
        "Name": "OverwatchDetection",
        "DisplayName": "OverWatch Detection",
        "Description": "Hunters saw hands-on activity in a cloud account.",
        "Category": "Cloud",
        "FalconHostLink": f"{LINK}/unified-detections/{composite}?_cid=g01000example",
        "Severity": severity,
        "SeverityName": severity_name,
        "MitreAttack": [mitre("Falcon Overwatch", "CSTA0006", "Malicious Activity", "CST0002", 10111)],
    }


def lead(cast: Cast, indicators: Optional[int] = None, updated: int = -1) -> Body:
    """AutomatedLeadSummaryEvent."""
    host, lead_id = cast.host(), cast.hex(64)
    count = cast.rng.randrange(5, 9) if indicators is None else indicators
    return {
        "LeadId": lead_id,
        "Name": f"{host.name} at {iso(-80)}",
        "SignalStartTimestamp": seconds(-90),
        "SignalEndTimestamp": seconds(-85),
        "SignalUpdatedTimestamp": seconds(updated),
        "Score": cast.rng.randrange(20, 95),
        "ThreatgraphIndicators": [
            {
                "IndicatorId": f"ind:{host.aid}:{cast.process(host)}-10358-{cast.rng.randrange(10**7, 10**8)}",
                "SignalAssociationTimestamp": seconds(-90 + number),
                "PatternId": 10358 + number,
                "PatternDisposition": 0,
                "Severity": 70,
                "ProcessId": str(cast.process(host)),
                "HostId": host.aid,
                "Hostname": host.name,
                "TemplateInstanceId": 24302,
                "Description": "A rarely seen file was opened by the user.",
                "DisplayName": "UserExecution",
            }
            for number in range(count)
        ],
        "MitreAttack": [mitre("Execution", "TA0002", "User Execution", "T1204", 10358)],
        "LeadType": "simple",
        "CompositeId": f"{cast.customer}:automated-lead:{cast.customer}:{lead_id}",
        "FalconHostLink": f"{LINK}/automated-leads/{lead_id}?_cid=g01000example",
    }


def incident(cast: Cast) -> Body:
    """IncidentSummaryEvent."""
    host = cast.host()
    incident_id = f"inc:{host.aid}:{cast.hex(32)}"
    lateral = cast.rng.randrange(0, 2)
    body: Body = {
        "IncidentStartTime": seconds(-85),
        "IncidentEndTime": seconds(),
        "FalconHostLink": f"{LINK}/crowdscore/incidents/details/{incident_id}",
        "State": cast.one(("open", "closed")),
        "FineScore": cast.one((0.1, 2.4, 6.1)),
        "LateralMovement": lateral,
        "IncidentType": 1,
        "IncidentID": incident_id,
        "HostID": host.aid,
    }
    return {**body, "LMHostIDs": [cast.hex(32)]} if lateral else body
