"""A slice of the table of faults: one row of each group, and the check that a row can fail."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults.row import Row, play
from tests.faults.table import ROWS

SLICE = (
    "token: 401",
    "discovery: resources null",
    "feed: reset in mid-line",
    "splunkd: session key revoked",
    "machine: truncated checkpoint",
)


@pytest.mark.parametrize("name", SLICE)
def test_the_promise_holds_through(name: str, package: Path, tmp_path: Path) -> None:
    (row,) = (row for row in ROWS if f"{row.group}: {row.name}" == name)
    outcome = play(row, tmp_path, package)
    print(outcome)
    assert outcome.fault == ""


def test_names_are_unique() -> None:
    names = [f"{row.group}: {row.name}" for row in ROWS]
    assert len(set(names)) == len(names)


def test_a_row_whose_line_never_comes_fails(package: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.faults.row.PATIENCE", 2.0)
    outcome = play(Row("none", "none", "no such line"), tmp_path, package)
    assert outcome.fault.startswith("FAILED")
