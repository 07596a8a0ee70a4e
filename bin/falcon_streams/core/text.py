"""Makes text from outside fit for our messages.

Rules: text from outside is shortened and loses its control characters before it goes into a message. The message itself
is never shortened, because its remedy is at the end.
"""

from __future__ import annotations

_LIMIT = 200


def tidy(text: str, limit: int = _LIMIT) -> str:
    """A text from outside, printable and short enough for a log line."""
    return "".join(c if c.isprintable() else " " for c in text[:limit]).strip()
