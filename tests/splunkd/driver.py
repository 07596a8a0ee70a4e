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
from tests.splunkd.intake import index
from tests.splunkd.intake.index import Event
from tests.splunkd.journal import LogLine
from tests.splunkd.rest_client import Reply, RestClient, segment

_ROOT = Path(__file__).resolve().parents[2]
_POLL = 0.02
_START_SECONDS = 60.0

T = TypeVar("T")


class Splunkd:
    """Not running when made. See `options.py` for what the arguments mean, `switches.py` for the switches."""

    def __init__(
        self,
        home: Path,
        package: Path | None = None,
        python: str = sys.executable,
        *,
        port: int = 0,
        password: str = "changed-at-once",
        indexes: Sequence[str] = (),
        switches: Mapping[str, Any] | None = None,
        server_info: Mapping[str, str] | None = None,
        env: Mapping[str, str] | None = None,
        users: Sequence[tuple[str, str, str]] = (),
        capture: bool = True,
    ) -> None:
        self.home = Path(home)
        self._port = port
        self._arguments = ["--home", str(home), "--python", python, "--password", password]
        self._arguments += ["--package", str(package)] if package else []
        self._arguments += ["--capture"] if capture else []
        for name in indexes:
            self._arguments += ["--index", name]
        for option, pairs in (("--switch", switches), ("--server-info", server_info), ("--env", env)):
            for name, value in (pairs or {}).items():
                self._arguments += [option, f"{name}={value}"]
        for user in users:
            self._arguments += ["--user", ":".join(user)]
        self._process: subprocess.Popen[bytes] | None = None
        self._told: dict[str, Any] = {}
        self._client: RestClient | None = None

    def __enter__(self) -> Splunkd:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.close()

    # The process

    def start(self) -> Splunkd:
        """Start, or start again; raises RuntimeError with the stand-in's own words where it does not come up."""
        if self._process is not None:
            raise RuntimeError("it runs already")
        self.home.mkdir(parents=True, exist_ok=True)
        errors = self.home / "stand-in.stderr"
        with open(errors, "ab") as stderr:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.splunkd", *self._arguments, "--port", str(self._port)],
                stdout=subprocess.PIPE,
                stderr=stderr,
                stdin=subprocess.DEVNULL,
                cwd=_ROOT,
            )
        line = self._first_line(self._process)
        if not line:
            self.kill()
            raise RuntimeError(f"the stand-in did not start: {errors.read_text(errors='replace')[-2000:]}")
        self._told = json.loads(line)
        self._client = RestClient(self.management_uri, self.ca_file, self._told["username"], self._told["password"])
        self._port = self.port
        return self

    def stop(self, timeout: float = 60.0) -> None:
        """SIGTERM: splunkd stops its inputs, writes its memory to the index and ends."""
        if self._process is not None:
            self._process.send_signal(signal.SIGTERM)
            try:
                self._process.wait(timeout)
            finally:
                self._gone()

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
    def management_uri(self) -> str:
        return str(self._told["management_uri"])

    @property
    def port(self) -> int:
        """The management port, on 127.0.0.1."""
        return int(self.management_uri.rpartition(":")[2])

    @property
    def ca_file(self) -> str:
        return str(self._told["ca_file"])

    @property
    def app(self) -> str:
        """The installed package's app id."""
        return str(self._told["apps"][0])

    @property
    def app_home(self) -> Path:
        return self.home / "etc" / "apps" / self.app

    @property
    def scheme(self) -> str:
        """The registered scheme; raises where there is not exactly one."""
        (scheme,) = self._told["schemes"]
        return str(scheme)

    @property
    def told(self) -> dict[str, Any]:
        """The line of JSON that the stand-in printed."""
        return dict(self._told)

    def orphans(self) -> list[int]:
        """Pids of inputs that a killed stand-in left behind and that still run."""
        found = []
        if self._process is None:
            for file in (self.home / "var" / "run" / "stand-in").glob("*.pid"):
                pid = int(json.loads(file.read_text())["pid"])
                if _serves(pid, self.home):
                    found.append(pid)
        return found

    # REST

    @property
    def session_key(self) -> str:
        return self._rest.session_key

    def request(self, method: str, path: str, **fields: Any) -> Reply:
        """Status and body of any answer; `path` as on the wire, names in it quoted by the caller."""
        return self._rest.request(method, path, **fields)

    def get(self, path: str, **fields: Any) -> Any:
        return self._rest.demand("GET", path, **fields)

    def post(self, path: str, **fields: Any) -> Any:
        return self._rest.demand("POST", path, **fields)

    def delete(self, path: str, **fields: Any) -> Any:
        return self._rest.demand("DELETE", path, **fields)

    def create_conf_stanza(self, conf: str, name: str, **settings: Any) -> Any:
        return self.post(self._address(f"configs/conf-{conf}"), **{"name": name, **settings})

    def edit_conf_stanza(self, conf: str, name: str, **settings: Any) -> Any:
        return self.post(self._address(f"configs/conf-{conf}", name), **settings)

    def create_password(self, realm: str, user: str, secret: str) -> Any:
        return self.post(self._address("storage/passwords"), realm=realm, name=user, password=secret)

    def edit_password(self, realm: str, user: str, secret: str) -> Any:
        name = f"{realm}:{user}:".replace("\\", "")
        return self.post(self._address("storage/passwords", name), password=secret)

    def create_input(self, name: str, **settings: Any) -> Any:
        return self.post(self._address(f"data/inputs/{self.scheme}"), **{"name": name, **settings})

    def edit_input(self, name: str, **settings: Any) -> Any:
        return self.post(self._address(f"data/inputs/{self.scheme}", name), **settings)

    def delete_input(self, name: str) -> Any:
        return self.delete(self._address(f"data/inputs/{self.scheme}", name))

    def enable_input(self, name: str) -> Any:
        return self.post(self._address(f"data/inputs/{self.scheme}", name, "enable"))

    def disable_input(self, name: str) -> Any:
        """Comes back when the process is gone."""
        return self.post(self._address(f"data/inputs/{self.scheme}", name, "disable"))

    # Inputs and switches

    def input_state(self, name: str) -> dict[str, Any]:
        """pid, runs, throttle, settings of an input that ran since splunkd started; nothing for any other."""
        state: dict[str, Any] = self.get("/stand-in/inputs").get(self._stanza(name), {})
        return state

    def input_pid(self, name: str) -> int | None:
        """The pid of the process, None between runs."""
        pid: int | None = self.input_state(name).get("pid")
        return pid

    def runs(self, name: str) -> list[dict[str, Any]]:
        """All runs of an input since splunkd started: pid, started, ended, exit_code, killed, ill_formed, events, ..."""
        runs: list[dict[str, Any]] = self.input_state(name).get("runs", [])
        return runs

    def signal_input(self, name: str, number: int) -> int:
        """Send a signal from outside: splunkd did not ask for this one. The pid that got it."""
        return int(self._touch(name, "signal", signal=int(number))["pid"])

    def pause_reading(self, name: str) -> None:
        self._touch(name, "pause")

    def resume_reading(self, name: str) -> None:
        self._touch(name, "resume")

    def pace_reading(self, name: str, bytes_per_second: float) -> None:
        self._touch(name, "pace", bytes_per_second=bytes_per_second)

    def revoke_session_keys(self, name: str | None = None) -> int:
        """End the session keys of one input or of all; how many."""
        answer = self._touch(name, "revoke") if name else self.post("/stand-in/revoke")
        return int(answer["revoked"])

    def switch(self, **switches: Any) -> dict[str, Any]:
        """Set switches by name; all of them as they are now."""
        told: dict[str, Any] = self.post("/stand-in/switches", **switches)
        return told

    def pose(self, **fields: Any) -> None:
        """Say something else in server/info."""
        self.post("/stand-in/server-info", **fields)

    # What came of it

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

    def wait_for(self, predicate: Callable[[], T | None], timeout: float = 10.0, what: str = "") -> T:
        """The first true answer of the predicate; AssertionError when time is up."""
        deadline = time.monotonic() + timeout
        while True:
            answer = predicate()
            if answer:
                return answer
            if time.monotonic() > deadline:
                raise AssertionError(f"not within {timeout} s: {what or predicate}")
            time.sleep(_POLL)

    @property
    def _rest(self) -> RestClient:
        if self._client is None:
            raise RuntimeError("it does not run")
        return self._client

    def _touch(self, name: str, action: str, **fields: Any) -> Any:
        return self.post(f"/stand-in/inputs/{segment(self._stanza(name))}/{action}", **fields)

    def _stanza(self, name: str) -> str:
        return name if "://" in name else f"{self.scheme}://{name}"

    def _address(self, collection: str, *names: str) -> str:
        return "/".join([f"/servicesNS/nobody/{self.app}/{collection}", *map(segment, names)])

    def _first_line(self, process: subprocess.Popen[bytes]) -> bytes:
        assert process.stdout is not None
        ready = select.select([process.stdout], [], [], _START_SECONDS)[0]
        return process.stdout.readline() if ready else b""

    def _gone(self) -> None:
        if self._process is not None and self._process.stdout is not None:
            self._process.stdout.close()
        self._process, self._client = None, None


def _serves(pid: int, home: Path) -> bool:
    """Whether a process runs a script of this home; a reused pid does not."""
    try:
        command = Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False
    return str(home.resolve()).encode() in command
