"""Falcon's two kinds of token: bearers for the API (30 minutes), session tokens for opening a feed (about five).

Rules: a new bearer leaves the older ones valid; a session token gates only the opening (Event Streams reference 1.1,
3.7). API clients are id and secret, of a parent or of one of its children; replacing a secret refuses the old one from
then on. A token is one tenant's for as long as it lives: `member_cid` is the child's CID, "" the parent's own.
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
    member_cid: str
    expires: float


class Tokens:
    """The API clients of a tenant and its children, and the tokens that they were given."""

    def __init__(self, clock: Clock, options: Options) -> None:
        self._clock = clock
        self.clients = {options.client_id: options.client_secret}
        self.homes: dict[str, str] = {}  # client id -> CID of the child to which the client belongs
        self.bearers: dict[str, Bearer] = {}
        self._passes: dict[str, Pass] = {}

    def is_client(self, client_id: str, secret: str) -> bool:
        """Whether this pair is good."""
        return bool(client_id) and self.clients.get(client_id) == secret

    def mint_bearer(self, client_id: str, cloud: str, member_cid: str, life: float) -> str:
        """A new bearer."""
        token = "eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9." + secrets.token_urlsafe(96)
        self.bearers[token] = Bearer(client_id, cloud, member_cid, self._clock.now() + life)
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

    def revoke_bearers_of(self, member_cid: str) -> None:
        """Refuse all bearers of this child from now on, or the parent's own where it is ""."""
        for token in [token for token, bearer in list(self.bearers.items()) if bearer.member_cid == member_cid]:
            self.bearers.pop(token, None)

    def revoke_passes_of(self, member_cid: str) -> None:
        """Refuse all session tokens of this child from now on."""
        for token in [token for token, found in list(self._passes.items()) if found.member_cid == member_cid]:
            self._passes.pop(token, None)

    def mint_pass(
        self, app_id: str, partition: str, client_id: str, flat: bool, member_cid: str, life: float
    ) -> tuple[str, float]:
        """A new session token and when it expires."""
        token = secrets.token_urlsafe(45).replace("-", "+").replace("_", "/") + "=="
        expires = self._clock.now() + life
        self._passes[token] = Pass(app_id, partition, client_id, flat, member_cid, expires)
        return token, expires

    def admit(self, token: str, app_id: str, partition: str) -> Optional[Pass]:
        """The pass, where it opens this feed now."""
        found = self._passes.get(token)
        if found is None or found.expires <= self._clock.now():
            return None
        return found if (found.app_id, found.partition) == (app_id, partition) else None

    def holder(self, token: str) -> Optional[str]:
        """Whose token this is or was, of either kind: a child's CID, "" the parent's own, None nobody's."""
        found = self._passes.get(token) or self.bearers.get(token)
        return None if found is None else found.member_cid
