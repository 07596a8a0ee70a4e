"""The envelope of the API's answers: `meta` and `errors`, as each of its services writes them (reference 1.3)."""

from __future__ import annotations

import uuid
from typing import Any

from tests.emulator.wire import Answer, json_answer

GATEWAY, TOKEN_SERVICE = "crowdstrike-api-gateway", "csam"
NO_SCOPE = "access denied, scope not permitted"
NOT_ALLOWED = "access denied, authorization failed"


def meta(powered_by: str = GATEWAY) -> dict[str, Any]:
    """The envelope's `meta`."""
    return {"query_time": 1.7e-07, "powered_by": powered_by, "trace_id": str(uuid.uuid4())}


def refuse(status: int, message: str, powered_by: str = GATEWAY) -> Answer:
    """An error, of the gateway or of the service behind it."""
    return json_answer(status, {"meta": meta(powered_by), "errors": [{"code": status, "message": message}]})
