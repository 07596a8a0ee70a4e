"""What is expected of AuditLogV3Event, typed by hand: see `tests/knowledge/golden`."""

from __future__ import annotations

from tests.knowledge.case import Case
from tests.knowledge.golden.audit import FALCON

CASES = [
    Case(
        "a record of the audit trail once more: nothing counts twice",
        "AuditLogV3Event",
        {"Category": "api", "Action": "api_request", "ActorIP": "198.51.100.23", "Extensions": {"status_code": "403"}},
        "crowdstrike_es_other",
        "",
        {"app": FALCON, "family": "audit", "signature": "api_request", "src": "198.51.100.23", "status": "403"},
    ),
]
