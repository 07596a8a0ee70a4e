"""A slice of the table of faults: one row of each group, and the checks that a row can fail."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.emulator import Emulator
from tests.faults.discoveries import live_in_a_real_cloud
from tests.faults.feeds import wait_for
from tests.faults.row import Outcome, Row, Step, play
from tests.faults.table import CHILDS_GROUPS, ROWS, count, play_titled

SLICE = (
    "token: 401",
    "account: member CID in upper case with its checksum",
    "discovery: resources null for 1 s",
    "feed: reset in mid-line",
    "feed: line: </event>",
    "refresh: 500",
    "splunkd: session key revoked",
    "machine: truncated checkpoint",
    "child: feed: reset in mid-line",
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


def test_each_fault_of_a_call_or_a_feed_is_played_for_a_child_too() -> None:
    alone = {row.title for row in ROWS if not row.of_child}
    assert {row.title for row in ROWS if row.of_child} == {
        f"child: {title}" for title in alone if title.partition(":")[0] in CHILDS_GROUPS
    }


def test_a_fault_of_all_tenants_fails_the_row_of_a_child(
    package: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def aimed(steps: list[Step], cid: str, falcon: Emulator) -> list[Step]:
        return [{**step, "tenant": each} for step in steps for each in falcon.cids()]

    monkeypatch.setattr("tests.faults.child.aimed", aimed)
    silence = {"on": "feed", "partition": "0", "do": "stall", "after_events": 10, "seconds": 4}
    outcome = play(Row("none", "none", "feed_opened", [silence], act=wait_for(9.0)).for_child(), tmp_path, package)
    assert re.search(r"AssertionError: a sibling's event was \d\.\d s late", outcome.fault), outcome


def test_a_row_that_acts_on_the_account_is_not_run_for_a_child(package: Path, tmp_path: Path) -> None:
    row = Row("none", "none", "feed_opened", prepare=live_in_a_real_cloud)
    outcome = play(row.for_child(), tmp_path, package)
    assert (outcome.skipped, outcome.fault) == ("proxy_url of Falcon is not one tenant's", "")
