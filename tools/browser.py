"""Finds the browser that the pages are tested in, and installs Debian's where there is none."""

from __future__ import annotations

import os
import shutil
from typing import Optional

from tools import outside

_NAMES = ("chromium", "chromium-browser", "google-chrome")


def installed() -> Optional[str]:
    """The path of a Chromium, None where there is none."""
    return next((path for path in map(shutil.which, _NAMES) if path), None)


def find() -> str:
    """The path of a Chromium. Ends with the line that installs it where that cannot be done here."""
    if installed() is None and shutil.which("apt-get") and hasattr(os, "geteuid") and os.geteuid() == 0:
        print("installing chromium (once)", flush=True)
        for command in (["update"], ["install", "-y", "--no-install-recommends", "chromium"]):
            outside.run("apt-get could not install chromium", ["apt-get", "-qq", *command])
    path = installed()
    if path is None:
        raise SystemExit(f"no Chromium here; try: {outside.as_root('apt-get install -y chromium')}")
    return path
