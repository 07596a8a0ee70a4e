"""Functions of time.

Rules ("Date and Time functions", "Date and time format variables"): a time is the number of seconds since 1970 in
UTC; `strftime` writes it in the zone of whoever searches, `strptime` reads it there unless the text names a zone, and
is null where the text is not as the format says. `%N` and `%Q` are the fraction of a second with as many digits as
stand before them, 9 and 3 without. English names of days and months. `now()` and `time()` are known only where a time
is given; `relative_time` is refused, as is a text that goes on after the end of the format.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Sequence
from datetime import datetime, timedelta, timezone, tzinfo
from decimal import Decimal

from tests.searchtime.expression.scope import Function, Node, Scope
from tests.searchtime.expression.value import Value, number_of, single, text_of
from tests.searchtime.refusal import Refused

_SIGN = re.compile(r"%(::?[z]|[369]?[NQ]|.)", re.DOTALL)
_LONG = {"T": "%H:%M:%S", "F": "%Y-%m-%d", "R": "%H:%M", "D": "%m/%d/%y"}
_PYTHONS = frozenset("YmdHMSjyIpbBaAZ")
_DIGITS = {"N": 9, "Q": 3}
_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
_MONTHS = {name.lower(): number for number, name in enumerate(calendar.month_name) if name}
_MONTHS.update({name.lower(): number for number, name in enumerate(calendar.month_abbr) if name})
_READ = {
    "Y": r"(?P<Y>\d{4})",
    "m": r"(?P<m>\d{1,2})",
    "d": r"(?P<d>\d{1,2})",
    "H": r"(?P<H>\d{1,2})",
    "M": r"(?P<M>\d{1,2})",
    "S": r"(?P<S>\d{1,2})",
    "y": r"(?P<y>\d{2})",
    "I": r"(?P<I>\d{1,2})",
    "p": r"(?P<p>[AaPp][Mm])",
    "b": r"(?P<b>[A-Za-z]+)",
    "B": r"(?P<B>[A-Za-z]+)",
    "a": r"[A-Za-z]+",
    "A": r"[A-Za-z]+",
    "s": r"(?P<s>-?\d+)",
    "z": r"(?P<z>[+-]\d{2}:?\d{2}|Z)",
    "Z": r"(?P<z>Z|UTC|GMT)",
    "%": "%",
}


def _write(seconds: Decimal, form: str, zone: tzinfo) -> str:
    whole = int(seconds // 1)
    moment = (_EPOCH + timedelta(seconds=whole)).astimezone(zone)

    def put(found: re.Match[str]) -> str:
        sign = found.group(1)
        if sign == "s":
            return str(whole)
        if sign[-1] in _DIGITS:
            digits = int(sign[:-1] or _DIGITS[sign[-1]])
            return str(int((seconds - whole) * 10**digits)).zfill(digits)
        if sign in _LONG:
            return _SIGN.sub(put, _LONG[sign])
        if sign == "e":
            return f"{moment.day:2}"
        if sign.endswith("z"):
            offset = moment.strftime("%z")
            return offset if sign == "z" else f"{offset[:3]}:{offset[3:5]}" + (":00" if sign == "::z" else "")
        if sign == "%":
            return "%"
        if sign not in _PYTHONS:
            raise Refused(f"strftime() with %{sign} is not carried out")
        return moment.strftime(f"%{sign}").zfill(4 if sign == "Y" else 0)

    return _SIGN.sub(put, form)


def _pattern(form: str) -> str:
    pieces: list[str] = []
    at = 0
    for found in _SIGN.finditer(form):
        sign = found.group(1)
        pieces.append(re.escape(form[at : found.start()]))
        if sign in _LONG:
            pieces.append(_pattern(_LONG[sign]))
        elif sign[-1] in _DIGITS:
            pieces.append(r"(?P<N>\d{%s})" % (sign[:-1] or f"1,{_DIGITS[sign[-1]]}"))
        elif sign in (":z", "::z") or sign in _READ:
            pieces.append(_READ[sign.lstrip(":")])
        else:
            raise Refused(f"strptime() with %{sign} is not carried out")
        at = found.end()
    return "".join([*pieces, re.escape(form[at:])])


def _read(text: str, form: str, zone: tzinfo) -> Value:
    try:
        found = re.compile(_pattern(form)).match(text)
    except re.error:
        raise Refused(f"strptime() with {form!r}: a variable comes twice") from None
    if not found:
        return None
    if found.end() != len(text):
        raise Refused(f"strptime({text!r}, {form!r}): it is not documented what a text means that goes on")
    parts = {name: value for name, value in found.groupdict().items() if value is not None}
    fraction = Decimal("0." + parts["N"]) if "N" in parts else Decimal(0)
    if "s" in parts:
        return _plain(int(parts["s"]) + fraction)
    if "Y" not in parts and "y" not in parts:
        raise Refused(f"strptime() with {form!r}: a time without a year")
    month = parts.get("b") or parts.get("B")
    if month and month.lower() not in _MONTHS:
        return None
    try:
        moment = datetime(
            int(parts["Y"]) if "Y" in parts else datetime.strptime(parts["y"], "%y").year,
            _MONTHS[month.lower()] if month else int(parts.get("m", 1)),
            int(parts.get("d", 1)),
            _hour(parts),
            int(parts.get("M", 0)),
            int(parts.get("S", 0)),
            tzinfo=_zone(parts["z"]) if "z" in parts else zone,
        )
    except ValueError:
        return None
    return _plain(calendar.timegm(moment.utctimetuple()) + fraction)


def _hour(parts: dict[str, str]) -> int:
    if "I" not in parts:
        return int(parts.get("H", 0))
    if "p" not in parts or not 1 <= int(parts["I"]) <= 12:
        raise ValueError("an hour of twelve")
    return int(parts["I"]) % 12 + 12 * (parts["p"].lower() == "pm")


def _zone(text: str) -> tzinfo:
    if text in ("Z", "UTC", "GMT"):
        return timezone.utc
    offset = timedelta(hours=int(text[1:3]), minutes=int(text[-2:]))
    return timezone(-offset if text[0] == "-" else offset)


def _plain(seconds: Decimal) -> Value:
    return int(seconds) if seconds == int(seconds) else float(seconds)


def _strftime(scope: Scope, nodes: Sequence[Node]) -> Value:
    value, form = (single(node.evaluate(scope), "strftime()") for node in nodes)
    number = number_of(value)
    if number is None or form is None:
        return None
    exact = Decimal(value.strip()) if isinstance(value, str) else Decimal(str(number))
    try:
        return _write(exact, text_of(form), scope.settings.timezone)
    except (ArithmeticError, ValueError):
        raise Refused(f"strftime({value!r}) is out of range") from None


def _strptime(scope: Scope, nodes: Sequence[Node]) -> Value:
    value, form = (single(node.evaluate(scope), "strptime()") for node in nodes)
    if value is None or form is None:
        return None
    return _read(text_of(value), text_of(form), scope.settings.timezone)


def _now(scope: Scope, nodes: Sequence[Node]) -> Value:
    if scope.settings.now is None:
        raise Refused("now() without a time given")
    return scope.settings.now


FUNCTIONS: dict[str, Function] = {
    "strftime": Function(2, 2, _strftime),
    "strptime": Function(2, 2, _strptime),
    "now": Function(0, 0, _now),
    "time": Function(0, 0, _now),
}
