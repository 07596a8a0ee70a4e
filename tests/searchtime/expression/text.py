"""Functions of texts and numbers.

Rules ("Text functions", "Conversion functions", "Mathematical functions", "Cryptographic functions"): positions of
`substr` count from 1, from the end where negative, as SQLite counts; `trim` and its like take blanks and tabs unless
told other characters; `replace` replaces every match and knows `\\1`; `round` rounds a half up; `tonumber` is null of
what is no number of the base, `tostring` knows hex, commas and duration. `lower` and `upper` take fields of several
values, the others do not.
"""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Callable
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from urllib.parse import unquote

from tests.pcre import Match
from tests.searchtime.expression.scope import Function, plain, strict
from tests.searchtime.expression.value import Literal, Number, Value, number_of, of_several, one_text, several, text_of
from tests.searchtime.pcre import compile_pcre
from tests.searchtime.refusal import Refused

_BACK = re.compile(r"\\(\d|\\)")


def _replace(text: Value, pattern: Value, replacement: Value) -> Value:
    regex = compile_pcre(one_text(pattern))

    def put(match: Match) -> str:
        def group(found: re.Match[str]) -> str:
            if found.group(1) == "\\":
                return "\\"
            if int(found.group(1)) > regex.groups:
                raise Refused(f"replace() names group {found.group(1)}, the expression has {regex.groups}")
            return match.group(int(found.group(1))) or ""

        return _BACK.sub(group, one_text(replacement))

    whole, at, parts = one_text(text), 0, []
    for match in regex.finditer(whole):
        start, end = match.span()
        parts += [whole[at:start], put(match)]
        at = end
    return "".join([*parts, whole[at:]])


def _substr(text: Value, start: Value, length: Value = None) -> Value:
    whole, first = one_text(text), int(_number(start))
    begin = first - 1 if first > 0 else len(whole) + first if first < 0 else -1
    end = len(whole) if length is None else begin + int(_number(length))
    return whole[max(0, begin) : max(0, end)]


def _split(text: Value, delimiter: Value) -> Value:
    if not one_text(delimiter):
        raise Refused("split() with an empty delimiter is not carried out")
    parts = one_text(text).split(one_text(delimiter))
    return parts if len(parts) > 1 else parts[0]


def _urldecode(text: Value) -> Value:
    if "+" in one_text(text):
        raise Refused("urldecode() of a plus sign is not documented")
    return unquote(one_text(text))


def _strip(which: Callable[[str, str], str]) -> Function:
    return strict(1, 2, lambda text, signs=" \t": which(one_text(text), one_text(signs)))


def _tonumber(value: Value, base: Value = 10) -> Value:
    radix = int(_number(base))
    if not 2 <= radix <= 36:
        raise Refused(f"tonumber() with base {radix}")
    number: Value = number_of(value)
    if radix != 10:
        digits = re.fullmatch(r"-?[0-9A-Za-z]+", one_text(value))
        try:
            number = int(one_text(value), radix) if digits else None
        except ValueError:
            number = None
    if number is None and isinstance(value, Literal):
        raise Refused(f"tonumber({value!r}) is an error in Splunk")
    return number


def _tostring(value: Value, form: Value = "") -> Value:
    if isinstance(value, bool):
        return "True" if value else "False"
    if not form:
        return one_text(value)
    number = number_of(value)
    if number is None or isinstance(value, Literal):
        raise Refused(f"tostring({value!r}, {form!r}) is not supported by Splunk")
    if form in ("hex", "binary"):
        if number != int(number) or number < 0:
            raise Refused(f"tostring({value!r}, {form!r}) is not supported by Splunk")
        return f"0x{int(number):X}" if form == "hex" else f"{int(number):b}"
    if form == "commas":
        return f"{int(number):,}" if number == int(number) else f"{_round_half_up(number, 2):,.2f}"
    if form == "duration":
        seconds = int(number)
        if not 0 <= seconds < 86400:
            raise Refused("a duration of a day or more is not documented")
        return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
    raise Refused(f"tostring() knows no {form!r}")


def _round(value: Value, places: Value = 0) -> Value:
    number = number_of(value)
    if number is None:
        return None
    rounded = _round_half_up(number, int(_number(places)))
    return int(rounded) if rounded == rounded.to_integral_value() else float(rounded)


def _round_half_up(number: Number, places: int) -> Decimal:
    try:
        return Decimal(text_of(number)).quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)
    except InvalidOperation:
        raise Refused(f"round({number}, {places})") from None


def _mathematics(call: Callable[[Number], Number]) -> Function:
    def apply(value: Value) -> Value:
        number = number_of(value)
        return None if number is None else call(number)

    return strict(1, 1, apply)


def _pow(base: Value, exponent: Value) -> Value:
    one, other = number_of(base), number_of(exponent)
    if one is None or other is None:
        return None
    try:
        return math.pow(one, other)
    except (ValueError, OverflowError):
        raise Refused(f"pow({one}, {other})") from None


def _extreme(least: bool) -> Function:
    def choose(*arguments: Value) -> Value:
        texts = [one for argument in arguments for one in several(argument)]
        if not texts:
            return None
        numbers = [(number_of(text), text) for text in texts]
        if all(number is not None for number, _ in numbers):
            ranked = sorted((float(number or 0), text) for number, text in numbers)
            return ranked[0 if least else -1][1]
        # "Statistical eval functions": a string is greater than a number.
        strings = [text for number, text in numbers if number is None]
        found = [(float(number), text) for number, text in numbers if number is not None]
        if least and found:
            return min(found)[1]
        return min(strings) if least else max(strings)

    return plain(1, None, choose)


def _digest(name: str) -> Function:
    return strict(1, 1, lambda text: hashlib.new(name, one_text(text).encode("utf-8", "replace")).hexdigest())


def _number(value: Value) -> Number:
    number = number_of(value)
    if number is None:
        raise Refused(f"{value!r} where a number is due")
    return number


FUNCTIONS: dict[str, Function] = {
    "lower": plain(1, 1, lambda texts: of_several([text.lower() for text in several(texts)])),
    "upper": plain(1, 1, lambda texts: of_several([text.upper() for text in several(texts)])),
    "len": strict(1, 1, lambda text: len(one_text(text)), passes=True),
    "trim": _strip(str.strip),
    "ltrim": _strip(str.lstrip),
    "rtrim": _strip(str.rstrip),
    "replace": strict(3, 3, _replace, passes=True),
    "substr": strict(2, 3, _substr),
    "split": strict(2, 2, _split, passes=True),
    "urldecode": strict(1, 1, _urldecode),
    "tonumber": strict(1, 2, _tonumber),
    "tostring": strict(1, 2, _tostring),
    "round": strict(1, 2, _round),
    "floor": _mathematics(math.floor),
    "ceiling": _mathematics(math.ceil),
    "ceil": _mathematics(math.ceil),
    "abs": _mathematics(abs),
    "exact": _mathematics(lambda number: number),
    "pow": strict(2, 2, _pow),
    "min": _extreme(least=True),
    "max": _extreme(least=False),
    "md5": _digest("md5"),
    "sha1": _digest("sha1"),
    "sha256": _digest("sha256"),
    "sha512": _digest("sha512"),
}
