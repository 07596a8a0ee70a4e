"""What scripts wrote, byte for byte, kept in files for whoever looks for something that must not be there.

Off unless asked for: an input writes a lot. splunkd.log has stderr too, but less its DEBUG lines and level words.
"""

from __future__ import annotations

import itertools
import subprocess
from pathlib import Path
from typing import BinaryIO


class Captures:
    """A folder of captures, or none. Safe to share among threads."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        # A restart goes on numbering: no file is written twice.
        self._numbers = itertools.count(len(list(folder.iterdir())) if folder else 0)

    def open(self, name: str, kind: str) -> BinaryIO | None:
        """A file for one stream of one process, None where nothing is kept."""
        if self._folder is None:
            return None
        return open(self._folder / f"{next(self._numbers):05d}.{_plain(name)}.{kind}", "xb", buffering=0)

    def keep(self, name: str, answer: subprocess.CompletedProcess[bytes]) -> None:
        """Both streams of an invocation that is over."""
        for kind, data in (("stdout", answer.stdout), ("stderr", answer.stderr)):
            file = self.open(name, kind)
            if file:
                with file:
                    file.write(data)


def _plain(name: str) -> str:
    return name.replace("/", "_")
