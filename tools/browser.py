"""Finds the browser that the pages are tested in, and installs Debian's where there is none."""

from __future__ import annotations

import shutil
from typing import Optional

from tools import program

_NAMES = ("chromium", "chromium-browser", "google-chrome")


def installed() -> Optional[str]:
    """The path of a Chromium, None where there is none."""
    return next((path for path in map(shutil.which, _NAMES) if path), None)


def find() -> str:
    """The path of a Chromium. Ends with the line that installs it where that cannot be done here."""
    if installed() is None:
        program.install("chromium")
    path = installed()
    if path is None:
        raise SystemExit(f"no Chromium here; install it with: {program.by_apt('chromium')}")
    return path
