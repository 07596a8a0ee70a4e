"""Reads when an event was created, in any form that its metadata may use.

Theory. Falcon writes epoch milliseconds as a whole number, which the fast path of `core/envelope.py` reads. Other forms
come from older releases, intermediaries, and replays: text, or a number with a fraction, in seconds, microseconds, or
nanoseconds, or ISO 8601. The units cannot be confused: between 2000 and 2100 their numbers are a factor of a thousand
apart.

Rules: pure, never raises. A time outside 2000 to 2100 is an error and not a time. ISO text without a zone is UTC.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone
from typing import Any, Optional

# 2000-01-01 and 2100-01-01 in milliseconds
_EARLIEST, _LATEST = 946_684_800_000, 4_102_444_800_000
_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
_NUMBER = re.compile(r"\d{9,20}(\.\d{1,20})?\Z", re.ASCII)
_ISO = re.compile(
    r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(?:[.,](\d{1,20}))? ?(?:[Zz]|UTC|([+-])(\d\d):?(\d\d))?\Z", re.ASCII
)


def creation_time(value: Any) -> Optional[int]:
    """A JSON value as epoch milliseconds; None if it is not a time."""
    if isinstance(value, str):
        text = value.strip()
        iso = _ISO.match(text)
        if iso is not None:
            return _from_iso(iso)
        return _from_number(float(text) if "." in text else int(text)) if _NUMBER.match(text) else None
    return _from_number(value) if isinstance(value, (int, float)) else None


def _from_number(number: float) -> Optional[int]:
    """Seconds, milliseconds, microseconds, or nanoseconds: whichever gives a valid time."""
    if _EARLIEST <= number * 1000 <= _LATEST:
        return round(number * 1000)
    for unit in (1, 1000, 1_000_000):
        if _EARLIEST * unit <= number <= _LATEST * unit:
            return int(number // unit)
    return None


def _from_iso(match: re.Match[str]) -> Optional[int]:
    day, clock, fraction, sign, hours, minutes = match.groups()
    try:
        at = datetime.strptime(f"{day} {clock}", "%Y-%m-%d %H:%M:%S").replace(tzinfo=timezone.utc)
    except ValueError:
        return None
    ahead = timedelta(hours=int(hours), minutes=int(minutes)) if sign else timedelta()
    since_epoch = at - _EPOCH + (ahead if sign == "-" else -ahead)
    millis = since_epoch // timedelta(milliseconds=1) + int((fraction or "")[:3].ljust(3, "0"))
    return millis if _EARLIEST <= millis <= _LATEST else None
