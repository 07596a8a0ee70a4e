"""The emulator in a process of its own, driven over its control endpoint by the levers' names.

Rules: arguments and results are those of `levers.Levers`; rows come as an iterator, read from the wire as they are
asked for. The process ends with whoever started it.
"""

from __future__ import annotations

import base64
import http.client
import inspect
import json
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Any, Callable, Iterator, Optional
from urllib.parse import urlsplit

from tests.emulator.levers import LEVERS, Levers

_ROOT = Path(__file__).resolve().parents[2]
_TIMEOUT = 120.0
_PATIENCE = 30.0


class EmulatorProcess:
    """`python -m tests.emulator` with these options; `process.generate(5)` pulls the lever there."""

    def __init__(self, **options: Any) -> None:
        command = [sys.executable, "-m", "tests.emulator"]
        for name, value in options.items():
            command += [f"--{name.replace('_', '-')}", written(value)]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, cwd=_ROOT)
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            self.stop()
            raise RuntimeError(f"the emulator did not start: exit status {self._process.returncode}")
        self.address: dict[str, Any] = json.loads(line)

    def __getattr__(self, name: str) -> Any:
        if name in LEVERS:
            return self._lever(name)
        raise AttributeError(name)

    def _lever(self, name: str) -> Callable[..., Any]:
        signature = inspect.signature(getattr(Levers, name))

        def pull(*arguments: Any, **named: Any) -> Any:
            return call(
                self.address["control"],
                name,
                dict(list(signature.bind(self, *arguments, **named).arguments.items())[1:]),
            )

        return pull

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    def wait(self) -> int:
        """Wait for the process's end; its exit status."""
        return self._process.wait(_PATIENCE)

    def stop(self) -> None:
        """End the process."""
        self._process.terminate()
        try:
            self._process.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()

    def __enter__(self) -> EmulatorProcess:
        return self

    def __exit__(
        self, kind: Optional[type[BaseException]], error: Optional[BaseException], trace: Optional[TracebackType]
    ) -> None:
        self.stop()


def written(value: Any) -> str:
    """An option's value as the command line takes it."""
    if value is None or isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        return ":".join(value)
    return json.dumps(value) if isinstance(value, (dict, list)) else str(value)


def call(control_url: str, lever: str, arguments: dict[str, Any]) -> Any:
    """Pull one lever of the emulator behind this control endpoint."""
    connection = http.client.HTTPConnection(urlsplit(control_url).netloc, timeout=_TIMEOUT)
    connection.request("POST", f"/{lever}", json.dumps(arguments, default=_as_base64), {"Connection": "close"})
    answer = connection.getresponse()
    if answer.getheader("Content-Type") == "application/x-ndjson":
        return _rows(connection, answer)
    try:
        tree = json.loads(answer.read())
    finally:
        connection.close()
    if answer.status != 200:
        raise ValueError(tree["error"])
    return tree["result"]


def _rows(connection: http.client.HTTPConnection, answer: http.client.HTTPResponse) -> Iterator[Any]:
    try:
        for line in answer:
            yield json.loads(line)
    finally:
        answer.close()
        connection.close()


def _as_base64(value: Any) -> dict[str, str]:
    return {"base64": base64.b64encode(value).decode()}
