"""The comparison of both add-ons: it names exactly the events that one of both lacks."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from falcon_streams.takeover.comparison import MOST_SHOWN, search_of
from tests.knowledge.pipeline import Row, run
from tests.knowledge.rows import Seen, events
from tests.searchtime import Knowledge
from tools.package import ROOT

KNOWLEDGE = Knowledge.load(ROOT)
SEARCH = search_of("falcon-old").removeprefix("search ")
SHOWN = ("found_in", "events", "falcon_offset")


@pytest.fixture(scope="module")
def ours() -> list[Seen]:
    """One event of every template, as this add-on's index has it. Two of them have no body, offset, or customer."""
    seen = [({**fields, "index": ["falcon"]}, types, tags) for fields, types, tags in events(KNOWLEDGE)]
    return [each for each in seen if {"cid", "falcon_offset", "vendor_event_type"} <= set(each[0])]


def theirs(ours: Sequence[Seen]) -> list[Seen]:
    """The same events in the vendor's index, which has no partition."""
    return [
        (
            {**{name: each for name, each in fields.items() if name != "falcon_partition"}, "index": ["falcon-old"]},
            (),
            (),
        )
        for fields, _, _ in ours
    ]


def compared(seen: Sequence[Seen]) -> list[Row]:
    return run(SEARCH, seen, {**KNOWLEDGE.macros, "falcon_event_streams": {"definition": "index=falcon"}})


def offsets(rows: Sequence[Row], side: str) -> set[str]:
    return {str(row["falcon_offset"]) for row in rows if row["found_in"] == side}


def offset_of(seen: Seen) -> str:
    return seen[0]["falcon_offset"][0]


def test_two_equal_indexes_agree(ours: list[Seen]) -> None:
    rows = compared([*ours, *theirs(ours)])

    assert [(row["found_in"], row["events"]) for row in rows] == [("both", str(len(ours)))]


def test_what_one_of_both_lacks_is_named_and_repeats_are_no_difference(ours: list[Seen]) -> None:
    rows = compared([*ours[3:], *ours[5:9], *theirs(ours)[:-2], *theirs(ours)[7:8]])

    assert offsets(rows, "the vendor's add-on") == {offset_of(each) for each in ours[:3]}
    assert offsets(rows, "this add-on") == {offset_of(each) for each in ours[-2:]}
    assert {row["events"] for row in rows if row["found_in"] == "both"} == {str(len(ours) - 5)}


def test_of_many_differences_the_number_is_told_and_some_are_shown(ours: list[Seen]) -> None:
    rows = compared(ours)

    assert len(rows) == MOST_SHOWN < len(ours)
    assert {row["events"] for row in rows} == {str(len(ours))}


def test_both_may_write_into_one_index(ours: list[Seen]) -> None:
    one = [({**fields, "index": ["falcon"]}, types, tags) for fields, types, tags in theirs(ours)]
    rows = compared([*ours[1:], *one])

    assert offsets(rows, "the vendor's add-on") == {offset_of(ours[0])}


def test_offsets_of_two_events_that_are_equal_do_not_make_them_one(ours: list[Seen]) -> None:
    another = ({**ours[0][0], "vendor_event_type": ["AnotherEvent"]}, (), ())
    rows = compared([*ours, another, *theirs(ours)])

    assert [row["vendor_event_type"] for row in rows if row["found_in"] == "this add-on"] == ["AnotherEvent"]
