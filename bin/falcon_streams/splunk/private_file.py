"""Files and folders that only Splunk's user may read or change, whatever was there before.

Rules: a folder is 0700, a file 0600; one that others may use is tightened, and the log says so. Nothing is written
through a symbolic link: what lies at the place of a file that is about to be made is removed first. On Windows the
folders' own rights hold.
"""

from __future__ import annotations

import logging
import os
import stat
from pathlib import Path

LOG = logging.getLogger(__name__)
PREPARED = ".new"
NO_LINK = getattr(os, "O_NOFOLLOW", 0)
_OTHERS = 0o077


def make_private_folder(folder: Path) -> None:
    """Make the folder, or take what others may do there from them. Raises OSError."""
    if not folder.is_dir():
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    tighten(folder)


def tighten(path: Path) -> None:
    """Take a folder or file from everybody but its owner, and say so; a link is left alone. Raises OSError."""
    try:
        status = os.lstat(path)
    except FileNotFoundError:
        return
    mode = stat.S_IMODE(status.st_mode)
    if os.name == "posix" and mode & _OTHERS and not stat.S_ISLNK(status.st_mode):
        os.chmod(path, mode & ~_OTHERS)
        LOG.warning("rights_tightened", {"path": str(path), "mode": f"{mode:04o}"})


def prepare_private_file(path: Path, data: bytes, durable: bool = False) -> Path:
    """Write what shall replace this file, readable for its owner only, beside it; returns where. `durable` waits until
    it is on disk. Raises OSError."""
    temporary = path.with_name(f"{path.name}.{os.getpid()}{PREPARED}")
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | NO_LINK
    try:
        descriptor = os.open(temporary, flags, 0o600)
    except FileExistsError:
        temporary.unlink()
        LOG.warning("leftover_removed", {"path": str(temporary)})
        descriptor = os.open(temporary, flags, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        if durable:
            file.flush()
            os.fsync(file.fileno())
    return temporary


def remove_prepared(folder: Path) -> None:
    """Remove what former processes have prepared and never put in its place; failures harm nobody."""
    for path in folder.glob(f"*{PREPARED}"):
        try:
            path.unlink()
        except OSError:
            pass
