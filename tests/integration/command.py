"""The admin's command line as it ships, run against the stand-in as an admin types it."""

from __future__ import annotations

import subprocess
import sys
from typing import NamedTuple

from tests.integration.scene import Scene

_SECONDS = 120


class Done(NamedTuple):
    """What a command ended with."""

    status: int
    out: str
    err: str


def run(scene: Scene, *arguments: str, password: str = "") -> Done:
    """Run `falcon_event_streams_admin.py` of the installed app, and type the password."""
    told = scene.splunkd.told
    script = scene.splunkd.home / "etc" / "apps" / "TA_falcon_event_streams" / "bin" / "falcon_event_streams_admin.py"
    options = ["--splunkd", f"https://127.0.0.1:{scene.splunkd.port}", "--user", told["username"]]
    done = subprocess.run(
        [sys.executable, str(script), *options, *arguments],
        input=f"{password or told['password']}\n", capture_output=True, text=True, timeout=_SECONDS,
    )  # fmt: skip
    return Done(done.returncode, done.stdout, done.stderr)
