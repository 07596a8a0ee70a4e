"""One row of the table of faults: what goes wrong, for how long, and what an admin reads.

Rules: a row runs the built package against a fresh emulator and a fresh stand-in, two partitions unless it says
otherwise; events are published before, during and after the fault; it ends in the ledger check. `says` must stand in
the input's log. `beside` names the partition that the fault spares: its events must arrive while the fault lasts. A row
that cannot run on this machine is reported as not run, never as passed.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, Optional

from tests.integration.comparison import Comparison
from tests.integration.scene import Scene

Step = Mapping[str, Any]
Act = Callable[[Scene], None]
PATIENCE = 60.0


class Row(NamedTuple):
    """A fault. `steps` are played by the emulator, `act` by the test once events flow; `settings` are the input's."""

    group: str
    name: str
    says: str
    steps: Sequence[Step] = ()
    act: Optional[Act] = None
    beside: str = ""
    repeats: int = 0
    settings: Mapping[str, str] = {}
    options: Mapping[str, Any] = {}
    unless: Callable[[], str] = str
    begins: bool = True


class Outcome(NamedTuple):
    """What came of a row; `fault` is empty where it passed, `skipped` says why it could not run."""

    row: Row
    comparison: Optional[Comparison]
    line: str
    seconds: float
    fault: str = ""
    skipped: str = ""

    def __str__(self) -> str:
        verdict = f"not run: {self.skipped}" if self.skipped else self.fault or "passed"
        numbers = f"{self.comparison.missing} missing, {self.comparison.repeated} repeated" if self.comparison else ""
        title = f"{self.row.group}: {self.row.name}"
        return f"{title:58} {verdict:10} {numbers:26} {self.seconds:5.1f} s  {self.line[:150]}"


def play(row: Row, folder: Path, package: Path) -> Outcome:
    """Run a row to its end."""
    skipped = row.unless()
    if skipped:
        return Outcome(row, None, "", 0.0, skipped=skipped)
    began = time.monotonic()
    options = {"partitions": 2, "lock": 0.2, "linger": 0.2, "rate_limits": False, **row.options}
    with Scene(folder, package, **options) as scene:
        comparison, line, fault = _live(row, scene)
    return Outcome(row, comparison, line, time.monotonic() - began, fault)


def _live(row: Row, scene: Scene) -> tuple[Optional[Comparison], str, str]:
    scene.falcon.generate(20)
    scene.falcon.add_faults([dict(step) for step in row.steps])
    comparison: Optional[Comparison] = None
    try:
        scene.begin(**{"idle_timeout": "15", **row.settings})
        if row.act is not None:
            row.act(scene)
        elif row.beside:
            _read_beside(scene, row.beside)
        scene.falcon.generate(20)
        comparison = scene.wait_until_all_arrived(timeout=PATIENCE)
        scene.says(row.says, timeout=PATIENCE)
    except AssertionError as error:
        return comparison, "", f"FAILED: {str(error).splitlines()[0][:200]}"
    line = next(each for each in scene.log().splitlines() if row.says in each)
    if not comparison.holds:
        return comparison, line, f"FAILED: {comparison}"
    if comparison.repeated > row.repeats:
        return comparison, line, f"FAILED: {comparison.repeated} repeats, at most {row.repeats} are allowed"
    return comparison, line.split(" ", 1)[1], ""


def _read_beside(scene: Scene, partition: str) -> None:
    """The good partition goes on while the other one is bad."""
    before = scene.splunkd.count("json_extract(fields, '$.falcon_partition') = ?", [partition])
    scene.falcon.generate(5, partition)

    def arrived() -> bool:
        return scene.splunkd.count("json_extract(fields, '$.falcon_partition') = ?", [partition]) >= before + 5

    scene.wait(arrived, 20.0, f"events of partition {partition} beside the fault")
