"""One process per checkpoint folder: a lock that dies with its holder, and what becomes of a holder without a parent.

Theory. After a crash of splunkd its input lives on for a moment as an orphan, and an admin can start a second one by
hand. Two writers of one record would lose what the other has read. So each run locks a file in the folder; the system
lets go of the lock when its holder dies. An orphan that is held up (stopped, starved) keeps the lock, and its successor
must not wait for it: a holder whose parent is gone has lost the folder. The successor puts a lock file of its own in
the place of the orphan's, which the orphan finds out before its next save, and removes what the orphan had prepared to
save.

Rules: POSIX only in its full length; on Windows the lock is taken, and an orphan is waited for. This is the only module
that locks files. A file system that has no locks gives the right to read with a warning: reading is worth more.
"""

from __future__ import annotations

import errno
import json
import logging
import os
import sys
from pathlib import Path
from typing import Any, Dict, Optional

from falcon_streams.splunk.private_file import NO_LINK, make_private_folder, remove_prepared

LOG = logging.getLogger(__name__)
_NAME = "lock"
HELD = (errno.EACCES, errno.EAGAIN, errno.EDEADLK)


class ProcessLock:
    """The lock on one input's folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._path = folder / _NAME
        self._descriptor: Optional[int] = None

    def take(self) -> str:
        """Take the lock: empty where it is ours now, else a sentence that says who has it."""
        try:
            descriptor = open_lock(self._path)
        except OSError as error:
            return self._go_without(error)
        try:
            lock(descriptor)
        except OSError as error:
            if error.errno not in HELD:
                os.close(descriptor)
                return self._go_without(error)
            return self._judge_holder(descriptor)
        if not _is_at(self._path, descriptor):  # somebody has put another file in its place meanwhile
            os.close(descriptor)
            return "another process is about to read this input"
        return self._hold(descriptor)

    def is_ours(self) -> bool:
        """Whether the folder is still ours; asked before each save."""
        return self._descriptor is None or _is_at(self._path, self._descriptor)

    def release(self) -> None:
        """Let go of the lock; the file stays, so that nobody locks a file that is about to vanish."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def _go_without(self, error: OSError) -> str:
        LOG.warning("lock_unavailable", {"folder": str(self._folder), "error": error.strerror})
        return ""

    def _judge_holder(self, descriptor: int) -> str:
        holder = _read_holder(descriptor)
        os.close(descriptor)
        if holder is None:
            return "another process is about to read this input"
        if not _is_orphan(holder):
            return f"process {holder['pid']} on this machine reads this input"
        LOG.warning("orphan_replaced", {"pid": holder["pid"]})
        return self._replace_lock()

    def _replace_lock(self) -> str:
        fresh = self._path.with_name(f"{_NAME}.{os.getpid()}")
        try:
            descriptor = os.open(fresh, os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_CLOEXEC", 0), 0o600)
            lock(descriptor)
            os.replace(fresh, self._path)
        except OSError as error:
            return f"the lock of a former process cannot be replaced ({error.strerror}): end that process"
        return self._hold(descriptor)

    def _hold(self, descriptor: int) -> str:
        self._descriptor = descriptor
        told = json.dumps({"pid": os.getpid(), "parent": os.getppid()}).encode()
        os.ftruncate(descriptor, 0)
        os.lseek(descriptor, 0, os.SEEK_SET)
        os.write(descriptor, told)
        remove_prepared(self._folder)
        return ""


def open_lock(path: Path) -> int:
    """A file to lock, made where it is missing, its folder too; never through a link. Raises OSError."""
    make_private_folder(path.parent)
    if path.is_symlink():
        path.unlink()
        LOG.warning("leftover_removed", {"path": str(path)})
    return os.open(path, os.O_RDWR | os.O_CREAT | NO_LINK | getattr(os, "O_CLOEXEC", 0), 0o600)


def lock(descriptor: int) -> None:
    """Lock a file for this process, at once or not at all. Raises OSError, of `HELD` where another one has it."""
    if sys.platform == "win32":
        import msvcrt

        os.lseek(descriptor, 1 << 20, os.SEEK_SET)  # beyond what it says, which others may read
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
    else:
        import fcntl

        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _is_at(path: Path, descriptor: int) -> bool:
    try:
        return os.path.samestat(os.stat(path), os.fstat(descriptor))
    except OSError:
        return False


def _read_holder(descriptor: int) -> Optional[Dict[str, int]]:
    try:
        os.lseek(descriptor, 0, os.SEEK_SET)
        told: Any = json.loads(os.read(descriptor, 1000))
        return {name: int(told[name]) for name in ("pid", "parent")}
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _is_orphan(holder: Dict[str, int]) -> bool:
    """Whether the process that started this one is gone; False where the system does not tell."""
    try:
        told = Path(f"/proc/{holder['pid']}/stat").read_text(encoding="ascii", errors="replace")
        parent = int(told.rpartition(")")[2].split()[1])
    except (OSError, ValueError, IndexError):
        return False
    return parent != holder["parent"]
