"""The pages' endpoints with splunkd's management port in memory, for tests of what one form does."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any

import pytest
from splunklib import binding

from falcon_streams.pages.account_collection import Accounts
from falcon_streams.pages.input_collection import Inputs
from falcon_streams.pages.rest import Endpoints
from falcon_streams.pages.settings_collection import AddonSettings
from tests.fakes.clock import FakeClock
from tests.fakes.management_port import ManagementPort

ACCOUNT = "configs/conf-falcon_event_streams_account"
SETTINGS = "configs/conf-falcon_event_streams_settings"
CLIENT = {"cloud": "us-1", "client_id": "1" * 32, "client_secret": "s" * 40}
PROXY = {"enabled": "1", "host": "proxy.example", "port": "3128", "username": "u", "password": "p"}


class FormScene:
    """Accounts `prod` and `via`, which uses the proxy `lab`, and the input `main`. The connection test and the lock
    leave a line among the calls; `meanwhile` runs while a form that was checked waits for the lock."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.port = ManagementPort()
        self.meanwhile: Callable[[], object] = lambda: None
        monkeypatch.setattr(binding, "handler", self.port.handler)
        self._endpoints = Endpoints(
            {
                "account": lambda splunkd: Accounts(splunkd, lambda account: self.port.asked.append("connection test")),
                "settings": AddonSettings,
                "input": lambda splunkd: Inputs(splunkd, FakeClock(), folder),
            },
            self,
        )
        for name in ("logging", "checkpoint", "proxy"):
            self.port.things[f"{SETTINGS}/{name}"] = {}
        for path, form in (
            ("account", {"name": "prod", **CLIENT}),
            ("settings", {"name": "proxy:lab", **PROXY}),
            ("account", {"name": "via", "proxy": "lab", **CLIENT}),
            ("input", {"name": "main", "account": "prod", "app_id": "main"}),
        ):
            assert self.send("POST", path, **form)[0] == 201

    def __enter__(self) -> None:
        self.port.asked.append("lock")
        self.meanwhile()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        pass

    def send(self, method: str, path: str, /, **form: str) -> tuple[int, str]:
        """The status and the text of an answer; `port.asked` has what this request asked for."""
        self.port.asked.clear()
        document: dict[str, Any] = {
            "method": method,
            "rest_path": path,
            "form": list(form.items()),
            "session": {"authtoken": "k"},
            "server": {"rest_uri": "https://127.0.0.1:8089"},
        }
        answer = self._endpoints.answer(json.dumps(document))
        return answer["status"], answer["payload"]

    def writes(self) -> list[str]:
        """The calls of the last request that change something."""
        return [call for call in self.port.asked if call.startswith(("POST ", "DELETE "))]
