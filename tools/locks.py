"""Locks the environments of the workshop: every package with its version and hashes (`make lock`).

Rules: a short list (`requirements/<name>.in`) says what is wanted, its lock (`<name>.txt`) what is installed, on every
supported Python and system. No lock names an index. One version of a package serves all Pythons where there is one,
so that what is checked on one of them holds on the others. A lock says of which list it is; a test compares.
"""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

from tools import environments, outside

FOLDER = Path(__file__).with_name("requirements")
# The oldest Python that an environment is made for.
OLDEST = {"tests": "3.9", "slim": "3.9", "ucc": "3.9", "lock": "3.9", "appinspect": "3.10", "audit": "3.10"}
# In place of these another package of the list serves, which brings its library along.
_REPLACED = {"appinspect": ("python-magic", "python-magic-bin")}
_MARK = "# of "


def lock_of(name: str) -> Path:
    """The lock of an environment."""
    return FOLDER / f"{name}.txt"


def wanted(name: str) -> str:
    """What a lock must say of its list."""
    digest = hashlib.sha256((FOLDER / f"{name}.in").read_bytes()).hexdigest()
    return f"{_MARK}{name}.in sha256:{digest}"


def stale() -> list[str]:
    """The environments whose list has changed since it was locked."""
    return [name for name in OLDEST if not lock_of(name).read_text(encoding="utf-8").startswith(wanted(name) + "\n")]


def without(lock: str, packages: tuple[str, ...]) -> str:
    """A lock less some packages; an entry is a line and the indented ones after it."""
    for package in packages:
        lock = re.sub(rf"^{re.escape(package)}==.*\n(?:[ \t]+.*\n)*", "", lock, flags=re.MULTILINE)
    return lock


def main() -> None:
    """Write all locks anew."""
    uv = environments.for_tool("lock").with_name("uv")
    for name, oldest in OLDEST.items():
        command = [
            str(uv),
            "pip",
            "compile",
            "--quiet",
            "--universal",
            "--fork-strategy",
            "fewest",
            "--generate-hashes",
        ]
        command += ["--no-emit-index-url", "--no-annotate", "--no-header", "--python-version", oldest]
        found = outside.run(f"uv could not lock {name}.in", [*command, str(FOLDER / f"{name}.in")])
        lock = without(found, _REPLACED.get(name, ()))
        lock_of(name).write_text(f"{wanted(name)}\n{lock}", encoding="utf-8")
        print(f"{name}: {lock.count('==')} packages", flush=True)


if __name__ == "__main__":
    main()
