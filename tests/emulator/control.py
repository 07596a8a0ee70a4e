"""The control endpoint: the emulator's own methods for other processes, as JSON over plain HTTP on loopback.

`POST /<method>` with a JSON object of keyword arguments answers the method's result; what may be called is listed here.
"""

from __future__ import annotations

import json
from typing import Any, Dict

from tests.emulator.server import Exchange

METHODS = (
    "add_faults",
    "clear_faults",
    "publish_lines",
    "generate",
    "ledger",
    "offsets",
    "requests",
    "violations",
    "connections",
    "add_partition",
    "remove_partition",
    "reset_partition",
    "trim",
    "rotate_secret",
    "revoke_bearers",
    "become_another_tenant",
    "drop_feeds",
    "set_option",
    "skip",
    "proxy_targets",
    "set_rate",
)


class ControlExchange(Exchange):
    """One call."""

    emulator: Any

    def do_POST(self) -> None:
        """Call a method."""
        arguments: Dict[str, Any] = json.loads(self.read_body() or b"{}")
        name = self.route.lstrip("/")
        if name not in METHODS:
            self.answer_json(404, {"error": f"no method {name}"}, {})
            return
        try:
            result = getattr(self.emulator, name)(**arguments)
        except (TypeError, ValueError, KeyError) as error:
            self.answer_json(400, {"error": f"{type(error).__name__}: {error}"}, {})
            return
        self.answer_json(200, {"result": result}, {})
