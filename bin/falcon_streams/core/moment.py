"""A time as a setting says it: `2026-11-01T06:00:00Z`, or how long before the first start: `-3d`, `-6h`, `-30m`.

Rules: pure. A relative time counts from an instant that only the first start knows, so whoever resolves it stores the
result: otherwise it would move at each start.
"""

from __future__ import annotations

import re
from datetime import datetime, timezone
from typing import NamedTuple, Optional

from falcon_streams.core.creation import creation_time

_AGO = re.compile(r"-(\d{1,5})([dhm])\Z", re.ASCII)
_MILLIS = {"d": 86_400_000, "h": 3_600_000, "m": 60_000}


class Moment(NamedTuple):
    """`at` is in epoch milliseconds. If it is None, the moment is `ago` milliseconds before the first start."""

    at: Optional[int] = None
    ago: int = 0

    def resolve(self, now_ms: int) -> int:
        """The moment in epoch milliseconds, if the first start is now."""
        return now_ms - self.ago if self.at is None else self.at


def read_moment(text: str) -> Optional[Moment]:
    """The moment that a text says; None if it says none, as 30 February does."""
    relative = _AGO.match(text)
    if relative is not None:
        return Moment(ago=int(relative[1]) * _MILLIS[relative[2]])
    at = creation_time(text) if "T" in text else None
    return None if at is None else Moment(at)


def iso_time(millis: int) -> str:
    """Epoch milliseconds as ISO 8601 in UTC, for people."""
    return datetime.fromtimestamp(millis / 1000, timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")
