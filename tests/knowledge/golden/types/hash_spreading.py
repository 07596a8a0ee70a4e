"""What is expected of HashSpreadingEvent, typed by hand: see `tests/knowledge/golden`."""

from __future__ import annotations

from tests.knowledge.case import Case
from tests.knowledge.golden.detection import ALERT

CASES = [
    Case(
        "the same hash on several hosts",
        "HashSpreadingEvent",
        {"AlertTime": 1769010000, "SHA256String": "cd" * 32, "ComputerName": "FIN-WS-0142"},
        "crowdstrike_es_detection_other",
        ALERT,
        {
            "description": "The same file hash appeared on several hosts",
            "event_time": "1769010000",
            "file_hash": "cd" * 32,
            "severity": "medium",
            "signature": "Hash seen on several hosts",
        },
    ),
]
