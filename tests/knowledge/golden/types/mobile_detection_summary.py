"""What is expected of MobileDetectionSummaryEvent, typed by hand: see `tests/knowledge/golden`."""

from __future__ import annotations

from tests.knowledge.case import AID, CID, Case
from tests.knowledge.golden.detection import ALERT

CASES = [
    Case(
        "mobile detection, prevented on the network",
        "MobileDetectionSummaryEvent",
        {
            "SensorId": AID,
            "ComputerName": "Pixel of field team 4",
            "UserName": "field04",
            "ContextTimeStamp": 1769003018,
            "Tactic": "Insecure security posture",
            "Technique": "Bad device settings",
            "Severity": 50,
            "FalconHostLink": "https://falcon.example/m",
            "SourceProducts": "Falcon for Mobile",
            "PatternId": 41124,
            "CompositeId": f"{CID}:ind:{AID}:41124|2",
            "Name": "LockScreenNotSet",
            "Description": "No screen lock is configured.",
            "NetworkDetectionType": "prevented",
            "MobileNetworkConnections": [{"LocalAddress": "198.51.100.7", "RemoteAddress": "203.0.113.9"}],
        },
        "crowdstrike_es_detection_other",
        ALERT,
        {
            "action": "blocked",
            "app": "Falcon for Mobile",
            "dest": "Pixel of field team 4",
            "event_time": "1769003018",
            "id": f"{CID}:ind:{AID}:41124|2",
            "severity": "medium",
            "signature": "LockScreenNotSet",
            "signature_id": "41124",
            "src": "198.51.100.7",
            "type": "alert",
            "user": "field04",
        },
    ),
]
