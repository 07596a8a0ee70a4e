"""The time of an event whose `<time>` is missing, from its text.

Rules (props.conf.spec, "Timestamp extraction configuration"): DATETIME_CONFIG = CURRENT or NONE means now; TIME_PREFIX
must be found or there is no extraction; the text behind it is looked at for MAX_TIMESTAMP_LOOKAHEAD characters; with
TIME_FORMAT it must stand right there, without it an ISO 8601 time or an epoch is looked for, a small part of what
splunkd recognises; without a zone of its own it is read in TZ, else in UTC (the stand-in's system zone). A time older
than MAX_DAYS_AGO or later than MAX_DAYS_HENCE is not believed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timedelta, timezone, tzinfo
from re import Pattern
from zoneinfo import ZoneInfo

from tests.pcre import compile_pattern

_DAY = 86400.0
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DIRECTIVES: dict[str, str] = {
    "Y": r"(?P<Y>\d{4})",
    "y": r"(?P<y>\d{2})",
    "m": r"(?P<m>\d{1,2})",
    "d": r"(?P<d>\d{1,2})",
    "e": r"\s?(?P<d>\d{1,2})",
    "H": r"(?P<H>\d{1,2})",
    "M": r"(?P<M>\d{1,2})",
    "S": r"(?P<S>\d{1,2})",
    "s": r"(?P<s>\d{1,12})",
    "b": r"(?P<b>[A-Za-z]{3})",
    "B": r"(?P<b>[A-Za-z]{3})[a-z]*",
    "F": r"(?P<Y>\d{4})-(?P<m>\d\d)-(?P<d>\d\d)",
    "T": r"(?P<H>\d\d):(?P<M>\d\d):(?P<S>\d\d)",
    "z": r"(?P<z>Z|UTC|GMT|[+-]\d\d:?\d\d)",
    "Z": r"(?P<z>Z|UTC|GMT)",
    "f": r"(?P<f>\d{1,6})",
    "N": r"(?P<f>\d{1,9})",
    "Q": r"(?P<f>\d{1,9})",
    "%": "%",
}
_TOKEN = re.compile(r"%(\d?)([A-Za-z%])")
_GUESS = re.compile(
    r"(?P<Y>\d{4})-(?P<m>\d\d)-(?P<d>\d\d)[T ](?P<H>\d\d):(?P<M>\d\d):(?P<S>\d\d)(?:[.,](?P<f>\d{1,9}))?"
    r"\s?(?P<z>Z|UTC|[+-]\d\d:?\d\d)?|(?<![\d.])(?P<s>1\d{9})(?:\.(?P<f2>\d{1,9})|(?P<f3>\d{3}))?(?!\d)"
)


class UnknownFormat(ValueError):
    """A TIME_FORMAT with a directive that this stand-in does not know."""


class Clockmaker:
    """Reads times by props; patterns are compiled once."""

    def __init__(self) -> None:
        self._formats: dict[str, Pattern[str]] = {}

    def read(self, text: str, props: Mapping[str, str], now: float) -> float | None:
        """The time that the text tells, None where it tells none that may be believed."""
        if props.get("DATETIME_CONFIG") in ("CURRENT", "NONE"):
            return None
        window = self._window(text, props)
        if window is None:
            return None
        template = props.get("TIME_FORMAT")
        match = self._format(template).match(window) if template else _GUESS.search(window)
        seconds = _seconds(match.groupdict(), props.get("TZ", "")) if match else None
        if seconds is None:
            return None
        oldest = now - _DAY * float(props.get("MAX_DAYS_AGO", "2000"))
        latest = now + _DAY * float(props.get("MAX_DAYS_HENCE", "2"))
        return seconds if oldest <= seconds <= latest else None

    def _window(self, text: str, props: Mapping[str, str]) -> str | None:
        start = 0
        prefix = props.get("TIME_PREFIX")
        if prefix:
            found = compile_pattern(prefix).search(text)
            if found is None:
                return None
            start = found.end()
        length = int(props.get("MAX_TIMESTAMP_LOOKAHEAD", "128"))
        return text[start : start + length] if length > 0 else text[start:]

    def _format(self, template: str) -> Pattern[str]:
        pattern = self._formats.get(template)
        if pattern is None:
            pattern = self._formats[template] = _compile(template)
        return pattern


def _compile(template: str) -> Pattern[str]:
    parts = []
    position = 0
    for token in _TOKEN.finditer(template):
        parts.append(re.escape(template[position : token.start()]))
        width, letter = token.groups()
        if letter not in _DIRECTIVES:
            raise UnknownFormat(f"TIME_FORMAT {template!r}: %{letter}")
        parts.append(rf"(?P<f>\d{{{width}}})" if width else _DIRECTIVES[letter])
        position = token.end()
    parts.append(re.escape(template[position:]))
    return re.compile("".join(parts))


def _seconds(parts: dict[str, str | None], zone: str) -> float | None:
    digits = parts.get("f") or parts.get("f2") or parts.get("f3") or "0"
    fraction = float(f"0.{digits}")
    epoch = parts.get("s")
    if epoch is not None:
        return int(epoch) + fraction
    year, month, day, hour, minute, second = _calendar(parts)
    try:
        moment = datetime(year, month, day, hour, minute, second, tzinfo=_zone(parts.get("z") or zone))
    except (ValueError, OverflowError):
        return None
    return moment.timestamp() + fraction


def _calendar(parts: dict[str, str | None]) -> tuple[int, int, int, int, int, int]:
    """Year to second; what the text does not say is today's date and midnight."""
    today = datetime.now(timezone.utc)
    year = int(parts.get("Y") or 0) or (2000 + int(parts["y"] or 0) if parts.get("y") else today.year)
    named = (parts.get("b") or "").lower()
    month = _MONTHS.index(named) + 1 if named in _MONTHS else int(parts.get("m") or today.month)
    return (
        year,
        month,
        int(parts.get("d") or today.day),
        int(parts.get("H") or 0),
        int(parts.get("M") or 0),
        int(parts.get("S") or 0),
    )


def _zone(text: str) -> tzinfo:
    match = re.fullmatch(r"([+-])(\d\d):?(\d\d)", text)
    if match is None:
        return timezone.utc if text in ("", "Z", "UTC", "GMT") else ZoneInfo(text)
    offset = timedelta(hours=int(match.group(2)), minutes=int(match.group(3)))
    return timezone(-offset if match.group(1) == "-" else offset)
