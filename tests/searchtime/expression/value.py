"""The values of an expression: what they are, how they turn into each other and into the text of a field.

Rules ("Use the eval command", "Evaluation functions"): null is None; a text that looks like a number is one wherever
a number is wanted, and a field's is one to `isnum` and `typeof` as well; a field of several values is a list. A
comparison with null is null, and null is not true. Two texts that both look like numbers compare as numbers. Numbers
print without trailing zeros, at most 15 digits. A true or false is no value of a field.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import Optional, Union

from tests.searchtime.refusal import Refused

Number = Union[int, float]
Value = Union[None, bool, int, float, str, "list[str]"]

_NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_WHOLE = re.compile(r"[+-]?[0-9]+")


class Literal(str):
    """A text written in the expression itself, in double quotes."""


def from_field(values: Sequence[str]) -> Value:
    """What an expression sees of a field."""
    if not values:
        return None
    return values[0] if len(values) == 1 else list(values)


def to_field(value: Value) -> list[str]:
    """What a field gets of a result; nothing of null."""
    if isinstance(value, bool):
        raise Refused("the result is true or false, which is no value of a field: use if()")
    if isinstance(value, list):
        return [str(one) for one in value]
    return [] if value is None else [text_of(value)]


def number_of(value: Value) -> Optional[Number]:
    """The number a value is or looks like, else None."""
    if isinstance(value, bool) or value is None or isinstance(value, list):
        return None
    if isinstance(value, str):
        if not _NUMBER.fullmatch(value):
            return None
        if _WHOLE.fullmatch(value) and len(value) < 4000:
            return int(value)
        number = float(value)
        return number if math.isfinite(number) else None
    return value


def text_of(value: Union[bool, int, float, str]) -> str:
    """The text of a single value."""
    if isinstance(value, bool):
        raise Refused("true or false where a text is due")
    if isinstance(value, str):
        return str(value)
    if isinstance(value, int):
        return str(value)
    if value == int(value) and abs(value) < 1e15:
        return str(int(value))
    return format(value, ".15g")


def one_text(value: Value) -> str:
    """The text of what has to be a single value."""
    if value is None or isinstance(value, list):
        raise Refused(f"{value!r} where one text is due")
    return text_of(value)


def single(value: Value, what: str) -> Union[bool, int, float, str, None]:
    """A value that is not several."""
    if isinstance(value, list):
        if len(value) == 1:
            return value[0]
        raise Refused(f"{what} of a field with several values is not documented")
    return value


def truth(value: Value, what: str) -> Optional[bool]:
    """A true, a false, or null; a value of another kind is refused."""
    if value is None or isinstance(value, bool):
        return value
    raise Refused(f"{what} wants true or false and got {value!r}")


def several(value: Value) -> list[str]:
    """All values, as texts."""
    if value is None:
        return []
    return list(value) if isinstance(value, list) else [text_of(value)]


def of_several(values: Sequence[str]) -> Value:
    """What a list of values is: null, one value, or several."""
    return from_field(values)


def compare(operator: str, left: Value, right: Value) -> Optional[bool]:
    """A comparison; null where a side is null. `==` of several values holds when one of them is equal."""
    if left is None or right is None:
        return None
    if operator in ("=", "==") and (isinstance(left, list) or isinstance(right, list)):
        return any(compare("==", one, other) for one in several(left) for other in several(right))
    first, second = single(left, operator), single(right, operator)
    if isinstance(first, bool) or isinstance(second, bool):
        raise Refused(f"{operator} of true or false is not documented")
    low, high = number_of(first), number_of(second)
    if low is not None and high is not None:
        return _ordered(operator, (low > high) - (low < high))
    if operator not in ("=", "==", "!=") and not (isinstance(first, str) and isinstance(second, str)):
        raise Refused(f"{operator} of a number and a text is not documented")
    assert first is not None and second is not None
    one, other = text_of(first), text_of(second)
    return _ordered(operator, (one > other) - (one < other))


def _ordered(operator: str, order: int) -> bool:
    return {
        "=": order == 0,
        "==": order == 0,
        "!=": order != 0,
        "<": order < 0,
        ">": order > 0,
        "<=": order <= 0,
        ">=": order >= 0,
    }[operator]


def calculate(operator: str, left: Value, right: Value) -> Value:
    """Arithmetic and joining; null where a side is null or no number, and of a division by zero."""
    if left is None or right is None:
        return None
    first, second = single(left, operator), single(right, operator)
    if isinstance(first, bool) or isinstance(second, bool) or first is None or second is None:
        raise Refused(f"{operator} of true or false is not documented")
    if operator == ".":
        return text_of(first) + text_of(second)
    one, other = number_of(first), number_of(second)
    literal = isinstance(first, Literal) or isinstance(second, Literal)
    if (
        operator == "+"
        and isinstance(first, str)
        and isinstance(second, str)
        and (one is None or other is None or literal)
    ):
        return first + second
    if literal:
        raise Refused(f"{operator} of a text in quotes is an error in Splunk")
    if one is None or other is None:
        return None
    try:
        result = _arithmetic(operator, one, other)
    except OverflowError:
        result = math.inf
    if isinstance(result, float) and not math.isfinite(result):
        raise Refused(f"{one} {operator} {other} is out of range")
    return result


def _arithmetic(operator: str, one: Number, other: Number) -> Optional[Number]:
    if operator == "+":
        return one + other
    if operator == "-":
        return one - other
    if operator == "*":
        return one * other
    if not other:
        return None
    if operator == "/":
        quotient = one / other
        return int(quotient) if quotient == int(quotient) and abs(quotient) < 2**53 else quotient
    if one < 0 or other < 0:
        raise Refused("% of a negative number is not documented")
    return one % other
