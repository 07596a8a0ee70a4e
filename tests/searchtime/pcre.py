"""Splunk's regular expressions, read by Python's `re`.

Rules: `(?<name>` and `(?'name'` become `(?P<name>`, `\\z` and `\\Z` what Python calls them, `\\h` a blank. Character
classes are those of ASCII, as PCRE has them without UCP. What Python cannot do on every version in use is refused
instead of tried: possessive quantifiers, atomic groups, branch reset, recursion, `\\K`, `\\G`, `\\R`, `\\Q`, `\\X`,
`\\p`, POSIX classes, options in the middle, callouts and verbs.
"""

from __future__ import annotations

import functools
import re
import warnings
from re import Pattern

from tests.searchtime.refusal import Refused

# What may follow `(?`. Inline options only at the very beginning, since Python takes them nowhere else.
_NAMED = re.compile(r"\(\?(?:P?<([A-Za-z_]\w*)>|'([A-Za-z_]\w*)')")
_PLAIN = re.compile(r"\(\?(?::|=|!|<=|<!|#|P=|P>|\(\d+\)|[imsx]+:|-[imsx]+:)")
_OPTIONS = re.compile(r"\(\?([imsx]+)\)")
_NOT_PYTHON = frozenset("KGRQECXpPNHVvLUlu")
_ENDS = {"z": r"\Z", "Z": r"(?=\n?\Z)", "h": r"[ \t]"}


@functools.lru_cache(maxsize=4096)
def compile_pcre(pattern: str, flags: int = 0) -> Pattern[str]:
    """The pattern, or a refusal that says what in it is not Python's."""
    translated = _translate(pattern)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            return re.compile(translated, flags | re.ASCII)
    except (re.error, Warning, OverflowError, RecursionError) as error:
        raise Refused(f"the regular expression {pattern!r} is not read by Python: {error}") from error


def _translate(pattern: str) -> str:
    out: list[str] = []
    options = _OPTIONS.match(pattern)
    at = options.end() if options else 0
    out.append(pattern[:at])
    quantified = False
    while at < len(pattern):
        sign = pattern[at]
        if sign == "\\":
            piece, quantifier = _escape(pattern, at), False
            out.append(_ENDS.get(piece[1:], piece))
        elif sign == "[":
            piece, quantifier = _class(pattern, at), False
            out.append(piece)
        elif sign == "(":
            piece, quantifier = _group(pattern, at, out), False
        else:
            piece, quantifier = _quantifier(pattern, at), sign in "*+?" or _quantifier(pattern, at) != sign
            if quantifier and quantified and piece == "+":
                raise _refusal(pattern, "a possessive quantifier")
            out.append(piece)
        at += len(piece)
        quantified = quantifier and not (quantified and piece == "?")
    return "".join(out)


def _escape(pattern: str, at: int) -> str:
    piece = pattern[at : at + 2]
    if len(piece) < 2 or piece[1] in _NOT_PYTHON or (piece[1] in "gk"):
        raise _refusal(pattern, piece)
    return piece


def _class(pattern: str, at: int) -> str:
    end = at + 2 if pattern[at + 1 : at + 2] == "^" else at + 1
    end += pattern[end : end + 1] == "]"
    while end < len(pattern) and pattern[end] != "]":
        if pattern[end : end + 2] in ("[:", "[.", "[=") or pattern[end : end + 2] in (
            r"\Q",
            r"\p",
            r"\P",
            r"\h",
            r"\R",
        ):
            raise _refusal(pattern, pattern[end : end + 2] + " in a class")
        end += 2 if pattern[end] == "\\" else 1
    # A bracket inside a class is itself; Python warns of it.
    return pattern[at : end + 1]


def _group(pattern: str, at: int, out: list[str]) -> str:
    """Read what opens a group and write it as Python does."""
    if pattern.startswith("(*", at):
        raise _refusal(pattern, "a verb")
    if not pattern.startswith("(?", at):
        out.append("(")
        return "("
    named = _NAMED.match(pattern, at)
    if named:
        out.append(f"(?P<{named.group(1) or named.group(2)}>")
        return named.group()
    plain = _PLAIN.match(pattern, at)
    if not plain or plain.group() == "(?P>":
        raise _refusal(pattern, pattern[at : at + 4])
    out.append(plain.group())
    return plain.group()


def _quantifier(pattern: str, at: int) -> str:
    """The sign here; a whole `{n,m}` where one stands here."""
    found = re.compile(r"\{\d+(?:,\d*)?\}").match(pattern, at)
    return found.group() if found else pattern[at]


def _refusal(pattern: str, what: str) -> Refused:
    return Refused(f"the regular expression {pattern!r} has {what}, which Python's re does not do")
