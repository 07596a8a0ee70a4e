"""`Splunkd`: a stand-in in a process of its own, driven from a test.

Rules: `start` comes back when REST answers and the inputs run; `stop` is an orderly end of splunkd; `kill` is SIGKILL,
after which the inputs are orphans until they notice, and what was in memory is lost; `restart` and a `start` after
`kill` go on with the same home and port. Whatever a test leaves running ends with `close` (or the with block): the
stand-in, and orphaned inputs that it had started.
"""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Callable, TypeVar

from tests.splunkd import journal
from tests.splunkd.admin import Admin
from tests.splunkd.intake import index
from tests.splunkd.intake.index import Event
from tests.splunkd.journal import LogLine

_ROOT = Path(__file__).resolve().parents[2]
_POLL = 0.05
_START_SECONDS = 60.0

T = TypeVar("T")


class Splunkd(Admin):
    """Not running when made. See `options.py` for what the arguments mean, `switches.py` for the switches."""

    def __init__(
        self,
        home: Path,
        package: Path | None = None,
        python: str = sys.executable,
        *,
        port: int = 0,
        web: bool = False,
        studio: Path | None = None,
        answers: Path | None = None,
        password: str = "changed-at-once",
        indexes: Sequence[str] = (),
        switches: Mapping[str, Any] | None = None,
        server_info: Mapping[str, str] | None = None,
        env: Mapping[str, str] | None = None,
        users: Sequence[tuple[str, str, str]] = (),
        certificate_names: Sequence[str] = (),
        capture: bool = True,
        prefix: Sequence[str] = (),
        others: Sequence[Path] = (),
    ) -> None:
        """`others` are apps beside the package. `prefix` is a command that runs the stand-in's own, as another user for
        instance; it must not fork."""
        super().__init__()
        self.home = Path(home)
        self._prefix = list(prefix)
        self._port = port
        self._web_port = 0
        self._arguments = ["--home", str(home), "--python", python, "--password", password]
        for app in [*([package] if package else []), *others]:
            self._arguments += ["--package", str(app)]
        self._arguments += ["--capture"] if capture else []
        self._arguments += ["--web"] if web else []
        self._arguments += ["--studio", str(studio)] if studio else []
        self._arguments += ["--answers", str(answers)] if answers else []
        for name in indexes:
            self._arguments += ["--index", name]
        for option, pairs in (("--switch", switches), ("--server-info", server_info), ("--env", env)):
            for name, value in (pairs or {}).items():
                self._arguments += [option, f"{name}={value}"]
        for name in certificate_names:
            self._arguments += ["--certificate-name", name]
        for user in users:
            self._arguments += ["--user", ":".join(user)]
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Splunkd:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.close()

    def start(self) -> Splunkd:
        """Start, or start again; raises RuntimeError with the stand-in's own words where it does not come up."""
        if self._process is not None:
            raise RuntimeError("it runs already")
        self.home.mkdir(parents=True, exist_ok=True)
        errors = self.home / "stand-in.stderr"
        with open(errors, "ab") as stderr:
            self._process = subprocess.Popen(
                [*self._prefix, sys.executable, "-m", "tests.splunkd", *self._arguments, *self._ports()],
                stdout=subprocess.PIPE,
                stderr=stderr,
                stdin=subprocess.DEVNULL,
                cwd=_ROOT,
            )
        line = self._first_line(self._process)
        if not line:
            self.kill()
            raise RuntimeError(f"the stand-in did not start: {errors.read_text(errors='replace')[-2000:]}")
        self._connect(json.loads(line))
        self._port, self._web_port = self.port, self.web_port
        return self

    def replace_secret(self) -> None:
        """Stop, and start with another splunk.secret: what is in storage/passwords cannot be decrypted any more."""
        self.stop()
        (self.home / "etc" / "auth" / "splunk.secret").unlink()
        self.start()

    def stop(self, timeout: float = 60.0) -> None:
        """SIGTERM: splunkd stops its inputs, writes its memory to the index and ends."""
        if self._process is not None:
            self._process.send_signal(signal.SIGTERM)
            try:
                self._process.wait(timeout)
            finally:
                self.kill()

    def kill(self) -> None:
        """SIGKILL: memory lost, inputs orphaned."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._gone()

    def restart(self) -> Splunkd:
        self.stop()
        return self.start()

    def close(self) -> None:
        """End everything that still runs, orphans the hard way."""
        try:
            self.stop()
        finally:
            for pid in self.orphans():
                os.kill(pid, signal.SIGKILL)

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int:
        if self._process is None:
            raise RuntimeError("it does not run")
        return self._process.pid

    @property
    def app_home(self) -> Path:
        return self.home / "etc" / "apps" / self.app

    def orphans(self) -> list[int]:
        """Pids of inputs that still run although the stand-in is gone."""
        return [] if self._process is not None else list(_running_scripts(self.home))

    def resident_mb(self, name: str) -> float:
        """The resident memory of an input's process in MB, 0.0 where it does not run."""
        try:
            with open(f"/proc/{self.input_pid(name)}/statm", encoding="ascii") as file:
                return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6
        except OSError:
            return 0.0

    @property
    def index_file(self) -> Path:
        return self.home / "var" / "lib" / "splunk" / "stand-in-index.sqlite"

    def events(self, where: str = "", parameters: Sequence[Any] = ()) -> list[Event]:
        """Rows of the index in the order they were taken; `where` is SQL over `events`."""
        return list(index.select(self.index_file, where, parameters))

    def count(self, where: str = "", parameters: Sequence[Any] = ()) -> int:
        return index.count(self.index_file, where, parameters)

    def logs(self, component: str | None = None, level: str | None = None) -> list[LogLine]:
        """splunkd.log."""
        return [
            line
            for line in journal.read(self.home / "var" / "log" / "splunk" / "splunkd.log")
            if component in (None, line.component) and level in (None, line.level)
        ]

    def every_byte(self) -> Iterator[tuple[Path, bytes]]:
        """Every file under the home with what is in it: confs, logs, checkpoints, index, captured stdout and stderr."""
        for path in sorted(self.home.rglob("*")):
            if path.is_file() and not path.is_symlink():
                try:
                    yield path, path.read_bytes()
                except FileNotFoundError:
                    continue

    def kill_script(self, name: str) -> None:
        """Kill the process of a persistent script, and wait until it is known to be dead: a call just after the signal
        could still meet it."""
        pid = self.script_pid(name)
        assert pid is not None, f"{name} does not run"
        os.kill(pid, signal.SIGKILL)
        self.wait_for(lambda: self.script_pid(name) != pid)

    def wait_for(self, predicate: Callable[[], T | None], timeout: float = 30.0, what: str = "") -> T:
        """The first true answer of the predicate; AssertionError when time is up."""
        deadline = time.monotonic() + timeout
        while True:
            answer = predicate()
            if answer:
                return answer
            if time.monotonic() > deadline:
                raise AssertionError(f"not within {timeout} s: {what or predicate}")
            time.sleep(_POLL)

    def _ports(self) -> list[str]:
        return ["--port", str(self._port), "--web-port", str(self._web_port)]

    def _first_line(self, process: subprocess.Popen[bytes]) -> bytes:
        assert process.stdout is not None
        ready = select.select([process.stdout], [], [], _START_SECONDS)[0]
        return process.stdout.readline() if ready else b""

    def _gone(self) -> None:
        if self._process is not None and self._process.stdout is not None:
            self._process.stdout.close()
        self._process = None
        self._disconnect()


def _running_scripts(home: Path) -> Iterator[int]:
    """The processes that run a script of a home's apps, however they came to be."""
    apps = str(home.resolve() / "etc" / "apps") + "/"
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            arguments = (folder / "cmdline").read_text(errors="replace").split("\0")
        except OSError:
            continue
        if any(argument.startswith(apps) and argument.endswith(".py") for argument in arguments):
            yield int(folder.name)
