"""The child's side of a persistent script: `PYTHON launcher.py SCRIPT module.Class PARAM text|bytes`.

It stands where splunkd has its appserver. Nothing of the stand-in is imported here, and nothing of it can be imported
by the app: the script's folder takes this file's place on sys.path. The one name that is lent is
`splunk.persistconn.application`.

Requests come on stdin, answers go to stdout, each behind a line with its kind and its length. What the app prints gets
between them and is a fault, as it would be in splunkd. The end of stdin is the end of the process.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
import traceback
import types
from typing import Any


class PersistentServerConnectionApplication:
    """What an app derives its class from."""

    def __init__(self) -> None:
        pass

    def handle(self, in_string: Any) -> Any:
        """Answer one request."""
        raise NotImplementedError("PersistentServerConnectionApplication.handle")

    def handleStream(self, handle: Any, in_string: Any) -> Any:
        """Answer one request in pieces."""
        raise NotImplementedError("PersistentServerConnectionApplication.handleStream")

    def done(self) -> None:
        """The connection is over."""


def lend() -> None:
    """Make the one name importable."""
    for name in ("splunk", "splunk.persistconn", "splunk.persistconn.application"):
        module: Any = types.ModuleType(name)
        module.__path__ = []
        sys.modules[name] = module
    lent: Any = sys.modules["splunk.persistconn.application"]
    del lent.__path__
    lent.PersistentServerConnectionApplication = PersistentServerConnectionApplication
    PersistentServerConnectionApplication.__module__ = lent.__name__
    for parent, child in (("splunk", "persistconn"), ("splunk.persistconn", "application")):
        setattr(sys.modules[parent], child, sys.modules[f"{parent}.{child}"])


def send(kind: str, body: bytes) -> None:
    sys.stdout.flush()
    sys.stdout.buffer.write(b"%s %d\n" % (kind.encode(), len(body)) + body)
    sys.stdout.buffer.flush()


def fault(kind: str = "fault") -> None:
    """Traceback to splunkd.log, the exception's name to whoever asked."""
    traceback.print_exc()
    sys.stderr.flush()
    error = sys.exc_info()[0]
    send(kind, (error.__name__ if error else "").encode())


def told(answer: Any) -> bytes:
    """An answer as JSON: a dict is dumped, text and bytes are JSON already."""
    if isinstance(answer, (bytes, bytearray)):
        return bytes(answer)
    return (answer if isinstance(answer, str) else json.dumps(answer)).encode("utf-8")


def main(script: str, handler: str, param: str, kind: str) -> int:
    sys.path[0] = os.path.dirname(script)
    sys.argv = [script]
    lend()
    module, _, name = handler.rpartition(".")
    try:
        application = getattr(importlib.import_module(module), name)(script, param)
    except Exception:
        fault("stillborn")
        return 1
    while True:
        head = sys.stdin.buffer.readline()
        if not head:
            application.done()
            return 0
        body = sys.stdin.buffer.read(int(head))
        try:
            send("answer", told(application.handle(body if kind == "bytes" else body.decode("utf-8"))))
        except Exception:
            fault()


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
