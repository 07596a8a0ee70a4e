"""Finds the Pythons and makes the environments that the workshop's targets run in.

Rules: an interpreter is found by running it (a shim may lie about what it is). Environments live in .venv/, each with a
stamp of what was installed: a second run needs no network. Tools whose pins clash with ours get one of their own. Where
the venv module is missing, the one line that installs it is printed.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Dict, Iterator, List, Optional

from tools import vendor

ROOT = vendor.ROOT
VENVS = ROOT / ".venv"
SUPPORTED = ("3.9", "3.13")
TOOLS = {
    "appinspect": ["splunk-appinspect==4.3.1"],
    "slim": ["splunk-packaging-toolkit==1.2.8"],
    "ucc": ["splunk-add-on-ucc-framework==6.6.0"],
    "audit": ["pip-audit==2.10.1", "cyclonedx-python-lib[json-validation]==11.12.0"],
    "workflows": ["check-jsonschema==0.39.0", "zizmor==1.32.0"],
    "openapi": ["openapi-python-client==0.29.1"],
}
_ASK = "import sys; print('%d.%d' % sys.version_info[:2])"


def version_of(python: str) -> Optional[str]:
    """What an interpreter says it is, None where it cannot be run."""
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
        found[version_of(sys.executable) or "current"] = sys.executable
    return {version: found[version] for version in sorted(found, key=lambda each: tuple(map(int, each.split("."))))}


def environment(name: str, python: str, requirements: List[str]) -> Path:
    """The Python of the environment of this name, made and filled where that was not done yet."""
    folder = VENVS / name
    executable = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    stamp = folder / "stamp"
    # not the interpreter's path: a target and a test that it runs may find the same one under two names
    wanted = hashlib.sha256("\n".join(requirements).encode()).hexdigest()
    if stamp.exists() and stamp.read_text() == wanted and executable.exists():
        return executable
    print(f"setting up .venv/{name} (once)", flush=True)
    shutil.rmtree(folder, ignore_errors=True)
    if subprocess.run([python, "-m", "venv", str(folder)], stdout=subprocess.DEVNULL).returncode != 0:
        raise SystemExit("this Python has no venv module; install it with: sudo apt-get install -y python3-venv")
    install = [str(executable), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    if subprocess.run([*install, *requirements], stderr=subprocess.PIPE).returncode != 0:
        raise SystemExit(f"pip could not install into .venv/{name}; try: {' '.join([*install, *requirements])}")
    stamp.write_text(wanted)
    return executable


def for_tests(version: str, python: str) -> Path:
    """The environment of the tests on one Python."""
    lines = (ROOT / "tests" / "requirements.txt").read_text(encoding="utf-8").splitlines()
    return environment(version, python, [line for line in lines if line and not line.startswith("#")])


def for_tool(name: str) -> Path:
    """The environment of a tool with pins of its own; on a Python that the tool knows."""
    python = next((each for version, each in interpreters().items() if version != "3.9"), sys.executable)
    return environment(name, python, TOOLS[name])


def unpacked(requirement: str) -> Path:
    """The folder of a package that is read and never run: unpacked without what it depends on."""
    folder = VENVS / re.sub(r"[^A-Za-z0-9.]+", "-", requirement)
    if not (folder / "stamp").exists():
        print(f"unpacking {requirement} (once)", flush=True)
        shutil.rmtree(folder, ignore_errors=True)
        pip = [str(for_tool("ucc")), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        if subprocess.run([*pip, "--no-deps", "--target", str(folder), requirement]).returncode != 0:
            raise SystemExit(f"pip could not unpack {requirement}")
        (folder / "stamp").write_text(requirement)
    return folder


def fill_lib() -> None:
    """Fill lib/ where it is not filled from the present list."""
    stamp = ROOT / "lib" / ".filled"
    wanted = hashlib.sha256(vendor.REQUIREMENTS.read_bytes() + Path(vendor.__file__).read_bytes()).hexdigest()
    if not stamp.exists() or stamp.read_text() != wanted:
        print("filling lib/ with the libraries that ship (once)", flush=True)
        vendor.fill_in_place()
        stamp.write_text(wanted)
