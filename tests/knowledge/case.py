"""A case: an event as Falcon sends it, and what search time has to make of it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import NamedTuple, Optional, Union

CID = "0a1b2c3d4e5f60718293a4b5c6d7e8f9"
AID = "6f5e4d3c2b1a09182736455463728190"
OFFSET = 77
PARTITION = "3"
Expected = Mapping[str, Optional[Union[str, list[str]]]]
_FLAGS = (
    *("Indicator", "Detect", "InddetMask", "SensorOnly", "Rooting", "KillProcess", "KillSubProcess"),
    *("QuarantineMachine", "QuarantineFile", "PolicyDisabled", "KillParent", "OperationBlocked", "ProcessBlocked"),
    *("RegistryOperationBlocked", "CriticalProcessDisabled", "BootupSafeguardEnabled", "FsOperationBlocked"),
    *("HandleOperationDowngraded", "KillActionFailed", "BlockingUnsupportedOrDisabled", "SuspendProcess"),
    *("SuspendParent", "ContainmentFileSystem"),
)


def flags(*set_ones: str) -> dict[str, bool]:
    """PatternDispositionFlags of 2025, all twenty-three, with these set."""
    return {name: name in set_ones for name in _FLAGS}


class Case(NamedTuple):
    """One event; `tags` are blank-separated, `fields` the expected values: a list for several, None for none."""

    title: str
    event_type: str
    event: Mapping[str, object]
    eventtype: str
    tags: str
    fields: Expected

    def raw(self, event_first: bool = False) -> bytes:
        """The line on the wire, as Go's encoder writes it: compact, & < > escaped."""
        metadata = {
            "customerIDString": CID,
            "offset": OFFSET,
            "eventType": self.event_type,
            "eventCreationTime": 1769000131000,
            "version": "1.0",
        }
        tree = (
            {"event": self.event, "metadata": metadata} if event_first else {"metadata": metadata, "event": self.event}
        )
        text = json.dumps(tree, separators=(",", ":"), ensure_ascii=False)
        for character in "&<>":
            text = text.replace(character, f"\\u{ord(character):04x}")
        return text.encode("utf-8")
