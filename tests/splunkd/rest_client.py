"""A small REST client for whoever drives a stand-in from another process. Verifies the stand-in's
certificate, except for its name."""

from __future__ import annotations

import http.client
import json
from typing import Any, NamedTuple
from urllib.parse import quote, urlencode, urlsplit

from tests.splunkd.client_trust import client_trust


class RestRefused(Exception):
    """An answer that is no success."""

    def __init__(self, status: int, messages: list[dict[str, str]]) -> None:
        super().__init__(f"{status}: {'; '.join(message.get('text', '') for message in messages)}")
        self.status = status
        self.messages = messages

    @property
    def text(self) -> str:
        return "; ".join(message.get("text", "") for message in self.messages)


class Reply(NamedTuple):
    """Any answer."""

    status: int
    body: Any


class RestClient:
    """One connection per call; logs in when first needed."""

    def __init__(self, uri: str, ca_file: str, username: str, password: str, timeout: float = 60.0) -> None:
        parts = urlsplit(uri)
        self._host, self._port = parts.hostname or "", parts.port or 0
        self._context = client_trust(ca_file)
        self._username, self._password = username, password
        self._timeout = timeout
        self._key: str | None = None

    @property
    def session_key(self) -> str:
        if self._key is None:
            reply = self._send(
                "POST", "/services/auth/login", {"username": self._username, "password": self._password}, None
            )
            if reply.status != 200:
                raise RestRefused(reply.status, reply.body.get("messages", []))
            self._key = reply.body["sessionKey"]
        return self._key

    def request(self, method: str, path: str, /, **fields: Any) -> Reply:
        """`path` as it stands on the wire; fields go into the query of a GET or DELETE, else into the form."""
        return self._send(method, path, fields, self.session_key)

    def demand(self, method: str, path: str, /, **fields: Any) -> Any:
        """The body of a success."""
        return _body(self.request(method, path, **fields))

    def send_json(self, method: str, path: str, value: Any) -> Any:
        """The body of a success, where JSON goes in, as to the KV store."""
        return _body(self._exchange(method, path, json.dumps(value), "application/json", self.session_key))

    def _send(self, method: str, path: str, fields: dict[str, Any], key: str | None) -> Reply:
        form = urlencode({"output_mode": "json", **{name: _text(value) for name, value in fields.items()}})
        if method in ("GET", "DELETE"):
            return self._exchange(method, f"{path}?{form}", None, "", key)
        return self._exchange(method, path, form, "application/x-www-form-urlencoded", key)

    def _exchange(self, method: str, path: str, sent: str | None, content_type: str, key: str | None) -> Reply:
        headers = {"Connection": "close", "Content-Type": content_type}
        if key is not None:
            headers["Authorization"] = f"Splunk {key}"
        connection = http.client.HTTPSConnection(self._host, self._port, timeout=self._timeout, context=self._context)
        try:
            connection.request(method, path, sent, headers)
            response = connection.getresponse()
            body = response.read()
        finally:
            connection.close()
        try:
            return Reply(response.status, json.loads(body))
        except ValueError:
            return Reply(response.status, body)


def segment(text: str) -> str:
    """A name as one segment of a path."""
    return quote(text, safe="")


def _body(reply: Reply) -> Any:
    if reply.status >= 400:
        raise RestRefused(reply.status, reply.body.get("messages", []) if isinstance(reply.body, dict) else [])
    return reply.body


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "1" if value else "0"
    return str(value)
