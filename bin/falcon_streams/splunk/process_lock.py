"""One process per checkpoint folder: a lock that ends with its holder, and a way past a holder without a parent.

Theory. After a crash of splunkd, its input lives on for a moment as an orphan, and an admin can start a second one by
hand. Two writers of one record would lose what the other has read. So each run locks a file in the folder; the system
releases the lock when its holder dies. An orphan that is held up (stopped, starved) keeps the lock, and its successor
must not wait for it: a holder whose parent is gone has lost the folder. The successor replaces the orphan's lock file
by its own, which the orphan notices before its next save, and removes what the orphan had prepared to save.

Rules: all of this works on POSIX only; on Windows the lock is taken, and a process waits for an orphan to end. Only
this module locks files. If the file system has no locks, the input reads all the same, with a warning.
"""

from __future__ import annotations

import errno
import json
import logging
import os
import sys
from pathlib import Path
from typing import Any, Dict, NamedTuple, Optional

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
        """Take the lock: empty if it is ours now, otherwise a sentence that says who holds it."""
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
        if not _is_at(self._path, descriptor):  # another process has replaced the file meanwhile
            os.close(descriptor)
            return "another process is about to read this input"
        return self._hold(descriptor)

    def is_ours(self) -> bool:
        """Whether the folder is still ours; asked before each save."""
        return self._descriptor is None or _is_at(self._path, self._descriptor)

    @property
    def is_held(self) -> bool:
        """Whether the system holds the lock for us; it does not if the file system has no locks."""
        return self._descriptor is not None

    def release(self) -> None:
        """Release the lock. The file stays, so that nobody locks a file that is about to be removed."""
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


class Holder(NamedTuple):
    """Who holds the lock of a folder, for a look at it; `pid` is None if the process has not said it yet."""

    pid: Optional[int]
    orphaned: bool


def holder_of(folder: Path) -> Optional[Holder]:
    """Who holds the lock on an input's folder, None if nobody does. Writes nothing. Raises OSError where the lock
    cannot be looked at."""
    try:
        descriptor = os.open(folder / _NAME, os.O_RDONLY | NO_LINK | getattr(os, "O_CLOEXEC", 0))
    except FileNotFoundError:
        return None
    try:
        lock(descriptor)  # and released at once: an input that starts at this very instant tries again
        return None
    except OSError as error:
        if error.errno not in HELD:
            raise
        told = _read_holder(descriptor)
        return Holder(told["pid"], _is_orphan(told)) if told is not None else Holder(None, False)
    finally:
        os.close(descriptor)


def open_lock(path: Path) -> int:
    """Open a file to lock; make it and its folder if missing, and never follow a link. Raises OSError."""
    make_private_folder(path.parent)
    if path.is_symlink():
        path.unlink()
        LOG.warning("leftover_removed", {"path": str(path)})
    return os.open(path, os.O_RDWR | os.O_CREAT | NO_LINK | getattr(os, "O_CLOEXEC", 0), 0o600)


def lock(descriptor: int) -> None:
    """Lock a file for this process, at once or not at all. Raises OSError, one of `HELD` if another process has it."""
    if sys.platform == "win32":
        import msvcrt

        os.lseek(descriptor, 1 << 20, os.SEEK_SET)  # beyond the contents, so that others can read them
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
    """Whether the holder's parent has gone; False if the system does not tell."""
    try:
        told = Path(f"/proc/{holder['pid']}/stat").read_text(encoding="ascii", errors="replace")
        parent = int(told.rpartition(")")[2].split()[1])
    except (OSError, ValueError, IndexError):
        return False
    return parent != holder["parent"]
