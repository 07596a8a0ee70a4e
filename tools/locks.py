"""The locks of the environments: every package with version and hashes, made by uv from short lists (`make lock`).

Rules: `requirements/<name>.in` says what we ask for; `requirements/<name>.txt` is its lock, for all Pythons at once and
without the address of an index. A lock's first line holds the hash of its sources, which a test compares. pip installs
only what a lock names, so a lock may leave out a package that another one replaces.
"""

from __future__ import annotations

import hashlib
import re
import sys
from pathlib import Path
from typing import Dict

from tools import environments, program

FOLDER = environments.LOCKS
# The lowest Python of each environment; uv's locks hold for that and every later one.
LOWEST = dict.fromkeys(("tests", "uv", *environments.TOOLS), "3.9")
# python-magic looks for the machine's libmagic; python-magic-standalone brings its own, under the same name. Only
# solnlib's module `observability` imports grpc and opentelemetry, and nobody here imports that. The converter's command
# `generate` needs none of what its other commands ask services with.
LEFT_OUT = {
    "appinspect": ("python-magic", "python-magic-bin"),
    "spl2": ("deepdiff", "openai", "python-dotenv", "requests", "splunk-sdk", "urllib3", "xmltodict"),
    "vendor": ("grpcio", "opentelemetry-api", "opentelemetry-sdk", "opentelemetry-exporter-otlp-proto-grpc"),
}
_MADE_FROM = "# made by `make lock` from "


def fingerprint(name: str) -> str:
    """The SHA-256 of all that a lock is made from."""
    source = (FOLDER / f"{name}.in").read_bytes()
    rest = f"{LOWEST[name]} {' '.join(LEFT_OUT.get(name, ()))}"
    return hashlib.sha256(source + rest.encode()).hexdigest()


def lock_path(name: str) -> Path:
    """The lock of an environment."""
    return FOLDER / f"{name}.txt"


def is_current(name: str) -> bool:
    """Whether a lock was made from what is asked for now."""
    first = lock_path(name).read_text(encoding="utf-8").splitlines()[0]
    return first == _MADE_FROM + fingerprint(name)


def pins(text: str) -> Dict[str, str]:
    """The pinned versions of a list or lock by name in lower case; of a package with several, the last."""
    return dict(re.findall(r"^([A-Za-z0-9_.-]+)(?:\[[a-z,-]+\])?==([^\s;\\]+)", text.lower(), re.MULTILINE))


def make(name: str, uv: Path) -> None:
    """Make one lock; keep the versions of the present lock if they still fit."""
    excluded = environments.VENVS / f"{name}.excluded"
    excluded.write_text("".join(f"{each}\n" for each in LEFT_OUT.get(name, ())), encoding="utf-8")
    path = lock_path(name)
    command = [str(uv), "pip", "compile", "--universal", "--generate-hashes", "--python-version", LOWEST[name]]
    command += ["--no-config", "--no-header", "--no-annotate", "--no-emit-index-url", "--no-emit-find-links", "--quiet"]
    command += ["--excludes", str(excluded), f"{name}.in", "--output-file", path.name]
    program.run(command, f"lock requirements/{name}.in", folder=FOLDER)
    path.write_text(f"{_MADE_FROM}{fingerprint(name)}\n{path.read_text(encoding='utf-8')}", encoding="utf-8")


def main() -> None:
    """Make every lock."""
    uv = environments.locked("uv", sys.executable, "uv").with_name("uv")
    for name in LOWEST:
        make(name, uv)
        print(f"requirements/{name}.txt  {len(pins(lock_path(name).read_text(encoding='utf-8')))} packages", flush=True)


if __name__ == "__main__":
    main()
