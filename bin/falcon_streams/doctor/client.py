"""One account, from its secret in splunkd to the streams that Falcon offers it.

Rules: the steps are those of an input's start, in its order, with the same transport. They open no feed. The app ID is
made up, so they take no input's streams. The token is given back at the end.
"""

from __future__ import annotations

import socket
from typing import Dict, List, NamedTuple, Optional, Tuple
from urllib.parse import urlsplit

from falcon_streams.core.account import Proxy
from falcon_streams.core.answer import Answer
from falcon_streams.core.certificate import chain_text
from falcon_streams.core.clouds import cloud_at
from falcon_streams.core.text import tidy
from falcon_streams.doctor.finding import Outcome, Said, shortened
from falcon_streams.errors import Fatal, Retryable, Undecipherable
from falcon_streams.falcon.connection_test import ConnectionTest
from falcon_streams.falcon.transport import Transport
from falcon_streams.ports import Clock
from falcon_streams.splunk.accounts import Account, read_account
from falcon_streams.splunk.splunkd import Splunkd

CONNECT_SECONDS = 5.0
TOLERATED_SKEW = 60.0  # seconds; an answer takes some of them, and lag_s is off by the rest


class _Known(NamedTuple):
    """What the first check has read."""

    account: Account
    transport: _DatedTransport
    test: ConnectionTest


class Client:
    """One account under examination. Each check asks only after the one before it was ok."""

    def __init__(self, splunkd: Splunkd, clock: Clock, name: str) -> None:
        self.name = name
        self.partitions: List[str] = []
        self._feeds: Dict[str, str] = {}
        self._splunkd = splunkd
        self._clock = clock
        self._read: Optional[_Known] = None
        self._token_error: Optional[str] = None  # until Falcon has answered; empty if it gave a token

    @property
    def account(self) -> Account:
        """The account, once it is read."""
        return self._known.account

    def check_account(self) -> Outcome:
        """Stanza, proxy, CA bundle, and secret."""
        try:
            account = read_account(self._splunkd, self.name)
            transport = _DatedTransport(self._clock, account.ca_bundle, account.proxy)
        except (Fatal, Undecipherable) as error:
            return Said.ACCOUNT_WRONG.about(sentence=error)
        test = ConnectionTest(transport, self._clock, account.origin, account.credentials)
        self._read = _Known(account, transport, test)
        return Said.ACCOUNT.about(host=account.origin.api_host)

    def check_name(self) -> Outcome:
        """The first hop's name: that of the proxy, otherwise that of Falcon's API."""
        host, port = self._first_hop()
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError):
            return Said.DNS_FAILED.about(host=host)
        addresses = sorted({str(each[4][0]) for each in found})
        return Said.DNS.about(host=host, addresses=shortened(addresses))

    def check_hop(self) -> Outcome:
        """Whether the first hop takes a connection."""
        hop = self._first_hop()
        told = f"{'the proxy ' if self._proxy() else ''}{hop[0]} port {hop[1]}"
        try:
            socket.create_connection(hop, self._clock.real(CONNECT_SECONDS)).close()
        except OSError as error:
            reason = error.strerror or "no answer in time"
            return Said.CONNECT_FAILED.about(hop=told, reason=reason)
        return Said.CONNECTED.about(hop=told)

    def check_tls(self) -> Outcome:
        """TLS up to Falcon's API, and the chain that it shows."""
        try:
            found = self._known.transport.connect(self.account.origin.base_url, CONNECT_SECONDS)
        except Retryable as error:
            return Said.TLS_FAILED.about(sentence=error)
        return Said.TLS.about(protocol=found.protocol, chain=chain_text(found.chain))

    def check_clock(self) -> Outcome:
        """This machine's clock against the date of the answer to the token request."""
        try:
            self._known.test.get_token()
            self._token_error = ""
        except Retryable as error:
            self._token_error = str(error)
        served_at = self._known.transport.served_at
        if served_at is None:
            return Said.CLOCK_UNTOLD.about()
        skew = self._clock.now() - served_at
        if abs(skew) > TOLERATED_SKEW:
            return Said.CLOCK_OFF.about(skew=f"{abs(skew):.0f}", way="ahead of" if skew > 0 else "behind")
        return Said.CLOCK.about(skew=f"{abs(skew):.0f}")

    def check_token(self) -> Outcome:
        """What came of the token request."""
        if self._token_error is None:
            return Said.TOKEN_REFUSED.about(sentence="It has not answered. Check the network, or set a proxy")
        if self._token_error:
            return Said.TOKEN_REFUSED.about(sentence=self._token_error)
        return Said.TOKEN.about(cloud=cloud_at(self.account.origin.api_host))

    def check_streams(self) -> Outcome:
        """The scope, and the streams."""
        try:
            streams = self._known.test.require_streams().streams
        except Retryable as error:
            return Said.STREAMS_REFUSED.about(sentence=error)
        self.partitions = sorted(each.partition for each in streams)
        self._feeds = {urlsplit(each.feed_url).netloc: each.feed_url for each in streams}
        return Said.STREAMS.about(names=shortened(self.partitions))

    def check_feed_hosts(self) -> Outcome:
        """TLS up to the hosts of the feeds, which are others than the API's."""
        told: List[str] = []
        for netloc, url in sorted(self._feeds.items()):
            try:
                found = self._known.transport.connect(url, CONNECT_SECONDS)
            except Retryable as error:
                return Said.FEED_HOST_FAILED.about(sentence=error)
            told.append(f"{tidy(netloc)} speaks {found.protocol}, certificates: {chain_text(found.chain)}")
        return Said.FEED_HOSTS.about(hosts="; ".join(told))

    def offers_to(self, app_id: str) -> bool:
        """Whether Falcon offers streams to an app ID now. Raises Retryable."""
        return bool(self._known.test.discover(app_id).streams)

    def end(self) -> None:
        """Give the token back."""
        if self._read is not None:
            self._read.test.end()

    @property
    def _known(self) -> _Known:
        if self._read is None:
            raise Retryable("the account has not been read")
        return self._read

    def _first_hop(self) -> Tuple[str, int]:
        proxy = self._proxy()
        if proxy is not None:
            return proxy.host.strip("[]"), proxy.port
        return self.account.origin.api_host, urlsplit(self.account.origin.base_url).port or 443

    def _proxy(self) -> Optional[Proxy]:
        proxy = self.account.proxy
        return proxy if proxy is not None and proxy.url_for(self.account.origin.api_host) else None


class _DatedTransport(Transport):
    """A transport that keeps the date of the last answer that had one."""

    served_at: Optional[float] = None

    def send(self, *arguments: object, **options: object) -> Answer:
        """See `Transport`."""
        answer = super().send(*arguments, **options)  # type: ignore[arg-type]
        self.served_at = answer.served_at or self.served_at
        return answer
