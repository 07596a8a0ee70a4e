"""What AppInspect and slim say of the package."""

from __future__ import annotations

import json
import os
import subprocess
from collections import Counter
from pathlib import Path

import pytest

from tools import environments

pytestmark = [pytest.mark.package, pytest.mark.timeout(600)]  # a minute of CPU and more


# A run without tags makes every check; these say which of them count where. Each has far more than so many.
TAGS = {"cloud": 200, "private_victoria": 200}


def test_appinspect_finds_no_error_failure_or_future_failure_and_skips_nothing(package: Path, tmp_path: Path) -> None:
    python = environments.for_tool("appinspect")
    report = tmp_path / "report.json"
    command = [str(python.parent / "splunk-appinspect"), "inspect", str(package), "--mode", "test"]
    command += ["--data-format", "json", "--output-file", str(report)]
    subprocess.run(command, capture_output=True, check=True)
    tree = json.loads(report.read_text(encoding="utf-8"))
    summary = tree["summary"]
    tags = Counter(
        tag
        for each in tree["reports"]
        for group in each["groups"]
        for check in group["checks"]
        for tag in check["tags"]
    )

    print(summary)
    assert {key: summary[key] for key in ("error", "failure", "future_failure", "skipped")} == {
        "error": 0,
        "failure": 0,
        "future_failure": 0,
        "skipped": 0,
    }
    assert summary["success"] > 90
    assert {tag: tags[tag] > count for tag, count in TAGS.items()} == dict.fromkeys(TAGS, True)


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
