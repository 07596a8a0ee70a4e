"""One row of the table of faults: what goes wrong, for how long, and what an admin reads.

Rules: a row runs the built package against a fresh emulator and a fresh stand-in. Events are published on every
partition before, during and after the fault, and it ends in the ledger check: nothing missing, the repeats within the
row's bound, the order kept. `says`, a pattern, must be found in a line of the input's log, or of splunkd.log. In the
groups of SPARING the fault is partition 0's alone, and the row shows besides that its sibling was read meanwhile. A row
of a child hits one of twenty children of a parent, and shows besides that the others were read meanwhile. On a
`scale` other than 1 the input's clock and the emulator's run that much faster, and the row says so. Offsets begin in
the hundreds of millions, and an event that is sent again comes in other bytes. A row that cannot run on this machine
is reported as not run, never as passed.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any, NamedTuple, Optional

from tests.emulator import AS_IN_LIFE
from tests.faults import child, others, sibling
from tests.faults.child import ChildScene, NotOneTenants
from tests.faults.load import load
from tests.integration.comparison import Comparison, compare, key_of, name_of
from tests.integration.entry import install
from tests.integration.scene import Scene

Step = Mapping[str, Any]
Act = Callable[[Scene], None]
PATIENCE = 60.0
_COMMAND = re.compile('message from "[^"]*" ')
SPARING = ("feed", "refresh")


def nowhere_else(folder: Path) -> list[str]:
    """The stand-in is started as it is."""
    return []


class Row(NamedTuple):
    """A fault. `steps` are the emulator's, there before the input begins; `act` is the test's, once it has begun.

    `prepare` is done before the input begins; `repeats` is the most repeats allowed, `loaded` the one partition under
    load where it is not all; `settings` are the input's, `options` the emulator's; `place` gives the command that runs
    the stand-in, `unless` why this machine cannot; `clock` is the input's clock where it is neither the machine's nor
    scaled, made from the row's folder; `indexed` says of a line how it is indexed where XML cannot carry it as it is;
    `renamed` is a partition's former name and the present one; `of_child` says that the fault is a child's, and
    `as_childs` what else of the row is different then.
    """

    group: str
    name: str
    says: str
    steps: Sequence[Step] = ()
    act: Optional[Act] = None
    prepare: Optional[Act] = None
    repeats: int = 0
    loaded: Optional[str] = None
    settings: Mapping[str, str] = {}
    options: Mapping[str, Any] = {}
    scale: float = 1.0
    clock: Optional[Callable[[Path], str]] = None
    place: Callable[[Path], list[str]] = nowhere_else
    unless: Callable[[], str] = str
    indexed: Mapping[bytes, bytes] = {}
    renamed: Mapping[str, str] = {}
    of_child: bool = False
    as_childs: Mapping[str, Any] = {}

    @property
    def title(self) -> str:
        """By what it is found."""
        return f"{'child: ' * self.of_child}{self.group}: {self.name}"

    def for_child(self) -> Row:
        """The same fault, of one child."""
        return self._replace(of_child=True, **self.as_childs)


class Outcome(NamedTuple):
    """What came of a row; `fault` is empty where it passed, `skipped` says why it could not run."""

    title: str
    numbers: str = ""
    line: str = ""
    seconds: float = 0.0
    fault: str = ""
    skipped: str = ""

    def __str__(self) -> str:
        verdict = "not run" if self.skipped else "FAILED" if self.fault else "passed"
        told = self.skipped or self.fault.partition("\n")[0] or self.line[:160]
        return f"{self.title:54} {verdict:7} {self.seconds:5.1f} s  {self.numbers:88} {told}"


def play(row: Row, folder: Path, package: Path) -> Outcome:
    """Run a row to its end."""
    skipped = row.unless()
    if skipped:
        return Outcome(row.title, skipped=skipped)
    began = time.monotonic()
    options: dict[str, Any] = {**AS_IN_LIFE, "partitions": 2, "lock": 0.2, "linger": 0.2, "rate_limits": False}
    options["ca_dir"] = str(folder / "ca")
    if row.scale != 1.0:
        options.update(time_scale=row.scale, epoch=time.time())
        package = install(package, folder, f"ScaledClock({row.scale}, {options['epoch']})")
    elif row.clock is not None:
        package = install(package, folder, row.clock(folder))
    options.update(row.options)
    try:
        with _stage(row, folder, package, options) as scene:
            numbers, line = _live(row, scene)
    except NotOneTenants as reason:
        return Outcome(row.title, skipped=str(reason))
    except Exception as error:  # whatever a row raises, the others are played
        return Outcome(row.title, "", "", time.monotonic() - began, fault=f"{type(error).__name__}: {error}"[:3000])
    return Outcome(row.title, numbers, line, time.monotonic() - began)


def _stage(row: Row, folder: Path, package: Path, options: Mapping[str, Any]) -> AbstractContextManager[Scene]:
    if row.of_child:
        return child.family(folder, package, options)
    return Scene(folder, package, prefix=row.place(folder), **options)


def _live(row: Row, scene: Scene) -> tuple[str, str]:
    """Begin, let the fault happen, end; the numbers and the log line. Raises AssertionError where the row fails."""
    scene.falcon.generate(20)
    if row.prepare is not None:
        row.prepare(scene)
    scene.falcon.add_faults([dict(step) for step in row.steps])
    # on a fast clock the time-out is long: it is the machine's own slowness that must not count as silence
    scene.begin(**{"idle_timeout": "15" if row.scale == 1.0 else "600", **row.settings})
    with load(scene.falcon, row.loaded), scene.load() if isinstance(scene, ChildScene) else nullcontext():
        if isinstance(scene, ChildScene):
            others.await_all_begun(scene)
        if row.act is not None:
            row.act(scene)
        line = find_line(scene, row.says)
        scene.falcon.generate(1)
        _await_all(row, scene)  # under load until all is well again
    scene.falcon.generate(5)
    comparison = _await_all(row, scene)
    assert comparison.holds, f"{comparison}"
    assert comparison.repeated <= row.repeats, f"{comparison.repeated} repeats, at most {row.repeats} are allowed"
    allowed = f"{comparison.repeated} repeated of {row.repeats} allowed"
    numbers = f"{comparison.missing} missing, {allowed}, in order"
    if isinstance(scene, ChildScene):
        numbers += f"; {others.check(scene)}"
    elif row.group in SPARING:
        numbers += f", {sibling.check(scene)}"
    return numbers if row.scale == 1.0 else f"{numbers}, x{row.scale:.0f}", line


def find_line(scene: Scene, pattern: str) -> str:
    """Wait for a line of the input's log, or of splunkd.log, in which the pattern is found; without its time."""

    def found() -> Optional[str]:
        lines = [line.split(" ", 1)[-1] for line in scene.log().splitlines()]
        lines += [_COMMAND.sub("", each.message) for each in scene.splunkd.logs("ExecProcessor")]
        return next((line for line in lines if re.search(pattern, line)), None)

    return str(scene.wait(found, PATIENCE, f"a line with {pattern}"))


def await_lines(scene: Scene, text: str, count: int) -> None:
    """Wait until the input's log has so many lines with this text."""
    scene.wait(lambda: sum(text in line for line in scene.log().splitlines()) >= count, PATIENCE, f"{count} x {text}")


def _await_all(row: Row, scene: Scene) -> Comparison:
    """Wait until nothing is missing of what has been published by now; the ledger check."""
    ledger = {
        each.name: [
            name_of(row.indexed.get(line, line)) for log in each.logs for line in map(log.line, range(len(log)))
        ]
        for each in scene.falcon.tenant.offered()
    }
    wanted = sum(map(len, ledger.values()))
    scene.wait(lambda: scene.splunkd.count() >= wanted, PATIENCE, f"{wanted} events")

    def complete() -> Optional[Comparison]:
        comparison = compare(ledger, scene.splunkd.events(), lambda event: _present_key(row, key_of(event)))
        return None if comparison.missing else comparison

    return scene.wait(complete, PATIENCE, "nothing missing")  # type: ignore[no-any-return]


def _present_key(row: Row, key: tuple[str, int, str]) -> tuple[str, int, str]:
    return (row.renamed.get(key[0], key[0]), key[1], key[2])
