"""The tenant: what the API, the firehose and the proxy share, and what a test asks about afterwards.

Rules: it decides nothing about the wire. Requests are recorded without a secret: of an Authorization only its kind, of
a form only the names of its fields. A child is a tenant of its own, with streams, feeds and options of its own; tokens,
limits, faults and records are its parent's, because there is one address and one API client for all. A token that
arrives with a call of another tenant's is a crossing, and noted.
"""

from __future__ import annotations

import re
import threading
import uuid
from email.utils import formatdate
from typing import Any, Callable, Optional

from tests.emulator.clock import Clock
from tests.emulator.clouds import COMMERCIAL, DOMAINS, LOCAL, cloud_of
from tests.emulator.faults import Faults
from tests.emulator.limits import LIMITS, RateLimits, Verdict, wait_headers
from tests.emulator.link import Link, mark_of
from tests.emulator.log import Line
from tests.emulator.occupancy import Occupancy
from tests.emulator.options import Options
from tests.emulator.partition import Partition
from tests.emulator.tokens import Bearer, Tokens
from tests.emulator.wire import Request

_SECRET_HEADERS = ("authorization", "proxy-authorization", "cookie")
_OFFSET = re.compile(rb'"offset":\s*\d+')


class Tenant:
    """One Falcon tenant, a parent's child or nobody's."""

    def __init__(self, clock: Clock, options: Options, parent: Optional[Tenant] = None) -> None:
        self.clock = clock
        self.options = options
        self.parent = parent
        self.occupancy = Occupancy(clock, options)
        self.partitions: dict[str, Partition] = {}
        self.removed: list[Partition] = []
        self.children: dict[str, Tenant] = {}  # by CID, those that are no longer listed too
        self.links: dict[str, Link] = {}
        self.recorded: Callable[[Tenant, str, Request, int], None] = lambda tenant, kind, request, status: None
        self.tokens: Tokens = parent.tokens if parent else Tokens(clock, options)
        self.limits: RateLimits = parent.limits if parent else RateLimits()
        self.faults: Faults = parent.faults if parent else Faults()
        self.requests: list[dict[str, Any]] = parent.requests if parent else []
        self.crossings: list[dict[str, Any]] = parent.crossings if parent else []
        self.proxied: list[str] = parent.proxied if parent else []
        if parent is None:
            self.faults.changed = self.wake_feeds
        self.stopping: threading.Event = parent.stopping if parent else threading.Event()

    # -- who is who ------------------------------------------------------------------------------------------------

    @property
    def cid(self) -> str:
        """The tenant's customer id."""
        return self.options.customer

    @property
    def member_cid(self) -> str:
        """What tells its tokens from its family's: its CID where it is a child, "" for the parent's own."""
        return self.cid if self.parent else ""

    @property
    def is_parent(self) -> bool:
        """Whether it has, or had, children."""
        return bool(self.links)

    @property
    def mark(self) -> Optional[str]:
        """What its stream URLs bear, None for nothing."""
        has_family = self.parent is not None or self.is_parent
        return mark_of(self.cid) if has_family and self.options.marked_urls else None

    def listed(self, cid: str) -> bool:
        """Whether this is the CID of a child, written as Falcon has it."""
        return cid in self.links and self.links[cid].listed

    def member(self, member_cid: str) -> Tenant:
        """The child of this CID; itself for any other, of which there is only the one of the option."""
        return self.children.get(member_cid, self)

    def everyone(self) -> list[Tenant]:
        """Itself, then its children, those that are gone too."""
        return [self, *self.children.values()]

    def crosses(self, kind: str, request: Request, holder: Tenant) -> bool:
        """Whether a token of this tenant's came with the URL of another; that is noted. A URL may bear no mark."""
        mark = request.query.get("ref")
        if mark is None or mark == mark_of(holder.cid):
            return False
        owner = next((each.cid for each in self.everyone() if mark_of(each.cid) == mark), "")
        self.note_crossing(kind, request, holder.cid, owner)
        return True

    def note_crossing(self, kind: str, request: Request, token_of: str, call_of: str) -> None:
        """A token of the one came with a call of the other."""
        where = {"kind": kind, "path": request.path, "app_id": request.query.get("appId", "")}
        self.crossings.append({"at": self.clock.now(), "token_of": token_of, "call_of": call_of, **where})

    # -- clients ---------------------------------------------------------------------------------------------------

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

    def wake_feeds(self) -> None:
        """Have every open feed of the family look again: what it goes by has changed."""
        for each in self.everyone():
            for feed in each.occupancy.live():
                feed.bell.ring()

    def offered(self) -> list[Partition]:
        """The partitions, in the order in which they came."""
        return list(self.partitions.values())

    def add_partition(self, name: str, first_offset: int) -> Partition:
        """A new partition; a child's are borne by its parent's streams where the option says so."""
        made = self.partitions[name] = Partition(name, first_offset)
        if self.parent is not None:
            made.mirror = lambda lines, at: self._be_borne(name, lines, at)
        return made

    def _be_borne(self, name: str, lines: list[Line], at: float) -> None:
        parent = self.parent
        if parent is None or not parent.partitions or not self.options.parent_bears_children:
            return
        there = parent.partitions.get(name) or parent.offered()[0]
        there.compose(lambda offset: renumbered(lines, offset), at)

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

    def record(self, kind: str, request: Request, status: int, tenant: str = "") -> None:
        """Keep what was asked with this tenant's token, "" for nobody's, and how it was answered."""
        headers = {name.lower(): value for name, value in request.headers.items()}
        for name in _SECRET_HEADERS:
            if name in headers:
                headers[name] = headers[name].partition(" ")[0]
        is_form = request.content_type == "application/x-www-form-urlencoded"
        self.requests.append(
            {
                "at": self.clock.now(),
                "kind": kind,
                "tenant": tenant,
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
        self.recorded(self.member(tenant), kind, request, status)


def renumbered(lines: list[Line], offset: int) -> list[Line]:
    """The same events in another stream: with offsets of that one, from this on; a line without one as it is."""
    return [
        line if line.offset is None else Line(here, line.event_type, _OFFSET.sub(b'"offset":%d' % here, line.bytes, 1))
        for here, line in enumerate(lines, offset)
    ]
