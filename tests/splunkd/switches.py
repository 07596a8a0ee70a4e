"""What can be switched on the stand-in, at its start (`--switch name=value`) and while it runs (/stand-in/switches).

None of it is Splunk's; each plays something that a splunkd may do. The defaults play a splunkd in good health.
"""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Mapping
from typing import Any

STDOUT_KINDS = ("pipe", "socket", "file")
THEMES = ("light", "dark")
VALIDATION_NAMES = ("bare", "prefixed")
UNDECRYPTABLE = ("500", "null")


@dataclasses.dataclass
class Switches:
    """Read by every part at the moment it matters; a change holds from then on."""

    flush_ms: float = 200.0
    """How long parsed events stay in memory, lost by a SIGKILL of the stand-in."""

    drop_at_stop_ms: float = -1.0
    """At a stop, lose what was read of the input's stdout within so many ms before SIGTERM, and all after it; negative:
    lose nothing. "Up to about 500 ms" were seen (Splunk platform reference 1.5)."""

    grace_s: float = 10.0
    """From SIGTERM to SIGKILL. "The length is not documented" (Splunk platform reference 1.5)."""

    validation_s: float = 30.0
    """How long a validation may take until it is killed: "about 30 s" (Splunk platform reference 1.6)."""

    stdin_text: str = ""
    """What an input gets on stdin at its next start instead of its document; empty: the document."""

    stdout_kind: str = "pipe"
    """What an input gets as stdout at its next start: pipe, socket or file."""

    validation_name: str = "bare"
    """Whether a validation's item is named `name` or `scheme://name`: which is right is not known (reference, 12)."""

    theme: str = "light"
    """splunkweb's theme for everybody: light or dark."""

    undecryptable: str = "500"
    """What storage/passwords gives where a password cannot be decrypted: a 500, or null as its clear text. Either has
    been seen (TA-thehive-cortex#11, solnlib#311)."""

    full_queue: str = ""
    """The queue that is full, parsingQueue for instance, as server/introspection/queues tells."""

    rest_delay_s: float = 0.0
    """Silence before a REST answer."""

    rest_status: int = 0
    """Answer REST with this status instead of an answer, 503 for instance."""

    rest_path: str = ""
    """Delay and status hit paths that contain this only; /stand-in is never hit."""

    rest_method: str = ""
    """Delay and status hit requests of this method only."""

    inputs_only: bool = False
    """Delay and status hit requests with an input's session key only."""

    def __post_init__(self) -> None:
        self._lock = threading.Lock()

    def change(self, wanted: Mapping[str, Any]) -> None:
        """Set some, by name, from text or from JSON values. Refuses an unknown name or value and then changes none."""
        known = {field.name: field for field in dataclasses.fields(self)}
        unknown = sorted(set(wanted) - set(known))
        if unknown:
            raise ValueError(f"no such switch: {', '.join(unknown)}; there are {', '.join(known)}")
        values = {name: _convert(getattr(self, name), value) for name, value in wanted.items()}
        if values.get("stdout_kind", "pipe") not in STDOUT_KINDS:
            raise ValueError(f"stdout_kind is one of {', '.join(STDOUT_KINDS)}")
        if values.get("validation_name", "bare") not in VALIDATION_NAMES:
            raise ValueError(f"validation_name is one of {', '.join(VALIDATION_NAMES)}")
        if values.get("theme", "light") not in THEMES:
            raise ValueError(f"theme is one of {', '.join(THEMES)}")
        if values.get("undecryptable", "500") not in UNDECRYPTABLE:
            raise ValueError(f"undecryptable is one of {', '.join(UNDECRYPTABLE)}")
        with self._lock:
            for name, value in values.items():
                setattr(self, name, value)

    def told(self) -> dict[str, Any]:
        return dataclasses.asdict(self)

    def queue_fill(self, name: str) -> float:
        """How full a queue is, from 0 to 1."""
        return 1.0 if name == self.full_queue else 0.01

    def flush_seconds(self) -> float:
        return self.flush_ms / 1000

    def hold_seconds(self) -> float:
        """How long an event must wait so that a stop can still take it back."""
        return max(self.drop_at_stop_ms, 0.0) / 1000


def _convert(current: Any, value: Any) -> Any:
    if isinstance(current, bool):
        return str(value).lower() in ("true", "1")
    return type(current)(value)
