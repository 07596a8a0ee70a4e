"""What an input has as stdout, and splunkd's end of it.

Rules: bytes are read as they come; reading can be paused and slowed while it goes on (a slow or blocked splunkd); a
file is read as it grows. On Splunk stdout is a pipe (Splunk platform reference 1.5); socket and file are there for
code that must not rely on it.
"""

from __future__ import annotations

import os
import select
import socket
import threading
import time
from pathlib import Path

_CHUNK = 65536
_HEARTBEAT = 0.05


class Throttle:
    """Paused, slow or free; shared by all runs of an input."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self.paused = False
        self.bytes_per_second = 0.0

    def pause(self) -> None:
        with self._changed:
            self.paused = True

    def resume(self) -> None:
        with self._changed:
            self.paused = False
            self._changed.notify_all()

    def wait_while_paused(self, seconds: float) -> None:
        with self._changed:
            self._changed.wait_for(lambda: not self.paused, timeout=seconds)

    def after(self, taken: int) -> None:
        """Take the time that so many bytes take."""
        if self.bytes_per_second > 0:
            time.sleep(taken / self.bytes_per_second)

    def chunk(self) -> int:
        """How much to read at once: a slow reader reads little, so that its pace is even."""
        pace = self.bytes_per_second
        return _CHUNK if pace <= 0 else max(1, min(_CHUNK, int(pace * _HEARTBEAT)))


class Outlet:
    """Both ends of one stdout. The child's end is closed here once the child has it."""

    def __init__(self, kind: str, throttle: Throttle, file: Path) -> None:
        self.kind = kind
        self._throttle = throttle
        self._socket: socket.socket | None = None
        if kind == "file":
            file.unlink(missing_ok=True)
            self.child_end = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            self._own_end = os.open(file, os.O_RDONLY)
        elif kind == "socket":
            self._socket, other = socket.socketpair()
            self.child_end = other.detach()
            self._own_end = self._socket.fileno()
        else:
            self._own_end, self.child_end = os.pipe()

    @property
    def paused(self) -> bool:
        return self._throttle.paused

    def handed_over(self) -> None:
        os.close(self.child_end)

    def read(self, writer_gone: threading.Event) -> bytes | None:
        """What can be read now: b"" for nothing yet, None for the end. Comes back at least each heartbeat."""
        if self._throttle.paused:
            self._throttle.wait_while_paused(_HEARTBEAT)
            return b""
        gone = writer_gone.is_set()
        if self.kind == "file":
            data = os.read(self._own_end, self._throttle.chunk())
            if not data:
                if gone:
                    return None
                writer_gone.wait(_HEARTBEAT / 2)
        elif select.select([self._own_end], [], [], _HEARTBEAT)[0]:
            try:
                data = os.read(self._own_end, self._throttle.chunk())
            except ConnectionResetError:
                return None
            if not data:
                return None
        else:
            # Somebody else may have inherited the child's end; what the child wrote has been read.
            return None if gone else b""
        self._throttle.after(len(data))
        return data

    def close(self) -> None:
        if self._socket is not None:
            self._socket.close()
        else:
            os.close(self._own_end)
