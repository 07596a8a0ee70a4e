"""The tenant: API clients, tokens of both kinds, partitions, and who is connected to what.

Rules: one lock over everything that is decided here; times are emulated epoch seconds. (app id, partition) is
exclusive: a connection that said goodbye (FIN) frees it after `linger`, one that broke off or fell silent after `lock`
(reference 2.4). What happened is recorded: requests without secrets, violations of exclusiveness.
"""

from __future__ import annotations

import secrets
import threading
from typing import Any, Dict, List, NamedTuple, Optional, Tuple

from tests.emulator.authority import CLOUDS
from tests.emulator.clock import EmulatedClock
from tests.emulator.faults import Faults
from tests.emulator.partition import Partition


class Bearer(NamedTuple):
    """An OAuth2 token."""

    client_id: str
    cloud: str
    expires: float
    member_cid: str


class Lease(NamedTuple):
    """A session token: it opens one partition's feed until it expires."""

    app_id: str
    partition: str
    expires: float
    client_id: str


class Connection:
    """One open feed, or the shadow it leaves on its (app id, partition)."""

    def __init__(self, opened: float) -> None:
        self.refreshed = self.opened = opened
        self.free_at: Optional[float] = None
        self.cut = threading.Event()


class Tenant:
    """One Falcon tenant."""

    def __init__(self, clock: EmulatedClock, options: Any) -> None:
        self.clock = clock
        self.options = options
        self.faults = Faults()
        self.client_id = options.client_id
        self.client_secret = options.client_secret
        self.customer = options.customer
        self.partitions: Dict[str, Partition] = {}
        self.bearers: Dict[str, Bearer] = {}
        self.leases: Dict[str, Lease] = {}
        self.connections: Dict[Tuple[str, str], Connection] = {}
        self.requests: List[Dict[str, Any]] = []
        self.violations: List[str] = []
        self.lock = threading.RLock()

    def add_partition(self, name: str, first_offset: int = 0) -> Partition:
        """A new, empty partition."""
        with self.lock:
            partition = self.partitions[name] = Partition(name, first_offset)
            return partition

    # -- tokens ----------------------------------------------------------------------------------------------------

    def issue_bearer(self, cloud: str, member_cid: str = "") -> str:
        """A new bearer for the tenant's client."""
        token = secrets.token_urlsafe(40)
        with self.lock:
            expires = self.clock.now() + self.options.token_life
            self.bearers[token] = Bearer(self.client_id, cloud, expires, member_cid)
        return token

    def has_member(self, member_cid: str | None) -> bool:
        """Whether a token may be locked to this child; None for a token of the whole tenant."""
        return member_cid is None or member_cid == self.options.member_cid

    def bearer_ok(self, authorization: str, cloud: str) -> bool:
        """Whether this is a bearer of ours that is good now, at this cloud."""
        kind, _, token = authorization.partition(" ")
        bearer = self.bearers.get(token)
        return kind == "Bearer" and bearer is not None and bearer.expires > self.clock.now() and bearer.cloud == cloud

    def home(self, cloud: str) -> str:
        """The cloud that serves this tenant when it is asked at that one: its home, where it has one."""
        return str(self.options.home_cloud) if self.options.home_cloud in CLOUDS else cloud

    # -- feeds -----------------------------------------------------------------------------------------------------

    def offered(self, app_id: str) -> List[Partition]:
        """The partitions that a discovery shows to this app id now."""
        with self.lock:
            free = [part for part in self.partitions.values() if not self.is_taken(app_id, part.name)]
            if self.options.siblings == "all":
                return list(self.partitions.values())
            if self.options.siblings == "null" and len(free) < len(self.partitions):
                return []
            return free

    def is_taken(self, app_id: str, partition: str) -> bool:
        """Whether a connection, or the shadow of one, holds this app id and partition."""
        connection = self.connections.get((app_id, partition))
        return connection is not None and (connection.free_at is None or connection.free_at > self.clock.now())

    def issue_lease(self, app_id: str, partition: str) -> Tuple[str, float]:
        """A session token and when it expires."""
        token = secrets.token_urlsafe(30) + "=="
        expires = self.clock.now() + self.options.session_token_life
        with self.lock:
            self.leases[token] = Lease(app_id, partition, expires, self.client_id)
        return token, expires

    def open_feed(self, authorization: str, partition: str, app_id: str) -> Optional[Connection]:
        """The connection that this token opens, None where it opens none."""
        kind, _, token = authorization.partition(" ")
        with self.lock:
            lease = self.leases.get(token)
            if kind != "Token" or lease is None or (lease.app_id, lease.partition) != (app_id, partition):
                return None
            if lease.expires <= self.clock.now():
                return None
            holder = self.connections.get((app_id, partition))
            if holder is not None and holder.free_at is None:
                self.violations.append(f"second feed on app id {app_id}, partition {partition}")
                if not self.options.takeover:
                    return None
                holder.cut.set()
            elif self.is_taken(app_id, partition):
                return None
            connection = self.connections[(app_id, partition)] = Connection(self.clock.now())
            return connection

    def close_feed(self, app_id: str, partition: str, connection: Connection, orderly: bool) -> None:
        """The connection is over; its shadow stays for a while."""
        with self.lock:
            shadow = self.options.linger if orderly else self.options.lock
            connection.free_at = self.clock.now() + shadow

    def refresh(self, app_id: str, partition: str) -> bool:
        """Renew the session of a live connection; False where there is none."""
        with self.lock:
            connection = self.connections.get((app_id, partition))
            if connection is None or connection.free_at is not None:
                return False
            connection.refreshed = self.clock.now()
            return True

    def record(self, **request: Any) -> None:
        """Keep what a client asked; secrets are left out by the caller."""
        with self.lock:
            self.requests.append({"at": self.clock.now(), **request})
