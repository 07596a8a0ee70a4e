"""The child's side of persistent scripts: `PYTHON launcher.py`, one process for all scripts with equal driver settings.

It stands where splunkd has its appserver, and is as strict: a script is imported by its path, under a name that is not
its file's, with the working folder `/` and a `sys.path` that knows neither the script's folder nor its app. The handler
is the one subclass of `PersistentServerConnectionApplication` in the file; it is made anew for each request, with a
list of arguments and a parameter or None, and gets bytes. A script that cannot be loaded says why and ends the process.

Nothing of the stand-in is imported here, and nothing of it can be imported by an app. The one name that is lent is
`splunk.persistconn.application`.

Requests come on stdin, answers go to stdout, each behind a line with its kind and its length. A request is a line of
JSON (script, arguments, param) and the document. What an app prints gets between them and is a fault, as it would be in
splunkd. The end of stdin is the end of the process.
"""

from __future__ import annotations

import importlib.util
import json
import sys
import traceback
import types
from typing import Any, Dict


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


def load(script: str, number: int) -> Any:
    """The one handler class of a script. Raises whatever the script raises, and TypeError for none or several."""
    name = f"persistconn_script_{number}"
    spec = importlib.util.spec_from_file_location(name, script)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    found = [
        each
        for each in vars(module).values()
        if isinstance(each, type)
        and issubclass(each, PersistentServerConnectionApplication)
        and each is not PersistentServerConnectionApplication
    ]
    if len(found) != 1:
        raise TypeError(f"{script} has {len(found)} subclasses of PersistentServerConnectionApplication, not one")
    return found[0]


def main() -> int:
    del sys.path[0]  # this file's folder, which is the stand-in's
    sys.argv = ["appserver.py"]
    lend()
    handlers: Dict[str, Any] = {}
    while True:
        head = sys.stdin.buffer.readline()
        if not head:
            return 0
        start, _, document = sys.stdin.buffer.read(int(head)).partition(b"\n")
        request = json.loads(start)
        script = request["script"]
        if script not in handlers:
            try:
                handlers[script] = load(script, len(handlers))
            except Exception:
                fault("stillborn")
                return 1
        try:
            application = handlers[script](request["arguments"], request["param"])
            send("answer", told(application.handle(document)))
            application.done()
        except Exception:
            fault()


if __name__ == "__main__":
    sys.exit(main())
