"""Finds the browser in which the pages are tested, and installs Debian's if there is none."""

from __future__ import annotations

import shutil
from typing import Optional

from tools import program

_NAMES = ("chromium", "chromium-browser", "google-chrome")


def installed() -> Optional[str]:
    """The path of a Chromium, None if there is none."""
    return next((path for path in map(shutil.which, _NAMES) if path), None)


def find() -> str:
    """The path of a Chromium. If it cannot be installed here, ends with the command that installs it."""
    if installed() is None:
        program.install("chromium")
    path = installed()
    if path is None:
        raise SystemExit(f"no Chromium here; install it with: {program.by_apt('chromium')}")
    return path
