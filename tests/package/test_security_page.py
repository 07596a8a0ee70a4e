"""docs/security.md: each threat names what shows its defence, and what it names is there."""

from __future__ import annotations

import re

from tools.package import ROOT

PAGE = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")


def threats() -> list[list[str]]:
    """The rows of the first table, without its head."""
    table = PAGE.split("## Threats")[1].split("\n## ")[0]
    return [
        [cell.strip() for cell in row.strip("|").split(" | ")] for row in re.findall(r"^\|.*\|$", table, re.MULTILINE)
    ][2:]


def test_each_threat_names_the_test_of_its_defence() -> None:
    rows = threats()

    assert len(rows) >= 20
    assert [row for row in rows if len(row) != 4] == []
    assert [row[:2] for row in rows if "`tests/" not in row[3] and row[3] != "the same"] == []


def test_what_the_page_names_is_there() -> None:
    named = set(re.findall(r"`((?:tests|tools|requirements|lib|bin)/[A-Za-z0-9_./-]+)`", PAGE))

    assert len(named) > 30
    assert [each for each in sorted(named) if not (ROOT / each).exists()] == []
