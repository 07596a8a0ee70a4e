"""A partition moves by its tables, and docs/architecture.md shows the same tables."""

from __future__ import annotations

import re
from enum import Enum
from pathlib import Path
from typing import Any, Dict, Tuple, Type

import pytest

from falcon_streams.core.backoff import Backoff
from falcon_streams.core.discovery import Stream
from falcon_streams.core.member import MISSING_TOO_LONG, PHASES, SEARCHES, Member, Phase, Search
from falcon_streams.core.session import Pulse, Session

PAGE = (Path(__file__).resolve().parents[3] / "docs" / "architecture.md").read_text(encoding="utf-8")
STREAM = Stream("0", "https://f/0", "https://a/0", "t", 1800.0)

Arrows = Dict[Tuple[str, str], str]


def drawn(page: str, start: str) -> Arrows:
    """The arrows of the state diagram that begins at this state, by the state they leave and their label."""
    (diagram,) = re.findall(rf"^stateDiagram-v2\n  \[\*\] --> {start}\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    arrows = re.findall(r"^  (\w+) --> (\w+): (.+)$", diagram, re.MULTILINE)
    assert len(arrows) == diagram.count("\n"), "a line of the diagram is no arrow"
    return {(before, label): after for before, after, label in arrows}


def explained(page: str, heading: str) -> Dict[str, str]:
    """The rows of the table with this heading."""
    (table,) = re.findall(rf"^\| {heading} \| meaning \|\n\|---\|---\|\n((?:\|.*\n)+)", page, re.MULTILINE)
    return dict(re.findall(r"^\| ([\w ]+) \| (.+) \|$", table, re.MULTILINE))


def named(table: Dict[Any, Any]) -> Arrows:
    """The same arrows in a table of the code's."""
    return {(before.name.lower(), happening): after.name.lower() for (before, happening), after in table.items()}


@pytest.mark.parametrize("start, table", [("idle", PHASES), ("untried", SEARCHES)])
def test_the_page_draws_the_table(start: str, table: Dict[Any, Any]) -> None:
    assert drawn(PAGE, start) == named(table)


@pytest.mark.parametrize("heading, kind", [("phase", Phase), ("search", Search)])
def test_the_page_says_what_each_means(heading: str, kind: Type[Enum]) -> None:
    assert explained(PAGE, heading) == {each.name.lower().replace("_", " "): each.value for each in kind}


def test_a_picture_that_has_rotted_is_noticed() -> None:
    assert drawn(PAGE.replace("  opening --> idle: ended\n", ""), "idle") != named(PHASES)
    assert drawn(PAGE.replace("open --> idle: ended", "open --> missing: ended"), "idle") != named(PHASES)


def missing_member(at: float) -> Member:
    member = Member("0", Backoff(5.0, 60.0, lambda: 0.0))
    member.not_offered(at)
    return member


def test_a_happening_that_does_not_fit_the_phase_is_refused() -> None:
    member = missing_member(0.0)

    with pytest.raises(KeyError):
        member.opened(Session(1800.0, 60.0, 0.0, Pulse(0.0)))
    with pytest.raises(KeyError):
        member.ended(0.0, 0.0)
    assert (member.phase, member.session) == (Phase.MISSING, None)


def test_a_partition_is_missing_from_the_first_answer_on_that_leaves_it_out() -> None:
    member = missing_member(0.0)
    member.not_offered(MISSING_TOO_LONG - 1)

    assert not member.is_missing_too_long(MISSING_TOO_LONG - 1)
    assert member.is_missing_too_long(MISSING_TOO_LONG)


def test_the_search_remembers_what_was_tried_until_a_feed_has_opened() -> None:
    member = missing_member(0.0)
    member.searched("missing too long")
    assert member.offered(STREAM, 700.0)
    member.ended(701.0, 0.0)
    member.not_offered(702.0)
    assert (member.phase, member.search) == (Phase.MISSING, Search.STARTED_OVER)

    assert member.offered(STREAM, 710.0)
    member.opened(Session(1800.0, 60.0, 711.0, Pulse(711.0)))
    assert (member.phase, member.search) == (Phase.OPEN, Search.UNTRIED)
