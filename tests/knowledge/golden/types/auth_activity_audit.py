"""What is expected of AuthActivityAuditEvent, typed by hand: see `tests/knowledge/golden`."""

from __future__ import annotations

from tests.knowledge.case import Case
from tests.knowledge.golden.audit import ACCOUNT, AUTH, POLICY, audit, login

CASES = [
    login("userAuthenticate", "password", True, "success"),
    login("twoFactorAuthenticate", "mfa", False, "failure"),
    login("webauthnFactorVerify", "mfa", True, "success"),
    login("saml2Assert", "saml", True, "success"),
    Case(
        "the actor is not the account: roles granted",
        AUTH,
        audit(
            "grantUserRoles",
            "Crowdstrike Authentication",
            {
                "target_name": "analyst9@example.com",
                "roles": "falconhost_admin,remote_responder_three",
                "actor_user": "admin2@example.com",
                "target_user_uuid": "",
            },
            UserId="admin2@example.com",
        ),
        *ACCOUNT,
        {
            "action": "updated",
            "audit_roles": "falconhost_admin,remote_responder_three",
            "audit_target_name": "analyst9@example.com",
            "change_type": "account",
            "command": "grantUserRoles",
            "object": "analyst9@example.com",
            "object_attrs": "target_name=analyst9@example.com; roles=falconhost_admin,remote_responder_three; "
            "actor_user=admin2@example.com; target_user_uuid=",
            "object_category": "user",
            "object_id": "analyst9@example.com",
            "sensitive": "1",
            "src_user": "admin2@example.com",
            "user": "analyst9@example.com",
        },
    ),
    Case(
        "an older event without attributes, its time in ms, an account made, the attempt refused",
        AUTH,
        audit(
            "createUser",
            "Crowdstrike Authentication",
            {"target_name": "new@example.com", "trace_id": "1f0c"},
            Attributes=None,
            Success=False,
            UTCTimestamp=1596007146099,
        ),
        *ACCOUNT,
        {
            "action": "created",
            "audit_trace_id": "1f0c",
            "event_time": "1596007146.099",
            "status": "failure",
            "user": "new@example.com",
            "src_user": "analyst1@example.com",
        },
    ),
    Case(
        "an allowlist switched off, operation in another case",
        AUTH,
        audit(
            "UPDATEallowlistGROUP",
            "Crowdstrike Allowlist Management",
            {"group_name": "offices", "active": "false", "old_active": "true"},
        ),
        *POLICY,
        {"action": "updated", "object": "offices", "object_category": "allowlist", "audit_old_active": "true"},
    ),
    Case(
        "a reader of the stream came",
        AUTH,
        audit("streamStarted", "Crowdstrike Streaming API", {"partition": "0", "offset": "-1", "appId": "siem"}),
        "crowdstrike_es_stream",
        "",
        {"audit_appId": "siem", "audit_partition": "0", "audit_offset": "-1", "falcon_partition": "3"},
    ),
]
