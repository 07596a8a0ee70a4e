"""Runs the project's checks: lint and types once, then the test suite on every supported Python that is here.

Rules: `make test` and CI both run this. Each command is printed before it runs. The first failure ends the run, and no
test gets a second try. Every Python tests our own code: units, model, fuzzers. A scene that plays the product from
outside runs on one Python, chosen by the scene's name; what is not ours (stand-ins, conf files, the package's bytes) is
tested once (`tests/conftest.py`). A run that passes writes the state of the stand-ins and conf files to
`tests/stand-ins.sha256`, which is committed. While they are in that state, their own tests are left out; `make nightly`
always runs them."""

from __future__ import annotations

import argparse
import hashlib
import os
import subprocess
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import List

from tools import browser, environments, package, studio

CHECKED = ("bin", "tools", "tests")
QUICK = ("tests/unit", "tests/fakes", "tests/model", "tests/fuzz", "tests/test_architecture.py")
# The stand-ins' own tests, and what else they depend on.
STAND_INS = ("tests/emulator", "tests/splunkd", "tests/searchtime", "tests/pcre")
# Scenes wait more than they compute: three of them fill a core. A browser fills a core by itself.
WORKERS = min(8, 3 * (os.cpu_count() or 1))
BROWSERS = 2
_STAMP = environments.ROOT / "tests" / "stand-ins.sha256"


def run(command: List[str]) -> None:
    """Run a command in the root folder; if it fails, end the run."""
    print("$", " ".join(command), flush=True)
    # several hundred processes load the same modules: without bytecode, each would compile them
    known = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    code = subprocess.run(command, cwd=environments.ROOT, env=known).returncode
    if code != 0:
        raise SystemExit(code)


def check(python: Path) -> None:
    """Lint, types, the pages about settings, what knowledge/ comes to, and spelling."""
    scripts = python.parent
    with ThreadPoolExecutor(1) as beside:  # mypy takes as long as all others
        types = beside.submit(run, [str(python), "-m", "mypy"])
        run([str(scripts / "ruff"), "check", *CHECKED])
        run([str(scripts / "ruff"), "format", "--check", *CHECKED])
        run([str(python), "-m", "tools.settings_pages", "--check"])
        run([str(python), "-m", "tools.knowledge", "--check"])
        run([str(environments.for_tool("docs").with_name("codespell"))])
        types.result()


def bring_into_form(python: Path) -> None:
    """Give the code its one format, and mend what the linter can mend."""
    ruff = str(python.parent / "ruff")
    run([ruff, "format", *CHECKED])
    run([ruff, "check", "--fix", *CHECKED])


def run_tests(pythons: List[Path], options: List[str], workers: int = WORKERS) -> None:
    """Run pytest on each Python, with its share of the scenes. A worker that has nothing left to do takes over tests of
    another, so the scenes that wait long stand side by side."""
    for number, python in enumerate(pythons):
        command = [str(python), "-m", "pytest", "-q", "-n", str(workers), "--dist", "worksteal"]
        run([*command, "--share", f"{number}/{len(pythons)}", *options])


def test_package(pythons: List[Path], options: List[str], workers: int = WORKERS) -> None:
    """Build the package once, and run the tests on each Python with it."""
    with tempfile.TemporaryDirectory() as folder:
        built = package.build(Path(folder))
        run_tests(pythons, [f"--package={built}", *options], workers)


def whole(pythons: List[Path], options: List[str]) -> None:
    """The suite; the stand-ins' own tests only if something that they depend on has changed."""
    state = fingerprint()
    known = _STAMP.exists() and _STAMP.read_text().strip() == state
    if known:
        print(f"unchanged since they passed, so left out: {', '.join(STAND_INS)}", flush=True)
    left_out = [f"--ignore={folder}" for folder in STAND_INS if known]
    test_package(pythons, ["-m", "not ui and not nightly", *left_out, *options])
    if not options:
        _STAMP.write_text(f"{state}\n")


def fingerprint() -> str:
    """The SHA-256 of all that the stand-ins' own tests depend on."""
    digest = hashlib.sha256()
    for folder in (*STAND_INS, "tests/fakes", "default", "requirements"):
        for path in sorted((environments.ROOT / folder).rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                digest.update(str(path.relative_to(environments.ROOT)).encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


def main() -> None:
    """Run what is asked for."""
    parser = argparse.ArgumentParser(description="Run the checks and the tests.")
    parser.add_argument("--set-up", action="store_true", help="make the environments and fill lib/, nothing else")
    parser.add_argument("--check-only", action="store_true", help="lint, types and spelling, no tests")
    parser.add_argument("--format", action="store_true", help="bring the code into its one format, nothing else")
    parser.add_argument("--knowledge", action="store_true", help="write what knowledge/ comes to, nothing else")
    parser.add_argument("--quick", action="store_true", help="lint, types, and what needs no scene, on one Python")
    parser.add_argument("--ui", action="store_true", help="the pages in a browser, and nothing else")
    parser.add_argument("--need-both", action="store_true", help="fail where 3.9 or 3.13 is missing")
    parser.add_argument("pytest", nargs="*", help="what to hand to pytest besides")
    arguments = parser.parse_args()
    found = environments.interpreters()
    missing = [version for version in environments.SUPPORTED if version not in found]
    if missing and arguments.need_both:
        raise SystemExit(f"Python {' and '.join(missing)} not found: both ends of the supported range are needed")
    if missing:
        print(f"not tested here, because not found: Python {' and '.join(missing)}", flush=True)
    if arguments.quick or arguments.check_only or arguments.format or arguments.knowledge:
        found = dict([next(iter(found.items()))])
    pythons = [environments.for_tests(version, python) for version, python in found.items()]
    if arguments.format:
        bring_into_form(pythons[0])
        return
    if arguments.knowledge:
        run([str(pythons[0]), "-m", "tools.knowledge"])
        return
    environments.fill_lib()
    if arguments.quick:
        check(pythons[0])
        run_tests(pythons, ["-m", "not slow and not nightly", *QUICK, *arguments.pytest])
        return
    environments.for_tool("fetch")  # what the others are fetched with
    with ThreadPoolExecutor() as pool:
        list(pool.map(environments.for_tool, environments.TOOLS))
    for requirement in environments.MODELS:  # before two workers want it at once
        environments.unpacked(requirement)
    if arguments.set_up:
        return
    if arguments.ui:
        browser.find()
        studio.build()  # before two workers want it at once
        test_package(pythons, ["-m", "ui and not nightly", "tests/ui", *arguments.pytest], BROWSERS)
        return
    check(pythons[0])
    if not arguments.check_only:
        whole(pythons, arguments.pytest)


if __name__ == "__main__":
    main()
