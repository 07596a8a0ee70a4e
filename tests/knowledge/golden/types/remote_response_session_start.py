"""What is expected of RemoteResponseSessionStartEvent, typed by hand: see `tests/knowledge/golden`."""

from __future__ import annotations

from tests.knowledge.case import AID, Case
from tests.knowledge.golden.audit import ENDPOINT, FALCON

CASES = [
    Case(
        "a shell opened on a host",
        "RemoteResponseSessionStartEvent",
        {
            "SessionId": "330633db",
            "HostnameField": "FIN-WS-0142",
            "UserName": "analyst1@example.com",
            "StartTimestamp": 1769009093,
            "AgentIdString": AID,
        },
        *ENDPOINT,
        {
            "action": "started",
            "change_type": "remote_session",
            "command": "RemoteResponseSessionStartEvent",
            "dest": "FIN-WS-0142",
            "dvc": FALCON,
            "object": "Real Time Response session",
            "object_category": "session",
            "object_id": "330633db",
            "session_id": "330633db",
            "start_time": "1769009093",
            "status": "success",
            "user": "analyst1@example.com",
        },
    ),
]
