"""Invents a replacement for a text: of the same kind and shape, and without a piece of the original.

Theory. A replacement is drawn, and never computed from the original, so that nobody can find an original by guessing
it. What was drawn for a text is remembered: within one run the same text has the same replacement, and relations stay
visible. What could belong to somebody is drawn where it belongs to nobody: addresses from the ranges for documentation
(RFC 5737, RFC 3849, RFC 9637), MAC addresses that are locally administered, and letters of which no word and no
top-level domain consists.

Rules: pure; `below(n)` draws a whole number from 0 to n - 1. A replacement shares no four characters in a row with its
original, unless these are blanks or one mark repeated. Where a text is so long that it has every piece of digits or of
those letters, it still shares none at the same place. Different texts have different replacements as long as their
kind and length have any left.
"""

from __future__ import annotations

import ipaddress
import re
from datetime import datetime, timedelta, timezone
from typing import Callable, Dict, List, Set, Tuple

Below = Callable[[int], int]

_PIECE = 4
_TRIES = 20
_LONG = 2000  # a text of which a second try takes long, and hardly ever succeeds where the first has not
_BLANKS = " \t\r\n"
_MARKS = frozenset("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~" + _BLANKS)
_MARKS_AHEAD = re.compile(rf"[{re.escape(''.join(sorted(_MARKS)))}]{{1,{_PIECE - 1}}}")
_LETTERS = "jqvxz"
_DIGITS = "0123456789"
_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
# The invented times are those of the ten years from 2030.
_FROM, _SECONDS = 1_893_456_000, 315_532_800
_FILETIME_AHEAD, _FILETIME_DIGITS = 11_644_473_600, 18  # 1601 to 1970; in steps of 100 ns

_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
# Seconds, milliseconds, microseconds, nanoseconds, FILETIME, of this century.
_TIME = re.compile(r"(?:[1-3][0-9]{9}(?:[0-9]{3}|[0-9]{6}|[0-9]{9})?|1[2-5][0-9]{16})(?:\.[0-9]+)?")
_ISO = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2}(?:[T ][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:[.,][0-9]{1,9})?)?)?)"
    r"(Z|[+-][0-9]{2}:?[0-9]{2}|)"
)
_IPV4 = re.compile(r"(?:[0-9]{1,3}\.){3}[0-9]{1,3}")
_MAC = re.compile(r"(?:[0-9A-Fa-f]{2}[:-]){5}[0-9A-Fa-f]{2}")
_HEX = re.compile(r"[0-9A-Fa-f]{16,}|[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")


def pieces(text: str) -> Set[str]:
    """Every four characters in a row that could tell something."""
    found = {text[start : start + _PIECE] for start in range(len(text) - _PIECE + 1)}
    return {piece for piece in found if any(map(str.isalnum, piece)) or len(set(piece) - set(_BLANKS)) > 1}


def leaks(text: str, original: str) -> bool:
    """Whether a text has a piece of the original."""
    return not pieces(text).isdisjoint(pieces(original))


def _alphabet(char: str) -> str:
    """What can stand for a character. A mark of ASCII stands for itself, every other one is a question mark."""
    if char.isdigit():
        return _DIGITS
    if char.isalpha():
        return _LETTERS.upper() if char.isupper() else _LETTERS
    return char if char in _MARKS else "?"


class Invention:
    """The replacements of one run."""

    def __init__(self, below: Below) -> None:
        self._below = below
        self._made: Dict[str, str] = {}
        self._taken: Set[str] = set()
        self._kinds: Tuple[Tuple[Callable[[str], object], Callable[[str], str]], ...] = (
            (_TIME.fullmatch, self._draw_time),
            (_NUMBER.fullmatch, self._draw_number),
            (_ISO.fullmatch, self._draw_iso),
            (_IPV4.fullmatch, self._draw_ipv4),
            (_MAC.fullmatch, self._draw_mac),
            (_is_ipv6, self._draw_ipv6),
            (_HEX.fullmatch, self._draw_hex),
        )

    def has_kind(self, text: str) -> bool:
        """Whether a text is an address, a time, a number, a hash: something that is replaced as a whole."""
        return any(fits(text) for fits, _ in self._kinds)

    def replace(self, text: str) -> str:
        """The replacement of a text, in its kind."""
        return self._remembered(text, [draw for fits, draw in self._kinds if fits(text)][:1])

    def blur(self, text: str) -> str:
        """The replacement of a text, letter by letter and digit by digit."""
        return self._remembered(text, [])

    def _remembered(self, text: str, draws: List[Callable[[str], str]]) -> str:
        if text not in self._made:
            last = self._draw_number if _NUMBER.fullmatch(text) else self._draw_text
            self._made[text] = self._drawn(text, [*draws, last])
            self._taken.add(self._made[text])
        return self._made[text]

    def _drawn(self, text: str, draws: List[Callable[[str], str]]) -> str:
        """The first that leaks nothing and is new; else one that leaks nothing."""
        made = spare = ""
        for draw in draws:
            for _ in range(_TRIES if len(text) < _LONG else 1):
                made = draw(text)
                if not leaks(made, text):
                    spare = made
                    if made not in self._taken:
                        return made
            if spare:
                return spare
        return made

    def _choose(self, options: str) -> str:
        return options[self._below(len(options))]

    def _draw_text(self, text: str, alphabet: Callable[[str], str] = _alphabet) -> str:
        """Another character of its kind for each; one that completes no piece of the original, if there is one."""
        told = pieces(text)
        layout = _with_few_marks(text, told)
        made = ""
        for place, char in enumerate(layout):
            options = [option for option in alphabet(char) if option != char] or [char]
            before, after = made[1 - _PIECE :], _MARKS_AHEAD.match(layout, place + 1)
            marks = after[0] if after else ""
            quiet = [option for option in options if pieces(before + option + marks).isdisjoint(told)]
            made += self._choose("".join(quiet or options))
        return made

    def _draw_hex(self, text: str) -> str:
        digits = "0123456789ABCDEF" if any(map(str.isupper, text)) else "0123456789abcdef"
        return self._draw_text(text, lambda char: digits if char.isalnum() else char)

    def _draw_number(self, text: str) -> str:
        """Digits for digits, until it is a number of JSON again: that has no zero in front."""
        while True:
            made = self._draw_text(text, lambda char: _DIGITS if char.isdigit() else char)
            if _NUMBER.fullmatch(made):
                return made

    def _draw_seconds(self) -> int:
        return _FROM + self._below(_SECONDS)

    def _draw_digits(self, count: int) -> str:
        return "".join(self._choose(_DIGITS) for _ in range(count))

    def _draw_time(self, text: str) -> str:
        whole, dot, fraction = text.partition(".")
        ahead = _FILETIME_AHEAD if len(whole) == _FILETIME_DIGITS else 0
        seconds = str(self._draw_seconds() + ahead)
        return seconds + self._draw_digits(len(whole) - len(seconds)) + dot + self._draw_digits(len(fraction))

    def _draw_iso(self, text: str) -> str:
        found = _ISO.fullmatch(text)
        local, zone = found.groups() if found else (text, "")
        at = _EPOCH + timedelta(seconds=self._draw_seconds())
        ahead = f"0{1 + self._below(9)}{self._choose('03')}0"
        return _filled(local, f"{at:%Y%m%d%H%M%S}{self._draw_digits(9)}") + _filled(zone, ahead)

    def _draw_ipv4(self, text: str) -> str:
        network = ("192.0.2", "198.51.100", "203.0.113")[self._below(3)]
        return f"{network}.{1 + self._below(254)}"

    def _draw_ipv6(self, text: str) -> str:
        network = ("2001:db8", "3fff")[self._below(2)]
        return f"{network}:{1 + self._below(0xFFF):x}::{1 + self._below(0xFFFE):x}"

    def _draw_mac(self, text: str) -> str:
        made = f"0{self._choose('26ae')}" + "".join(f"{text[2]}{self._below(256):02x}" for _ in range(5))
        return made.upper() if any(map(str.isupper, text)) else made


def _with_few_marks(text: str, told: Set[str]) -> str:
    """A text without its rows of four marks that are not the same, as they stand in a password."""
    layout = ""
    for char in text:
        row = layout[1 - _PIECE :] + char
        if len(row) == _PIECE and set(row) <= _MARKS and len(set(row) - set(_BLANKS)) > 1:
            char = next((mark for mark in "#~*" if row[:-1] + mark not in told), "#")
        layout += char
    return layout


def _is_ipv6(text: str) -> bool:
    try:
        ipaddress.IPv6Address(text)
    except ValueError:
        return False
    return True


def _filled(layout: str, digits: str) -> str:
    """A layout with these digits in the places of its own."""
    left = iter(digits)
    return "".join(next(left) if char.isdigit() else char for char in layout)
