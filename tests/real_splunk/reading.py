"""An account and an input of a scene, made as the pages make them, and what has come of the input.

Rules: an input bears the scene's name as its `host`, so that a search finds its events among those of the others. It
begins at the oldest event: what it has to index is all that the emulator has published.
"""

from __future__ import annotations

import hashlib
import time
from collections import Counter
from typing import Any, Callable

from tests.real_splunk.instance import Instance
from tests.splunkd.rest_client import Reply

ACCOUNT, INPUT = "falcon_event_streams_account", "falcon_event_streams_input"
_POLL = {False: 0.1, True: 2.0}
_PATIENCE = {False: 30.0, True: 180.0}


def account_form(instance: Instance, **changes: str) -> dict[str, str]:
    """The form of an account that works, with changes."""
    address = instance.falcon.address
    form = {"cloud": "custom", "base_url": address["api"], "client_id": address["client_id"]}
    form.update(client_secret=address["client_secret"], ca_bundle=address["ca_file"])
    return {**form, **changes}


def save_account(instance: Instance, name: str = "prod") -> None:
    """An account that works, whether or not an earlier run has left it."""
    instance.request("DELETE", f"{ACCOUNT}/{name}")
    accepted(instance.request("POST", ACCOUNT, name=name, **account_form(instance)))


def accepted(reply: Reply) -> Any:
    """The body of a success; AssertionError with what was said otherwise."""
    assert reply.status < 400, (reply.status, reply.body)
    return reply.body


def sentence(reply: Reply) -> str:
    """What an answer says."""
    return " ".join(message["text"] for message in reply.body.get("messages", []))


def wait(instance: Instance, done: Callable[[], Any], what: str) -> Any:
    """The first true answer; AssertionError when this kind of instance had its time."""
    deadline = time.monotonic() + _PATIENCE[instance.real]
    while not (answer := done()):
        assert time.monotonic() < deadline, f"not within {_PATIENCE[instance.real]:.0f} s: {what}"
        time.sleep(_POLL[instance.real])
    return answer


class Reading:
    """One input of a scene. A context manager that removes it."""

    def __init__(self, instance: Instance, name: str, **settings: str) -> None:
        self.instance, self.name = instance, name
        instance.request("DELETE", f"{INPUT}/{name}")
        form = {"account": "prod", "app_id": f"app{name}", "index": "main", "interval": "1", "host": name, **settings}
        accepted(instance.request("POST", "data/inputs/falcon_event_streams", name=name, **form))

    def __enter__(self) -> Reading:
        return self

    def __exit__(self, *_: object) -> None:
        self.instance.request("DELETE", f"{INPUT}/{self.name}")

    def edit(self, action: str) -> None:
        """`enable` or `disable`."""
        accepted(self.instance.request("POST", f"data/inputs/falcon_event_streams/{self.name}/{action}"))

    def remove(self) -> None:
        """As the page removes it."""
        accepted(self.instance.request("DELETE", f"{INPUT}/{self.name}"))

    def rows(self, *fields: str, criteria: str = "") -> list[Any]:
        """These fields of the input's events."""
        return list(self.instance.search(f"search index=main host={self.name} {criteria} | table {' '.join(fields)}"))

    def missing(self) -> int:
        """How many published events the index does not have."""
        return sum((self._published() - self._indexed()).values())

    def repeated(self) -> int:
        """How many rows of the index are repeats."""
        return sum(self._indexed().values()) - len(self._indexed())

    def feeds(self) -> list[Any]:
        """The input's open feeds at Falcon."""
        return [key for key in self.instance.falcon.pull("connections") if key[0] == f"app{self.name}"]

    def wait_until_open(self) -> None:
        """Wait until Falcon serves every partition."""
        partitions = self.instance.falcon.address["partitions"]
        wait(self.instance, lambda: len(self.feeds()) == len(partitions), f"the feeds of {self.name} open")

    def wait_until_all_arrived(self) -> None:
        """Wait until nothing is missing."""
        wait(self.instance, lambda: self.missing() == 0, f"every event of {self.name} in the index")

    def _indexed(self) -> Counter[tuple[str, str]]:
        rows = self.rows("falcon_partition", "_raw")
        return Counter((row["falcon_partition"], hashlib.sha256(row["_raw"].encode()).hexdigest()) for row in rows)

    def _published(self) -> Counter[tuple[str, str]]:
        pull = self.instance.falcon.pull
        partitions = self.instance.falcon.address["partitions"]
        return Counter((each, digest) for each in partitions for _, digest in pull("published", partition=each))
