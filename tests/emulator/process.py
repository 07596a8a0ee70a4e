"""The emulator in a process of its own, driven through its control endpoint by the names of the same methods."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.request
from pathlib import Path
from types import TracebackType
from typing import Any, Callable, Dict, Optional, Type

from tests.emulator.control import METHODS

_ROOT = Path(__file__).resolve().parents[2]


class EmulatorProcess:
    """`python -m tests.emulator` with these options; `process.generate(count=5)` calls the method there."""

    def __init__(self, **options: Any) -> None:
        command = [sys.executable, "-m", "tests.emulator", json.dumps(options)]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, cwd=_ROOT)
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError("the emulator did not start")
        self.address: Dict[str, Any] = json.loads(line)

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if name not in METHODS:
            raise AttributeError(name)

        def call(**arguments: Any) -> Any:
            url = f"{self.address['control']}/{name}"
            with urllib.request.urlopen(url, data=json.dumps(arguments).encode(), timeout=120) as answer:
                return json.loads(answer.read())["result"]

        return call

    def stop(self) -> None:
        """End the process."""
        if self._process.poll() is None:
            self._process.terminate()
        self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()

    def __enter__(self) -> EmulatorProcess:
        return self

    def __exit__(
        self, kind: Optional[Type[BaseException]], error: Optional[BaseException], trace: Optional[TracebackType]
    ) -> None:
        self.stop()
