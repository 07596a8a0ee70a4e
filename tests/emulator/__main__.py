"""`python -m tests.emulator ['{"partitions": 2, ...}']`: run until stopped, or until whoever started it is gone.

Prints one line of JSON with the addresses when ready. The options are the fields of `emulator.Options`; each may also
be written as `--name value`.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
from typing import Any, Dict, List

from tests.emulator.emulator import Emulator


def read_options(arguments: List[str]) -> Dict[str, Any]:
    """Options from one JSON object, or from `--name value` pairs whose values are JSON or plain words."""
    if len(arguments) == 1 and arguments[0].startswith("{"):
        tree: Dict[str, Any] = json.loads(arguments[0])
        return tree
    options = {}
    for name, value in zip(arguments[::2], arguments[1::2]):
        try:
            options[name.lstrip("-").replace("-", "_")] = json.loads(value)
        except ValueError:
            options[name.lstrip("-").replace("-", "_")] = value
    return options


def main() -> None:
    """Run the emulator."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    parent = os.getppid()
    with Emulator(**read_options(sys.argv[1:])) as emulator:
        print(json.dumps(emulator.address()), flush=True)
        while not stop.wait(0.5) and os.getppid() == parent:
            pass


if __name__ == "__main__":
    main()
