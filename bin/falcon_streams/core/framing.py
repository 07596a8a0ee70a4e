"""Splits the bytes of a feed into lines.

Rules: a line ends at LF; a CR before the LF belongs to the line's end. A blank line is a heartbeat, never an event.
Work is linear in the bytes: no byte is searched twice, and an unfinished line is kept until its end arrives. A line
longer than `LONGEST_LINE` is cut there: its head is handed out once, and the rest is dropped and counted.
"""

from __future__ import annotations

from typing import List

# Beats and the vendor's gateway had to raise limits of 64 KiB and 4 MiB; nobody has seen a line of more than a few MiB.
LONGEST_LINE = 64 * 1024 * 1024


class Framer:
    """One feed's line splitter. `heartbeats` and `overlong` count what is not handed out as a line."""

    def __init__(self, longest: int = LONGEST_LINE) -> None:
        self._longest = longest
        self._held = bytearray()
        self._skipping = False
        self.heartbeats = 0
        self.overlong = 0

    def push(self, data: bytes) -> List[bytes]:
        """Take the next bytes; return the lines they complete, without their ends, in order."""
        lines, begin, end = [], 0, data.find(b"\n")
        while end >= 0:  # `find` is memchr; `split` looks at each byte by itself
            lines.append(data[begin:end])
            begin = end + 1
            end = data.find(b"\n", begin)
        tail = data[begin:]
        if not lines:
            return self._hold(tail)
        if self._held or self._skipping:
            lines[:1] = self._finish(lines[0])
        if b"\r" in data or (lines and lines[0].endswith(b"\r")):  # the first line's CR may have come earlier
            lines = [line[:-1] if line.endswith(b"\r") else line for line in lines]
        if b"" in lines:
            self.heartbeats += lines.count(b"")
            lines = [line for line in lines if line]
        return lines + self._hold(tail) if tail else lines

    def close(self) -> bytes:
        """The feed has ended: return what follows its last line end, possibly the head of a line."""
        left = bytes(self._held)
        self._held, self._skipping = bytearray(), False
        return left[:-1] if left.endswith(b"\r") else left

    def _finish(self, end: bytes) -> List[bytes]:
        if self._skipping:
            self._skipping = False
            return []
        line = b"".join((self._held, end))
        self._held = bytearray()
        return [line]

    def _hold(self, data: bytes) -> List[bytes]:
        if self._skipping:
            return []
        self._held += data
        if len(self._held) <= self._longest:
            return []
        head = bytes(self._held[: self._longest])
        self._held, self._skipping = bytearray(), True
        self.overlong += 1
        return [head]
