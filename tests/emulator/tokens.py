"""Falcon's two kinds of token: bearers for the API (30 minutes), session tokens for opening a feed (about five).

Rules: a new bearer leaves the older ones valid; a session token gates only the opening (Event Streams reference 1.1,
3.7). API clients are id and secret; replacing a secret refuses the old one from then on.
"""

from __future__ import annotations

import secrets
from typing import NamedTuple, Optional

from tests.emulator.clock import Clock
from tests.emulator.clouds import LOCAL
from tests.emulator.options import Options


class Bearer(NamedTuple):
    """What a bearer stands for."""

    client_id: str
    cloud: str
    member_cid: str
    expires: float


class Pass(NamedTuple):
    """What a session token opens, and until when."""

    app_id: str
    partition: str
    client_id: str
    flat: bool
    expires: float


class Tokens:
    """The API clients of a tenant and the tokens that they were given."""

    def __init__(self, clock: Clock, options: Options) -> None:
        self._clock = clock
        self._options = options
        self.clients = {options.client_id: options.client_secret}
        self.bearers: dict[str, Bearer] = {}
        self._passes: dict[str, Pass] = {}

    def is_client(self, client_id: str, secret: str) -> bool:
        """Whether this pair is good."""
        return bool(client_id) and self.clients.get(client_id) == secret

    def mint_bearer(self, client_id: str, cloud: str, member_cid: str) -> str:
        """A new bearer."""
        token = "eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9." + secrets.token_urlsafe(96)
        expires = self._clock.now() + self._options.token_life
        self.bearers[token] = Bearer(client_id, cloud, member_cid, expires)
        return token

    def bearer(self, token: str, cloud: str) -> Optional[Bearer]:
        """The bearer, where it is good at this cloud now."""
        bearer = self.bearers.get(token)
        if bearer is None or bearer.expires <= self._clock.now() or bearer.client_id not in self.clients:
            return None
        return bearer if cloud == LOCAL or bearer.cloud in (LOCAL, cloud) else None

    def revoke(self, token: Optional[str] = None) -> None:
        """Refuse this bearer from now on, or all."""
        for each in [token] if token is not None else list(self.bearers):
            self.bearers.pop(each, None)

    def mint_pass(self, app_id: str, partition: str, client_id: str, flat: bool) -> tuple[str, float]:
        """A new session token and when it expires."""
        token = secrets.token_urlsafe(45).replace("-", "+").replace("_", "/") + "=="
        expires = self._clock.now() + self._options.session_token_life
        self._passes[token] = Pass(app_id, partition, client_id, flat, expires)
        return token, expires

    def admit(self, token: str, app_id: str, partition: str) -> Optional[Pass]:
        """The pass, where it opens this feed now."""
        found = self._passes.get(token)
        if found is None or found.expires <= self._clock.now():
            return None
        return found if (found.app_id, found.partition) == (app_id, partition) else None
