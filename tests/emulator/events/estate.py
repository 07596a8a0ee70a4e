"""Events about the estate: firewall, data protection, dark web, reports, cloud posture (events reference 5.7,
5.13-5.15).
"""

from __future__ import annotations

from typing import Any

from tests.emulator.events.cast import Cast
from tests.emulator.events.template import iso, millis, seconds
from tests.emulator.events.vocabulary import LINK, SEVERITIES, mitre

Body = dict[str, Any]


def firewall(cast: Cast) -> Body:
    """FirewallMatchEvent: nearly every scalar is a string."""
    host = cast.one([host for host in cast.hosts if host.platform != "Linux"])
    inbound, v6 = cast.rng.random() < 0.5, cast.rng.random() < 0.1
    return {
        "DeviceId": host.aid,
        "CustomerId": cast.customer,
        "Ipv": "ipv6" if v6 else "ipv4",
        "CommandLine": "C:\\Windows\\system32\\svchost.exe -k netsvcs -p -s Schedule",
        "ConnectionDirection": "1" if inbound else "0",
        "EventType": "FirewallRuleIP6Matched" if v6 else "FirewallRuleIP4Matched",
        "Flags": {"Audit": False, "Log": True, "Monitor": cast.rng.random() < 0.5},
        "HostName": host.name,
        "ICMPCode": "",
        "ICMPType": "",
        "ImageFileName": "\\Device\\HarddiskVolume3\\Windows\\System32\\svchost.exe",
        "LocalAddress": host.ipv6 if v6 else host.ip,
        "LocalPort": "445",
        "MatchCount": 1,
        "MatchCountSinceLastReport": 1,
        "NetworkProfile": "2",
        "PID": str(cast.process(host)),
        "PolicyName": "Workstations",
        "PolicyID": cast.hex(32),
        "Protocol": cast.one(("6", "17", "1")),
        "RemoteAddress": "2001:db8::9" if v6 else cast.outside(),
        "RemotePort": str(cast.rng.randrange(1024, 65535)),
        "RuleAction": cast.one(("1", "2")),
        "RuleDescription": "",
        "RuleFamilyID": cast.hex(32),
        "RuleGroupName": "SMB Rules",
        "RuleName": "Inbound SMB Block & Log",
        "RuleId": str(cast.rng.randrange(10**18, 9 * 10**18)),
        "Status": "",
        "Timestamp": iso(),
        "TreeID": "",
        "Platform": "windows" if host.platform == "Windows" else "mac",
    }


def data_protection(cast: Cast) -> Body:
    """DataProtectionDetectionSummaryEvent, rule-based or by anomaly."""
    host, user, found = cast.host("Windows"), cast.person(), cast.hex(32)
    severity, severity_name = cast.one(SEVERITIES)
    web = {"Channel": "web", "Web": {"Hostname": "mail.example.net", "URL": "https://mail.example.net/u/0?a=1&b=2"}}
    usb = {"Channel": "usb", "USB": {"DeviceInstanceID": "USB\\VID_0000&PID_0000\\0001"}}
    body: Body = {
        "AgentId": host.aid,
        "CompositeId": f"{cast.customer}:data-protection:{host.aid}:{found}",
        "Name": "Payroll data uploaded to web mail",
        "Description": f"{user} tried to upload payroll.xlsx",
        "Tactic": "Exfiltration",
        "TacticId": "TA0010",
        "Technique": "Exfiltration Over Web Service",
        "TechniqueId": "T1567",
        "MitreAttack": [mitre("Exfiltration", "TA0010", "Exfiltration Over Web Service", "T1567", 80005)],
        "Severity": severity,
        "SeverityName": severity_name,
        "FalconHostLink": f"{LINK}/data-protection/detections/{found}?_cid=g01000example",
        "Destination": cast.one((web, usb)),
        "UserName": user,
        "UserSid": "S-1-5-21-100-200-300-1142",
        "UserTitle": "Accountant",
        "UserDepartment": "Finance",
        "UserMapped": True,
        "Hostname": host.name,
        "PatternId": 80005,
        "DataVolume": cast.rng.randrange(1, 10**7),
        "Platform": "Windows",
    }
    if cast.rng.random() < 0.3:
        indicator = {"Name": "volume", "Type": "user", "Score": 0.93, "Detected": True, "Entity": user}
        body.update(DetectionType="anomaly-based", EgressSessionId=found, FilesEgressedCount=12)
        body.update(SessionStartTimestamp=seconds(-900), SessionEndTimestamp=seconds(-60), AnodeIndicators=[indicator])
        return body
    body.update(DetectionType="rule-based", EgressEventId=found, EventTimestamp=seconds(-19), RuleId=cast.hex(32))
    body["Policy"] = {"ID": cast.hex(32), "Name": "Finance egress"}
    body["MatchedClassification"] = {"ID": cast.hex(32), "Name": "Payroll"}
    body["ContentPatterns"] = [{"ID": cast.hex(32), "Name": "IBAN", "ConfidenceLevel": 3, "MatchCount": 12}]
    body.update(ContentSha=cast.hex(64), Filename="payroll.xlsx", IsClipboard=False, UserNotified=True)
    return {**body, "ResponseAction": cast.one(("blocked", "allowed"))}


def recon(cast: Cast) -> Body:
    """ReconNotificationSummaryEvent: highlights with escaped markup."""
    return {
        "NotificationId": f"n-{cast.hex(6)}",
        "Highlights": ["seller offers access to <cs-highlight>example.com</cs-highlight> & others"] * 2,
        "MatchedTimestamp": millis(),
        "RuleId": cast.uuid(),
        "RuleName": "Brand mentions",
        "RuleTopic": "SA_BRAND_PRODUCT",
        "RulePriority": cast.one(("low", "medium", "high")),
        "ItemId": "aXRlbQ==",
        "ItemType": "post",
        "ItemPostedTimestamp": millis(-15205000),
    }


def scheduled_report(cast: Cast) -> Body:
    """ScheduledReportNotificationEvent."""
    execution = cast.hex(32)
    return {
        "UserUUID": cast.uuid(),
        "UserID": cast.analyst(),
        "ExecutionID": execution,
        "ReportID": cast.hex(32),
        "ReportName": "Empty user agent",
        "ReportType": "event_search",
        "ReportFileReference": f"/reports/entities/report-executions-download/v1?ids={execution}",
        "Status": 1,
        "StatusMessage": "",
        "ExecutionMetadata": {
            "ExecutionStart": millis(-1000),
            "ExecutionDuration": 226,
            "ReportFileName": "empty_ua.json",
            "ResultCount": 0,
            "ResultID": cast.hex(16),
            "SearchWindowStart": millis(-3609000),
            "SearchWindowEnd": millis(-9000),
        },
    }


def cspm_search(cast: Cast) -> Body:
    """CSPMSearchStreamingEvent: JSON inside a string, Tags as an array."""
    number = cast.rng.randrange(1, 400)
    rules = "|".join(f"Rule Number: {rule}|CIDR Block: 0.0.0.0/0|Port Range: 0-65535" for rule in range(100, 1500, 100))
    return {
        "AccountId": "111122223333",
        "Region": "eu-central-1",
        "ResourceId": f"i-{cast.hex(17)}",
        "ResourceIdType": "Instance Id",
        "ResourceName": "",
        "ResourceCreateTime": 0,
        "PolicyStatement": "EC2 NACL open to the internet",
        "PolicyId": number,
        "Severity": 1,
        "SeverityName": "High",
        "CloudPlatform": "AWS",
        "CloudService": "EC2",
        "Disposition": cast.one(("Failed", "Failed", "Passed")),
        "ResourceUrl": f"https://console.example.net/{cast.hex(17)}",
        "Finding": f"Instance ID: i-{cast.hex(17)}|{rules}",
        "ResourceAttributes": '{"Platform": "Linux", "Image": {"Id": "ami-0abc"}, "Tags": ["a", "b"]}',
        "Tags": [{"Key": "owner", "ValueString": "team-a"}],
        "ReportUrl": f"{LINK}/cloud-security/x?policy_id={number}&service=EC2",
        "Timestamp": millis(),
    }


def cspm_ioa(cast: Cast) -> Body:
    """CSPMIOAStreamingEvent."""
    return {
        "AccountId": "111122223333",
        "PolicyId": 249,
        "PolicyStatement": "EC2 instance deleted by IAM user",
        "CloudProvider": "aws",
        "CloudService": "EC2",
        "Severity": 1,
        "SeverityName": "High",
        "EventAction": "TerminateInstances",
        "EventSource": "aws.cloudtrail",
        "EventCreatedTimestamp": seconds(),
        "UserId": "AIDAEXAMPLE",
        "UserName": cast.one(("ci-runner", "")),
        "UserSourceIp": cast.outside(),
        "Tactic": "Impact",
        "Technique": "Data Destruction",
    }


def cloud_behaviour(cast: Cast) -> Body:
    """FcsIoaDetectionSummaryEvent: the fields that the vendor's connector maps (its configuration 2.29). Which of them
    are lists, and the unit of its time, nobody has published."""
    severity, severity_name = cast.one(SEVERITIES)
    found = cast.hex(32)
    return {
        "CompositeId": f"{cast.customer}:ind:{found}",
        "Name": "Access key used from a new address",
        "Description": "An access key was used from an address that the account has not used before.",
        "Severity": severity,
        "SeverityName": severity_name,
        "Tactic": "Initial Access",
        "Technique": "Cloud Accounts",
        "MitreAttack": [mitre("Initial Access", "TA0001", "Cloud Accounts", "T1078.004", 90001)],
        "PatternId": 90001,
        "PolicyId": 4711,
        "CloudProvider": "aws",
        "Service": "IAM",
        "CloudRegion": "eu-central-1",
        "ResourceId": "arn:aws:iam::000000000000:user/example",
        "AwsAccountId": "000000000000",
        "IoaEventType": "ListBuckets",
        "UserName": cast.person(),
        "UserAgent": "aws-cli/2.0",
        "SourceIPAddress": cast.outside(),
        "SourceProducts": "Falcon Cloud Security",
        "EventCreatedTimestamp": seconds(),
        "FalconHostLink": f"{LINK}/cloud-security/detections/{found}?_cid=g01000example",
    }
