"""What all tests share: the built package, the versions in the header of every run, what was measured at its end."""

from __future__ import annotations

import fcntl
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from tools import package as builder

ROOT = Path(__file__).resolve().parents[1]
# how long drawing an example or judging it takes says something of the machine only
settings.register_profile("any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any machine")


def pytest_report_header() -> str:
    """Which Python this is."""
    return f"python {sys.version.split()[0]} at {sys.executable}"


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """The rows that tests have measured (`record_property("measured", row)`), whichever worker they ran in."""
    reports = [report for outcome in ("passed", "failed") for report in terminalreporter.getreports(outcome)]
    for row in (value for report in reports for name, value in report.user_properties if name == "measured"):
        terminalreporter.write_line(row)


@pytest.fixture(scope="session")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The package, built once for all workers of a run."""
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if base.name.startswith("popen-") else base
    with (shared / "package.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        folder = shared / "package"
        built = sorted(folder.glob("*.tgz"))
        return built[0] if built else builder.build(folder)


@pytest.fixture(scope="session")
def samples() -> list[bytes]:
    """Events that nobody here wrote, where they are at hand."""
    path = ROOT.parent / "shared" / "samples" / "audit-and-detections.ndjson"
    if not path.exists():
        pytest.skip("the samples are not at hand")
    return path.read_bytes().splitlines()
