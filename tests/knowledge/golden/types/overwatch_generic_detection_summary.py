"""What is expected of OverwatchGenericDetectionSummaryEvent, typed by hand: see `tests/knowledge/golden`."""

from __future__ import annotations

from tests.knowledge.case import CID, Case
from tests.knowledge.golden.detection import ALERT

CASES = [
    Case(
        "OverWatch finding without host or user",
        "OverwatchGenericDetectionSummaryEvent",
        {
            "CompositeId": f"{CID}:lead:generic|{CID}:89a1",
            "Timestamp": "2026-05-17T06:55:00Z",
            "Name": "OverwatchDetection",
            "DisplayName": "OverWatch Detection",
            "Description": "Hunters saw hands-on activity in a cloud account.",
            "Category": "Cloud",
            "FalconHostLink": "https://falcon.example/o",
            "Severity": 70,
            "SeverityName": "High",
            "MitreAttack": [{"Tactic": "Falcon Overwatch", "TechniqueID": "CST0002"}],
        },
        "crowdstrike_es_detection_other",
        ALERT,
        {
            "app": "Falcon OverWatch",
            "dest": None,
            "event_time": "1779000900",
            "mitre_technique_id": None,
            "severity": "high",
            "signature": "OverWatch Detection",
            "signature_id": "OverwatchDetection",
            "src": None,
            "type": "alert",
            "user": None,
        },
    ),
]
