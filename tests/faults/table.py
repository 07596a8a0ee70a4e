"""All rows, and the table that `make faults` prints.

Rules: three rows are played at once, each in a process of its own with its own scene, because rows mostly wait. A line
is said as each ends; the table stands in its own order. The faults of CHILDS_GROUPS are played once more, as those of
one child of a parent.
"""

from __future__ import annotations

import multiprocessing
import tempfile
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path

from tests.faults.accounts import ACCOUNT
from tests.faults.answers import ANSWERS
from tests.faults.discoveries import DISCOVERY
from tests.faults.feeds import FEED
from tests.faults.lines import LINES
from tests.faults.machine import MACHINE
from tests.faults.refreshes import REFRESH
from tests.faults.row import Outcome, Row, play
from tests.faults.splunkd import SPLUNKD
from tests.faults.tenants import TENANT
from tests.faults.tokens import TOKEN
from tests.faults.troubles import TROUBLE

AT_ONCE = 3
CHILDS_GROUPS = ("token", "discovery", "answer", "feed", "refresh")
_OF_ONE: Sequence[Row] = (
    *TOKEN,
    *ACCOUNT,
    *DISCOVERY,
    *TENANT,
    *ANSWERS,
    *FEED,
    *LINES,
    *REFRESH,
    *TROUBLE,
    *SPLUNKD,
    *MACHINE,
)
ROWS: Sequence[Row] = (*_OF_ONE, *(row.for_child() for row in _OF_ONE if row.group in CHILDS_GROUPS))


def prove(package: Path, say: Callable[[str], None], only: str = "") -> list[Outcome]:
    """Run all rows, or those whose group and name hold this text; a line for each as it ends, then the table."""
    titles = [row.title for row in ROWS if only in row.title]
    outcomes: dict[str, Outcome] = {}
    # spawned, not forked: an emulator is threads
    with ProcessPoolExecutor(AT_ONCE, multiprocessing.get_context("spawn")) as pool:
        for done in as_completed([pool.submit(play_titled, title, package) for title in titles]):
            outcome = done.result()
            outcomes[outcome.title] = outcome
            say(f"{len(outcomes)} of {len(titles)}: {outcome}")
            if "\n" in outcome.fault:
                say(outcome.fault)
    for title in titles:
        say(str(outcomes[title]))
    say(count(list(outcomes.values())))
    return [outcomes[title] for title in titles]


def play_titled(title: str, package: Path) -> Outcome:
    """Play the row of this title."""
    with tempfile.TemporaryDirectory() as folder:
        return play(find(title), Path(folder), package)


def find(title: str) -> Row:
    """The row of this title. Raises ValueError where there is not exactly one."""
    (row,) = (row for row in ROWS if row.title == title)
    return row


def count(outcomes: Sequence[Outcome]) -> str:
    """How many rows came to what."""
    skipped = sum(bool(each.skipped) for each in outcomes)
    failed = sum(bool(each.fault) for each in outcomes)
    return f"{len(outcomes)} rows: {len(outcomes) - skipped - failed} passed, {skipped} not run, {failed} failed"
