"""Runs a program that somebody else wrote, and says in one place what it means when it fails.

Rules: what the program printed last is shown, because it names the cause; then one sentence says what was to be done,
and one line can be pasted. Nothing is guessed: the remedy names what failed and no more. No `sudo` for who is root.
"""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
from pathlib import Path
from typing import Mapping, Optional, Sequence

_LAST_LINES = 12


def run(
    what: str,
    command: Sequence[str],
    *,
    folder: Optional[Path] = None,
    remedy: str = "",
    environment: Optional[Mapping[str, str]] = None,
) -> str:
    """Run a command to its end; returns its standard output. `what` is what it does, as in "pip could not ...".

    Raises SystemExit with the program's last lines, what could not be done, and what to paste: `remedy`, or else the
    command itself."""
    try:
        done = subprocess.run(
            list(command), cwd=folder, env=environment, capture_output=True, text=True, errors="replace"
        )
    except OSError as error:
        cause = f"{what}: {command[0]} cannot be run ({error.strerror})"
        raise SystemExit(f"{cause}\n{_paste(remedy or _install(command[0]))}") from None
    if done.returncode != 0:
        said = [line for line in (done.stdout + done.stderr).splitlines() if line.strip()][-_LAST_LINES:]
        raise SystemExit("\n".join([*said, what, _paste(remedy or shlex.join(command))]))
    return done.stdout


def as_root(command: str) -> str:
    """A command that needs the rights of root, as who runs this has to type it."""
    is_root = hasattr(os, "geteuid") and os.geteuid() == 0
    return command if is_root or not shutil.which("sudo") else f"sudo {command}"


def _install(program: str) -> str:
    return as_root(f"apt-get install -y {Path(program).name}")


def _paste(command: str) -> str:
    return f"try: {command}"
