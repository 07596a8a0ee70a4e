"""What a test does to a running stand-in over REST: an admin's acts, and those that no admin could do.

Names of inputs are given bare (`main`) or whole (`scheme://main`); the scheme is the installed app's only one.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from tests.splunkd.rest.credential_name import name_of
from tests.splunkd.rest_client import Reply, RestClient, segment


class Admin:
    """Connected when a stand-in is up, to what the stand-in told at its start."""

    def __init__(self) -> None:
        self._client: RestClient | None = None
        self._told: dict[str, Any] = {}

    @property
    def told(self) -> dict[str, Any]:
        """The line of JSON that the stand-in printed."""
        return dict(self._told)

    @property
    def management_uri(self) -> str:
        return str(self._told["management_uri"])

    @property
    def port(self) -> int:
        """The management port, on 127.0.0.1."""
        return int(self.management_uri.rpartition(":")[2])

    @property
    def web_uri(self) -> str:
        """splunkweb's address, started with `web=True`."""
        return str(self._told["web_uri"])

    @property
    def web_port(self) -> int:
        """splunkweb's port, 0 without it."""
        return int(self._told.get("web_uri", ":0").rpartition(":")[2])

    @property
    def ca_file(self) -> str:
        return str(self._told["ca_file"])

    @property
    def app(self) -> str:
        """The installed package's app id."""
        return str(self._told["apps"][0])

    @property
    def scheme(self) -> str:
        """The registered scheme; raises where there is not exactly one."""
        (scheme,) = self._told["schemes"]
        return str(scheme)

    @property
    def session_key(self) -> str:
        return self._rest.session_key

    def request(self, method: str, path: str, /, **fields: Any) -> Reply:
        """Status and body of any answer; `path` as on the wire, names in it quoted by the caller."""
        return self._rest.request(method, path, **fields)

    def get(self, path: str, /, **fields: Any) -> Any:
        return self._rest.demand("GET", path, **fields)

    def post(self, path: str, /, **fields: Any) -> Any:
        return self._rest.demand("POST", path, **fields)

    def delete(self, path: str, /, **fields: Any) -> Any:
        return self._rest.demand("DELETE", path, **fields)

    def create_conf_stanza(self, conf: str, name: str, /, **settings: Any) -> Any:
        return self.post(self._address(f"configs/conf-{conf}"), **{"name": name, **settings})

    def edit_conf_stanza(self, conf: str, name: str, /, **settings: Any) -> Any:
        return self.post(self._address(f"configs/conf-{conf}", name), **settings)

    def create_properties(self, conf: str, name: str, /, **settings: Any) -> Any:
        """A stanza with any settings, also one that is called `name`."""
        self.post(self._address("properties", conf), __stanza=name)
        return self.edit_properties(conf, name, **settings)

    def edit_properties(self, conf: str, name: str, /, **settings: Any) -> Any:
        return self.post(self._address("properties", conf, name), **settings)

    def create_password(self, realm: str, user: str, secret: str) -> Any:
        return self.post(self._address("storage/passwords"), realm=realm, name=user, password=secret)

    def edit_password(self, realm: str, user: str, secret: str) -> Any:
        return self.post(self._address("storage/passwords", name_of(realm, user)), password=secret)

    def delete_password(self, realm: str, user: str) -> Any:
        return self.delete(self._address("storage/passwords", name_of(realm, user)))

    def create_input(self, name: str, /, **settings: Any) -> Any:
        return self.post(self._address(f"data/inputs/{self.scheme}"), **{"name": name, **settings})

    def edit_input(self, name: str, /, **settings: Any) -> Any:
        return self.post(self._address(f"data/inputs/{self.scheme}", name), **settings)

    def delete_input(self, name: str) -> Any:
        return self.delete(self._address(f"data/inputs/{self.scheme}", name))

    def enable_input(self, name: str) -> Any:
        return self.post(self._address(f"data/inputs/{self.scheme}", name, "enable"))

    def disable_input(self, name: str) -> Any:
        """Comes back when the process is gone."""
        return self.post(self._address(f"data/inputs/{self.scheme}", name, "disable"))

    # What no admin could do

    def input_state(self, name: str) -> dict[str, Any]:
        """pid, session key, runs, throttle, settings of an input that ran since splunkd started; else nothing."""
        state: dict[str, Any] = self.get("/stand-in/inputs").get(self._stanza(name), {})
        return state

    def input_pid(self, name: str) -> int | None:
        """The pid of the process, None between runs."""
        pid: int | None = self.input_state(name).get("pid")
        return pid

    def runs(self, name: str) -> list[dict[str, Any]]:
        """All runs of an input since splunkd started: pid, started, ended, exit_code, killed, ill_formed, events."""
        runs: list[dict[str, Any]] = self.input_state(name).get("runs", [])
        return runs

    def signal_input(self, name: str, number: int) -> int:
        """Send a signal from outside: splunkd did not ask for this one. The pid that got it."""
        return int(self._touch(name, "signal", signal=int(number))["pid"])

    def pause_reading(self, name: str) -> None:
        self._touch(name, "pause")

    def resume_reading(self, name: str) -> None:
        self._touch(name, "resume")

    def close_stdout(self, name: str) -> None:
        """splunkd closes its end of the present process's stdout."""
        self._touch(name, "close")

    def pace_reading(self, name: str, bytes_per_second: float) -> None:
        self._touch(name, "pace", bytes_per_second=bytes_per_second)

    def revoke_session_keys(self, name: str | None = None) -> int:
        """End the session keys of one input or of all; how many."""
        answer = self._touch(name, "revoke") if name else self.post("/stand-in/revoke")
        return int(answer["revoked"])

    def switch(self, **switches: Any) -> dict[str, Any]:
        """Set switches by name; all of them as they are now."""
        told: dict[str, Any] = self.post("/stand-in/switches", **switches)
        return told

    def script_pid(self, name: str) -> int | None:
        """The pid of a persistent script, `name` as in restmap.conf without `script:`; None where it does not run."""
        pid: int | None = self.get("/stand-in/scripts")[f"script:{name}"]
        return pid

    def create_token(self, user: str, roles: Sequence[str]) -> str:
        """An authentication token of a user with these roles."""
        token: str = self.post("/stand-in/tokens", user=user, roles=",".join(roles))["token"]
        return token

    def revoke_tokens(self, user: str) -> None:
        """End a user's tokens."""
        self.delete("/stand-in/tokens", user=user)

    def documents(self, collection: str, **query: Any) -> list[dict[str, Any]]:
        """The documents of a collection of the app in the KV store."""
        address = self._address("storage/collections/data", collection)
        found: list[dict[str, Any]] = self.get(address, query=json.dumps(query))
        return found

    def put_documents(self, collection: str, *documents: dict[str, Any]) -> None:
        """Put documents in, over those of their keys."""
        address = self._address("storage/collections/data", collection, "batch_save")
        self._rest.send_json("POST", address, list(documents))

    def remove_documents(self, collection: str, **query: Any) -> None:
        """Take documents out."""
        self.delete(self._address("storage/collections/data", collection), query=json.dumps(query))

    def pose(self, **fields: Any) -> None:
        """Say something else in server/info."""
        self.post("/stand-in/server-info", **fields)

    def _connect(self, told: dict[str, Any]) -> None:
        self._told = told
        self._client = RestClient(self.management_uri, self.ca_file, told["username"], told["password"])

    def _disconnect(self) -> None:
        self._client = None

    @property
    def _rest(self) -> RestClient:
        if self._client is None:
            raise RuntimeError("it does not run")
        return self._client

    def _touch(self, name: str, action: str, **fields: Any) -> Any:
        return self.post(f"/stand-in/inputs/{segment(self._stanza(name))}/{action}", **fields)

    def _stanza(self, name: str) -> str:
        return name if "://" in name else f"{self.scheme}://{name}"

    def _address(self, collection: str, *names: str) -> str:
        return "/".join([f"/servicesNS/nobody/{self.app}/{collection}", *map(segment, names)])
