"""The process that answers for all scripts with equal driver settings, of whichever app, as splunkd keeps it.

Rules: started by the first request that needs it, in splunkd's environment; asked one thing at a time; started again
when it died; a handler that is silent for too long, or whose process speaks out of turn, is killed. Each line of its
stderr goes into splunkd.log under PersistentScript. When splunkd goes, its stdin ends and so does it.
"""

from __future__ import annotations

import json
import os
import select
import subprocess
import threading
import time
from collections.abc import Mapping
from pathlib import Path

from tests.splunkd.journal import Journal
from tests.splunkd.persistent.script import Script

_LAUNCHER = Path(__file__).with_name("launcher.py")
_PATIENCE = 60.0
_GRACE = 5.0
_LONGEST_HEAD = 64


class HandlerFailed(Exception):
    """No answer came; the text is for the client."""


class Child:
    """Not started when made. `ask` may be called by any thread."""

    def __init__(self, python: str, environment: Mapping[str, str], journal: Journal) -> None:
        self._command = [python, str(_LAUNCHER)]
        self._environment = dict(environment)
        self._journal = journal
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._stopped = False

    def ask(self, script: Script, document: bytes) -> bytes:
        """The answer of a script's handler."""
        start = {"script": str(script.path), "arguments": script.arguments, "param": script.param}
        with self._lock:
            if self._stopped:
                raise HandlerFailed("splunkd is going down.")
            process = self._running()
            try:
                return self._exchange(process, script.handler, json.dumps(start).encode() + b"\n" + document)
            except OSError as error:
                self._end(process)
                raise HandlerFailed(f"The process of {script.handler} ended: {error}") from error

    def pid(self) -> int | None:
        """Its process, None where none runs."""
        process = self._process
        return process.pid if process is not None and process.poll() is None else None

    def stop(self) -> None:
        """End it for good."""
        with self._lock:
            self._stopped = True
            if self._process is not None:
                self._end(self._process, _GRACE)

    def _running(self) -> subprocess.Popen[bytes]:
        process = self._process
        if process is not None and process.poll() is None and not _readable(process, 0.0):
            return process
        if process is not None:
            self._end(process)
        process = subprocess.Popen(
            self._command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=self._environment,
            cwd="/",
            bufsize=0,
        )
        threading.Thread(target=self._read_stderr, args=(process,), name="stderr of scripts", daemon=True).start()
        self._process = process
        return process

    def _exchange(self, process: subprocess.Popen[bytes], handler: str, document: bytes) -> bytes:
        assert process.stdin is not None
        rest = memoryview(b"%d\n" % len(document) + document)
        try:
            while rest:
                rest = rest[process.stdin.write(rest) :]
        except BrokenPipeError:
            # It may have said why before it went.
            pass
        reader = _Reader(process)
        words = reader.line().split()
        if len(words) != 2 or words[0] not in (b"answer", b"fault", b"stillborn") or not words[1].isdigit():
            self._complain(f"{handler} wrote to its stdout: {words[:8]!r}")
            self._end(process)
            raise HandlerFailed(f"{handler} did not answer but wrote to its stdout.")
        body = reader.exactly(int(words[1]))
        if words[0] == b"stillborn":
            self._end(process, _GRACE)  # it ends by itself: the next request must not meet it on its way out
        if words[0] != b"answer":
            self._complain(f"{handler} raised {body.decode()}")
            raise HandlerFailed(f"Unexpected error {body.decode()} from python handler {handler}. See splunkd.log.")
        return body

    def _end(self, process: subprocess.Popen[bytes], grace: float = 0.0) -> None:
        assert process.stdin is not None and process.stdout is not None
        process.stdin.close()
        try:
            process.wait(grace)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        process.stdout.close()
        self._process = None

    def _read_stderr(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stderr is not None
        command = " ".join(self._command)
        with process.stderr:
            for line in process.stderr:
                self._complain(f"From {{{command}}}: {line.decode('utf-8', 'backslashreplace').rstrip()}")

    def _complain(self, text: str) -> None:
        self._journal.write("ERROR", "PersistentScript", text)


class _Reader:
    """Reads one answer, no longer than the patience lasts."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process
        self._until = time.monotonic() + _PATIENCE

    def line(self) -> bytes:
        read = b""
        while not read.endswith(b"\n") and len(read) < _LONGEST_HEAD:
            read += self._some(1)
        return read

    def exactly(self, length: int) -> bytes:
        read = bytearray()
        while len(read) < length:
            read += self._some(length - len(read))
        return bytes(read)

    def _some(self, most: int) -> bytes:
        assert self._process.stdout is not None
        if not _readable(self._process, max(self._until - time.monotonic(), 0.0)):
            raise TimeoutError(f"no answer within {_PATIENCE:.0f} s")
        data = os.read(self._process.stdout.fileno(), min(most, 1 << 16))
        if not data:
            raise BrokenPipeError("it ended without an answer")
        return data


def _readable(process: subprocess.Popen[bytes], timeout: float) -> bool:
    assert process.stdout is not None
    return bool(select.select([process.stdout], [], [], timeout)[0])
