"""What is expected of ReconNotificationSummaryEvent, typed by hand: see `tests/knowledge/golden`."""

from __future__ import annotations

from tests.knowledge.case import Case
from tests.knowledge.golden.detection import ALERT

CASES = [
    Case(
        "a find on the dark web",
        "ReconNotificationSummaryEvent",
        {
            "NotificationId": "n-7c1f0a",
            "Highlights": ["seller offers access to <cs-highlight>example.com</cs-highlight>", "more"],
            "MatchedTimestamp": 1769012114000,
            "RuleId": "1235430c",
            "RuleName": "Brand & mentions",
            "RuleTopic": "SA_BRAND_PRODUCT",
            "RulePriority": "High",
            "ItemId": "aXRlbQ==",
            "ItemType": "post",
        },
        "crowdstrike_es_detection_other",
        ALERT,
        {
            "app": "Falcon Intelligence Recon",
            "description": "seller offers access to example.com",
            "dest": None,
            "event_time": "1769012114",
            "id": "n-7c1f0a",
            "severity": "high",
            "signature": "Brand & mentions",
            "signature_id": "1235430c",
        },
    ),
]
