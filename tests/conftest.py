"""What all tests share: the built package, which Python plays which test, the header of every run, what was measured.

Rules: a test that leaves something behind (an open socket, a thread's exception) fails itself and not its neighbour, so
rubbish is collected at its end where scenes are played in this process. `--share K/N` is for one of N Pythons: a scene,
and what takes long, is played by the one that its name tells (its file's name, if the file is marked `together`), what
is not ours by the first."""

from __future__ import annotations

import compileall
import fcntl
import gc
import shutil
import sys
import zlib
from pathlib import Path
from typing import Any, Optional

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.internal.conjecture import providers
from hypothesis.internal.constants_ast import Constants

from tests.splunkd.home import unpack
from tools import package as builder

ROOT = Path(__file__).resolve().parents[1]
# how long drawing an example or judging it takes says something of the machine only
settings.register_profile("any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any machine")
# Hypothesis draws constants of the modules that are loaded, ours included: the examples of a test would depend on which
# other tests run beside it, and a planted mistake be found in one selection and missed in another.
providers._get_local_constants = Constants


# Scenes: the product played from outside. A test whose subject differs between the Pythons bears `every_python`.
SCENES = frozenset({"integration", "faults", "soak", "standby", "takeover", "upgrade", "bench", "ui"})
# Not ours in Splunk's Python: the stand-ins, Splunk's search time, our conf files, the bytes of the package, the pages
# for people, the workshop. Folders, or modules of `unit`.
ONCE = frozenset(
    {"emulator", "splunkd", "searchtime", "pcre", "knowledge", "package", "security", "test_architecture.py"}
    | {"tools", "test_pages.py", "test_log_page.py", "test_install_pages.py"}
)
# Scenes that follow each other on one instance, on the last Python, which has least to do.
IN_ORDER = frozenset({"real_splunk"})
_MODULE = pytest.StashKey[Path]()  # of the last test
_OPENS_SOCKETS = frozenset({"integration", "faults", "takeover", "emulator", "splunkd", "unit"})


def pytest_addoption(parser: pytest.Parser) -> None:
    """Which of several Pythons this is, and what it tests."""
    parser.addoption("--share", default="0/1", help="K/N: this is Python K of N, counted from 0")
    parser.addoption("--package", type=Path, help="the built package; without it, the run builds one")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave to the other Pythons what is theirs."""
    number, count = map(int, config.getoption("--share").split("/"))
    ours = [item for item in items if plays(item, number, count)]
    if len(ours) < len(items):
        kept = set(ours)
        config.hook.pytest_deselected(items=[item for item in items if item not in kept])
        items[:] = ours


def plays(item: pytest.Item, number: int, count: int) -> bool:
    """Whether this Python plays this test."""
    folder = _folder(item)
    if item.get_closest_marker("every_python") is not None:
        return True
    if ONCE & {folder, *_below_unit(item)}:
        return number == 0
    if folder in IN_ORDER:
        return number == count - 1
    shared = folder in SCENES or item.get_closest_marker("slow") is not None
    name = item.nodeid.partition("::")[0] if item.get_closest_marker("together") is not None else item.nodeid
    return not shared or zlib.crc32(name.encode()) % count == number


def pytest_runtest_setup(item: pytest.Item) -> None:
    """What is there before the tests of a module is no rubbish of theirs."""
    if item.session.stash.get(_MODULE, None) != item.path:
        item.session.stash[_MODULE] = item.path
        gc.collect()
        gc.freeze()  # never looked through again: a collection costs what was made since


def pytest_runtest_teardown(item: pytest.Item) -> None:
    """What this test has left behind is found in it."""
    if _folder(item) in _OPENS_SOCKETS:
        gc.collect()


def _folder(item: pytest.Item) -> str:
    return item.path.relative_to(ROOT / "tests").parts[0]


def _below_unit(item: pytest.Item) -> tuple[str, ...]:
    return item.path.relative_to(ROOT / "tests").parts[1:2] if _folder(item) == "unit" else ()


def pytest_report_header() -> str:
    """Which Python this is."""
    return f"python {sys.version.split()[0]} at {sys.executable}"


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """The rows that tests have measured (`record_property("measured", row)`), whichever worker they ran in."""
    reports = [report for outcome in ("passed", "failed") for report in terminalreporter.getreports(outcome)]
    for row in (value for report in reports for name, value in report.user_properties if name == "measured"):
        terminalreporter.write_line(row)


@pytest.fixture(scope="session")
def package(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The package, one for all workers of a run."""
    given: Optional[Path] = request.config.getoption("--package")
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if base.name.startswith("popen-") else base
    with (shared / "package.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        folder = shared / "package"
        built = sorted(folder.glob("*.tgz"))
        if built:
            return built[0]
        if given is None:
            return _unpacked_once(builder.build(folder))
        folder.mkdir()
        return _unpacked_once(Path(shutil.copy(given, folder)))


def _unpacked_once(archive: Path) -> Path:
    """The archive; beside it, what each of several hundred stand-ins would unpack and compile for itself."""
    folder = archive.with_suffix(".unpacked")
    compileall.compile_dir(folder / unpack(archive, folder), quiet=1)
    return archive


@pytest.fixture(scope="session")
def samples() -> list[bytes]:
    """Events that nobody here wrote, where they are at hand."""
    path = ROOT.parent / "shared" / "samples" / "audit-and-detections.ndjson"
    if not path.exists():
        pytest.skip("the samples are not at hand")
    return path.read_bytes().splitlines()
