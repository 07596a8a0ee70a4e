"""Calls of the pages' endpoints, at splunkd's management port, as an admin's curl or splunkweb's proxy makes them."""

from __future__ import annotations

from typing import Any, NamedTuple

from tests.integration.scene import Scene
from tests.splunkd.rest_client import RestClient

BASE = "/servicesNS/nobody/TA_falcon_event_streams"
ACCOUNT = f"{BASE}/falcon_event_streams_account"
SETTINGS = f"{BASE}/falcon_event_streams_settings"
INPUT = f"{BASE}/falcon_event_streams_input"
OFFSETS = f"{BASE}/falcon_event_streams_offsets"
TENANTS_PLAN = f"{BASE}/falcon_event_streams_tenants_plan"
TENANTS_APPLY = f"{BASE}/falcon_event_streams_tenants_apply"


class Said(NamedTuple):
    """An answer: its status, its objects by name, its sentence where it is a refusal."""

    status: int
    entries: dict[str, dict[str, Any]]
    sentence: str


class Caller:
    """One user's calls."""

    def __init__(self, scene: Scene, username: str = "", password: str = "") -> None:
        told = scene.splunkd.told
        self._client = RestClient(
            scene.splunkd.management_uri,
            scene.splunkd.ca_file,
            username or told["username"],
            password or told["password"],
        )

    @property
    def session_key(self) -> str:
        """The session of this user."""
        return self._client.session_key

    def call(self, method: str, path: str, /, **form: str) -> Said:
        """One call."""
        reply = self._client.request(method, path, **form)
        tree = reply.body if isinstance(reply.body, dict) else {}
        entries = {entry["name"]: entry["content"] for entry in tree.get("entry", [])}
        return Said(reply.status, entries, " ".join(message["text"] for message in tree.get("messages", [])))

    def get(self, path: str) -> Said:
        return self.call("GET", path)

    def post(self, path: str, /, **form: str) -> Said:
        return self.call("POST", path, **form)

    def delete(self, path: str) -> Said:
        return self.call("DELETE", path)


def good_account(scene: Scene, **changes: str) -> dict[str, str]:
    """The form of an account that works, with changes."""
    address = scene.falcon.address()
    form = {"cloud": "custom", "base_url": address["api"], "client_id": address["client_id"]}
    form.update(client_secret=address["client_secret"], ca_bundle=address["ca_file"])
    return {**form, **changes}
