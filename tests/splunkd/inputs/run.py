"""One run of an input: one process, from its start to its last byte.

Rules (Splunk platform reference 1.1, 1.5, 1.6): argv has no argument, `<input>` XML on stdin, stdout read as it comes
into the index, each stderr line into splunkd.log. A stop is SIGTERM, and SIGKILL after the grace. The process gets no
process group and no death signal of its own: when splunkd is killed it is orphaned, and has to notice by itself.
A stream that is not well-formed ends the indexing of the run; its bytes are read on and thrown away.
"""

from __future__ import annotations

import signal
import subprocess
import threading
import time
from typing import Any, Callable, NamedTuple

from tests.splunkd.captures import Captures
from tests.splunkd.inputs.invocation import by_shell
from tests.splunkd.inputs.outlet import Outlet
from tests.splunkd.inputs.scheme import describe_exit
from tests.splunkd.intake.index import Index
from tests.splunkd.intake.pipeline import Pipeline
from tests.splunkd.intake.stream import Stream
from tests.splunkd.journal import Journal
from tests.splunkd.switches import Switches

# A slow reader gives up on a dead input's pipe after this.
_DRAIN_SECONDS = 5.0


class Launch(NamedTuple):
    """What a run starts from."""

    stanza: str
    script: list[str]
    shell: bool
    environment: dict[str, str]
    document: bytes


class Run:
    """Made running. `wait` until it is over; `stop` may be called by any thread."""

    def __init__(
        self,
        launch: Launch,
        outlet: Outlet,
        pipeline: Pipeline,
        index: Index,
        journal: Journal,
        switches: Switches,
        captures: Captures,
        session_key: str,
    ) -> None:
        self._launch = launch
        self._outlet = outlet
        self._pipeline = pipeline
        self._index = index
        self._journal = journal
        self._switches = switches
        self._captures = captures
        self._stream = Stream()
        self._adding = threading.Lock()
        self._cutoff = float("inf")
        self._drain_until = float("inf")
        self._exited = threading.Event()
        self._over = threading.Event()
        self._hung_up = threading.Event()
        self.session_key = session_key
        self.started = time.time()
        self.ended: float | None = None
        self.exit_code: int | None = None
        self.killed = False
        self.ill_formed: str | None = None
        self.unfinished: str | None = None
        self.events = 0
        self.dropped = 0
        self._process = subprocess.Popen(
            by_shell(launch.script) if launch.shell else launch.script,
            stdin=subprocess.PIPE,
            stdout=outlet.child_end,
            stderr=subprocess.PIPE,
            env=launch.environment,
            cwd="/",
        )
        outlet.handed_over()
        self.pid = self._process.pid
        self._readers = [self._thread(self._read_stdout), self._thread(self._read_stderr)]
        self._thread(self._write_stdin)
        self._thread(self._watch)

    @property
    def running(self) -> bool:
        return not self._exited.is_set()

    def wait(self, timeout: float | None = None) -> bool:
        """Until the process is gone and its last byte is in memory."""
        return self._over.wait(timeout)

    def signal(self, number: int) -> None:
        if self.running:
            self._process.send_signal(number)

    def hang_up(self) -> None:
        """Close our end of its stdout; the process finds out when it writes."""
        self._hung_up.set()

    def stop(self, grace: float) -> None:
        """SIGTERM, after the grace SIGKILL; comes back when the run is over."""
        hold = self._switches.drop_at_stop_ms
        if hold >= 0 and self.running:
            with self._adding:
                self._cutoff = time.monotonic() - hold / 1000
                self.dropped += self._index.forget(self._launch.stanza, self._cutoff)
        self.signal(signal.SIGTERM)
        if not self._exited.wait(grace):
            self.killed = True
            self._journal.write(
                "WARN",
                "ProcessRunner",
                f"Process with pid {self.pid} did not exit within a given grace period after being signaled to exit. "
                "Will have to forcibly terminate.",
            )
            self.signal(signal.SIGKILL)
        self.wait()

    def told(self) -> dict[str, Any]:
        """Everything worth knowing, for JSON."""
        return {
            "pid": self.pid,
            "started": self.started,
            "ended": self.ended,
            "exit_code": self.exit_code,
            "killed": self.killed,
            "ill_formed": self.ill_formed,
            "unfinished": self.unfinished,
            "bytes": self._stream.bytes,
            "events": self.events,
            "dropped": self.dropped,
            "stdout": self._outlet.kind,
        }

    def _thread(self, target: Callable[[], None]) -> threading.Thread:
        thread = threading.Thread(target=target, name=f"{target.__name__} {self._launch.stanza}", daemon=True)
        thread.start()
        return thread

    def _write_stdin(self) -> None:
        stdin = self._process.stdin
        assert stdin is not None
        try:
            stdin.write(self._launch.document)
            stdin.close()
        except OSError as error:
            self._journal.write("WARN", "ExecProcessor", f"{self._launch.stanza} did not read its stdin: {error}")

    def _watch(self) -> None:
        self.exit_code = self._process.wait()
        self.ended = time.time()
        self._exited.set()
        level = "INFO" if self.exit_code == 0 else "WARN"
        self._journal.write(
            level, "ExecProcessor", f"{self._launch.stanza} pid={self.pid} {describe_exit(self.exit_code)}"
        )
        self._drain_until = time.monotonic() + _DRAIN_SECONDS
        for reader in self._readers:
            reader.join(_DRAIN_SECONDS)
        self._over.set()

    def _read_stdout(self) -> None:
        capture = self._captures.open(self._launch.stanza, "stdout")
        try:
            while not self._hung_up.is_set():
                data = self._outlet.read(self._exited)
                # A splunkd that does not read does not read at the end either: what is in the pipe is lost.
                blocked = self._outlet.paused and self._exited.is_set()
                if data is None or blocked or time.monotonic() > self._drain_until:
                    break
                if data:
                    if capture:
                        capture.write(data)
                    self._take(data)
            self._finish()
        finally:
            self._outlet.close()
            if capture:
                capture.close()

    def _take(self, data: bytes) -> None:
        taken_at = time.monotonic()
        self._add(self._pipeline.take(self._stream.feed(data), taken_at), taken_at)
        if self._stream.fault is not None and self.ill_formed is None:
            self.ill_formed = self._stream.fault
            self._journal.write(
                "ERROR", "ExecProcessor", f"{self._launch.stanza} pid={self.pid} event stream XML: {self.ill_formed}"
            )

    def _finish(self) -> None:
        self.unfinished = self._stream.close()
        taken_at = time.monotonic()
        self._add(self._pipeline.finish(taken_at), taken_at)

    def _add(self, events: list[Any], taken_at: float) -> None:
        with self._adding:
            if taken_at >= self._cutoff:
                self.dropped += len(events)
            elif events:
                self._index.add(events)
                self.events += len(events)

    def _read_stderr(self) -> None:
        stderr = self._process.stderr
        assert stderr is not None
        capture = self._captures.open(self._launch.stanza, "stderr")
        command = " ".join(self._launch.script)
        with stderr:
            for line in stderr:
                if capture:
                    capture.write(line)
                self._journal.stderr(command, line.decode("utf-8", "backslashreplace").rstrip("\r\n"))
        if capture:
            capture.close()
