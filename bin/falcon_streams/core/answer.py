"""Reading an answer of Falcon's API: its errors, its trace id, and how long it asks us to wait.

Rules: header names are matched whatever their case. A wait is named as seconds from now, as epoch seconds or
milliseconds, or as a date: a time is one of Falcon's clock, so the answer's own `Date` is what it is measured against,
as our clock may be an hour off (reference 1.4, 10). Errors may be absent, null, empty, or filled beside a 2xx status; a
body may be empty or HTML.
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
_EPOCH_SECONDS, _EPOCH_MILLISECONDS = 1e9, 1e11  # from here on a number is a time: 2001 in the one, 1973 in the other
_NUMBER = re.compile(r"\s*-?[0-9]{1,15}(\.[0-9]{0,9})?([eE]\+?[0-9]{1,2})?\s*", re.ASCII)
LIMIT_WINDOW = 60.0  # all limits of Falcon's are counted over a minute
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
    def region(self) -> str:
        """The cloud where the API client lives, as Falcon tells it with a token answer; empty where it tells none."""
        return self.headers.get("x-cs-region", "").strip().lower()

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

    def usual_remedy(self) -> str:
        """What to do where nothing more is known than the status, as the end of a sentence."""
        if self.status == 429:
            return (
                ": it is asked again once that limit allows it. If this goes on, look for other programs that use this "
                "API client or this machine's address"
            )
        if self.status >= 500:
            return ": it is asked again. If this goes on, ask CrowdStrike support"
        return ": it is asked again. If this goes on, look for a proxy or a maintenance page in between"

    def wait(self, now: float) -> float:
        """Seconds to wait, up to LONGEST_FLOOR: the longest that a header asks for. Where none does, 0.0, but after a
        429 the time in which a limit is counted. `now` in epoch seconds."""
        base = self.served_at if self.served_at is not None else now
        asked = (_seconds_until(self.headers.get(name, ""), base) for name in _WAIT_HEADERS)
        usual = LIMIT_WINDOW if self.status == 429 else 0.0
        return max((seconds for seconds in asked if seconds is not None), default=usual)


def _seconds_until(text: str, base: float) -> Optional[float]:
    """What a header asks for, None where it cannot be read. One that was sent twice is two joined by a comma."""
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
