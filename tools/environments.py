"""Finds the Pythons and makes the environments that the workshop's targets run in.

Rules: an interpreter must run to be found (a shim may lie about what it is). Environments are in .venv/, each with a
stamp of what was installed, so a second run needs no network. Tools whose pins clash with ours get an environment of
their own. Only what the lock says is installed, by hash (tools/locks.py). What helps to build the package is fetched
into .cache/wheels first, as wheels only, and installed from there: none of its code runs before its hash is checked,
and with a full cache the environment can be made without a network.
"""

from __future__ import annotations

import functools
import hashlib
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Dict, Iterator, List, Optional

from tools import program, vendor

ROOT = vendor.ROOT
LOCKS = ROOT / "requirements"
VENVS = ROOT / ".venv"
SUPPORTED = ("3.9", "3.13")
WHEELS = ROOT / ".cache" / "wheels"
TOOLS = ("fetch", "appinspect", "slim", "ucc", "audit", "workflows", "openapi", "docs", "vendor", "spl2", "splint")
# Splunk's test package, of which only the CIM data models are read: each version with the SHA-256 of its wheel.
MODELS = {
    "pytest-splunk-addon==6.4.0": "bfdbb7a183644588c3b49307d03209c616df9f4bb8b5084da639018eafb04421",
    "pytest-splunk-addon==8.0.0": "e5246abac2d328cf181ef08bd575c9a2aeb025227d15b2bde6a4a18bf72248d5",
}
# The environments that build parts of the package: installed from WHEELS.
BUILDS = ("ucc",)
_ASK = "import sys; print('%d.%d' % sys.version_info[:2])"


def version_of(python: str) -> Optional[str]:
    """The version that an interpreter reports, None if it cannot be run."""
    try:
        done = subprocess.run([python, "-c", _ASK], capture_output=True, text=True, timeout=30)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() if done.returncode == 0 else None


def candidates() -> Iterator[str]:
    """Interpreters that may be there."""
    yield sys.executable
    for version in SUPPORTED:
        yield f"python{version}"
    pyenv = shutil.which("pyenv")
    if pyenv:
        root = subprocess.run([pyenv, "root"], capture_output=True, text=True).stdout.strip()
        if root:
            yield from sorted(str(path) for path in Path(root).glob("versions/*/bin/python"))
    yield from ("python3", "python")


@functools.lru_cache(maxsize=1)
def interpreters() -> Dict[str, str]:
    """The supported interpreters that are here, by version; at least the current one."""
    found: Dict[str, str] = {}
    for python in candidates():
        if all(version in found for version in SUPPORTED):
            break
        version = version_of(python)
        if version in SUPPORTED and version not in found:
            found[version] = python
    if not found:
        if sys.version_info < (3, 9):  # noqa: UP036 - the one place that an older Python gets to
            raise SystemExit("Python 3.9 or later is needed, and none was found")
        found[f"{sys.version_info[0]}.{sys.version_info[1]}"] = sys.executable
    return {version: found[version] for version in sorted(found, key=lambda each: tuple(map(int, each.split("."))))}


def environment(name: str, python: str, options: List[str], content: str) -> Path:
    """The Python of the environment of this name; pip makes and fills it unless that is done already.
    `content` stands for the list that the options name."""
    folder = VENVS / name
    executable = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    stamp = folder / "stamp"
    # Without the interpreter's path: a target and its tests may find the same interpreter under two names.
    wanted = hashlib.sha256(content.encode()).hexdigest()
    if stamp.exists() and stamp.read_text() == wanted and executable.exists():
        return executable
    print(f"setting up .venv/{name} (once)", flush=True)
    with program.writing(f"set up .venv/{name}"):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        _make(python, folder)
        program.run([*pip(executable, "install"), *options], f"install into .venv/{name}")
        stamp.write_text(wanted)
    return executable


def _make(python: str, folder: Path) -> None:
    command = [python, "-m", "venv", str(folder)]
    # Debian's Python needs one more package to make environments
    if not _has_ensurepip(python) and not program.install("python3-venv"):
        line = program.by_apt("python3-venv")
        raise SystemExit(f"could not make an environment: {python} has no ensurepip\ntry: {line}")
    program.run(command, f"make the environment {folder.name}")


def _has_ensurepip(python: str) -> bool:
    return subprocess.run([python, "-c", "import ensurepip, venv"], capture_output=True).returncode == 0


def pip(executable: Path, verb: str) -> List[str]:
    """The command of an environment's pip, which installs only what a list names, by hash: a lock is complete, and what
    it leaves out on purpose must not come in as a dependency."""
    command = [str(executable), "-m", "pip", "--quiet", "--disable-pip-version-check"]
    return [*command, verb, "--no-deps", "--require-hashes"]


def locked(name: str, python: str, lock: str) -> Path:
    """The Python of an environment filled from a lock."""
    path = LOCKS / f"{lock}.txt"
    options = ["--requirement", str(path)]
    if lock in BUILDS:
        options += ["--no-index", "--only-binary", ":all:", "--find-links", str(wheels(lock, python))]
    return environment(name, python, options, _digest(path))


def wheels(lock: str, python: str) -> Path:
    """The folder with the wheels that a lock names for this Python; fetches them unless all are there."""
    path = LOCKS / f"{lock}.txt"
    folder = WHEELS / f"{lock}-{version_of(python)}"
    stamp = folder / "stamp"
    if stamp.exists() and stamp.read_text() == _digest(path):
        return folder
    print(f"fetching what requirements/{lock}.txt names (once)", flush=True)
    with program.writing(f"fetch requirements/{lock}.txt"):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        command = [*pip(locked("fetch", python, "fetch"), "download"), "--only-binary", ":all:"]
        command += ["--dest", str(folder), "--requirement", str(path)]
        program.run(command, f"fetch what requirements/{lock}.txt names")
        stamp.write_text(_digest(path))
    return folder


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def for_tests(version: str, python: str) -> Path:
    """The environment of the tests on one Python."""
    program.need_loopback()
    return locked(version, python, "tests")


def for_tool(name: str) -> Path:
    """The environment of a tool with pins of its own."""
    return locked(name, tools_python(), name)


def tools_python() -> str:
    """The interpreter of the tools' environments: one that every tool knows."""
    return next((each for version, each in interpreters().items() if version != "3.9"), sys.executable)


def unpacked(requirement: str) -> Path:
    """The folder of one of MODELS, which is read and never run: unpacked without what it depends on."""
    folder = VENVS / re.sub(r"[^A-Za-z0-9.]+", "-", requirement)
    if not (folder / "stamp").exists():
        print(f"unpacking {requirement} (once)", flush=True)
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        (folder / "list.txt").write_text(f"{requirement} --hash=sha256:{MODELS[requirement]}\n")
        # it may be for another Python: none of its code runs
        command = [*pip(for_tool("fetch"), "install"), "--only-binary", ":all:", "--ignore-requires-python"]
        command += ["--target", str(folder)]
        program.run([*command, "--requirement", str(folder / "list.txt")], f"unpack {requirement}")
        (folder / "stamp").write_text(requirement)
    return folder


def fill_lib() -> None:
    """Fill lib/ unless it is filled from the present list."""
    stamp = ROOT / "lib" / ".filled"
    wanted = hashlib.sha256(vendor.REQUIREMENTS.read_bytes() + Path(vendor.__file__).read_bytes()).hexdigest()
    if not stamp.exists() or stamp.read_text() != wanted:
        print("filling lib/ with the libraries that ship (once)", flush=True)
        with program.writing("fill lib/"):
            vendor.fill_in_place()
        stamp.write_text(wanted)
