"""The connection test of an API client: a token and one discovery, without a feed, so that an admin learns at once what
would fail later.

Rules: the app id is made up for each test, so the test takes no input's streams. Every failure is a sentence that names
the hop and the remedy. The test revokes its bearer. It judges a discovery as an input does.
"""

from __future__ import annotations

import secrets
import string

from falcon_streams.core.account import Credentials
from falcon_streams.core.clouds import Origin, cloud_at
from falcon_streams.errors import Retryable
from falcon_streams.falcon.auth import Bearers
from falcon_streams.falcon.event_streams import EventStreams, EventStreamsInput
from falcon_streams.falcon.transport import Transport
from falcon_streams.ports import Clock

_LETTERS = string.ascii_lowercase + string.digits


def check_client(transport: Transport, clock: Clock, origin: Origin, credentials: Credentials) -> None:
    """Ask Falcon as an input does. Raises Retryable with one sentence."""
    bearers = Bearers(transport, clock, origin, credentials)
    # Falcon sees this prefix, so it stays as former versions had it
    app_id = "trial" + "".join(secrets.choice(_LETTERS) for _ in range(16))
    streams = EventStreamsInput(EventStreams(transport, bearers), bearers, clock, app_id, "json")
    try:
        discovery = streams.discover()
        home = bearers.origin
    finally:
        streams.revoke()
    if home.api_host != origin.api_host:
        raise Retryable(f"this API client lives in {cloud_at(home.api_host)}. Choose cloud = {cloud_at(home.api_host)}")
    if discovery.refusals:
        raise Retryable(discovery.refusals[0])
    if not discovery.streams:
        raise Retryable(
            f"{origin.api_host} offers this API client no event stream. Have event streams enabled for the tenant"
        )
