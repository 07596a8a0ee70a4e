"""The tenant: what the API, the firehose and the proxy share, and what a test asks about afterwards.

Rules: it decides nothing about the wire. Requests are recorded without a secret: of an Authorization only its kind, of
a form only the names of its fields.
"""

from __future__ import annotations

import threading
import uuid
from email.utils import formatdate
from typing import Any, Callable, Optional

from tests.emulator.clock import Clock
from tests.emulator.clouds import COMMERCIAL, DOMAINS, LOCAL, cloud_of
from tests.emulator.faults import Faults
from tests.emulator.limits import LIMITS, RateLimits, Verdict, wait_headers
from tests.emulator.occupancy import Occupancy
from tests.emulator.options import Options
from tests.emulator.partition import Partition
from tests.emulator.tokens import Bearer, Tokens
from tests.emulator.wire import Request

_SECRET_HEADERS = ("authorization", "proxy-authorization", "cookie")


class Tenant:
    """One Falcon tenant."""

    def __init__(self, clock: Clock, options: Options) -> None:
        self.clock = clock
        self.options = options
        self.tokens = Tokens(clock, options)
        self.occupancy = Occupancy(clock, options)
        self.limits = RateLimits()
        self.faults = Faults()
        self.partitions: dict[str, Partition] = {}
        self.removed: list[Partition] = []
        self.requests: list[dict[str, Any]] = []
        self.proxied: list[str] = []
        self.recorded: Callable[[str, Request, int], None] = lambda kind, request, status: None
        self.stopping = threading.Event()

    @property
    def client_id(self) -> str:
        """The API client's id, the first where there are several."""
        return next(iter(self.tokens.clients))

    @client_id.setter
    def client_id(self, client_id: str) -> None:
        """The client is another from now on, with the same secret."""
        secret = self.client_secret
        self.tokens.clients.clear()
        self.tokens.clients[client_id] = secret

    @property
    def client_secret(self) -> str:
        """Its secret, as it is now."""
        return self.tokens.clients[self.client_id]

    @property
    def bearers(self) -> dict[str, Bearer]:
        """The bearers that were minted and not revoked."""
        return self.tokens.bearers

    def pause(self, seconds: float) -> None:
        """Let that much emulated time pass, unless the emulator is stopped."""
        until = self.clock.now() + seconds
        while self.clock.now() < until and not self.stopping.is_set():
            self.stopping.wait(min(0.05, self.clock.real(until - self.clock.now())))

    def home(self, host: str) -> str:
        """The cloud where the tenant lives, as it looks to a client that speaks to this host."""
        return self.options.home_cloud if self.options.home_cloud in DOMAINS else cloud_of(host)

    def region(self, host: str) -> str:
        """What `X-Cs-Region` names: the home cloud; but a government cloud and the others do not know each other."""
        home, asked = self.home(host), cloud_of(host)
        return home if asked == LOCAL or {home, asked} <= set(COMMERCIAL) else asked

    def offered(self) -> list[Partition]:
        """The partitions, in the order in which they came."""
        return list(self.partitions.values())

    def headers(self, host: str, verdict: Optional[Verdict] = None) -> dict[str, str]:
        """The headers that every answer bears (Event Streams reference 1.4)."""
        limit, remaining, retry_at = verdict or Verdict(LIMITS["customer"], LIMITS["customer"], None)
        headers = {
            "Date": formatdate(self.clock.now() + self.options.date_skew, usegmt=True),
            "X-Cs-Region": self.region(host),
            "X-Cs-Traceid": str(uuid.uuid4()),
            "X-Ratelimit-Limit": str(limit),
            "X-Ratelimit-Remaining": str(remaining),
        }
        if retry_at is not None:
            now = self.clock.now() + self.options.date_skew
            headers.update(wait_headers(self.options.wait_header, retry_at, now))
        return headers

    def record(self, kind: str, request: Request, status: int) -> None:
        """Keep what was asked, and how it was answered."""
        headers = {name.lower(): value for name, value in request.headers.items()}
        for name in _SECRET_HEADERS:
            if name in headers:
                headers[name] = headers[name].partition(" ")[0]
        is_form = request.content_type == "application/x-www-form-urlencoded"
        self.requests.append(
            {
                "at": self.clock.now(),
                "kind": kind,
                "method": request.method,
                "host": request.host,
                "path": request.path,
                "query": request.query,
                "raw_query": request.raw_query,
                "authorization": request.authorization[0],
                "content_type": request.content_type,
                "form": sorted(request.form) if is_form else [],
                "body_bytes": len(request.body),
                "headers": headers,
                "status": status,
            }
        )
        self.recorded(kind, request, status)
