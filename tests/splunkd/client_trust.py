"""What a client of the stand-in trusts: its CA, and any name, for the shipped certificate names no host."""

from __future__ import annotations

import ssl
from typing import Any

import requests
from requests.adapters import HTTPAdapter


def client_trust(ca_file: str) -> ssl.SSLContext:
    """A context that verifies signature and validity, as Splunk's own clients do."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.load_verify_locations(cafile=ca_file)
    return context


def client_session(ca_file: str) -> requests.Session:
    """A session of requests that trusts likewise."""
    session = requests.Session()
    session.mount("https://", _Adapter(client_trust(ca_file)))
    return session


class _Adapter(HTTPAdapter):
    def __init__(self, trust: ssl.SSLContext) -> None:
        self._trust = trust
        super().__init__()

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs, ssl_context=self._trust, assert_hostname=False)  # type: ignore[no-untyped-call]
