"""splunkd's entry to the endpoints behind the pages: puts the vendored libraries first on the path and hands over.

`splunk.persistconn` is splunkd's own; the class it asks for is the one name of it that is used (restmap.conf.spec,
`scripttype = persist`).
"""

from __future__ import annotations

import os
import sys
from typing import Any, Dict, Union

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "lib"))

from splunk.persistconn.application import PersistentServerConnectionApplication

from falcon_streams import pages

ENDPOINTS = pages.make_endpoints()


class Pages(PersistentServerConnectionApplication):  # type: ignore[misc]
    """What `restmap.conf` names as the handler of all our endpoints."""

    def __init__(self, command_line: str, command_arg: str) -> None:
        super().__init__()

    def handle(self, in_string: Union[str, bytes]) -> Dict[str, Any]:
        """One request of splunkd's, answered."""
        return ENDPOINTS.answer(in_string.decode("utf-8", "replace") if isinstance(in_string, bytes) else in_string)
