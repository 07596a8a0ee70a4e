"""Whether this process runs our libraries, or another add-on's.

Theory. splunkd keeps one process for all endpoints with equal driver settings, whichever app they belong to
(restmap.conf.spec, `driver`). Python loads one module of a name in a process, so the first add-on that imports
`splunklib` or `jsonschema` decides for all. Our endpoints therefore have a driver setting of their own (`driver.env.*`
in restmap.conf), and so a process of their own. If a process is shared all the same, another add-on must not decide
which code handles secrets: every answer is a refusal that names its module (decision record 0012).

Rules: this module imports the standard library only, because it runs before anything of lib/ is loaded.
"""

from __future__ import annotations

import json
import os
import sys
from types import ModuleType
from typing import Any, Dict, Iterator, Mapping, Optional

MARK = "FALCON_EVENT_STREAMS_PROCESS"  # the driver.env of restmap.conf


def prefer(*folders: str) -> None:
    """Put these folders first on `sys.path`, in this order."""
    sys.path[:] = [*folders, *(folder for folder in sys.path if folder not in folders)]


def intruder(lib: str, modules: Optional[Mapping[str, Optional[ModuleType]]] = None) -> str:
    """A sentence that names the first loaded module which has the name of one of our libraries and is not ours. Empty
    if there is none."""
    loaded = sys.modules if modules is None else modules
    for name in _libraries(lib):
        module = loaded.get(name)
        if module is not None and not _lies_in(module, lib):
            state = "set" if os.environ.get(MARK) else "not set"
            return (
                f"another add-on has loaded its own {name} ({_place(module)}) into the process of this add-on's pages, "
                "and they do not run with it. Restart Splunk. If this comes back, tell the authors of this add-on: "
                f"{MARK} is {state}"
            )
    return ""


def refusal(sentence: str) -> Dict[str, Any]:
    """The answer to every request: 503 with this sentence, in the shape of splunkd's own endpoints."""
    payload = json.dumps({"messages": [{"type": "ERROR", "text": sentence}]})
    return {"status": 503, "payload": payload, "headers": {"Content-Type": "application/json"}}


def _libraries(lib: str) -> Iterator[str]:
    """The modules and packages in lib/."""
    for entry in sorted(os.listdir(lib)):
        name, ending = os.path.splitext(entry)
        if ending in ("", ".py") and name.isidentifier():
            yield name


def _lies_in(module: ModuleType, lib: str) -> bool:
    return os.path.realpath(_place(module)).startswith(os.path.join(os.path.realpath(lib), ""))


def _place(module: ModuleType) -> str:
    places = [getattr(module, "__file__", None), *getattr(module, "__path__", ())]
    return next((str(place) for place in places if place), "unknown")
