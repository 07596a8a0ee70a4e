"""A slice of the table of faults: one row of each group, and the checks that a row can fail."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults.row import Outcome, Row, play
from tests.faults.table import ROWS, count, play_titled

SLICE = (
    "token: 401",
    "account: member CID in upper case with its checksum",
    "discovery: resources null for 1 s",
    "feed: reset in mid-line",
    "feed: line: </event>",
    "refresh: 500",
    "splunkd: session key revoked",
    "machine: truncated checkpoint",
)


@pytest.mark.parametrize("title", SLICE)
def test_the_promise_holds_through(title: str, package: Path) -> None:
    outcome = play_titled(title, package)
    print(outcome)
    assert outcome.fault == ""


def test_titles_are_unique() -> None:
    titles = [row.title for row in ROWS]
    assert len(set(titles)) == len(titles)


def test_a_row_whose_line_never_comes_fails(package: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.faults.row.PATIENCE", 2.0)
    outcome = play(Row("none", "none", "no such line"), tmp_path, package)
    assert "a line with no such line" in outcome.fault


def test_a_row_with_more_repeats_than_it_says_fails(package: Path, tmp_path: Path) -> None:
    twice = {"on": "feed", "partition": "0", "do": "repeat", "after_events": 5}
    outcome = play(Row("none", "none", "feed_opened", [twice]), tmp_path, package)
    assert outcome.fault == "AssertionError: 1 repeats, at most 0 are allowed"


def test_a_row_that_misses_an_event_fails(package: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.faults.row.PATIENCE", 5.0)
    left_out = {"on": "feed", "partition": "0", "do": "withhold", "after_events": 5}
    outcome = play(Row("none", "none", "feed_opened", [left_out]), tmp_path, package)
    assert "not within 5.0 s" in outcome.fault


def test_a_row_that_cannot_run_here_is_not_run_and_not_passed(package: Path, tmp_path: Path) -> None:
    outcome = play(Row("none", "none", "", unless=lambda: "no reason"), tmp_path, package)
    assert (outcome.skipped, outcome.fault) == ("no reason", "")
    counted = count([outcome, Outcome("a"), Outcome("b", fault="x")])
    assert counted == "3 rows: 1 passed, 1 not run, 1 failed"
