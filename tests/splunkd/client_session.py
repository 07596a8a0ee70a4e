"""A session of requests that trusts as `client_trust` does. A stand-in that starts needs no requests."""

from __future__ import annotations

import ssl
from typing import Any

import requests
from requests.adapters import HTTPAdapter

from tests.splunkd.client_trust import client_trust


def client_session(ca_file: str) -> requests.Session:
    """A session that verifies signature and validity."""
    session = requests.Session()
    session.mount("https://", _Adapter(client_trust(ca_file)))
    return session


class _Adapter(HTTPAdapter):
    def __init__(self, trust: ssl.SSLContext) -> None:
        self._trust = trust
        super().__init__()

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs, ssl_context=self._trust, assert_hostname=False)  # type: ignore[no-untyped-call]
