"""What is expected of CSPMIOAStreamingEvent, typed by hand: see `tests/knowledge/golden`."""

from __future__ import annotations

from tests.knowledge.case import Case

CASES = [
    Case(
        "cloud behaviour: who did it, from where",
        "CSPMIOAStreamingEvent",
        {
            "AccountId": "111122223333",
            "PolicyId": 249,
            "PolicyStatement": "EC2 instance deleted by IAM user",
            "CloudProvider": "aws",
            "CloudService": "EC2",
            "Severity": 1,
            "SeverityName": "High",
            "EventAction": "TerminateInstances",
            "EventCreatedTimestamp": 1769013760,
            "UserId": "AIDAEXAMPLE",
            "UserName": "ci-runner",
            "UserSourceIp": "198.51.100.77",
            "Tactic": "Impact",
            "Technique": "Data Destruction",
        },
        "crowdstrike_es_cspm",
        "alert cloud",
        {
            "description": "TerminateInstances",
            "dest": "EC2",
            "event_time": "1769013760",
            "severity": "high",
            "src": "198.51.100.77",
            "user": "ci-runner",
        },
    ),
]
