"""Text that is not marked unbroken, cut into events.

Rules (props.conf.spec, "Line breaking"): LINE_BREAKER cuts at its first capturing group that took part, and drops what
that group holds; with SHOULD_LINEMERGE lines are put together again until BREAK_ONLY_BEFORE, MUST_BREAK_AFTER, a line
with a date (BREAK_ONLY_BEFORE_DATE) or MAX_EVENTS ends the event. MUST_NOT_BREAK_* is not done here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Callable

from tests.pcre import Pattern, compile_pattern


def break_lines(text: str, breaker: Pattern) -> tuple[list[str], str]:
    """The lines that are complete, and the rest that waits for more."""
    lines = []
    start = 0
    for match in breaker.finditer(text):
        group = next((number for number, held in enumerate(match.groups(), start=1) if held is not None), 0)
        end, resume = match.span(group) if group else (match.start(), match.start())
        lines.append(text[start:end])
        start = resume
    return [line for line in lines if line], text[start:]


def merge_lines(lines: list[str], props: Mapping[str, str], dated: Callable[[str], bool]) -> list[str]:
    """Lines put together to events."""
    before = compile_pattern(props["BREAK_ONLY_BEFORE"]) if props.get("BREAK_ONLY_BEFORE") else None
    after = compile_pattern(props["MUST_BREAK_AFTER"]) if props.get("MUST_BREAK_AFTER") else None
    by_date = props.get("BREAK_ONLY_BEFORE_DATE", "true").lower() in ("true", "1")
    most = int(props.get("MAX_EVENTS", "256"))
    events: list[list[str]] = []
    ended = True
    for line in lines:
        breaks = ended or len(events[-1]) >= most
        if before is not None:
            breaks = breaks or before.search(line) is not None
        elif by_date:
            breaks = breaks or dated(line)
        if breaks:
            events.append([])
        events[-1].append(line)
        ended = after is not None and after.search(line) is not None
    return ["\n".join(event) for event in events]
