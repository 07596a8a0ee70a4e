"""The emulator as one object: its servers before one tenant and its children; a context manager whose methods are the
levers.

Rules: everything listens on 127.0.0.1 and is gone when `stop` returns. The time may be handed in; else it is the
world's, `time_scale` times faster.
"""

from __future__ import annotations

import ssl
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Any, Callable, Optional

from tests.emulator.api import Api
from tests.emulator.authority import Authority
from tests.emulator.clock import Clock, EmulatedClock
from tests.emulator.control import Control
from tests.emulator.firehose import Firehose
from tests.emulator.levers import Levers
from tests.emulator.listener import Connection, Listener
from tests.emulator.loop import Loop
from tests.emulator.options import Options
from tests.emulator.proxy import Proxy
from tests.emulator.supply import Supply
from tests.emulator.tenant import Tenant
from tests.emulator.trail import Trail


class Emulator(Levers):
    """Falcon's API and firehose, a proxy before them, a control endpoint beside them."""

    api_url: str
    feed_url: str
    proxy_url: str
    control_url: str
    trap_url: str
    ca_file: str

    def __init__(self, clock: Optional[Clock] = None, **options: Any) -> None:
        """Options are those of `options.Options`."""
        known = Options(**options)
        tenant = Tenant(clock or EmulatedClock(known.time_scale, known.epoch), known)
        super().__init__(tenant, Supply(tenant))
        self._folder: Optional[tempfile.TemporaryDirectory[str]] = None
        self._listeners: list[Listener] = []
        self._loop = Loop(tenant.clock)

    def start(self) -> Emulator:
        """Fill the partitions, open the ports."""
        tenant, options = self.tenant, self.tenant.options
        for number in range(options.partitions):
            self.add_partition(str(number), options.floor)
        self.family.found(options.children)
        self._authority = self._make_authority()
        self.ca_file, context = str(self._authority.ca_file), self._authority.server_context()
        trail = Trail(tenant.cid)
        tenant.recorded = trail.call
        self.supply.start()
        self._loop.start()
        feed = self._feed = self._listen(Firehose(tenant, self._loop, trail.feed).serve, options.feed_port, context)
        api = self._listen(Api(tenant, feed.port).serve, options.api_port, context)
        proxy_context = context if options.proxy_tls else None
        proxy = self._listen(Proxy(tenant, api.port, feed.port).serve, options.proxy_port, proxy_context)
        control = self._listen(Control(self).serve, options.control_port)
        self._trap = self._listen(lambda connection: None, 0)
        self.api_url, self.feed_url = f"https://127.0.0.1:{api.port}", f"https://127.0.0.1:{feed.port}"
        self.proxy_url = f"{'https' if options.proxy_tls else 'http'}://127.0.0.1:{proxy.port}"
        self.control_url, self.trap_url = f"http://127.0.0.1:{control.port}", f"http://127.0.0.1:{self._trap.port}"
        return self

    def stop(self) -> None:
        """End every connection and thread, close every file."""
        self.tenant.stopping.set()
        for listener in self._listeners:
            listener.stop()
        self._loop.stop()
        self.supply.stop()
        for tenant in self.tenant.everyone():
            for partition in [*tenant.offered(), *tenant.removed]:
                partition.close()
        if self._folder is not None:
            self._folder.cleanup()

    def address(self) -> dict[str, Any]:
        """What a client has to know: the line that `python -m tests.emulator` prints."""
        clock = self.tenant.clock
        return {
            "api": self.api_url,
            "feed": self.feed_url,
            "proxy": self.proxy_url,
            "control": self.control_url,
            "trap": self.trap_url,
            "ca_file": self.ca_file,
            "client_id": self.tenant.client_id,
            "client_secret": self.tenant.client_secret,
            "member_cid": self.tenant.options.member_cid,
            "customer": self.tenant.options.customer,
            "partitions": [partition.name for partition in self.tenant.offered()],
            "children": list(self.tenant.children),
            "time_scale": getattr(clock, "scale", None),
            "epoch": getattr(clock, "epoch", None),
        }

    @property
    def client_id(self) -> str:
        """The API client's id."""
        return self.tenant.client_id

    @property
    def client_secret(self) -> str:
        """Its secret, as it is now."""
        return self.tenant.client_secret

    def trapped(self) -> int:
        """How many connections arrived at `trap_url`, where no client has any business."""
        return self._trap.accepted

    def present(self, certificate: str) -> None:
        """Let the firehose show this certificate, one of `authority.CERTIFICATES`, to whoever connects from now on."""
        self._feed.present(self._authority.server_context(certificate))

    def _make_authority(self) -> Authority:
        if self.tenant.options.ca_dir is not None:
            return Authority(Path(self.tenant.options.ca_dir))
        self._folder = tempfile.TemporaryDirectory(prefix="falcon-emulator-")
        return Authority(Path(self._folder.name))

    def _listen(
        self, serve: Callable[[Connection], None], port: int, context: Optional[ssl.SSLContext] = None
    ) -> Listener:
        self._listeners.append(Listener(serve, port, context))
        return self._listeners[-1]

    def __enter__(self) -> Emulator:
        return self.start()

    def __exit__(
        self, kind: Optional[type[BaseException]], error: Optional[BaseException], trace: Optional[TracebackType]
    ) -> None:
        self.stop()
