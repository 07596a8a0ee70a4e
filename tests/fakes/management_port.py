"""splunkd's management port in memory: confs, secrets, and inputs behind the SDK's handler, and a list of the calls.

It answers what the pages' endpoints ask, and no more. The stand-in (`tests/splunkd`) shows how splunkd answers.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from io import BytesIO
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from splunklib import binding

APP = "TA_falcon_event_streams"


class ManagementPort:
    """Takes the place of `binding.handler`. `asked` has each request as method and path; whatever is `refused` may be
    read and not written."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.writable = True
        self.refused: set[str] = set()
        self.capabilities = ["edit_storage_passwords", "list_inputs"]
        self.things: dict[str, dict[str, str]] = {}

    def handler(self, **options: Any) -> Any:
        """A handler of the SDK, which calls it with a URL and a message."""
        return self._answer

    def _answer(self, url: str, message: Mapping[str, Any]) -> dict[str, Any]:
        path = unquote(urlsplit(url).path).replace(f"/servicesNS/nobody/{APP}/", "").replace("/services/", "")
        self.asked.append(f"{message['method']} {path}")
        form = dict(parse_qsl(_text(message.get("body", "")), keep_blank_values=True))
        form.pop("output_mode", None)
        if path in self.refused and message["method"] != "GET":
            status, entries = 403, []
        else:
            status, entries = getattr(self, f"_{message['method'].lower()}")(path, form)
        tree = {"entry": entries, "messages": []}
        body = binding.ResponseReader(BytesIO(json.dumps(tree).encode()))
        return {"status": status, "reason": "", "headers": [], "body": body}

    def _get(self, path: str, form: Mapping[str, str]) -> tuple[int, list[dict[str, Any]]]:
        if path == "authentication/current-context":
            return 200, [{"content": {"capabilities": self.capabilities}}]
        if path == f"apps/local/{APP}":
            return 200, [self._entry(path, {})]
        if path in self.things:
            return 200, [self._entry(path, self.things[path])]
        below = [self._entry(name, each) for name, each in self.things.items() if name.startswith(f"{path}/")]
        return (200, below) if path.rpartition("/")[0] in ("configs", "storage", "data", "data/inputs") else (404, [])

    def _post(self, path: str, form: dict[str, str]) -> tuple[int, list[dict[str, Any]]]:
        action = path.rpartition("/")[2]
        if action in ("enable", "disable"):
            self.things[path[: -len(action) - 1]]["disabled"] = str(int(action == "disable"))
            return 200, []
        if path.startswith("properties/"):
            path = path.replace("properties/", "configs/conf-", 1)
            if path not in self.things:
                return 404, []
        if path in self.things:
            self.things[path].update(_kept(form))
            return 200, []
        if path == "storage/passwords":
            name = f"{path}/{form['realm']}:{form.pop('name')}:"
        elif "name" in form:
            name = f"{path}/{form.pop('name')}"
        else:
            return 404, []
        if name in self.things:
            return 409, []
        self.things[name] = _kept(form)
        return 201, []

    def _delete(self, path: str, form: Mapping[str, str]) -> tuple[int, list[dict[str, Any]]]:
        return (404, []) if self.things.pop(path, None) is None else (200, [])

    def _entry(self, path: str, content: Mapping[str, str]) -> dict[str, Any]:
        return {"name": path.rpartition("/")[2], "content": dict(content), "acl": {"can_write": self.writable}}


def _kept(form: Mapping[str, str]) -> dict[str, str]:
    names = {"password": "clear_password"}
    return {names.get(name, name): value for name, value in form.items()}


def _text(body: Any) -> str:
    return body.decode() if isinstance(body, bytes) else str(body)
