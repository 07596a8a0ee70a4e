"""What is expected of UserActivityAuditEvent, typed by hand: see `tests/knowledge/golden`."""

from __future__ import annotations

from tests.knowledge.case import AID, Case
from tests.knowledge.golden.audit import ENDPOINT, OTHER, POLICY, USER, audit, change

CASES = [
    Case(
        "automation: no address, a vendor as user",
        USER,
        audit(
            "quarantined_file_update",
            "quarantined_files",
            {"quarantined_file_id": f"{AID}_{'ab' * 32}", "action_taken": "release"},
            UserId="Crowdstrike",
            UserIp="",
            Success=None,
        ),
        *OTHER,
        {
            "action": "updated",
            "object": f"{AID}_{'ab' * 32}",
            "object_category": "quarantined_file",
            "src": None,
            "user": "Crowdstrike",
            "user_type": "vendor",
            "vendor_action": "release",
        },
    ),
    Case(
        "a detection closed; keys that look like fields stay in their place",
        USER,
        audit(
            "detection_update",
            "detections",
            {"composite_id": "c:ind:x", "update_status": "closed", "offset": "5", "eventType": "[A B]", "message": "m"},
            Success=None,
        ),
        *OTHER,
        {
            "audit_eventType": "[A B]",
            "audit_offset": "5",
            "audit_update_status": "closed",
            "falcon_offset": "77",
            "metadata.offset": "77",
            "object": "c:ind:x",
            "object_id": "c:ind:x",
            "vendor_event_type": USER,
        },
    ),
    Case(
        "quotes in a pair do not reach the attributes",
        USER,
        audit("update_group", "groups", {"group_id": "g1", "annotation": 'say "hi"'}, Success=None),
        *OTHER,
        {"object_attrs": "group_id=g1; annotation=say 'hi'", "object_category": "host_group", "object_id": "g1"},
    ),
    change("a maintenance token revealed", "reveal_token", "maintenance_token", "read", *OTHER),
    change("a policy made", "create_policy", "policy", "created", *POLICY),
    change("an operation that nobody has listed, made", "create_brand_new", "setting", "created", *OTHER),
    change("an operation that nobody has listed, removed", "remove_brand_new", "setting", "deleted", *OTHER),
    change("an operation that nobody has listed", "frobnicate", "setting", "updated", *OTHER),
    Case(
        "a host contained",
        USER,
        audit("containment_requested", "hosts", {"device_id": AID}, Success=None),
        *ENDPOINT,
        {"action": "updated", "dest": AID, "object": AID, "object_category": "host"},
    ),
]
