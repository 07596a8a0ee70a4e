"""Drives the pages' endpoints through a client that openapi-python-client has made; prints what came as JSON.

Runs in the tool environment `openapi`, with the made package's folder first on the path: nothing of ours is imported.
Arguments: the folder, then JSON of `base_url`, `username`, `password`, `ca_file`, and `account`, the form of one.
"""

from __future__ import annotations

import base64
import json
import ssl
import sys
from importlib import import_module
from typing import Any


def call(name: str, *path: str, **arguments: Any) -> list[dict[str, Any]]:
    """The entries of a call's answer. Raises the client's UnexpectedStatus for a status that is not described."""
    parsed = import_module(f"falcon_pages.api.default.{name}").sync(*path, client=CLIENT, **arguments)
    return [entry.to_dict() for entry in parsed.entry]


def form(kind: str, **fields: str) -> Any:
    """A body of one of the described kinds."""
    name = "".join(part.title() for part in kind.split("_"))
    return getattr(import_module("falcon_pages.models"), name).from_dict(fields)


def main() -> None:
    """An account and an input, from the making to the removal."""
    account = {"name": "foreign", **TOLD["account"]}
    edit = {"proxy": "none", "client_secret": account["client_secret"]}
    reading = {"name": "foreign", "account": "foreign", "app_id": "foreign01", "index": "main"}
    seen = {
        "made": call("post_falcon_event_streams_account", body=form("account", **account)),
        "listed": call("get_falcon_event_streams_account"),
        "shown": call("get_falcon_event_streams_account_name", "foreign"),
        "edited": call("post_falcon_event_streams_account_name", "foreign", body=form("account_without_name", **edit)),
        "proxy": call("get_falcon_event_streams_settings_proxy"),
        "checkpoint": call("get_falcon_event_streams_settings_checkpoint"),
        "logging": call("post_falcon_event_streams_settings_logging", body=form("logging", level="DEBUG")),
        "input made": call("post_falcon_event_streams_input", body=form("input", **reading)),
        "input listed": call("get_falcon_event_streams_input"),
        "input shown": call("get_falcon_event_streams_input_name", "foreign"),
        "input edited": call(
            "post_falcon_event_streams_input_name", "foreign", body=form("input_without_name", start_from="newest")
        ),
        "input removed": call("delete_falcon_event_streams_input_name", "foreign"),
        "removed": call("delete_falcon_event_streams_account_name", "foreign"),
    }
    print(json.dumps(seen))


if __name__ == "__main__":
    sys.path.insert(0, sys.argv[1])
    TOLD = json.loads(sys.argv[2])
    CONTEXT = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    CONTEXT.check_hostname = False  # the certificate that Splunk ships names no host
    CONTEXT.verify_flags &= ~ssl.VERIFY_X509_STRICT
    CONTEXT.load_verify_locations(TOLD["ca_file"])
    CLIENT = import_module("falcon_pages").AuthenticatedClient(
        TOLD["base_url"],
        token=base64.b64encode(f"{TOLD['username']}:{TOLD['password']}".encode()).decode(),
        prefix="Basic",
        verify_ssl=CONTEXT,
        raise_on_unexpected_status=True,
    )
    main()
