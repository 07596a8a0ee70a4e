"""Writes what an admin enters on the pages of the vendor's add-on, by the real splunktaucclib and solnlib.

Runs in the environment `vendor`, from the `bin` folder of the app, whose name splunktaucclib takes from the path. The
first line of stdin is JSON: where splunkd is, the session key, and what to write. Nothing of ours is imported.
"""

from __future__ import annotations

import json
import sys
from typing import Any, Iterable, Optional
from urllib.parse import urlsplit

from solnlib.modular_input.checkpointer import KVStoreCheckpointer
from splunktaucclib.rest_handler.endpoint import DataInputModel, MultipleModel, RestModel, SingleModel
from splunktaucclib.rest_handler.endpoint.field import RestField
from splunktaucclib.rest_handler.handler import RestHandler

SCHEME = "crowdstrike_event_streams"
ROOT = "ta_crowdstrike_falcon_event_streams"
COLLECTION = "TA_crowdstrike_falcon_event_streams_checkpointer"
APP = "TA-crowdstrike-falcon-event-streams"


def model(fields: Iterable[str], secret: str = "", name: Optional[str] = None) -> Any:
    """What a form of the vendor's pages has, with the name of its secret field."""
    return RestModel([RestField(each, required=False, encrypted=each == secret) for each in fields], name=name)


def main() -> None:
    """Write what the first line of stdin says."""
    told = json.loads(sys.stdin.readline())
    uri, key = told["uri"], told["session_key"]
    account = SingleModel(f"{ROOT}_account", model(("username", "password"), "password"))
    proxy_fields = ("enabled", "type", "url", "port", "username", "password", "rdns")
    proxy = model([f"proxy_{each}" for each in proxy_fields], "proxy_password", "proxy")
    settings = MultipleModel(f"{ROOT}_settings", models=[proxy])
    inputs = DataInputModel(SCHEME, model(("interval", "index", "cloud_environment", "account", "app_id",
                                           "event_types", "initial_start", "disabled")))  # fmt: skip
    for name, data in told.get("accounts", {}).items():
        list(RestHandler(uri, key, account).create(name, dict(data)))
    if told.get("proxy"):
        list(RestHandler(uri, key, settings).update("proxy", dict(told["proxy"])))
    for name, data in told.get("inputs", {}).items():
        list(RestHandler(uri, key, inputs).create(name, dict(data)))
    parts = urlsplit(uri)
    if told.get("checkpoints"):
        place = {"scheme": parts.scheme, "host": parts.hostname, "port": parts.port}
        checkpointer = KVStoreCheckpointer(COLLECTION, key, APP, **place)
        for name, state in told["checkpoints"].items():
            checkpointer.update(name, state)
            assert checkpointer.get(name) == state, name
    print("written")


main()
