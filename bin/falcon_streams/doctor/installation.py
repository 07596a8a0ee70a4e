"""The installation: Python with its OpenSSL, and the package, file by file.

Rules: the build writes a manifest, in the form that `sha256sum -c` reads. What ships must be as it was built; a module
that is not in the manifest, in a folder that Python imports from, could take a library's place. Compiled files are
Python's own.
"""

from __future__ import annotations

import hashlib
import os
import platform
import ssl
from pathlib import Path
from typing import Callable, Dict, Iterator

from falcon_streams import __version__
from falcon_streams.doctor.finding import Outcome, Said, shortened
from falcon_streams.errors import Fatal

MANIFEST = "build.sha256"
_IMPORTED_FROM = ("bin", "lib")


def check_python(refuse_old_openssl: Callable[[], None]) -> Outcome:
    """Whether TLS to Falcon can work with this Python."""
    try:
        refuse_old_openssl()
    except Fatal as error:
        return Said.OPENSSL_OLD.about(sentence=error)
    return Said.PYTHON.about(python=platform.python_version(), openssl=ssl.OPENSSL_VERSION)


def check_package(app: Path) -> Outcome:
    """Whether each file is as it was built. `app` is the app's folder."""
    try:
        manifest = _read_manifest((app / MANIFEST).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return Said.PACKAGE_UNBUILT.about(manifest=MANIFEST)
    except (OSError, ValueError):
        return Said.PACKAGE_DIFFERS.about(count=1, names=MANIFEST)
    changed = [name for name, digest in manifest.items() if _digest(app / name) != digest]
    differing = sorted({*changed, *(name for name in _importable(app) if name not in manifest)})
    if not differing:
        return Said.PACKAGE.about(count=len(manifest), version=__version__)
    return Said.PACKAGE_DIFFERS.about(count=len(differing), names=shortened(differing))


def _read_manifest(text: str) -> Dict[str, str]:
    """Paths below the app's folder, and their SHA-256. Raises ValueError."""
    pairs = [line.split("  ", 1) for line in text.splitlines()]
    if not pairs or any(len(pair) != 2 for pair in pairs):
        raise ValueError("not a manifest")
    return {name: digest for digest, name in pairs}


def _digest(path: Path) -> str:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        return ""


def _importable(app: Path) -> Iterator[str]:
    for folder in _IMPORTED_FROM:
        for path in (app / folder).rglob("*"):
            if path.is_file() and path.parent.name != "__pycache__":
                yield str(path.relative_to(app)).replace(os.sep, "/")
