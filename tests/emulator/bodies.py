"""Bodies of events of every type of the catalogue (events reference, section 4), hard cases of its section 12 included.

Rules: each function returns the `event` object of one type; `draw` is a seeded random source. All names, hosts, hashes
and addresses are invented; addresses are documentation ranges. `ALL` maps each type to its function and to how often it
comes in an ordinary tenant's mix.
"""

from __future__ import annotations

from random import Random
from typing import Any, Callable, Dict, List, Tuple

Body = Dict[str, Any]
CID = "0a1b2c3d4e5f60718293a4b5c6d7e8f9"
USERS = ("mkeller@example.com", "a.o'neill@example.com", "jürgen.groß@example.com", "佐藤@example.com", "svc-backup")
HOSTS = ("FIN-WS-0142", "LAB-PC-07", "db01.example.net", "MÜN-LT-3", "K8S-NODE-9")
FLAGS = [
    "Indicator",
    "Detect",
    "InddetMask",
    "SensorOnly",
    "Rooting",
    "KillProcess",
    "KillSubProcess",
    "QuarantineMachine",
    "QuarantineFile",
    "PolicyDisabled",
    "KillParent",
    "OperationBlocked",
    "ProcessBlocked",
    "RegistryOperationBlocked",
    "CriticalProcessDisabled",
    "BootupSafeguardEnabled",
    "FsOperationBlocked",
    "HandleOperationDowngraded",
    "KillActionFailed",
    "BlockingUnsupportedOrDisabled",
    "SuspendProcess",
    "SuspendParent",
    "ContainmentFileSystem",
    "FutureUnknownFlag",
]
LINK = "https://falcon.crowdstrike.com/activity-v2/detections/"


def hexes(draw: Random, length: int) -> str:
    """That many hexadecimal digits."""
    return f"{draw.getrandbits(4 * length):0{length}x}"


def address(draw: Random) -> str:
    """An address out of a documentation range."""
    return f"198.51.100.{draw.randrange(1, 255)}"


def severity(draw: Random) -> Tuple[int, str]:
    """A severity from 0 to 100 and its name."""
    value = draw.choice((10, 20, 30, 50, 70, 90))
    names = ((20, "Informational"), (40, "Low"), (60, "Medium"), (80, "High"))
    return value, next((name for limit, name in names if value < limit), "Critical")


def mitre(draw: Random) -> List[Body]:
    """An ATT&CK entry."""
    number = draw.randrange(10000, 99999)
    return [
        {
            "Tactic": "Execution",
            "TacticID": "TA0002",
            "Technique": "PowerShell",
            "TechniqueID": "T1059.001",
            "PatternID": number,
        }
    ]


def epp(draw: Random) -> Body:
    """An endpoint detection of today."""
    number, name = severity(draw)
    agent, process = hexes(draw, 32), draw.choice((418822730155, 1769000066123456789))
    body: Body = {
        "ProcessStartTime": 1769000066,
        "ProcessEndTime": 0,
        "ProcessId": process,
        "ParentProcessId": process - 7,
        "Hostname": draw.choice(HOSTS),
        "UserName": draw.choice(USERS),
        "Name": "Suspicious Activity",
        "Description": "A script host started an encoded command line. Review the process tree.",
        "Severity": number,
        "SeverityName": name,
        "FileName": "powershell.exe",
        "FilePath": "\\Device\\HarddiskVolume3\\Windows\\System32\\WindowsPowerShell\\v1.0\\powershell.exe",
        "CommandLine": 'powershell.exe -nop -enc SQBFAFgA "C:\\Program Files\\x\\"',
        "SHA256String": hexes(draw, 64),
        "MD5String": hexes(draw, 32),
        "SHA1String": "0" * 40,
        "LogonDomain": "EXAMPLE",
        "FalconHostLink": f"{LINK}{CID}:ind:{agent}:{process}-10197-660123?_cid=g01000example",
        "AgentId": agent,
        "CompositeId": f"{CID}:ind:{agent}:{process}-10197-660123",
        "LocalIP": "192.0.2.44",
        "MACAddress": draw.choice(("02-00-5e-10-00-2c", "N/A")),
        "Tactic": "Execution",
        "Technique": "PowerShell",
        "Objective": "Follow Through",
        "PatternDispositionDescription": "Prevention, process was blocked from execution.",
        "PatternDispositionValue": 2048,
        "PatternDispositionFlags": {flag: flag == "ProcessBlocked" for flag in FLAGS},
        "ParentImageFileName": "winword.exe",
        "ParentCommandLine": '"C:\\Program Files\\Microsoft Office\\WINWORD.EXE" invoice.docm',
        "GrandParentImageFileName": "explorer.exe",
        "HostGroups": hexes(draw, 32),
        "PatternId": 10197,
        "SourceVendors": "CrowdStrike",
        "SourceProducts": "Falcon Insight",
        "DataDomains": "Endpoint",
        "AggregateId": f"aggind:{agent}:30066771001",
        "Type": "ldt",
        "LocalIPv6": "",
        "Tags": draw.choice(("SensorGroupingTags/a,FalconGroupingTags/b", ["SensorGroupingTags/a"])),
        "MitreAttack": mitre(draw),
    }
    if draw.random() < 0.3:
        body["NetworkAccesses"] = [network_access(draw) for _ in range(draw.randrange(1, 11))]
    if draw.random() < 0.1:  # an on-demand scan has no process, user, severity name or disposition
        body["Type"] = "ods"
        for key in ("SeverityName", "UserName", "ProcessId", "PatternDispositionFlags", "PatternDispositionValue"):
            del body[key]
    return body


def network_access(draw: Random) -> Body:
    """A network access of a detection; sometimes IPv6."""
    six = draw.random() < 0.3
    return {
        "AccessType": 0,
        "AccessTimestamp": 1769000070,
        "Protocol": "TCP",
        "LocalAddress": "2001:db8::44" if six else "192.0.2.44",
        "LocalPort": 50123,
        "RemoteAddress": "2001:db8::1" if six else address(draw),
        "RemotePort": 443,
        "ConnectionDirection": 0,
        "IsIPV6": six,
    }


def legacy_detection(draw: Random) -> Body:
    """An endpoint detection as it was until 2025."""
    agent = hexes(draw, 32)
    return {
        "ProcessStartTime": 1712000001,
        "ProcessEndTime": 1712000002,
        "ProcessId": 38684386611,
        "ParentProcessId": 38682494050,
        "ComputerName": draw.choice(HOSTS),
        "UserName": draw.choice(USERS),
        "DetectName": "NGAV",
        "DetectDescription": "File is above the sensor ML threshold.",
        "Severity": 3,
        "SeverityName": "Medium",
        "FileName": "setup.exe",
        "FilePath": "\\Device\\HarddiskVolume2\\Users\\tester\\Downloads",
        "CommandLine": '"C:\\Users\\tester\\Downloads\\setup.exe" ',
        "SHA256String": hexes(draw, 64),
        "MD5String": hexes(draw, 32),
        "MachineDomain": "NA",
        "FalconHostLink": f"https://falcon.crowdstrike.com/activity/detections/detail/{agent}/38655257584?_cid={CID}",
        "SensorId": agent,
        "DetectId": f"ldt:{agent}:38655257584",
        "LocalIP": "192.0.2.50",
        "MACAddress": "02-00-5e-10-00-32",
        "Tactic": "Machine Learning",
        "Technique": "Sensor-based ML",
        "Objective": "Falcon Detection Method",
        "PatternDispositionDescription": "Detection, process would have been blocked if related policy was enabled.",
        "PatternDispositionValue": 2304,
        "PatternDispositionFlags": {"PolicyDisabled": True, "ProcessBlocked": True},
        "PatternId": 5704,
    }


def idp_detection(draw: Random) -> Body:
    """An identity detection; its times are Windows FILETIME."""
    number, name = severity(draw)
    return {
        "ContextTimeStamp": 134134738660000000,
        "StartTime": 134134738660000000,
        "EndTime": 134134738660000000,
        "DetectId": f"{CID}:ind:{CID}:{hexes(draw, 8).upper()}-7C1C-4A86-9A53-0F2D3C4B5A69",
        "DetectName": "Unusual login to an endpoint",
        "DetectDescription": "A user logged in to a machine they never used",
        "FalconHostLink": "https://falcon.crowdstrike.com/identity-protection/detections/x",
        "Severity": number,
        "SeverityName": name,
        "Tactic": "InitialAccess",
        "Technique": "Valid Accounts",
        "SourceAccountName": draw.choice(USERS),
        "SourceAccountDomain": "EXAMPLE.COM",
        "SourceEndpointHostName": draw.choice(HOSTS),
        "SourceEndpointIpAddress": address(draw),
        "SourceEndpointSensorId": hexes(draw, 32),
    }


def identity_protection(draw: Random) -> Body:
    """An identity incident of the older module."""
    return {
        "IncidentType": "UNUSUAL_LOGIN",
        "IncidentDescription": "Unusual access to a service",
        "Severity": 4,
        "SeverityName": "LOW",
        "StartTime": 1769000000123,
        "EndTime": 1769000060456,
        "IdentityProtectionIncidentId": f"{hexes(draw, 8)}-7c1c-4a86-9a53-0f2d3c4b5a69",
        "UserName": draw.choice(USERS),
        "EndpointName": draw.choice(HOSTS),
        "EndpointIp": address(draw),
        "Category": "Incidents",
        "NumbersOfAlerts": 1,
        "State": "NEW",
        "FalconHostLink": "https://falcon.crowdstrike.com/identity-protection/incidents/x",
    }


def xdr_detection(draw: Random) -> Body:
    """A cross-domain detection; its times were nanoseconds once."""
    return {
        "DetectId": f"{CID}:ind:{CID}:xdr|{hexes(draw, 16)}",
        "Name": "Credential theft over two domains",
        "Description": "Signals of identity and endpoint",
        "Severity": draw.choice((16, 90)),
        "StartTimeEpoch": draw.choice((1769000000000, 1663000000000000000)),
        "EndTimeEpoch": 1769000060000,
        "Tactics": "Credential Access,Execution",
        "Techniques": "OS Credential Dumping,PowerShell",
        "TacticIds": "TA0006,TA0002",
        "TechniqueIds": "T1003,T1059.001",
        "Users": ",".join(USERS[:2]),
        "HostNames": ",".join(HOSTS[:2]),
        "SensorIds": hexes(draw, 32),
        "IPv4Addresses": "192.0.2.44",
        "XdrType": "xdr-scheduled-search",
        "PatternId": 60001,
        "FalconHostLink": f"{LINK}xdr",
        "Author": "CrowdStrike",
    }


def mobile_detection(draw: Random) -> Body:
    """A detection on a phone."""
    number, name = severity(draw)
    return {
        "CompositeId": f"{CID}:ind:{hexes(draw, 32)}:10001|{draw.randrange(10**6)}",
        "SensorId": hexes(draw, 32),
        "MobileDetectionId": draw.randrange(10**9),
        "ComputerName": "Pixel 9",
        "UserName": draw.choice(USERS),
        "ContextTimeStamp": 1769000000,
        "DetectName": "Bootloader unlocked",
        "DetectDescription": "The device can be modified",
        "Severity": number,
        "SeverityName": name,
        "Tactic": "Insecure security posture",
        "TacticId": "CSTA0009",
        "Technique": "Bad device settings",
        "TechniqueId": "CST0024",
        "FalconHostLink": f"{LINK}mobile",
        "MobileAppsDetails": [{"AppIdentifier": "com.example.app", "AndroidAppLabel": "Ex\u00e4mple"}],
    }


def overwatch_generic(draw: Random) -> Body:
    """A finding of OverWatch outside the endpoint product."""
    number, name = severity(draw)
    return {
        "CompositeId": f"{CID}:lead:generic|{CID}:{hexes(draw, 8)}-1f0c-4a86-9a53-0f2d3c4b5a69",
        "Name": "Falcon OverWatch finding",
        "Description": "Hands-on-keyboard activity",
        "Severity": number,
        "SeverityName": name,
        "Tactic": "Falcon Overwatch",
        "Technique": "Malicious Activity",
        "Timestamp": "2026-01-21T12:00:00Z",
        "FalconHostLink": f"{LINK}overwatch",
        "MitreAttack": mitre(draw),
    }


def automated_lead(draw: Random) -> Body:
    """A lead built from forty weak indicators."""
    lead = hexes(draw, 64)
    indicator = {"HostId": hexes(draw, 32), "Hostname": draw.choice(HOSTS), "PatternId": 10197, "Timestamp": 1769000000}
    return {
        "CompositeId": f"{CID}:automated-lead:{CID}:{lead}",
        "LeadId": lead,
        "Name": f"Automated lead on {draw.choice(HOSTS)} at 12:00",
        "Score": 54,
        "SignalStartTimestamp": 1769000000,
        "SignalEndTimestamp": 1769000600,
        "FalconHostLink": f"{LINK}lead",
        "ThreatgraphIndicators": [{**indicator, "CommandLine": f"cmd.exe /c step {n}"} for n in range(40)],
    }


def data_protection(draw: Random) -> Body:
    """An egress detection."""
    return {
        "AgentId": hexes(draw, 32),
        "CompositeId": f"{CID}:data-protection:{hexes(draw, 32)}:{hexes(draw, 32)}",
        "Name": "Payroll data uploaded to web mail",
        "Severity": 90,
        "SeverityName": "Critical",
        "Destination": {"Channel": "web", "Web": {"Hostname": "mail.example.net", "URL": "https://mail.example.net/"}},
        "UserName": draw.choice(USERS),
        "Hostname": draw.choice(HOSTS),
        "DataVolume": draw.randrange(10**6),
        "DetectionType": "rule-based",
        "Policy": {"ID": hexes(draw, 32), "Name": "Finance egress"},
        "ContentPatterns": [{"ID": hexes(draw, 32), "Name": "IBAN", "ConfidenceLevel": 3, "MatchCount": 12}],
        "Filename": "payroll.xlsx",
        "ResponseAction": "blocked",
        "EventTimestamp": 1769005361,
    }


def incident(draw: Random) -> Body:
    """A CrowdScore incident; its type is text in some tenants."""
    host = hexes(draw, 32)
    return {
        "IncidentStartTime": 1769006177,
        "IncidentEndTime": 1769006262,
        "FalconHostLink": f"https://falcon.crowdstrike.com/crowdscore/incidents/details/inc:{host}:1",
        "State": "open",
        "FineScore": 2.4,
        "LateralMovement": 1,
        "IncidentType": draw.choice((1, "1")),
        "IncidentID": f"inc:{host}:{hexes(draw, 32)}",
        "HostID": host,
        "LMHostIDs": [hexes(draw, 32)],
    }


def audit(draw: Random, operation: str, service: str, pairs: Dict[str, str]) -> Body:
    """An audit event with its pairs in both forms."""
    return {
        "UserId": draw.choice(USERS),
        "UserIp": draw.choice((address(draw), "")),
        "OperationName": operation,
        "ServiceName": service,
        "UTCTimestamp": draw.choice((1769007146, 1769007146099)),
        "AuditKeyValues": [{"Key": key, "ValueString": value} for key, value in pairs.items()],
        "Attributes": pairs,
    }


def auth_activity(draw: Random) -> Body:
    """A login, a grant of roles, sometimes an assertion of 20 KB."""
    operation = draw.choice(("twoFactorAuthenticate", "userAuthenticate", "grantUserRoles", "saml2Assert"))
    pairs = {"target_name": draw.choice(USERS), "trace_id": hexes(draw, 32), "scope(s)": ""}
    if operation == "saml2Assert":
        pairs["saml_assertion"] = hexes(draw, 10_000)
    return {**audit(draw, operation, "CrowdStrike Authentication", pairs), "Success": draw.random() < 0.9}


def user_activity(draw: Random) -> Body:
    """An analyst's action."""
    pairs = {"composite_id": f"{CID}:ind:{hexes(draw, 32)}:1-2-3", "update_status": "closed", "annotation": "a & b < c"}
    return audit(draw, "detection_update", "detections", pairs)


def api_activity(draw: Random) -> Body:
    """One call of the public API."""
    pairs = {
        "APIClientID": hexes(draw, 32),
        "request_method": "GET",
        "request_path": draw.choice(("/sensors/entities/datafeed/v2", "/oauth2/token")),
        "status_code": draw.choice(("200", "201", "404")),
        "user_agent": "example-client/1.0",
        "received_time": "2026-01-21T15:06:43.342030137Z",
        "elapsed_microseconds": "80744",
        "trace_id": hexes(draw, 32),
        "user_ip": address(draw),
    }
    more = {"Message": "", "Source": "api_request", "SourceIp": address(draw), "Success": True}
    return {**audit(draw, "logged", "api_request", pairs), **more}


def rtr_start(draw: Random) -> Body:
    """A remote shell begins."""
    return {
        "SessionId": hexes(draw, 32),
        "HostnameField": draw.choice(HOSTS),
        "UserName": draw.choice(USERS),
        "StartTimestamp": 1769009093,
        "AgentIdString": hexes(draw, 32),
    }


def rtr_end(draw: Random) -> Body:
    """A remote shell ends, after three hundred commands at times."""
    count = draw.choice((0, 3, 300))
    commands = [f"reg query HKLM\\SOFTWARE\\Example\\{n}" for n in range(count)]
    return {
        "SessionId": hexes(draw, 32),
        "HostnameField": draw.choice(HOSTS),
        "UserName": draw.choice(USERS),
        "EndTimestamp": 1769009899,
        "Commands": commands,
        "AgentIdString": hexes(draw, 32),
    }


def customer_ioc(draw: Random) -> Body:
    """A hit on an indicator of the customer's own; process ids are text here."""
    return {
        "AgentIdString": hexes(draw, 32),
        "DeviceId": hexes(draw, 32),
        "ComputerName": draw.choice(HOSTS),
        "ProcessId": "418822739911",
        "ParentProcessId": "",
        "FileName": "",
        "FilePath": "",
        "CommandLine": "",
        "DomainName": "bad.example.net",
    }


def firewall(draw: Random) -> Body:
    """A host firewall rule matched; nearly all is text."""
    return {
        "DeviceId": hexes(draw, 32),
        "CustomerId": CID,
        "Ipv": "ipv4",
        "CommandLine": "",
        "ConnectionDirection": "1",
        "EventType": "FirewallRuleIP4Matched",
        "Flags": {"Audit": False, "Log": True, "Monitor": False},
        "HostName": draw.choice(HOSTS),
        "ICMPCode": "",
        "ICMPType": "",
        "ImageFileName": "\\Device\\HarddiskVolume2\\Windows\\System32\\svchost.exe",
        "LocalAddress": "192.0.2.44",
        "LocalPort": "445",
        "MatchCount": 1,
        "MatchCountSinceLastReport": 1,
        "NetworkProfile": "2",
        "PID": "4",
        "PolicyName": "Default",
        "Protocol": "6",
        "RemoteAddress": address(draw),
        "RemotePort": str(draw.randrange(1024, 65536)),
        "RuleAction": draw.choice(("1", "2")),
        "RuleDescription": "Block <legacy> & friends",
        "RuleName": "Inbound SMB & RPC",
        "Status": "Enabled",
        "Timestamp": "2026-01-21T12:00:00Z",
        "TreeID": "418822730155",
        "Platform": "windows",
    }


def recon(draw: Random) -> Body:
    """A match on the dark web."""
    return {
        "NotificationId": hexes(draw, 32),
        "Highlights": ["<cs-highlight>example.com</cs-highlight> leaked"] * draw.randrange(1, 20),
        "MatchedTimestamp": 1769000000123,
        "RuleId": hexes(draw, 32),
        "RuleName": "Brand watch",
        "RuleTopic": "SA_BRAND_PRODUCT",
        "RulePriority": "medium",
        "ItemId": hexes(draw, 32),
        "ItemType": "FORUM_POST",
        "ItemPostedTimestamp": 1768990000000,
    }


def scheduled_report(draw: Random) -> Body:
    """A scheduled search is through."""
    return {
        "UserUUID": hexes(draw, 32),
        "UserID": draw.choice(USERS),
        "ExecutionID": hexes(draw, 32),
        "ReportID": hexes(draw, 32),
        "ReportName": "Weekly",
        "ReportType": "event_search",
        "Status": "DONE",
        "StatusMessage": "",
        "ExecutionMetadata": {"ExecutionStart": 1769000000123, "ExecutionDuration": 4500, "ResultCount": 7},
    }


def cspm_search(draw: Random) -> Body:
    """A cloud resource that is not as it should be."""
    return {
        "AccountId": "123456789012",
        "Region": "eu-central-1",
        "ResourceId": f"arn:aws:s3:::{hexes(draw, 8)}",
        "ResourceAttributes": '{"Public": true}',
        "CloudPlatform": "aws",
        "PolicyStatement": "S3 bucket is public",
        "PolicyId": 42,
        "Severity": 1,
        "SeverityName": "High",
        "Finding": "The bucket grants access to everyone. " * 10,
        "Timestamp": 1769000000123,
        "Tags": [{"Key": "team", "Value": "a|b"}],
    }


def cspm_ioa(draw: Random) -> Body:
    """A behaviour in a cloud account."""
    return {
        "AccountId": "123456789012",
        "PolicyStatement": "Root account used",
        "CloudProvider": "aws",
        "CloudService": "IAM",
        "Severity": 2,
        "SeverityName": "Medium",
        "EventAction": "ConsoleLogin",
        "EventSource": "signin.amazonaws.com",
        "EventCreatedTimestamp": 1769000000,
        "UserId": "",
        "UserName": "root",
        "UserSourceIp": address(draw),
    }


def hash_spreading(draw: Random) -> Body:
    """The same hash on many hosts; no public sample, so only what is named."""
    return {"AlertTime": 1769000000, "SHA256String": hexes(draw, 64)}


def unknown(draw: Random) -> Body:
    """A type that nobody knows yet."""
    return {"Newcomer": True, "Nested": {"Deep": [1, 2.5e300, None, {"x": draw.randrange(10**19)}]}}


ALL: Dict[str, Tuple[Callable[[Random], Body], int]] = {
    "APIActivityAuditEvent": (api_activity, 50),
    "FirewallMatchEvent": (firewall, 20),
    "AuthActivityAuditEvent": (auth_activity, 4),
    "UserActivityAuditEvent": (user_activity, 8),
    "EppDetectionSummaryEvent": (epp, 4),
    "EPPDetectionSummaryEvent": (epp, 1),
    "DetectionSummaryEvent": (legacy_detection, 1),
    "IdpDetectionSummaryEvent": (idp_detection, 1),
    "IdentityProtectionEvent": (identity_protection, 1),
    "XdrDetectionSummaryEvent": (xdr_detection, 1),
    "MobileDetectionSummaryEvent": (mobile_detection, 1),
    "OverwatchGenericDetectionSummaryEvent": (overwatch_generic, 1),
    "AutomatedLeadSummaryEvent": (automated_lead, 1),
    "DataProtectionDetectionSummaryEvent": (data_protection, 1),
    "IncidentSummaryEvent": (incident, 1),
    "RemoteResponseSessionStartEvent": (rtr_start, 1),
    "RemoteResponseSessionEndEvent": (rtr_end, 1),
    "CustomerIOCEvent": (customer_ioc, 1),
    "ReconNotificationSummaryEvent": (recon, 1),
    "ScheduledReportNotificationEvent": (scheduled_report, 1),
    "CSPMSearchStreamingEvent": (cspm_search, 1),
    "CSPMIOAStreamingEvent": (cspm_ioa, 1),
    "HashSpreadingEvent": (hash_spreading, 1),
    "NewcomerSummaryEvent": (unknown, 1),
}
