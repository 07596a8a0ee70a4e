"""All rows, and the table that `make faults` prints."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from tests.faults.answers import DISCOVERY, REFRESH, TOKEN
from tests.faults.feeds import FEED
from tests.faults.machine import MACHINE, SPLUNKD
from tests.faults.row import Outcome, Row, play
from tests.faults.unwritten import UNWRITTEN

ROWS: Sequence[Row] = (*TOKEN, *DISCOVERY, *FEED, *REFRESH, *SPLUNKD, *MACHINE, *UNWRITTEN)


def prove(package: Path, say: Callable[[str], None], only: str = "") -> list[Outcome]:
    """Run all rows, or those whose group and name hold this text; a line for each as it ends."""
    outcomes = []
    for row in ROWS:
        if only in f"{row.group}: {row.name}":
            with tempfile.TemporaryDirectory() as folder:
                outcomes.append(play(row, Path(folder), package))
            say(str(outcomes[-1]))
    passed = sum(1 for each in outcomes if not each.fault and not each.skipped)
    skipped = sum(1 for each in outcomes if each.skipped)
    say(f"{len(outcomes)} rows: {passed} passed, {skipped} not run, {len(outcomes) - passed - skipped} failed")
    return outcomes
