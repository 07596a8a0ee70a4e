"""What the scenes need of a Splunk and of a Falcon; the stand-in and the containers are its two adapters.

Rules: the package is installed before the first scene. What an instance cannot do it refuses; nothing is answered that
it does not know. `request` is splunkd's REST, `search` a search as a user types it, its rows as results come by REST:
a field is a text, or a list of texts where it has several.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Protocol, Union

from tests.splunkd.journal import LogLine
from tests.splunkd.rest_client import Reply

APP = "TA_falcon_event_streams"
PROBE = Path(__file__).with_name("probe")
"""A second app of the instance: a modular input that tries what splunkd does with one."""
Row = Mapping[str, Union[str, list[str]]]


class Falcon(Protocol):
    """The emulator, wherever it runs."""

    @property
    def address(self) -> Mapping[str, Any]:
        """What a client in Splunk's place has to know: api, ca_file, client_id, client_secret."""

    def pull(self, lever: str, /, **arguments: Any) -> Any:
        """Pull a lever of `tests.emulator.levers`. Raises ValueError with the emulator's sentence."""


class Instance(Protocol):
    """One Splunk with the package, and the Falcon that it reads."""

    name: str
    real: bool
    falcon: Falcon

    def request(self, method: str, path: str, /, **fields: Any) -> Reply:
        """An admin's request; `path` below /servicesNS/nobody/TA_falcon_event_streams/. Any status comes back."""

    def search(self, text: str) -> list[Row]:
        """The rows of a search over all time."""

    def splunkd_log(self) -> Iterable[LogLine]:
        """splunkd.log, oldest line first."""

    def kill(self) -> None:
        """SIGKILL for splunkd alone: its memory is lost, its children are orphans."""

    def start(self) -> None:
        """Start splunkd after `kill`; comes back when REST answers."""

    def restart(self) -> None:
        """An orderly restart."""

    def run(self, command: str, secret: str) -> str:
        """What a page's command prints, with its variables set and `secret` in secret.txt."""

    def splunk(self, *arguments: str) -> str:
        """What `bin/splunk` prints. Only a real one has it."""
