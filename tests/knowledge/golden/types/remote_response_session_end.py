"""What is expected of RemoteResponseSessionEndEvent, typed by hand: see `tests/knowledge/golden`."""

from __future__ import annotations

from tests.knowledge.case import AID, Case
from tests.knowledge.golden.audit import ENDPOINT

CASES = [
    Case(
        "and closed, with what was typed",
        "RemoteResponseSessionEndEvent",
        {
            "SessionId": "330633db",
            "HostnameField": "FIN-WS-0142",
            "UserName": "analyst1@example.com",
            "EndTimestamp": 1769009899,
            "Commands": ["ls .", "reg query HKLM\\SOFTWARE", 'echo "x"'],
            "AgentIdString": AID,
        },
        *ENDPOINT,
        {
            "action": "stopped",
            "command": 'ls .; reg query HKLM\\SOFTWARE; echo "x"',
            "end_time": "1769009899",
        },
    ),
]
