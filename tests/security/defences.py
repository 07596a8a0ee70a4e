"""Takes each defence of the security page away, in a copy of the tree, and runs the tests of its row: one must fail.

Rules: without a change the tests of all rows pass. A test that cannot be run, or whose file cannot be imported, is no
test that fails. Tests that need a browser are run where a row has no other.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Callable, Iterator, List, NamedTuple, Sequence

from tests.security.claim import Change, Claim
from tests.security.claims import TABLES
from tools.package import ROOT

_LEFT_OUT = frozenset({".git", ".venv", ".cache", "build", "dist"})
_LINKED = (".git", ".venv", ".cache")  # of git only the list of files and the history are read
_PASSED, _FAILED = 0, 1  # of pytest's exit codes


class Outcome(NamedTuple):
    """What became of one change."""

    claim: Claim
    change: Change
    code: int
    said: str
    seconds: float

    @property
    def held(self) -> bool:
        """Whether a test has noticed."""
        return self.code == _FAILED


def copy(folder: Path) -> Path:
    """A copy of the tree in which tests can run."""
    target = folder / "tree"
    shutil.copytree(
        ROOT, target, symlinks=True, ignore=lambda at, names: _LEFT_OUT.intersection(names if Path(at) == ROOT else ())
    )
    for name in _LINKED:
        (target / name).symlink_to(ROOT / name)
    return target


def prove(folder: Path, say: Callable[[str], None], only: str = "") -> bool:
    """Whether all tests pass as things are, and every change is noticed."""
    tree = copy(folder)
    wanted = [(claim, change) for claim, change in changes() if only in f"{claim.who} {claim.tries} {change.path}"]
    code, said = play(tree, sorted({test for claim, _ in wanted for test in tests_of(claim)}))
    say(f"as things are: {said}")
    if code != _PASSED:
        return False
    outcomes = []
    for claim, change in wanted:
        outcomes.append(outcome := undo(tree, claim, change))
        verdict = "noticed" if outcome.held else f"NOT NOTICED ({outcome.code})"
        say(f"{verdict:<12}{outcome.seconds:5.0f} s  {change.path}: {_brief(change.before)} | {outcome.said}")
    say(f"{sum(each.held for each in outcomes)} of {len(outcomes)} noticed")
    return all(each.held for each in outcomes)


def changes() -> Iterator[tuple[Claim, Change]]:
    """Every change, with its row."""
    for claims in TABLES.values():
        for claim in claims:
            yield from ((claim, change) for change in claim.without)


def tests_of(claim: Claim) -> List[str]:
    """The tests of a row, those without a browser where there are any, the quickest first."""
    plain = [test for test in claim.shown_by if not test.startswith("ui/")]
    return sorted(plain or claim.shown_by, key=lambda test: test.startswith("integration/"))


def undo(tree: Path, claim: Claim, change: Change) -> Outcome:
    """Run a row's tests without its defence."""
    path = tree / change.path
    whole = path.read_text(encoding="utf-8")
    started = time.monotonic()
    path.write_text(changed(whole, change), encoding="utf-8")
    try:
        code, said = play(tree, tests_of(claim), "-x")
    finally:
        path.write_text(whole, encoding="utf-8")
    return Outcome(claim, change, code, said, time.monotonic() - started)


def changed(text: str, change: Change) -> str:
    """The text of a file without the defence. AssertionError where the piece does not stand there once."""
    count = text.count(change.before)
    assert count == 1, f"{change.before!r} stands {count} times in {change.path}"
    return text.replace(change.before, change.after)


def play(tree: Path, tests: Sequence[str], *options: str) -> tuple[int, str]:
    """Run tests of a tree: pytest's exit code, and what it says at the end."""
    command = [sys.executable, "-B", "-m", "pytest", "-q", "-p", "no:cacheprovider", *options]
    done = subprocess.run(
        [*command, *(f"tests/{test}" for test in tests)], cwd=tree, capture_output=True, text=True, check=False
    )
    said = [line for line in done.stdout.splitlines() if line.startswith(("FAILED", "ERROR"))]
    return done.returncode, (said or done.stdout.splitlines() or [done.stderr[-300:]])[-1][:200]


def _brief(text: str) -> str:
    return " ".join(text.split())[:60]
