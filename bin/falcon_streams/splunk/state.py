"""The state of an input, as a small file beside its checkpoints: the input writes it, the Inputs page shows it.

Rules: the file is replaced whole, and only its owner can read it. It is not flushed to disk, because the input writes
it again if it is lost. A failure is logged once and harms nothing.
"""

from __future__ import annotations

import json
import logging
import os
from pathlib import Path
from typing import Any, Dict, Mapping

from falcon_streams.splunk.private_file import make_private_folder, prepare_private_file

LOG = logging.getLogger(__name__)
STATE_FILE, TENANTS_FILE = "state.json", "tenants.json"
STALE_AFTER = 15.0  # seconds; an input replaces the file every two seconds, and every six in quiet times


class StateFile:
    """The port `StateBoard` over a file."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._failed = False

    def show(self, state: Mapping[str, object]) -> None:
        """Replace what is shown."""
        self._replace(STATE_FILE, state)

    def show_tenants(self, tenants: Mapping[str, object]) -> None:
        """Replace what is shown of each tenant."""
        self._replace(TENANTS_FILE, tenants)

    def _replace(self, name: str, state: Mapping[str, object]) -> None:
        path = self._folder / name
        try:
            make_private_folder(self._folder)
            os.replace(prepare_private_file(path, json.dumps(state, sort_keys=True).encode("ascii")), path)
            self._failed = False
        except OSError as error:
            if not self._failed:
                LOG.warning("state_not_shown", {"error": error.strerror})
            self._failed = True


def read_state(folder: Path) -> Dict[str, Any]:
    """What an input last showed in this folder; empty if nothing can be read."""
    return _read(folder / STATE_FILE)


def read_tenants(folder: Path) -> Dict[str, Any]:
    """What an input with many tenants last showed of each, by CID; empty if nothing can be read."""
    return _read(folder / TENANTS_FILE)


def _read(path: Path) -> Dict[str, Any]:
    try:
        state = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return {}
    return state if isinstance(state, dict) else {}
