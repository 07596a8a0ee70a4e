"""From the bytes of a feed to its lines.

Rules: a line ends at LF, a CR before it belongs to the line's end; a blank line is a heartbeat, never an event. Work is
linear in the bytes: what has been searched is not searched again, and an unfinished line is kept in parts until its
end arrives. A line beyond `LONGEST_LINE` is cut there: its head is handed out once, its rest is dropped and counted.
"""

from __future__ import annotations

from typing import List

# Beats and the vendor's gateway had to lift limits of 64 KiB and 4 MiB; nothing larger than some MiB was ever seen.
LONGEST_LINE = 64 * 1024 * 1024


class Framer:
    """One feed's line splitter. `heartbeats` and `overlong` count what is not handed out as a line."""

    def __init__(self, longest: int = LONGEST_LINE) -> None:
        self._longest = longest
        self._parts: List[bytes] = []
        self._held = 0
        self._skipping = False
        self.heartbeats = 0
        self.overlong = 0

    def push(self, data: bytes) -> List[bytes]:
        """Take the next bytes; return the lines they complete, without their ends, in order."""
        head, newline, rest = data.partition(b"\n")
        if not newline:
            return self._hold(data)
        first = self._finish(head)
        lines = rest.split(b"\n")
        tail = lines.pop()
        found = first + [line for line in map(_without_cr, lines) if self._is_event(line)]
        return found + self._hold(tail) if tail else found

    def close(self) -> bytes:
        """The feed ended: what stands after its last line end, possibly the head of a line."""
        left = b"" if self._skipping else b"".join(self._parts)
        self._parts, self._held, self._skipping = [], 0, False
        return _without_cr(left)

    def _is_event(self, line: bytes) -> bool:
        if line:
            return True
        self.heartbeats += 1
        return False

    def _finish(self, head: bytes) -> List[bytes]:
        if self._skipping:
            self._skipping = False
            return []
        self._parts.append(head)
        line = _without_cr(b"".join(self._parts))
        self._parts, self._held = [], 0
        return [line] if self._is_event(line) else []

    def _hold(self, data: bytes) -> List[bytes]:
        if self._skipping:
            return []
        self._parts.append(data)
        self._held += len(data)
        if self._held <= self._longest:
            return []
        head = b"".join(self._parts)[: self._longest]
        self._parts, self._held, self._skipping = [], 0, True
        self.overlong += 1
        return [head]


def _without_cr(line: bytes) -> bytes:
    return line[:-1] if line.endswith(b"\r") else line
