"""Runs the project's checks: lint and types once, then the test suite on every supported Python that is here.

Rules: what `make test` and CI run is this. Each command is printed before it runs; the first failure ends the run,
after a second try of the tests that failed.
"""

from __future__ import annotations

import argparse
import subprocess
from pathlib import Path
from typing import List

from tools import browser, environments, studio

CHECKED = ("bin", "tools", "tests")
# What these hold is the stand-ins, Splunk's search time, our conf files and a simulation: nothing of it runs in
# Splunk's Python, so one Python is enough.
NOT_OURS = ("emulator", "splunkd", "searchtime", "knowledge", "bench/test_tenants.py")


def run(command: List[str]) -> None:
    """Run a command in the root folder; a failure ends the run."""
    print("$", " ".join(command), flush=True)
    code = subprocess.run(command, cwd=environments.ROOT).returncode
    if code != 0:
        raise SystemExit(code)


def run_tests(python: Path, options: List[str]) -> None:
    """Run pytest. What failed beside other tests gets one more try alone, in a process of its own: a test that passes
    only then depends on how busy the machine is. The run goes on, says so, and the test has to be mended."""
    command = [str(python), "-m", "pytest", "-q", *options]
    print("$", " ".join(command), flush=True)
    code = subprocess.run([*command, "-n", "2"], cwd=environments.ROOT).returncode
    if code == 1:
        print("failed beside other tests; once more, alone:", flush=True)
        run([*command, "-n", "0", "--last-failed", "--last-failed-no-failures=none"])
    elif code != 0:
        raise SystemExit(code)


def check(python: Path) -> None:
    """Lint and types."""
    scripts = python.parent
    run([str(scripts / "ruff"), "check", *CHECKED])
    run([str(scripts / "ruff"), "format", "--check", *CHECKED])
    run([str(python), "-m", "mypy"])
    run([str(python), "-m", "tools.settings_pages", "--check"])


def main() -> None:
    """Run what is asked for."""
    parser = argparse.ArgumentParser(description="Run the checks and the tests.")
    parser.add_argument("--check-only", action="store_true", help="lint and types, no tests")
    parser.add_argument("--ui", action="store_true", help="the pages in a browser, and nothing else")
    parser.add_argument("--need-both", action="store_true", help="fail where 3.9 or 3.13 is missing")
    parser.add_argument("pytest", nargs="*", help="what to hand to pytest instead of the whole suite")
    arguments = parser.parse_args()
    found = environments.interpreters()
    missing = [version for version in environments.SUPPORTED if version not in found]
    if missing and arguments.need_both:
        raise SystemExit(f"Python {' and '.join(missing)} not found: both ends of the supported range are needed")
    if missing:
        print(f"not tested here, because not found: Python {' and '.join(missing)}", flush=True)
    pythons = [environments.for_tests(version, python) for version, python in found.items()]
    environments.fill_lib()
    for tool in environments.TOOLS:
        environments.for_tool(tool)
    if arguments.ui:
        browser.find()
        studio.build()  # before two workers want it at once
        for python in pythons:
            # the dashboards are Splunk's renderer before stored rows: our Python has no part in them
            once = [] if python == pythons[0] else ["--ignore=tests/ui/test_dashboards.py"]
            run_tests(python, ["-m", "ui", "tests/ui", *once, *arguments.pytest])
        return
    check(pythons[0])
    if not arguments.check_only:
        for python in pythons:
            once = [] if python == pythons[0] else [f"--ignore=tests/{folder}" for folder in NOT_OURS]
            run_tests(python, ["-m", "not ui", *once, *arguments.pytest])


if __name__ == "__main__":
    main()
