"""Runs outside programs, and explains in a sentence why one failed.

Rules: every failure of pip, venv, npm, apt-get, and the like ends here. The sentence names the purpose and the cause;
the program's own last lines and a command to paste follow. No traceback reaches the user.
"""

from __future__ import annotations

import contextlib
import errno
import os
import re
import shlex
import shutil
import socket
import subprocess
from pathlib import Path
from typing import Iterator, Mapping, Optional, Sequence

_LINES = 8
# What the outside programs print, and what it means. The first match counts.
_CAUSES = (
    (r"No space left on device|ENOSPC|Disk quota exceeded", "the disk is full"),
    (r"Read-only file system|EROFS", "the checkout is read-only: work in a copy"),
    (r"CERTIFICATE_VERIFY_FAILED|SELF_SIGNED_CERT|local issuer", "the index's certificate is not trusted"),
    (r"DO NOT MATCH THE HASHES", "a file is not the one that the lock names"),
    (
        r"name resolution|Name or service not known|NewConnectionError|NameResolutionError|Network is unreachable"
        r"|Connection refused|ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ConnectTimeout|Could not resolve",
        "the package index cannot be reached",
    ),
    (r"No matching distribution found", "the package index cannot be reached, or it has no such version"),
    (r"ensurepip is not available|No module named '?(venv|ensurepip)", "this Python comes without a whole venv module"),
    (r"Permission denied|EACCES", "this user may not write there"),
)
_ERRNO = {
    errno.ENOSPC: "the disk is full",
    errno.EDQUOT: "the disk is full",
    errno.EROFS: "the checkout is read-only: work in a copy",
    errno.EACCES: "this user may not write there",
    errno.EPERM: "this user may not write there",
}


def run(
    command: Sequence[str],
    purpose: str,
    folder: Optional[Path] = None,
    environment: Optional[Mapping[str, str]] = None,
    remedy: Optional[str] = None,
) -> str:
    """Run a program to its end; return what it printed. Raises SystemExit with a sentence if it cannot run or fails."""
    try:
        done = subprocess.run(
            list(command),
            cwd=folder,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        )
    except OSError as error:
        reason = "it is not installed" if isinstance(error, FileNotFoundError) else str(error.strerror)
        raise SystemExit(f"could not {purpose}: {command[0]}: {reason}{_next(remedy)}") from None
    if done.returncode != 0:
        raise SystemExit(told(command, purpose, done.returncode, done.stdout, remedy))
    return done.stdout


def told(command: Sequence[str], purpose: str, code: int, printed: str, remedy: Optional[str] = None) -> str:
    """What to say about a program that failed: purpose and cause, its last lines, and what to run."""
    cause = next((text for pattern, text in _CAUSES if re.search(pattern, printed)), f"{command[0]} ended with {code}")
    lines = [line for line in printed.splitlines() if line.strip()][-_LINES:]
    quoted = "".join(f"\n    {line}" for line in lines)
    return f"could not {purpose}: {cause}{quoted}{_next(remedy or shlex.join(command))}"


def _next(remedy: Optional[str]) -> str:
    return f"\ntry: {remedy}" if remedy else ""


def as_root(command: str) -> str:
    """The command as this user must type it: with sudo, except for root."""
    return command if _is_root() else f"sudo {command}"


def install(*packages: str) -> bool:
    """Install packages of the distribution if this user may; return whether that worked."""
    if shutil.which("apt-get") is None or not _is_root():
        return False
    print(f"installing {' '.join(packages)} (once)", flush=True)
    # apt-get would ask questions otherwise
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    purpose = f"install {' '.join(packages)}"
    run(["apt-get", "-qq", "update"], purpose, environment=quiet)
    run(["apt-get", "-qq", "install", "-y", "--no-install-recommends", *packages], purpose, environment=quiet)
    return True


def by_apt(*packages: str) -> str:
    """The line that installs packages of the distribution."""
    return as_root(f"apt-get install -y {' '.join(packages)}")


def _is_root() -> bool:
    return hasattr(os, "geteuid") and os.geteuid() == 0


@contextlib.contextmanager
def writing(purpose: str) -> Iterator[None]:
    """A context in which a failed write (full disk, read-only checkout, permission) ends with one sentence."""
    try:
        yield
    except OSError as error:
        if error.errno not in _ERRNO:
            raise
        raise SystemExit(f"could not {purpose}: {_ERRNO[error.errno]} ({error.filename})") from None


def need_loopback() -> None:
    """End with a sentence if this machine cannot reach itself: demo and tests serve on 127.0.0.1."""
    try:
        with socket.create_server(("127.0.0.1", 0)) as server:
            socket.create_connection(server.getsockname(), timeout=5).close()
    except OSError as error:
        line = as_root("ip link set lo up")
        raise SystemExit(f"this machine cannot reach itself at 127.0.0.1 ({error.strerror})\ntry: {line}") from None
