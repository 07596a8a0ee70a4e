"""The security page: its tables are the claims', and every claim has tests that exist and a defence that can go."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.security.claim import Change
from tests.security.claims import RISKS, TABLES
from tests.security.defences import changed, changes, play
from tests.security.page import PAGE, rendered
from tools.package import ROOT

CLAIMS = [claim for claims in TABLES.values() for claim in claims]


def test_the_page_has_the_tables_of_the_claims() -> None:
    """After a change: python -m tests.security."""
    text = PAGE.read_text(encoding="utf-8")
    assert rendered(text) == text
    assert all(f"<!-- claims: {table} -->" in text for table in [*TABLES, "risks"])
    assert rendered(text.replace(CLAIMS[0].stops, "")) == text


def test_no_row_stands_outside_of_the_claims() -> None:
    """A row that somebody wrote by hand into another table would have no test."""
    rows = PAGE.read_text(encoding="utf-8").splitlines()
    assert sum(row.startswith("| who, where |") for row in rows) == len(TABLES) + 1


def test_every_claim_has_a_test_and_nothing_accepted_is_one() -> None:
    assert [claim.tries for claim in CLAIMS if not claim.shown_by] == []
    assert not {risk.tries for risk in RISKS} & {claim.tries for claim in CLAIMS}
    assert not any("not prevented" in claim.stops for claim in CLAIMS)


def test_every_test_of_a_claim_is_collected() -> None:
    named = sorted({test for claim in CLAIMS for test in claim.shown_by})
    files = sorted({test.split("::")[0] for test in named})
    command = [sys.executable, "-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider"]
    done = subprocess.run([*command, *(f"tests/{file}" for file in files)], cwd=ROOT, capture_output=True, text=True)
    found = {line.partition("[")[0].removeprefix("tests/") for line in done.stdout.splitlines()}
    assert [test for test in named if test not in found] == []


def test_every_claim_says_what_takes_its_defence_away() -> None:
    """A piece that no longer stands in its file has to follow the code: `make defences` undoes it."""
    assert [claim.tries for claim in CLAIMS if not claim.without] == []
    for _, change in changes():
        assert changed((ROOT / change.path).read_text(encoding="utf-8"), change)


def test_a_piece_that_does_not_stand_there_once_is_refused() -> None:
    with pytest.raises(AssertionError, match="stands 2 times"):
        changed("a a", Change("file", "a", "b"))


def test_a_test_that_cannot_be_run_is_not_one_that_fails() -> None:
    assert play(ROOT, ["security/test_claims.py::test_that_is_not_there"])[0] == 4
