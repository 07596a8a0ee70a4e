"""`python -m tests.emulator [options]`: prints one line of JSON when ready, runs until a signal or its parent's end.

Every option is a field of `options.Options`; `--help` lists them.
"""

from __future__ import annotations

import argparse
import json
import os
import queue
import resource
import signal
from dataclasses import MISSING, fields
from functools import partial
from typing import Any, Optional

from tests.emulator.emulator import Emulator
from tests.emulator.options import Options

_PARENT_CHECK = 0.5
_TYPES = {"int": int, "float": float, "Optional[float]": float}


def read_arguments(arguments: Optional[list[str]] = None) -> dict[str, Any]:
    """The options that the command line names."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.emulator", description="An emulator of Falcon's Event Streams."
    )
    for each in fields(Options):
        text = each.metadata["text"].replace("%", "%%")
        default = "" if each.default in (MISSING, None, "") else f" (default: {each.default})"
        parser.add_argument(
            f"--{each.name.replace('_', '-')}",
            type=partial(read_value, kind=str(each.type)),
            default=argparse.SUPPRESS,
            choices=each.metadata["choices"],
            metavar=None if each.metadata["choices"] else "VALUE",
            help=text + default,
        )
    return vars(parser.parse_args(arguments))


def read_value(text: str, kind: str) -> Any:
    """An option's value as its type wants it; `none` for none where that is possible."""
    if kind.startswith("Optional") and text == "none":
        return None
    if kind == "bool":
        if text not in ("true", "false"):
            raise argparse.ArgumentTypeError(f"true or false, not {text!r}")
        return text == "true"
    if kind.startswith("Optional[tuple"):
        return tuple(text.split(":", 1))
    return json.loads(text) if kind.startswith("dict") or kind == "Children" else _TYPES.get(kind, str)(text)


def main() -> None:
    """Run the emulator."""
    parent = os.getppid()
    stop: queue.SimpleQueue[int] = queue.SimpleQueue()  # an Event's lock may be held by the wait that we interrupt
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))  # a thousand children with two feeds each need some 5,000
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.put(0))
    with Emulator(**read_arguments()) as emulator:
        print(json.dumps(emulator.address()), flush=True)
        while os.getppid() == parent:
            try:
                stop.get(timeout=_PARENT_CHECK)
                break
            except queue.Empty:
                pass


if __name__ == "__main__":
    main()
