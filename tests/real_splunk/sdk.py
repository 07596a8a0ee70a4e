"""REST and searches by Splunk's official SDK, as the containers' adapter uses it.

Rules: a refusal is an answer, no exception. A search runs over all time, to its end, and its rows come whole.
"""

from __future__ import annotations

import json
import ssl
from typing import Any

from splunklib import binding, client

from tests.real_splunk.instance import APP, Row
from tests.splunkd.rest_client import Reply


def connect(port: int, username: str, password: str, context: ssl.SSLContext) -> Any:
    """A logged-in service in the app's namespace, on 127.0.0.1."""
    return client.connect(
        host="127.0.0.1", port=port, username=username, password=password,
        owner="nobody", app=APP, verify=True, context=context,
    )  # fmt: skip


def request(service: Any, method: str, path: str, /, **fields: Any) -> Reply:
    """One request in the app's namespace; fields go into the query of a GET or DELETE, else into the form."""
    send = {"GET": service.get, "POST": service.post, "DELETE": service.delete}[method]
    try:
        answer = send(f"/servicesNS/nobody/{APP}/{path}", output_mode="json", **fields)
        return Reply(answer.status, _tree(answer.body.read()))
    except binding.HTTPError as error:
        return Reply(error.status, _tree(error.body))


def search(service: Any, text: str) -> list[Row]:
    """The rows of a search; a text that begins with no command is one for `search`."""
    words = text if text.startswith(("search ", "|")) else f"search {text}"
    job = service.jobs.create(words, exec_mode="blocking", earliest_time="0")
    try:
        rows: list[Row] = json.loads(job.results(output_mode="json", count=0).read())["results"]
        return rows
    finally:
        job.cancel()


def _tree(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return body
