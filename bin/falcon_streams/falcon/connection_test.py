"""The connection test of an API client: a token and one discovery, without a feed, so that an admin learns at once what
would fail later. A page makes it whole; the doctor makes it step by step.

Rules: the app id is made up for each test, so the test takes no input's streams. Every failure is a sentence that names
the hop and the remedy. The test revokes its bearer. It judges a discovery as an input does.
"""

from __future__ import annotations

import secrets
import string

from falcon_streams.core.account import Credentials
from falcon_streams.core.clouds import Origin, cloud_at
from falcon_streams.core.discovery import Discovery
from falcon_streams.errors import Retryable
from falcon_streams.falcon.auth import Bearers
from falcon_streams.falcon.event_streams import EventStreams, EventStreamsInput
from falcon_streams.falcon.transport import Transport
from falcon_streams.ports import Clock

_LETTERS = string.ascii_lowercase + string.digits


class ConnectionTest:
    """One test, in its steps. Each raises Retryable with one sentence."""

    def __init__(self, transport: Transport, clock: Clock, origin: Origin, credentials: Credentials) -> None:
        self._clock = clock
        self._origin = origin
        self._bearers = Bearers(transport, clock, origin, credentials)
        self._streams = EventStreams(transport, self._bearers)

    def get_token(self) -> None:
        """Ask for a token, and whether the API client lives where the account says."""
        self._bearers.current()
        home = self._bearers.origin.api_host
        if home != self._origin.api_host:
            raise Retryable(f"this API client lives in {cloud_at(home)}. Choose cloud = {cloud_at(home)}")

    def discover(self, app_id: str) -> Discovery:
        """The streams that Falcon offers to an app id; none if another reader has it."""
        discovery = EventStreamsInput(self._streams, self._bearers, self._clock, app_id, "json").discover()
        if discovery.refusals:
            raise Retryable(discovery.refusals[0])
        return discovery

    def require_streams(self) -> Discovery:
        """The streams that Falcon offers to an app id that nobody uses."""
        # Falcon sees this prefix, so it stays as former versions had it
        discovery = self.discover("trial" + "".join(secrets.choice(_LETTERS) for _ in range(16)))
        if not discovery.streams:
            raise Retryable(
                f"{self._origin.api_host} offers this API client no event stream. Have event streams enabled for the "
                "tenant"
            )
        return discovery

    def end(self) -> None:
        """Give the token back."""
        self._bearers.revoke()


def check_client(transport: Transport, clock: Clock, origin: Origin, credentials: Credentials) -> None:
    """Ask Falcon as an input does. Raises Retryable with one sentence."""
    test = ConnectionTest(transport, clock, origin, credentials)
    try:
        test.get_token()
        test.require_streams()
    finally:
        test.end()
