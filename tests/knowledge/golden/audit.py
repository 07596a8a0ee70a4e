"""What the cases of the audit trail are made from: its frame, logins, changes, and the event types they get."""

from __future__ import annotations

from collections.abc import Mapping

from tests.knowledge.case import Case

FALCON = "CrowdStrike Falcon"
AUTH, USER = "AuthActivityAuditEvent", "UserActivityAuditEvent"


def audit(operation: str, service: str, pairs: Mapping[str, str], **changes: object) -> dict[str, object]:
    """An audit event with pairs and attributes; None takes a key away."""
    event = {
        "UserId": "analyst1@example.com",
        "UserIp": "198.51.100.23",
        "OperationName": operation,
        "ServiceName": service,
        "Success": True,
        "UTCTimestamp": 1769007146,
        "AuditKeyValues": [{"Key": key, "ValueString": value} for key, value in pairs.items()],
        "Attributes": dict(pairs),
    }
    return {key: value for key, value in {**event, **changes}.items() if value is not None}


def login(operation: str, method: str, success: bool, action: str) -> Case:
    return Case(
        f"login by {method}, {action}",
        AUTH,
        audit(operation, "CrowdStrike Authentication", {"target_name": "analyst1@example.com"}, Success=success),
        "crowdstrike_es_auth",
        "authentication",
        {
            "action": action,
            "app": FALCON,
            "authentication_method": method,
            "authentication_service": "CrowdStrike Authentication",
            "dest": FALCON,
            "event_time": "1769007146",
            "signature": operation,
            "src": "198.51.100.23",
            "user": "analyst1@example.com",
            "user_type": "user",
        },
    )


def change(title: str, operation: str, category: str, action: str, eventtype: str, tags: str) -> Case:
    """A change by its operation, with one pair that names its object."""
    return Case(
        title,
        USER,
        audit(operation, "some_service", {"name": "the object"}, Success=None),
        eventtype,
        tags,
        {
            "action": action,
            "change_type": category if category != "user" else "account",
            "command": operation,
            "dest": FALCON,
            "dvc": FALCON,
            "object": "the object",
            "object_attrs": "name=the object",
            "object_category": category,
            "src": "198.51.100.23",
            "status": "success",
            "user": "analyst1@example.com",
        },
    )


ACCOUNT = ("crowdstrike_es_change_account", "account change")
POLICY = ("crowdstrike_es_change_policy", "audit change")
ENDPOINT = ("crowdstrike_es_change_endpoint", "change endpoint")
OTHER = ("crowdstrike_es_change_other", "change")
