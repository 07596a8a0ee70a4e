"""What is expected of IdentityProtectionEvent, typed by hand: see `tests/knowledge/golden`."""

from __future__ import annotations

from tests.knowledge.case import Case
from tests.knowledge.golden.detection import ALERT

CASES = [
    Case(
        "identity incident: upper case severity, a domain before the user",
        "IdentityProtectionEvent",
        {
            "IncidentType": "Privilege escalation (user)",
            "IncidentDescription": "Account gained an administrative group",
            "Severity": 4,
            "SeverityName": "INFO",
            "StartTime": 1769001195970,
            "EndTime": 1769001196842,
            "IdentityProtectionIncidentId": "INC-1036",
            "UserName": "CORP.EXAMPLE.COM\\hlang",
            "EndpointName": "ws-311.corp.example.com",
            "EndpointIp": "",
            "Category": "Incidents",
            "NumbersOfAlerts": 1,
            "State": "NEW",
            "FalconHostLink": "https://falcon.example/INC-1036",
        },
        "crowdstrike_es_idp_detection",
        ALERT,
        {
            "app": "Falcon Identity Protection",
            "description": "Account gained an administrative group",
            "dest": "ws-311.corp.example.com",
            "end_time": "1769001196.842",
            "id": "INC-1036",
            "severity": "informational",
            "signature": "Privilege escalation (user)",
            "signature_id": "Privilege escalation (user)",
            "src": "ws-311.corp.example.com",
            "start_time": "1769001195.97",
            "status": "new",
            "type": "alert",
            "user": "hlang",
            "user_domain": "CORP.EXAMPLE.COM",
        },
    ),
]
