"""What is expected of XdrDetectionSummaryEvent, typed by hand: see `tests/knowledge/golden`."""

from __future__ import annotations

from tests.knowledge.case import AID, CID, Case
from tests.knowledge.golden.detection import ALERT

CASES = [
    Case(
        "cross-domain detection: lists, nanoseconds, bands",
        "XdrDetectionSummaryEvent",
        {
            "DetectId": f"{CID}:ind:{CID}:xdr|eee4",
            "Name": "Encoded PowerShell followed by mailbox rule",
            "Description": "Endpoint and mail activity share one user.",
            "PatternId": 100011,
            "Tactics": "Execution,Collection",
            "Techniques": "PowerShell,Email Forwarding Rule",
            "StartTimeEpoch": 1768999900000000000,
            "EndTimeEpoch": 1769000120000,
            "Severity": 16,
            "HostNames": "FIN-WS-0142, HR-WS-0001",
            "IPv4Addresses": "192.0.2.44,192.0.2.45",
            "Users": "mkeller",
            "SensorIds": AID,
            "SourceProducts": "Falcon,ExampleMail",
        },
        "crowdstrike_es_detection_other",
        ALERT,
        {
            "app": "Falcon",
            "dest": "FIN-WS-0142",
            "dest_all": ["FIN-WS-0142", "HR-WS-0001"],
            "end_time": "1769000120",
            "id": f"{CID}:ind:{CID}:xdr|eee4",
            "severity": "informational",
            "signature": "Encoded PowerShell followed by mailbox rule",
            "src": "192.0.2.44",
            "src_all": ["192.0.2.44", "192.0.2.45"],
            "start_time": "1768999900",
            "type": "alert",
            "user": "mkeller",
        },
    ),
]
