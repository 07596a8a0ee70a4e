"""Numbers and spans of time as people say them."""

from __future__ import annotations

from typing import Optional

_UNITS = ((86400, "d"), (3600, "h"), (60, "min"), (1, "s"))


def span(seconds: float) -> str:
    """A span in its two largest units: `2 h 38 min`."""
    left = round(seconds)
    parts: list[str] = []
    for size, unit in _UNITS:
        if left >= size or (size == 1 and not parts):
            parts.append(f"{left // size} {unit}")
        left %= size
    return " ".join(parts[:2])


def behind(seconds: Optional[float]) -> str:
    """How far behind Falcon a partition is."""
    if seconds is None:
        return "nothing yet"
    return "up to date" if seconds < 2.5 else f"{span(seconds)} behind"


def estimate(seconds: Optional[float]) -> str:
    """How long something still takes."""
    if seconds is None:
        return "no estimate yet"
    return f"about {span(seconds)} left" if seconds else "done"
