"""Events about identities and mobile devices (events reference 5.2, 5.3, 5.5)."""

from __future__ import annotations

from typing import Any

from tests.emulator.events.cast import Cast
from tests.emulator.events.template import filetime, millis, seconds
from tests.emulator.events.vocabulary import LINK, SEVERITIES, mitre

Body = dict[str, Any]


def idp(cast: Cast) -> Body:
    """IdpDetectionSummaryEvent: times are FILETIME; the old kind has a small severity and no name for it."""
    host, user, guid = cast.host("Windows"), cast.person(), cast.uuid().upper()
    detection = f"{cast.customer}:ind:{cast.customer}:{guid}"
    body: Body = {
        "ContextTimeStamp": filetime(-69),
        "DetectId": detection,
        "DetectName": "Unusual login to an endpoint",
        "DetectDescription": "Account used a machine it never used before",
        "FalconHostLink": f"{LINK}/identity-protection/detections/{detection}?_cid=g01",
        "StartTime": filetime(-82),
        "EndTime": filetime(-82),
        "Severity": cast.one((2, 7)),
        "Tactic": "Initial Access",
        "Technique": "Valid Accounts",
        "Objective": "Gain Access",
        "SourceAccountDomain": "CORP.EXAMPLE.COM",
        "SourceAccountName": user,
        "SourceAccountUpn": f"{user}@example.com",
        "SourceAccountObjectSid": f"S-1-5-21-100-200-300-{cast.rng.randrange(1000, 9999)}",
        "SourceEndpointHostName": f"{host.name.lower()}.corp.example.com",
        "SourceEndpointIpAddress": host.ip,
        "SourceEndpointSensorId": host.aid,
        "ActivityId": cast.uuid().upper(),
        "PatternId": 51135,
        "SourceVendors": "CrowdStrike",
        "SourceProducts": "Falcon Identity Protection",
        "DataDomains": "Identity",
    }
    if cast.rng.random() < 0.7:
        severity, name = cast.one(SEVERITIES)
        body.update(Severity=severity, SeverityName=name, CompositeId=detection, Name=body["DetectName"])
        body["MitreAttack"] = [mitre("Initial Access", "TA0001", "Valid Accounts", "T1078", 51135)]
    return body


def identity_protection(cast: Cast) -> Body:
    """IdentityProtectionEvent: severity in upper case, its number means nothing."""
    host = cast.host("Windows")
    is_incident = cast.rng.random() < 0.5
    found = f"INC-{cast.rng.randrange(1000, 9999)}" if is_incident else cast.uuid()
    return {
        "IncidentType": cast.one(("UNUSUAL_ACTIVITY", "UNUSUAL_ENDPOINT_USE", "Privilege escalation (user)")),
        "IncidentDescription": "Account gained an administrative group",
        "Severity": cast.one((0, 1, 4)),
        "SeverityName": cast.one(("INFO", "LOW", "MEDIUM", "HIGH", "CRITICAL")),
        "StartTime": millis(-885),
        "EndTime": millis(-13),
        "IdentityProtectionIncidentId": found,
        "UserName": cast.one((f"CORP.EXAMPLE.COM\\{cast.person()}", cast.person())),
        "EndpointName": cast.one((f"{host.name.lower()}.corp.example.com", "")),
        "EndpointIp": cast.one((host.ip, "")),
        "Category": "Incidents" if is_incident else "Detections",
        "NumbersOfAlerts": 1,
        "NumberOfCompromisedEntities": 1,
        "State": "NEW",
        "FalconHostLink": f"{LINK}/identity-protection/{'incidents' if is_incident else 'detections'}/{found}?_cid=g01",
    }


def mobile(cast: Cast) -> Body:
    """MobileDetectionSummaryEvent, in the names of 2025."""
    aid, number = cast.hex(32), cast.rng.randrange(1, 9)
    severity, name = cast.one(SEVERITIES[1:])
    body: Body = {
        "SensorId": aid,
        "MobileDetectionId": number,
        "ComputerName": "Pixel of field team 4",
        "UserName": f"field{number:02d}",
        "ContextTimeStamp": seconds(-65),
        "Tactic": "Insecure security posture",
        "TacticId": "CSTA0009",
        "Technique": "Bad device settings",
        "TechniqueId": "CST0024",
        "Objective": "Falcon Detection Method",
        "Severity": severity,
        "FalconHostLink": f"{LINK}/mobile/detections/{aid}:{number}?_cid=g01",
        "SourceVendors": "CrowdStrike",
        "SourceProducts": "Falcon for Mobile",
        "DataDomains": "Endpoint",
        "PatternId": 41124,
        "CompositeId": f"{cast.customer}:ind:{aid}:41124|{number}",
        "Name": "LockScreenNotSet",
        "Description": "No screen lock is configured.",
        "MobileNetworkConnections": [
            {
                "AccessTimestamp": seconds(-66),
                "Protocol": "TCP",
                "ConnectionFlags": 0,
                "LocalAddress": "192.0.2.200",
                "RemoteAddress": cast.outside(),
                "RemotePort": 443,
                "ConnectionDirection": 0,
                "Url": "https://bad.example.net/?a=1&b=2",
                "IsIPV6": False,
                "ContextProcessId": 4711,
            }
        ],
        "MitreAttack": [mitre("Insecure security posture", "CSTA0009", "Bad device settings", "CST0024", 41124)],
    }
    return {**body, "SeverityName": name} if cast.rng.random() < 0.6 else body
