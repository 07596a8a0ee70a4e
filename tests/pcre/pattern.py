"""A compiled pattern and what it finds, with the names that Python's `re` has for them.

Rules: a pattern may be used by several threads. Positions count characters of the text. After an empty match the next
one is not empty at the same place, as in Perl.
"""

from __future__ import annotations

import contextlib
import ctypes
import functools
import threading
import weakref
from collections.abc import Iterator
from contextvars import ContextVar
from typing import NamedTuple, Optional

from tests.pcre import library
from tests.pcre.library import C

_OPTIONS = library.UTF | library.NO_UTF_CHECK | library.NEVER_BACKSLASH_C


class Limits(NamedTuple):
    """MATCH_LIMIT and DEPTH_LIMIT of a stanza."""

    match: int = 100_000
    depth: int = 1_000

    def lowered(self, match: str = "", depth: str = "") -> Limits:
        """With the settings of a stanza, which may lower a limit here and never raise it."""
        return Limits(min(self.match, int(match or self.match)), min(self.depth, int(depth or self.depth)))


SPLUNK = Limits()


class Overrun(NamedTuple):
    """A limit that a match has met."""

    pattern: str
    limit: str
    jit: bool


class PatternError(ValueError):
    """PCRE does not read a pattern; the text is PCRE's, with the place."""


_watching: ContextVar[Optional[list[Overrun]]] = ContextVar("watching", default=None)


@contextlib.contextmanager
def overruns() -> Iterator[list[Overrun]]:
    """The limits that are met within, in this thread."""
    found: list[Overrun] = []
    before = _watching.set(found)
    try:
        yield found
    finally:
        _watching.reset(before)


class Match:
    """One match: its groups and where they lie. `ends_at` is in bytes."""

    def __init__(self, subject: bytes, ascii_only: bool, ovector: list[int], groupindex: dict[str, int]) -> None:
        self._subject = subject
        self._ascii_only = ascii_only
        self._ovector = ovector
        self._groupindex = groupindex
        self.ends_at = ovector[1]
        self.empty = ovector[0] == ovector[1]

    def span(self, group: int = 0) -> tuple[int, int]:
        """From where to where a group lies, (-1, -1) where it took no part."""
        start, end = self._ovector[2 * group : 2 * group + 2]
        if start == library.UNSET:
            return -1, -1
        if self._ascii_only:
            return start, end
        before = len(self._subject[:start].decode("utf-8"))
        return before, before + len(self._subject[start:end].decode("utf-8"))

    def start(self, group: int = 0) -> int:
        return self.span(group)[0]

    def end(self, group: int = 0) -> int:
        return self.span(group)[1]

    def group(self, group: int = 0) -> Optional[str]:
        """The text of a group, None where it took no part."""
        start, end = self._ovector[2 * group : 2 * group + 2]
        return None if start == library.UNSET else self._subject[start:end].decode("utf-8")

    def groups(self) -> tuple[Optional[str], ...]:
        return tuple(self.group(number) for number in range(1, len(self._ovector) // 2))

    def groupdict(self) -> dict[str, Optional[str]]:
        return {name: self.group(number) for name, number in self._groupindex.items()}


Answer = tuple[Optional[Match], tuple[Overrun, ...]]
# Characters of a text for which an answer is remembered.
_SHORT = 200


class Pattern:
    """A pattern, for PCRE's interpreter and for JIT. Raises `PatternError` for what PCRE does not read."""

    def __init__(self, pattern: str, limits: Limits = SPLUNK) -> None:
        self.pattern = pattern
        self._code = _compile(pattern)
        self._context = _context(limits)
        self.groups = library.capture_count(self._code)
        self.groupindex = library.names(self._code)
        self._data = C["match_data_create_from_pattern"](self._code, None)
        slots = 2 * (self.groups + 1)
        self._ovector = (ctypes.c_size_t * slots).from_address(C["get_ovector_pointer"](self._data))
        self._lock = threading.Lock()
        weakref.finalize(self, _free, self._code, self._data)

    def search(self, text: str) -> Optional[Match]:
        """The first match."""
        return _noted(_remembered(self, text) if len(text) <= _SHORT else self.look(text, text.encode("utf-8"), 0, 0))

    def fullmatch(self, text: str) -> Optional[Match]:
        """The whole text as one match."""
        return _noted(self.look(text, text.encode("utf-8"), 0, library.ANCHORED | library.ENDANCHORED))

    def finditer(self, text: str) -> Iterator[Match]:
        """All matches, from left to right."""
        subject = text.encode("utf-8")
        at, options = 0, 0
        while at <= len(subject):
            match = _noted(self.look(text, subject, at, options))
            if match is None:
                return
            yield match
            at = match.ends_at
            options = library.NOTEMPTY_ATSTART if match.empty else 0

    def count(self, subject: bytes, jit: bool) -> int:
        """How many matches there are, found with or without JIT; for measuring, so a limit that is met ends it."""
        options = library.NO_UTF_CHECK | (0 if jit else library.NO_JIT)
        at, found, empty = 0, 0, 0
        with self._lock:
            while at <= len(subject):
                told = C["match"](self._code, subject, len(subject), at, options | empty, self._data, self._context)
                if told <= 0:
                    break
                start, at = self._ovector[:2]
                found, empty = found + 1, library.NOTEMPTY_ATSTART if start == at else 0
        return found

    def look(self, text: str, subject: bytes, at: int, options: int) -> Answer:
        """Look for a match from a byte on, without JIT and with it."""
        code, length, data, context = self._code, len(subject), self._data, self._context
        options |= library.NO_UTF_CHECK
        with self._lock:
            interpreted = C["match"](code, subject, length, at, options | library.NO_JIT, data, context)
            jitted = C["match"](code, subject, length, at, options, data, context)
            if interpreted > 0 and jitted > 0:
                return Match(subject, len(text) == length, self._ovector[:], self.groupindex), ()
        if interpreted == jitted == library.NO_MATCH:
            return None, ()
        return None, tuple(self._overruns(interpreted, jitted))

    def _overruns(self, interpreted: int, jitted: int) -> Iterator[Overrun]:
        for code, jit in ((interpreted, False), (jitted, True)):
            if code in library.LIMITS_MET:
                yield Overrun(self.pattern, library.LIMITS_MET[code], jit)
            elif code < library.NO_MATCH:
                raise PatternError(f"{self.pattern!r}: {library.error_message(code)}")


@functools.lru_cache(maxsize=8192)
def _remembered(pattern: Pattern, text: str) -> Answer:
    """What a pattern finds in a short text: the same sources and event types come again and again."""
    return pattern.look(text, text.encode("utf-8"), 0, 0)


def _noted(answer: Answer) -> Optional[Match]:
    match, met = answer
    watching = _watching.get() if met else None
    if watching is not None:
        watching += met
    return match


@functools.lru_cache(maxsize=4096)
def compile_pattern(pattern: str, limits: Limits = SPLUNK) -> Pattern:
    """The pattern, compiled once."""
    return Pattern(pattern, limits)


@functools.cache
def _context(limits: Limits) -> int:
    """A match context with these limits; there are as few as limits, they live as long as the process."""
    context: int = C["match_context_create"](None)
    C["set_match_limit"](context, limits.match)
    C["set_depth_limit"](context, limits.depth)
    return context


def _free(code: int, data: int) -> None:
    C["match_data_free"](data)
    C["code_free"](code)


def _compile(pattern: str) -> int:
    source = pattern.encode("utf-8")
    fault, place = ctypes.c_int(), ctypes.c_size_t()
    code: Optional[int] = C["compile"](source, len(source), _OPTIONS, ctypes.byref(fault), ctypes.byref(place), None)
    if code is None:
        raise PatternError(f"{pattern!r}: {library.error_message(fault.value)} at {place.value}")
    status = C["jit_compile"](code, library.JIT_COMPLETE)
    if status < 0:
        C["code_free"](code)
        raise PatternError(f"{pattern!r} does not compile to machine code: {library.error_message(status)}")
    return code
