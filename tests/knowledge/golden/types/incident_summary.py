"""What is expected of IncidentSummaryEvent, typed by hand: see `tests/knowledge/golden`."""

from __future__ import annotations

from tests.knowledge.case import AID, Case
from tests.knowledge.golden.detection import ALERT

CASES = [
    Case(
        "incident: a score, no name of the host",
        "IncidentSummaryEvent",
        {
            "IncidentStartTime": 1769006177,
            "IncidentEndTime": 1769006262,
            "FalconHostLink": f"https://falcon.example/incidents/details/inc:{AID}:72e2?_cid=x",
            "State": "open",
            "FineScore": 6.1,
            "LateralMovement": 1,
            "IncidentType": 1,
            "HostID": AID,
        },
        "crowdstrike_es_detection_other",
        ALERT,
        {
            "app": "Falcon CrowdScore",
            "description": "CrowdScore 6.1, open",
            "dest": AID,
            "id": f"inc:{AID}:72e2",
            "severity": "high",
            "severity_id": "6.1",
            "signature": "CrowdScore incident",
            "signature_id": "1",
            "status": "open",
            "type": "alert",
        },
    ),
]
