"""A folder on a disk that can be full, and that forgets at a power cut what was not flushed; the process can die at any
byte and before any call."""

from __future__ import annotations

import os
import shutil
import stat
from contextlib import contextmanager
from errno import ENOSPC
from pathlib import Path
from typing import Any, Dict, Iterable, Iterator, Optional

import pytest


class Crash(BaseException):
    """The process dies here."""


class Disk:
    """Watches the calls that write to a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._left: Optional[int] = None
        self._fault: BaseException = Crash()
        self._flushed: Dict[int, bytes] = {}
        self._entries: Dict[str, int] = {}

    @contextmanager
    def failing(self, after: Optional[int], full: bool = False) -> Iterator[None]:
        """Within, the process dies after so many bytes and calls, or the disk is full from there on; None for never."""
        self._left = after
        self._fault = OSError(ENOSPC, "No space left on device") if full else Crash()
        with pytest.MonkeyPatch.context() as patch:
            for name in ("fsync", "replace", "write", "fdopen"):
                patch.setattr(os, name, getattr(self, f"_{name}")(getattr(os, name)))
            yield

    def cut_power(self, kept: int) -> None:
        """What was flushed is there, and so many bytes of what was appended to it since."""
        there = {name: self._flushed.get(inode, b"") for name, inode in self._entries.items()}
        for name, data in there.items():
            path = self.folder / name
            now = path.read_bytes() if path.exists() else b""
            there[name] = now[: len(data) + kept] if now.startswith(data) else data
        shutil.rmtree(self.folder, ignore_errors=True)
        for name, data in there.items():
            self.folder.mkdir(parents=True, exist_ok=True)
            (self.folder / name).write_bytes(data)
        self.settle()

    def settle(self) -> None:
        """Everything that is there is flushed."""
        there = {path: path.stat().st_ino for path in self.folder.glob("*")}
        self._flushed.update((inode, path.read_bytes()) for path, inode in there.items())
        self._entries = {path.name: inode for path, inode in there.items()}

    def allow(self, wanted: int) -> int:
        """How many of these bytes can be written."""
        if self._left is None:
            return wanted
        allowed = min(wanted, self._left)
        self._left -= allowed
        return allowed

    def call(self) -> None:
        """One call more. Raises what the disk or the process has come to."""
        if not self.allow(1):
            raise self._fault

    def _fsync(self, fsync: Any) -> Any:
        def act(descriptor: int) -> None:
            self.call()
            fsync(descriptor)
            status = os.fstat(descriptor)
            if stat.S_ISDIR(status.st_mode):
                self._entries = {path.name: path.stat().st_ino for path in self.folder.iterdir()}
            else:
                self._flushed[status.st_ino] = Path(f"/proc/self/fd/{descriptor}").read_bytes()

        return act

    def _replace(self, replace: Any) -> Any:
        def act(source: Any, target: Any) -> None:
            self.call()
            replace(source, target)

        return act

    def _write(self, write: Any) -> Any:
        def act(descriptor: int, data: Any) -> int:
            allowed = self.allow(min(len(data), 700))  # a system may write a part
            if not allowed:
                raise self._fault
            return int(write(descriptor, data[:allowed]))

        return act

    def _fdopen(self, fdopen: Any) -> Any:
        return lambda descriptor, mode: _File(fdopen(descriptor, mode), self, self._fault)


class _File:
    """An open file of the disk."""

    def __init__(self, file: Any, disk: Disk, fault: BaseException) -> None:
        self._file = file
        self._disk = disk
        self._fault = fault
        self.flush, self.fileno = file.flush, file.fileno

    def __enter__(self) -> _File:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def writelines(self, pieces: Iterable[bytes]) -> None:
        """Write, as far as the disk allows."""
        for piece in pieces:
            allowed = self._disk.allow(len(piece))
            self._file.write(piece[:allowed])
            if allowed < len(piece):
                raise self._fault
