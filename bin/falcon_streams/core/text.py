"""Text that comes from outside, on its way into a message of ours.

Rules: it is shortened and loses its control characters before it reaches a message. A message of ours is never
shortened, because its remedy stands at the end.
"""

from __future__ import annotations

_LIMIT = 200


def tidy(text: str, limit: int = _LIMIT) -> str:
    """A text from outside, printable and short enough for a log line."""
    return "".join(c if c.isprintable() else " " for c in text[:limit]).strip()
