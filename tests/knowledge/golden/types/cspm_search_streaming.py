"""What is expected of CSPMSearchStreamingEvent, typed by hand: see `tests/knowledge/golden`."""

from __future__ import annotations

from tests.knowledge.case import Case

CASES = [
    Case(
        "cloud misconfiguration: a small number is a high severity",
        "CSPMSearchStreamingEvent",
        {
            "AccountId": "111122223333",
            "Region": "eu-central-1",
            "ResourceId": "i-0abc",
            "PolicyStatement": "EC2 NACL open to the internet",
            "PolicyId": 26,
            "Severity": 1,
            "SeverityName": "High",
            "CloudPlatform": "AWS",
            "CloudService": "EC2",
            "Disposition": "Failed",
            "Finding": "Instance ID: i-0abc|CIDR Block: 0.0.0.0/0",
            "ResourceAttributes": '{"Platform": "Linux"}',
            "Tags": [{"Key": "owner", "ValueString": "team-a"}],
            "ReportUrl": "https://falcon.example/cspm",
            "Timestamp": 1769013688832,
        },
        "crowdstrike_es_cspm",
        "alert cloud",
        {
            "app": "EC2",
            "description": "Instance ID: i-0abc|CIDR Block: 0.0.0.0/0",
            "dest": "i-0abc",
            "event_time": "1769013688.832",
            "severity": "high",
            "severity_id": "1",
            "signature": "EC2 NACL open to the internet",
            "signature_id": "26",
            "url": "https://falcon.example/cspm",
            "vendor_account": "111122223333",
            "vendor_region": "eu-central-1",
        },
    ),
    Case(
        "a cloud check that has passed is no alert",
        "CSPMSearchStreamingEvent",
        {"PolicyStatement": "x", "PolicyId": 26, "Severity": 1, "SeverityName": "High", "Disposition": "Passed"},
        "crowdstrike_es_cspm_passed",
        "",
        {"vendor_action": "Passed"},
    ),
]
