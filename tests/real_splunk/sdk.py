"""Searches by Splunk's official SDK, as the containers' adapter uses it.

Rules: a search runs over all time, to its end, and its rows come whole. Other requests do not go this way: the SDK
reads every refusal as XML, and our endpoints answer in JSON.
"""

from __future__ import annotations

import json
import ssl
from typing import Any

from splunklib import client

from tests.real_splunk.instance import APP, Row


def connect(port: int, username: str, password: str, context: ssl.SSLContext) -> Any:
    """A logged-in service in the app's namespace, on 127.0.0.1."""
    return client.connect(
        host="127.0.0.1", port=port, username=username, password=password,
        owner="nobody", app=APP, verify=True, context=context,
    )  # fmt: skip


def search(service: Any, text: str) -> list[Row]:
    """The rows of a search; a text that begins with no command is one for `search`."""
    words = text if text.startswith(("search ", "|")) else f"search {text}"
    job = service.jobs.create(words, exec_mode="blocking", output_mode="json", earliest_time="0")
    try:
        rows: list[Row] = json.loads(job.results(output_mode="json", count=0).read())["results"]
        return rows
    finally:
        job.cancel()
