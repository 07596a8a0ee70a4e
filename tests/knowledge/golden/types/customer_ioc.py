"""What is expected of CustomerIOCEvent, typed by hand: see `tests/knowledge/golden`."""

from __future__ import annotations

from tests.knowledge.case import AID, CID, Case
from tests.knowledge.golden.detection import ALERT

CASES = [
    Case(
        "custom indicator: a domain",
        "CustomerIOCEvent",
        {
            "AgentIdString": AID,
            "ProcessId": "418822739911",
            "ComputerName": "FIN-WS-0142",
            "DomainName": "bad.example.net",
            "ParentProcessId": "",
            "FileName": "",
            "FilePath": "",
            "CommandLine": "",
            "DeviceId": AID,
        },
        "crowdstrike_es_detection_other",
        ALERT,
        {
            "app": "Falcon Custom IOC",
            "description": "bad.example.net",
            "dest": "FIN-WS-0142",
            "file_name": None,
            "id": f"{CID}:3:77",
            "ioc_type": "domain",
            "ioc_value": "bad.example.net",
            "process_id": "418822739911",
            "severity": "medium",
            "signature": "Custom IOC match: domain",
            "signature_id": "domain",
            "src": "FIN-WS-0142",
            "user": None,
        },
    ),
]
