"""What is expected of FcsIoaDetectionSummaryEvent, typed by hand: see `tests/knowledge/golden`."""

from __future__ import annotations

from tests.knowledge.case import CID, Case

CASES = [
    Case(
        "cloud behaviour of the newer kind: the resource is the destination",
        "FcsIoaDetectionSummaryEvent",
        {
            "CompositeId": f"{CID}:ind:77",
            "Name": "Access key used from a new address",
            "Description": "Never seen before.",
            "Severity": 70,
            "SeverityName": "High",
            "Tactic": "Initial Access",
            "Technique": "Cloud Accounts",
            "MitreAttack": [{"Tactic": "Initial Access", "TechniqueID": "T1078.004", "PatternID": 90001}],
            "PatternId": 90001,
            "CloudRegion": "eu-central-1",
            "ResourceId": "arn:aws:iam::111122223333:user/ci",
            "AwsAccountId": "111122223333",
            "UserName": "ci-runner",
            "UserAgent": "aws-cli/2.0",
            "SourceIPAddress": "198.51.100.77",
            "EventCreatedTimestamp": 1769013760,
            "FalconHostLink": "https://falcon.crowdstrike.com/cloud-security/x?a=1&b=2",
        },
        "crowdstrike_es_cspm",
        "alert cloud",
        {
            "app": "Falcon Cloud Security",
            "description": "Never seen before.",
            "dest": "arn:aws:iam::111122223333:user/ci",
            "event_time": "1769013760",
            "family": "cloud_posture",
            "id": f"{CID}:ind:77",
            "mitre_technique_id": "T1078.004",
            "severity": "high",
            "signature": "Access key used from a new address",
            "signature_id": "90001",
            "src": "198.51.100.77",
            "type": "alert",
            "url": "https://falcon.crowdstrike.com/cloud-security/x?a=1&b=2",
            "user": "ci-runner",
            "user_agent": "aws-cli/2.0",
            "vendor_account": "111122223333",
            "vendor_region": "eu-central-1",
        },
    ),
]
