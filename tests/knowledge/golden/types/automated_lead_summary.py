"""What is expected of AutomatedLeadSummaryEvent, typed by hand: see `tests/knowledge/golden`."""

from __future__ import annotations

from tests.knowledge.case import AID, CID, Case
from tests.knowledge.golden.detection import ALERT

CASES = [
    Case(
        "automated lead: the first indicator's host, the score's band",
        "AutomatedLeadSummaryEvent",
        {
            "LeadId": "c0" * 32,
            "Name": "FIN-WS-0142 at 2026-05-17T06:59:40Z",
            "SignalStartTimestamp": 1779001180,
            "SignalEndTimestamp": 1779001181,
            "SignalUpdatedTimestamp": 1779001185,
            "Score": 54,
            "ThreatgraphIndicators": [
                {"PatternId": 10358, "Severity": 70, "ProcessId": "1", "HostId": AID, "Hostname": "FIN-WS-0142"}
            ],
            "MitreAttack": [{"Tactic": "Execution", "Technique": "User Execution", "TechniqueID": "T1204"}],
            "LeadType": "simple",
            "CompositeId": f"{CID}:automated-lead:{CID}:c0",
            "FalconHostLink": "https://falcon.example/l",
        },
        "crowdstrike_es_detection_other",
        ALERT,
        {
            "app": "Falcon",
            "description": "FIN-WS-0142 at 2026-05-17T06:59:40Z",
            "dest": "FIN-WS-0142",
            "end_time": "1779001181",
            "event_time": "1779001185",
            "mitre_technique_id": "T1204",
            "severity": "medium",
            "severity_id": "54",
            "signature": "Automated lead",
            "signature_id": "10358",
            "start_time": "1779001180",
            "tactic": "Execution",
            "type": "alert",
        },
    ),
]
