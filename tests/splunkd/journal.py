"""splunkd.log: what the stand-in says, and what inputs say on stderr.

Rules (Splunk platform reference 1.6): a line is `time level component - message`; an input's stderr line goes in
under ExecProcessor with the level word it begins with, ERROR where it begins with none, and `WARNING` is none; INFO
and above are kept.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from datetime import datetime, timezone
from pathlib import Path
from typing import NamedTuple

_WORD = re.compile(r"(DEBUG|INFO|WARN|ERROR|FATAL)(?:\s+|$)")
_LINE = re.compile(r"(\d\d-\d\d-\d{4} \d\d:\d\d:\d\d\.\d{3} [+-]\d{4}) (\w+)\s+(\S+) - (.*)")


class LogLine(NamedTuple):
    """One line of splunkd.log."""

    time: str
    level: str
    component: str
    message: str


class Journal:
    """The writing end of splunkd.log, safe to share among threads."""

    def __init__(self, path: Path) -> None:
        self._file = open(path, "a", encoding="utf-8", errors="backslashreplace", buffering=1)  # noqa: SIM115
        self._lock = threading.Lock()

    def write(self, level: str, component: str, message: str) -> None:
        now = datetime.now(timezone.utc)
        stamp = f"{now:%m-%d-%Y %H:%M:%S}.{now.microsecond // 1000:03d} +0000"
        with self._lock:
            self._file.write(f"{stamp} {level:<5} {component} - {message}\n")

    def stderr(self, command: str, line: str) -> None:
        """One line that an input wrote on its stderr."""
        level, said = level_of(line)
        if level != "DEBUG":
            self.write(level, "ExecProcessor", f'message from "{command}" {said}')


def level_of(line: str) -> tuple[str, str]:
    """The level of a stderr line and what is left of it."""
    match = _WORD.match(line)
    return (match.group(1), line[match.end() :]) if match else ("ERROR", line)


def read(path: Path) -> Iterator[LogLine]:
    """The lines of a splunkd.log, oldest first."""
    with open(path, encoding="utf-8", errors="replace") as file:
        for line in file:
            match = _LINE.match(line)
            if match:
                yield LogLine(match.group(1), match.group(2), match.group(3), match.group(4))
