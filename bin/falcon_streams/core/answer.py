"""Reads an answer of Falcon's API: its errors, its trace id, and how long it asks us to wait.

Rules: the case of header names does not matter. Falcon states a wait as seconds from now, as epoch seconds or
milliseconds, or as a date. A time is one of Falcon's clock and ours may be an hour off, so it is measured against the
answer's own `Date` (reference 1.4, 10). Errors may be absent, null, empty, or filled beside a 2xx status; a body may be
empty or HTML.
"""

from __future__ import annotations

import json
import re
from datetime import timezone
from email.utils import parsedate_to_datetime
from typing import Any, Dict, Mapping, NamedTuple, Optional

from falcon_streams.core.backoff import LONGEST_FLOOR
from falcon_streams.core.text import tidy

_WAIT_HEADERS = ("x-ratelimit-retryafter", "retry-after")
_EPOCH_SECONDS, _EPOCH_MILLISECONDS = 1e9, 1e11  # larger numbers are times: from 2001 in seconds, 1973 in milliseconds
_NUMBER = re.compile(r"\s*-?[0-9]{1,15}(\.[0-9]{0,9})?([eE]\+?[0-9]{1,2})?\s*", re.ASCII)
LIMIT_WINDOW = 60.0  # Falcon counts all its limits over a minute
BAD_BEARER_LIMIT = 15  # requests a minute from one source address; a customer has 6,000


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
        """What Falcon's support asks for: the header if there is one, else the body's `meta.trace_id`."""
        found = self.headers.get("x-cs-traceid")
        if not found:
            meta = self.tree().get("meta")
            found = meta.get("trace_id") if isinstance(meta, dict) else None
        return tidy(found) if isinstance(found, str) and found else None

    @property
    def served_at(self) -> Optional[float]:
        """The server's own time in epoch seconds, None if the answer has none."""
        return _http_date(self.headers.get("date"))

    @property
    def region(self) -> str:
        """The cloud that the API client belongs to, as Falcon's token answer names it; empty if it names none."""
        return self.headers.get("x-cs-region", "").strip().lower()

    @property
    def refuses_bearer(self) -> bool:
        """Whether the bearer is at fault: a 401, or the 429 of Falcon's narrow limit for requests without a good
        bearer. Of Falcon's two limits, a revoked bearer only meets that one (reference 1.4)."""
        limit = _number(self.headers.get("x-ratelimit-limit"))
        return self.status == 401 or (self.status == 429 and limit is not None and limit <= BAD_BEARER_LIMIT)

    def tree(self) -> Dict[str, Any]:
        """The body as a JSON object; empty if it is not one."""
        try:
            tree = json.loads(self.body.decode("utf-8", "replace"))
        except (ValueError, RecursionError):
            return {}
        return tree if isinstance(tree, dict) else {}

    def complaint(self) -> Optional[str]:
        """The body's errors in a few words, None if it has none; the status does not matter."""
        errors = self.tree().get("errors")
        if not isinstance(errors, list) or not errors:
            return None
        first = errors[0] if isinstance(errors[0], dict) else {}
        code, message = first.get("code", "error"), first.get("message", "no message")
        return tidy(f"{message}" if code == self.status else f"{code}: {message}")

    def usual_remedy(self) -> str:
        """What to do if only the status is known, as the end of a sentence."""
        if self.status == 429:
            return (
                ": the add-on asks again once that limit allows it. If this goes on, look for other programs that use "
                "this API client or this machine's address"
            )
        if self.status >= 500:
            return ": the add-on asks again. If this goes on, ask CrowdStrike support"
        return ": the add-on asks again. If this goes on, look for a proxy or a maintenance page in between"

    def wait(self, now: float) -> float:
        """Seconds to wait: the longest wait that a header asks for, at most LONGEST_FLOOR. Without such a header, 0.0,
        or after a 429 the window over which Falcon counts a limit. `now` in epoch seconds."""
        base = self.served_at if self.served_at is not None else now
        asked = (_seconds_until(self.headers.get(name, ""), base) for name in _WAIT_HEADERS)
        usual = LIMIT_WINDOW if self.status == 429 else 0.0
        return max((seconds for seconds in asked if seconds is not None), default=usual)


def _seconds_until(text: str, base: float) -> Optional[float]:
    """What a header asks for, None if it cannot be read. A header that was sent twice is joined by a comma."""
    numbers = [number for number in map(_number, text.split(",")) if number is not None]
    until = _http_date(text)
    asked = [_delta(number, base) for number in numbers] or ([] if until is None else [until - base])
    return min(max(0.0, *asked), LONGEST_FLOOR) if asked else None


def _delta(number: float, base: float) -> float:
    if number < _EPOCH_SECONDS:
        return number
    return (number if number < _EPOCH_MILLISECONDS else number / 1000.0) - base


def _number(text: Optional[str]) -> Optional[float]:
    return float(text) if text and _NUMBER.fullmatch(text) else None


def _http_date(text: Optional[str]) -> Optional[float]:
    if not text:
        return None
    try:
        date = parsedate_to_datetime(text)
        return (date if date.tzinfo else date.replace(tzinfo=timezone.utc)).timestamp()
    except (TypeError, ValueError, IndexError, OverflowError):
        return None
