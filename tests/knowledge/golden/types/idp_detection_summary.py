"""What is expected of IdpDetectionSummaryEvent, typed by hand: see `tests/knowledge/golden`."""

from __future__ import annotations

from tests.knowledge.case import AID, CID, Case
from tests.knowledge.golden.detection import ALERT

CASES = [
    Case(
        "identity detection: FILETIME, an account, an endpoint",
        "IdpDetectionSummaryEvent",
        {
            "ContextTimeStamp": 134134747380000000,
            "DetectId": f"{CID}:ind:{CID}:5E8D397E",
            "DetectName": "Unusual login to an endpoint",
            "DetectDescription": "Account used a machine it never used before",
            "FalconHostLink": "https://falcon.example/i",
            "StartTime": 134134746000000000,
            "EndTime": 134134746000000000,
            "Severity": 34,
            "SeverityName": "Low",
            "Tactic": "Initial Access",
            "Technique": "Valid Accounts",
            "SourceAccountDomain": "CORP.EXAMPLE.COM",
            "SourceAccountName": "svc.backup",
            "SourceAccountUpn": "svc.backup@example.com",
            "SourceEndpointHostName": "ws-311.corp.example.com",
            "SourceEndpointIpAddress": "192.0.2.81",
            "SourceEndpointSensorId": AID,
            "PatternId": 51135,
            "SourceProducts": "Falcon Identity Protection",
        },
        "crowdstrike_es_idp_detection",
        ALERT,
        {
            "action": None,
            "app": "Falcon Identity Protection",
            "description": "Account used a machine it never used before",
            "dest": "ws-311.corp.example.com",
            "end_time": "1769001000",
            "event_time": "1769001138",
            "id": f"{CID}:ind:{CID}:5E8D397E",
            "severity": "low",
            "signature": "Unusual login to an endpoint",
            "signature_id": "51135",
            "src": "192.0.2.81",
            "src_nt_domain": "CORP.EXAMPLE.COM",
            "start_time": "1769001000",
            "type": "alert",
            "user": "svc.backup",
            "user_name": "svc.backup@example.com",
        },
    ),
]
