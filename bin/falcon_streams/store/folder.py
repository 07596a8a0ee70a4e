"""The folder of an input's checkpoints: what is put in place there is whole, durable, and still ours to write.

Rules: a file is replaced whole: temporary file, fsync, `os.replace`, fsync of the folder; a crash at any point leaves
either the old one or the new one. Each process has its own names for temporary files. The folder belongs to one
process: before anything is put in place or appended, `is_ours` is asked, and a process that has lost the folder stores
nothing. What cannot be read is kept under another name, and is refused until an admin has decided. Folders are 0700,
files 0600.
"""

from __future__ import annotations

import hashlib
import os
from contextlib import contextmanager
from pathlib import Path
from typing import Callable, Iterable, Iterator, List, Union

from falcon_streams.errors import Fatal, RestartNeeded, Retryable
from falcon_streams.splunk.private_file import make_private_folder, prepare_private_file

DAMAGED = ".damaged"


class Folder:
    """One input's folder."""

    def __init__(self, path: Path, name: str, is_ours: Callable[[], bool]) -> None:
        """`name` is the input's name; `is_ours` says whether this process may still write there."""
        self.path = path
        self.name = name
        self._is_ours = is_ours

    @contextmanager
    def writing(self) -> Iterator[None]:
        """The folder is there and private. Raises Retryable for what the system refuses within."""
        try:
            make_private_folder(self.path)
            yield
        except OSError as error:
            raise Retryable(
                f"checkpoints in {self.path} cannot be written ({error.strerror}): check the free space and the "
                "rights of that folder"
            ) from None

    def put(self, path: Path, data: Union[bytes, Iterable[bytes]]) -> int:
        """Put a file in place of what is there and return its size; it is durable once `sync` has followed. Raises
        OSError, and RestartNeeded if another process has the folder."""
        temporary = prepare_private_file(path, data, durable=True)
        self.refuse_if_lost()
        size = os.stat(temporary).st_size
        os.replace(temporary, path)
        return size

    def refuse_if_lost(self) -> None:
        """Raises RestartNeeded if another process has the folder."""
        if not self._is_ours():
            raise RestartNeeded("another process has taken over the checkpoints of this input, which ends")

    def set_aside(self, path: Path, fault: str) -> Fatal:
        """Keep a damaged file under another name; return what to raise."""
        aside = aside_of(path)
        try:
            os.replace(path, aside)
        except OSError:
            aside = path  # it stays where it is, and the next start refuses it there
        return _damage(aside, fault)

    def refuse_former_damage(self, path: Path) -> None:
        """Raises Fatal if a damaged file was kept that had this name."""
        if aside_of(path).exists():
            raise _damage(aside_of(path), "it was found damaged at an earlier start")

    def sync(self) -> None:
        """Flush the folder's own entries. Raises OSError."""
        if os.name != "posix":
            return  # Windows cannot flush a folder
        descriptor = os.open(self.path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def aside_of(path: Path) -> Path:
    """Where a damaged file is kept."""
    return path.with_name(path.name + DAMAGED)


def closed_to_us(path: Path, error: OSError) -> Fatal:
    """What to raise for a checkpoint that the system does not let us read."""
    return Fatal(f"the checkpoint {path} cannot be read ({error.strerror}): let Splunk's user read it")


def too_new(path: Path, error: ValueError) -> Fatal:
    """What to raise for a checkpoint of a newer version."""
    return Fatal(f"the checkpoint {path} was written by a newer add-on: {error}. Install that version again")


def file_name(name: str) -> str:
    """A name of an input or a partition as that of a file, readable as far as the characters are harmless; the hash
    keeps names apart, even if the file system ignores case."""
    shown: List[str] = [each if each.isascii() and (each.isalnum() or each in "_.-") else "_" for each in name[:64]]
    return f"{''.join(shown)}-{hashlib.sha256(name.encode()).hexdigest()[:8]}"


def _damage(aside: Path, fault: str) -> Fatal:
    return Fatal(
        f"a checkpoint cannot be used and is kept as {aside} ({fault}). Put a good copy in its place under the name "
        f"without {DAMAGED}, or remove it to begin anew by start_from"
    )
