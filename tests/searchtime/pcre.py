"""Splunk's regular expressions, run by PCRE (`tests/pcre`). What PCRE does not read is refused."""

from __future__ import annotations

from tests.pcre import SPLUNK, Limits, Pattern, PatternError, compile_pattern
from tests.searchtime.refusal import Refused


def compile_pcre(pattern: str, limits: Limits = SPLUNK) -> Pattern:
    """The pattern, or a refusal in PCRE's words."""
    try:
        return compile_pattern(pattern, limits)
    except PatternError as error:
        raise Refused(f"the regular expression is not read: {error}") from error
