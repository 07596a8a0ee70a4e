"""Files and folders that only Splunk's user may read or change, whatever was there before.

Rules: a folder is 0700, a file 0600. If others may use one, their rights are removed, and the log says so. Nothing is
written through a symbolic link: whatever is in the place of a new file is removed first. On Windows, the folders' own
rights apply.
"""

from __future__ import annotations

import logging
import os
import stat
from pathlib import Path
from typing import Iterable, Union

LOG = logging.getLogger(__name__)
PREPARED = ".new"
NO_LINK = getattr(os, "O_NOFOLLOW", 0)
_OTHERS = 0o077


def make_private_folder(folder: Path) -> None:
    """Make the folder, or remove others' rights to it. Raises OSError."""
    if not folder.is_dir():
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    tighten(folder)


def tighten(path: Path) -> None:
    """Remove others' rights to a folder or file, and log that; leave a link alone. Raises OSError."""
    try:
        status = os.lstat(path)
    except FileNotFoundError:
        return
    mode = stat.S_IMODE(status.st_mode)
    if os.name == "posix" and mode & _OTHERS and not stat.S_ISLNK(status.st_mode):
        os.chmod(path, mode & ~_OTHERS)
        LOG.warning("rights_tightened", {"path": str(path), "mode": f"{mode:04o}"})


def prepare_private_file(path: Path, data: Union[bytes, Iterable[bytes]], durable: bool = False) -> Path:
    """Write the replacement of this file beside it, readable by its owner only, and return its path. `data` is all of
    it, or its pieces. `durable` waits until it is on disk. Raises OSError."""
    temporary = path.with_name(f"{path.name}.{os.getpid()}{PREPARED}")
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | NO_LINK
    try:
        descriptor = os.open(temporary, flags, 0o600)
    except FileExistsError:
        temporary.unlink()
        LOG.warning("leftover_removed", {"path": str(temporary)})
        descriptor = os.open(temporary, flags, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.writelines([data] if isinstance(data, bytes) else data)
        if durable:
            file.flush()
            os.fsync(file.fileno())
    return temporary


def remove_prepared(folder: Path) -> None:
    """Remove files that former processes prepared and never put in place; failures are harmless."""
    for path in folder.glob(f"*{PREPARED}"):
        try:
            path.unlink()
        except OSError:
            pass
