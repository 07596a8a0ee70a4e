"""The emulator as one object: its servers, its tenant, and what a test may do to it."""

from __future__ import annotations

import secrets
import tempfile
import threading
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Dict, List, Optional, Tuple, Type

from tests.emulator import events
from tests.emulator.api import ApiExchange
from tests.emulator.authority import Authority
from tests.emulator.clock import EmulatedClock
from tests.emulator.control import ControlExchange
from tests.emulator.firehose import FeedExchange
from tests.emulator.proxy import ProxyExchange
from tests.emulator.server import Server
from tests.emulator.tenant import Tenant


@dataclass
class Options:
    """What can be set; times in emulated seconds. Defaults are the reference's (section 8)."""

    partitions: int = 1
    seed: int = 1
    preload: int = 0
    rate: float = 0.0
    events: Optional[str] = None
    time_scale: float = 1.0
    client_id: str = "1111222233334444555566667777aaaa"
    client_secret: str = field(default_factory=lambda: secrets.token_hex(20))
    member_cid: str = ""
    customer: str = "0a1b2c3d4e5f60718293a4b5c6d7e8f9"
    home_cloud: str = ""
    first_offset: int = 0
    token_life: float = 1799.0
    session_token_life: float = 300.0
    session_life: float = 1800.0
    longest_session: float = 0.0
    refresh_interval: float = 1800
    heartbeat: float = 5.0
    linger: float = 1.0
    lock: float = 60.0
    siblings: str = "free"
    empty: str = "null"
    errors: str = "empty"
    cut: str = "abort"
    takeover: bool = False
    audit: bool = False
    chunk_bytes: int = 16384
    separator: str = "."
    date_skew: float = 0.0
    api_port: int = 0
    feed_port: int = 0
    control_port: int = 0
    proxy_port: int = 0
    proxy_login: Optional[Tuple[str, str]] = None
    folder: Optional[str] = None
    resource_override: Dict[str, Dict[str, Any]] = field(default_factory=dict)


class Emulator:
    """Falcon's API, firehose, control endpoint and proxy on loopback; a context manager."""

    def __init__(self, clock: Optional[EmulatedClock] = None, **options: Any) -> None:
        self.options = Options(**options)
        self.clock = clock or EmulatedClock(self.options.time_scale)
        self.tenant = Tenant(self.clock, self.options)
        self._folder: Optional[tempfile.TemporaryDirectory[str]] = None
        self._servers: List[Server] = []
        self._stopping = threading.Event()
        self._generator: Optional[threading.Thread] = None

    def start(self) -> Emulator:
        """Fill the partitions, open the ports."""
        options = self.options
        for number in range(options.partitions):
            self.tenant.add_partition(str(number), options.first_offset)
        if options.events:
            self._replay(Path(options.events))
        if options.preload:
            self.generate(count=options.preload)
        if options.folder is None:
            self._folder = tempfile.TemporaryDirectory(prefix="falcon-emulator-")
        authority = Authority(Path(options.folder or self._folder.name if self._folder else str(options.folder)))
        self.ca_file = str(authority.ca_file)
        feed = self._serve(FeedExchange, options.feed_port, authority, tenant=self.tenant)
        api = self._serve(ApiExchange, options.api_port, authority, tenant=self.tenant, feed_port=feed.port)
        control = self._serve(ControlExchange, options.control_port, None, emulator=self)
        self._targets: List[str] = []
        proxy = self._serve(
            ProxyExchange,
            options.proxy_port,
            None,
            api_port=api.port,
            feed_port=feed.port,
            login=options.proxy_login,
            targets=self._targets,
        )
        self.api_url, self.feed_url = f"https://127.0.0.1:{api.port}", f"https://127.0.0.1:{feed.port}"
        self.control_url, self.proxy_url = f"http://127.0.0.1:{control.port}", f"http://127.0.0.1:{proxy.port}"
        if options.rate:
            self.set_rate(options.rate)
        return self

    def stop(self) -> None:
        """Close everything."""
        self._stopping.set()
        if self._generator is not None:
            self._generator.join()
        for server in self._servers:
            server.stop()
        if self._folder is not None:
            self._folder.cleanup()

    def __enter__(self) -> Emulator:
        return self.start()

    def __exit__(
        self, kind: Optional[Type[BaseException]], error: Optional[BaseException], trace: Optional[TracebackType]
    ) -> None:
        self.stop()

    def address(self) -> Dict[str, Any]:
        """What a client has to know."""
        return {
            "api": self.api_url,
            "feed": self.feed_url,
            "control": self.control_url,
            "proxy": self.proxy_url,
            "ca_file": self.ca_file,
            "client_id": self.tenant.client_id,
            "client_secret": self.tenant.client_secret,
        }

    # -- what a test may do ----------------------------------------------------------------------------------------

    def add_faults(self, steps: List[Dict[str, Any]]) -> None:
        """Script faults; see `faults`."""
        self.tenant.faults.add(*steps)

    def clear_faults(self) -> None:
        """Forget the scripted faults."""
        self.tenant.faults.clear()

    def publish_lines(self, partition: str, lines: List[str]) -> None:
        """Append lines as they are; latin-1 text stands for bytes."""
        self.tenant.partitions[partition].publish(line.encode("latin-1") for line in lines)

    def publish(self, partition: str, *lines: bytes) -> None:
        """Append lines as they are."""
        self.tenant.partitions[partition].publish(lines)

    def generate(self, count: int, partition: Optional[str] = None) -> None:
        """Append that many generated events to a partition, or to each."""
        for name in [partition] if partition is not None else list(self.tenant.partitions):
            events.generate(self.tenant, self.tenant.partitions[str(name)], count)

    def ledger(self) -> Dict[str, List[List[object]]]:
        """Per partition what was published, in order: offset, SHA-256, how often it was sent."""
        return {name: partition.ledger() for name, partition in self.tenant.partitions.items()}

    def offsets(self) -> Dict[str, int]:
        """Per partition the next offset."""
        return {name: partition.next_offset for name, partition in self.tenant.partitions.items()}

    def requests(self, kind: Optional[str] = None) -> List[Dict[str, Any]]:
        """What clients asked, without secrets."""
        return [request for request in list(self.tenant.requests) if kind in (None, request["kind"])]

    def violations(self) -> List[str]:
        """Attempts at a second feed on one (app id, partition)."""
        return list(self.tenant.violations)

    def connections(self) -> List[List[str]]:
        """The live feeds as [app id, partition]."""
        held = list(self.tenant.connections.items())
        return [[app_id, partition] for (app_id, partition), each in held if each.free_at is None]

    def add_partition(self, partition: str, first_offset: int = 0) -> None:
        """A partition appears."""
        self.tenant.add_partition(partition, first_offset)

    def remove_partition(self, partition: str) -> None:
        """A partition is no longer offered; its feed is cut."""
        with self.tenant.lock:
            self.tenant.partitions.pop(partition)
        self.drop_feeds(partition)

    def reset_partition(self, partition: str, first_offset: int = 0) -> None:
        """The vendor starts a partition's offsets anew."""
        self.tenant.partitions[partition].reset(first_offset)

    def trim(self, partition: str, keep: int) -> None:
        """Retention: only the newest events stay."""
        log = self.tenant.partitions[partition]
        log.floor = max(0, len(log.entries) - keep)

    def rotate_secret(self, revoke: bool = False) -> str:
        """A new secret; the old one is refused, `revoke` also takes the bearers."""
        self.tenant.client_secret = secrets.token_hex(20)
        if revoke:
            self.revoke_bearers()
        return str(self.tenant.client_secret)

    def revoke_bearers(self) -> None:
        """No bearer is good any more."""
        with self.tenant.lock:
            self.tenant.bearers.clear()

    def become_another_tenant(self, customer: str, client_id: str) -> None:
        """Behind the same address stands another customer, with a client of its own and logs of its own."""
        self.tenant.customer, self.tenant.client_id = customer, client_id
        self.revoke_bearers()
        for partition in self.tenant.partitions.values():
            partition.reset(0)

    def drop_feeds(self, partition: Optional[str] = None) -> None:
        """Cut the open feeds of a partition, or of all, without a word."""
        for (_, name), connection in list(self.tenant.connections.items()):
            if partition in (None, name):
                connection.cut.set()

    def set_option(self, name: str, value: Any) -> None:
        """Change an option at run time."""
        if not hasattr(self.options, name):
            raise ValueError(f"no option {name}")
        setattr(self.options, name, value)

    def skip(self, seconds: float) -> None:
        """Let that much emulated time have passed."""
        self.clock.skip(seconds)

    def proxy_targets(self) -> List[str]:
        """What clients asked the proxy to connect to."""
        return list(self._targets)

    def set_rate(self, rate: float) -> None:
        """Generate that many events a second and partition from now on; 0 for none."""
        self.options.rate = rate
        if self._generator is None:
            self._generator = threading.Thread(target=self._generate_live, daemon=True)
            self._generator.start()

    # -- inside ----------------------------------------------------------------------------------------------------

    def _serve(self, exchange: type, port: int, authority: Optional[Authority], **attributes: Any) -> Server:
        bound = type(exchange.__name__, (exchange,), attributes)
        server = Server(bound, port, authority.server_context() if authority else None)
        server.start()
        self._servers.append(server)
        return server

    def _replay(self, path: Path) -> None:
        lines = path.read_bytes().splitlines()
        names = list(self.tenant.partitions)
        for number, name in enumerate(names):
            self.tenant.partitions[name].publish(lines[number :: len(names)])

    def _generate_live(self) -> None:
        owed = 0.0
        step = 0.05
        while not self._stopping.wait(step):
            owed += self.options.rate * step * self.clock.scale
            if owed >= 1:
                self.generate(int(owed))
                owed -= int(owed)
