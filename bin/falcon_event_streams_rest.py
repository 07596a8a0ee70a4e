"""splunkd's entry to the endpoints behind the pages.

splunkd's loader imports this file by its path, under a name that the loader chooses, with the working folder `/`, and
does not change `sys.path`. So this file finds the app itself, and puts the app's code and libraries on the path. The
handler is the one subclass of `PersistentServerConnectionApplication` in this file. `splunk.persistconn` comes with
splunkd (restmap.conf.spec, `scripttype = persist`).
"""

from __future__ import annotations

import os
import sys
from typing import Any, Dict, List, Optional

from splunk.persistconn.application import PersistentServerConnectionApplication

_APP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
_LIB = os.path.join(_APP, "lib")
sys.path.insert(0, os.path.join(_APP, "bin"))

from falcon_streams.pages import isolation  # noqa: E402 - the line before makes it importable

isolation.prefer(os.path.join(_APP, "bin"), _LIB)
if not isolation.intruder(_LIB):
    from falcon_streams.pages import endpoints
    from falcon_streams.splunk.logs import start_page_logging

    start_page_logging()
    ENDPOINTS = endpoints.make_endpoints()


class Pages(PersistentServerConnectionApplication):  # type: ignore[misc]
    """The handler of all our endpoints."""

    def __init__(self, command_line: List[str], command_arg: Optional[str]) -> None:
        super().__init__()

    def handle(self, in_bytes: bytes) -> Dict[str, Any]:
        """Answer one request of splunkd."""
        fault = isolation.intruder(_LIB)
        return isolation.refusal(fault) if fault else ENDPOINTS.answer(in_bytes.decode("utf-8", "replace"))
