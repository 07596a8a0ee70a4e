"""What AppInspect and slim say of the package."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

from tools import environments

pytestmark = [pytest.mark.package, pytest.mark.timeout(600)]  # a minute of CPU and more


@pytest.mark.parametrize("options", [(), ("--included-tags", "cloud")], ids=["default", "cloud"])
def test_appinspect_finds_no_error_failure_or_future_failure_and_skips_nothing(
    package: Path, tmp_path: Path, options: Sequence[str]
) -> None:
    python = environments.for_tool("appinspect")
    report = tmp_path / "report.json"
    command = [str(python.parent / "splunk-appinspect"), "inspect", str(package), "--mode", "test"]
    command += ["--data-format", "json", "--output-file", str(report), *options]
    subprocess.run(command, capture_output=True, check=True)
    tree = json.loads(report.read_text(encoding="utf-8"))
    summary = tree["summary"]

    print(summary)
    assert {key: summary[key] for key in ("error", "failure", "future_failure", "skipped")} == {
        "error": 0,
        "failure": 0,
        "future_failure": 0,
        "skipped": 0,
    }
    assert summary["success"] > 90


def test_slim_validates_without_an_error(package: Path, tmp_path: Path) -> None:
    python = environments.for_tool("slim")
    done = subprocess.run(
        [str(python.parent / "slim"), "validate", str(package)],
        capture_output=True,
        text=True,
        env={**os.environ, "HOME": str(tmp_path)},
        cwd=tmp_path,
    )

    assert done.returncode == 0
    assert "[ERROR]" not in done.stdout + done.stderr
    assert "App validation complete" in done.stdout + done.stderr
