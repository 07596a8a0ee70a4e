"""Sets `make demo` up, plays it in the environment of the tests, and ends with its exit status.

Rules: 0 only if no event is missing and the order is right. Ctrl-C ends everything that was started.
"""

from __future__ import annotations

import argparse
import os
import signal
import tempfile
from pathlib import Path

from tools import environments, package

_INTERRUPTED = 130


def main() -> None:
    """Set up, then run in the environment of the tests."""
    parser = argparse.ArgumentParser(description="Show the main job running.")
    parser.add_argument("--drop", type=int, default=0, help="lose that many events on purpose")
    parser.add_argument("--web", action="store_true", help="keep the pages open at the end, until Ctrl-C")
    parser.add_argument("--ready", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.ready:
        raise SystemExit(show(arguments.drop, arguments.web))
    version, python = list(environments.interpreters().items())[-1]
    executable = str(environments.for_tests(version, python))
    command = [executable, "-m", "tools.demo", "--ready", "--drop", str(arguments.drop)]
    os.execv(executable, [*command, *(["--web"] if arguments.web else [])])


def show(drop: int, web: bool) -> int:
    """Run the demonstration; its exit status."""
    from tools.demo.performance import perform

    for number in (signal.SIGINT, signal.SIGTERM):  # also where the shell has its background jobs ignore Ctrl-C
        signal.signal(number, signal.default_int_handler)
    try:
        with tempfile.TemporaryDirectory() as folder:
            print("-- building the package", flush=True)
            built = package.build(Path(folder))
            print(f"-- {built.name}; starting Falcon's emulator and splunkd's stand-in", flush=True)
            return 0 if perform(Path(folder), built, drop, web) else 1
    except KeyboardInterrupt:
        print("\n-- interrupted; nothing of the demo is left running", flush=True)
        return _INTERRUPTED


if __name__ == "__main__":
    main()
