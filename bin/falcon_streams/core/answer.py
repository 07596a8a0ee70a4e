"""Reading an answer of Falcon's API: its errors, its trace id, and how long it asks us to wait.

Rules: header names are matched whatever their case. The rate limit header is epoch seconds of Falcon's clock, so the
answer's own `Date` is what it is measured against: our clock may be an hour off (reference 1.4). Errors may be absent,
null, empty, or filled beside a 2xx status; a body may be empty or HTML. Texts that come from outside are shortened and
freed of control characters before they reach a message.
"""

from __future__ import annotations

import json
from email.utils import parsedate_to_datetime
from typing import Any, Dict, Mapping, NamedTuple, Optional

_TEXT_LIMIT = 200
BAD_BEARER_LIMIT = 15  # requests a minute and source address; a customer has 6,000


class Answer(NamedTuple):
    """One whole answer; header names in lower case, the body at most 1 MiB."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def ok(self) -> bool:
        """A 2xx status. The body may still hold errors."""
        return 200 <= self.status < 300

    @property
    def trace_id(self) -> Optional[str]:
        """What Falcon's support asks for: the header, else the body's `meta.trace_id`."""
        found = self.headers.get("x-cs-traceid")
        if not found:
            meta = self.tree().get("meta")
            found = meta.get("trace_id") if isinstance(meta, dict) else None
        return tidy(found) if isinstance(found, str) and found else None

    @property
    def served_at(self) -> Optional[float]:
        """The server's own time in epoch seconds, None where it gave none."""
        return _http_date(self.headers.get("date"))

    @property
    def refuses_bearer(self) -> bool:
        """Whether the bearer is what is wrong: a 401, or the 429 of the narrow limit that Falcon has for those who come
        without a good one. Of the two limits only that one is met with a bearer that was revoked (reference 1.4)."""
        limit = _number(self.headers.get("x-ratelimit-limit"))
        return self.status == 401 or (self.status == 429 and limit is not None and limit <= BAD_BEARER_LIMIT)

    def tree(self) -> Dict[str, Any]:
        """The body as a JSON object; empty where it is none."""
        try:
            tree = json.loads(self.body.decode("utf-8", "replace"))
        except (ValueError, RecursionError):
            return {}
        return tree if isinstance(tree, dict) else {}

    def complaint(self) -> Optional[str]:
        """The errors of the body in a few words, None where it has none, whatever the status."""
        errors = self.tree().get("errors")
        if not isinstance(errors, list) or not errors:
            return None
        first = errors[0] if isinstance(errors[0], dict) else {}
        code, message = first.get("code", "error"), first.get("message", "no message")
        return tidy(f"{message}" if code == self.status else f"{code}: {message}")

    def wait(self, now: float) -> float:
        """Seconds the server asks us to wait, 0.0 where it asks for none. `now` in epoch seconds."""
        base = self.served_at if self.served_at is not None else now
        vendor = _number(self.headers.get("x-ratelimit-retryafter"))
        if vendor is not None:
            return max(0.0, vendor - base)
        standard = self.headers.get("retry-after")
        seconds = _number(standard)
        if seconds is not None:
            return max(0.0, seconds)
        until = _http_date(standard)
        return max(0.0, until - base) if until is not None else 0.0


def tidy(text: str, limit: int = _TEXT_LIMIT) -> str:
    """A text from outside, printable and short enough for a log line."""
    return "".join(c if c.isprintable() else " " for c in text[:limit]).strip()


def _number(text: Optional[str]) -> Optional[float]:
    digits = (text or "").strip()
    return float(digits) if digits.isascii() and digits.isdigit() and len(digits) <= 15 else None


def _http_date(text: Optional[str]) -> Optional[float]:
    if not text:
        return None
    try:
        return parsedate_to_datetime(text).timestamp()
    except (TypeError, ValueError, IndexError, OverflowError):
        return None
