"""What the comparison of both add-ons says, and what it refuses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

import pytest

from falcon_streams.errors import Refused, Retryable
from falcon_streams.splunk.splunkd import Splunkd
from falcon_streams.takeover.comparison import BOTH, OURS, THEIRS, compare, search_of


class Answering:
    """A splunkd that gives these rows, or no answer in time."""

    def __init__(self, rows: Sequence[Mapping[str, str]] | None) -> None:
        self.rows = rows
        self.asked: list[tuple[str, str, str]] = []

    def search_whole(self, text: str, earliest: str, latest: str, seconds: float) -> Sequence[Mapping[str, str]]:
        self.asked.append((text, earliest, latest))
        if self.rows is None:
            raise Retryable(f"splunkd did not answer within {seconds:.0f} s: look at its load, then try again")
        return self.rows


def row(side: str, events: int, offset: str = "7") -> dict[str, str]:
    return {"found_in": side, "events": str(events), "number": "1", "_time": "1", "cid": "c", "falcon_offset": offset}


def compared(splunkd: Answering, index: str = "old", **window: str) -> dict[str, Any]:
    return compare(cast(Splunkd, splunkd), index, **window)


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([row(BOTH, 12)], "Both agree: 12 events"),
        (
            [row(BOTH, 12), row(OURS, 1, "8"), row(THEIRS, 2), row(THEIRS, 2, "9")],
            "12 events are in both, 2 only in the vendor's add-on, 1 only in this add-on",
        ),
        ([row(OURS, 5)], "Nothing to compare: only this add-on has events in this time, 5 of them"),
        ([row(THEIRS, 5)], "Nothing to compare: only the vendor's add-on has events in this time, 5 of them"),
        ([], "No events in this time. Let both read, and look at the macro falcon_event_streams"),
        ([{"found_in": BOTH}], "No events in this time. Let both read, and look at the macro falcon_event_streams"),
    ],
)
def test_it_says_in_one_sentence_whether_both_agree(rows: Sequence[Mapping[str, str]], said: str) -> None:
    assert compared(Answering(rows))["said"] == said


def test_it_shows_the_events_of_one_side_only() -> None:
    found = compared(Answering([row(BOTH, 12), row(OURS, 1, "8")]))

    assert (found["both"], found["only_theirs"], found["only_ours"]) == (12, 0, 1)
    assert [(each["found_in"], each["time"], each["falcon_offset"]) for each in found["events"]] == [(OURS, "1", "8")]


def test_without_a_time_it_asks_for_an_hour_that_ended_ten_minutes_ago() -> None:
    splunkd = Answering([])
    compared(splunkd)
    compared(splunkd, earliest="-2d@d", latest="1769000131")

    assert [window for _, *window in splunkd.asked] == [["-70m@m", "-10m@m"], ["-2d@d", "1769000131"]]


@pytest.mark.parametrize("time", ["yesterday", "-70m | delete", "-1y", "1", "-70m\n"])
def test_what_is_no_time_is_refused_before_anything_is_asked(time: str) -> None:
    splunkd = Answering([])
    for name in ("earliest", "latest"):
        with pytest.raises(Refused, match=f"{name} is not a time") as refused:
            compared(splunkd, **{name: time})
        assert refused.value.status == 400
    assert splunkd.asked == []


@pytest.mark.parametrize("index", ["", "a b", 'x" OR index=*', "x`y", "$name$"])
def test_an_index_that_is_no_name_of_one_stands_in_no_search(index: str) -> None:
    assert search_of(index) == search_of("*")
    assert 'index="falcon-old"' in search_of("falcon-old")


def test_a_search_that_takes_too_long_gives_no_part_of_an_answer() -> None:
    with pytest.raises(Refused, match="Not compared: choose a shorter time, then compare again") as refused:
        compared(Answering(None))
    assert refused.value.status == 503
