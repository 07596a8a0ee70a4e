"""Where the partitions' events come from: the start's backlog, a file, the live generator, a test's wish.

Rules: each partition has its own generator, grown from the seed and its name, a child's from its CID too. The live
generator works in emulated time: a clock that runs twenty times faster brings twenty times the events. It serves the
partitions in turn, so that many of them do not get theirs at the same instant, and leaves out children that are not
listed. All tenants share one catalogue: making one takes a tenth of a second, too long for a thousand.
"""

from __future__ import annotations

import threading
from functools import lru_cache
from pathlib import Path
from typing import Optional

from tests.emulator.events.catalogue import Catalogue
from tests.emulator.events.generator import Generator
from tests.emulator.log import read_line
from tests.emulator.partition import Partition
from tests.emulator.tenant import Tenant

_BATCH = 1000
_SPACING = 0.25  # seconds between two events of the backlog
_LONGEST_BACKLOG = 6 * 86400.0
_TICK = 0.02  # of the live generator, in the world's seconds
_GOLDEN = 0.618  # the share of an event by which each further partition is ahead, so that they spread evenly


class Supply:
    """The source of the events of a tenant and its children."""

    def __init__(self, tenant: Tenant) -> None:
        self._tenant = tenant
        self._lock = threading.Lock()
        self._generators: dict[tuple[str, str], Generator] = {}
        self._owed: dict[Partition, float] = {}  # by the live generator, in events
        self._catalogue: Optional[Catalogue] = None
        self._thread = threading.Thread(target=self._run, name="emulator-supply", daemon=True)

    def start(self) -> None:
        """Fill the backlog, begin the live generation."""
        options = self._tenant.options
        for tenant in self._tenant.everyone() if options.preload else []:
            self.backlog(tenant, options.preload)
        if options.events is not None:
            self.replay(Path(options.events))
        self._thread.start()

    def stop(self) -> None:
        """Generate no more; the tenant is stopping."""
        if self._thread.ident is not None:
            self._thread.join()

    def forget(self) -> None:
        """Another customer: other generators from here on."""
        with self._lock:
            self._generators.clear()
            self._catalogue = None

    def backlog(self, tenant: Tenant, count: int) -> None:
        """That many events of the past in each partition, spread over hours or days before now."""
        now = tenant.clock.now()
        span = min(count * _SPACING, _LONGEST_BACKLOG, 0.9 * tenant.options.retention)
        for partition in tenant.offered():
            for done in range(0, count, _BATCH):
                start = now - span * (1 - done / count)
                end = now - span * (1 - min(count, done + _BATCH) / count)
                self._generate(tenant, partition, min(_BATCH, count - done), start, end, None)

    def generate(
        self, tenant: Tenant, partition: Partition, count: int, span: float, types: Optional[list[str]]
    ) -> None:
        """Events of the last `span` seconds, published now."""
        now = tenant.clock.now()
        for done in range(0, count, _BATCH):
            start = now - span * (1 - done / count)
            end = now - span * (1 - min(count, done + _BATCH) / count)
            self._generate(tenant, partition, min(_BATCH, count - done), start, end, types)

    def replay(self, path: Path) -> None:
        """The lines of a file byte for byte, dealt out to the partitions in order."""
        partitions, now = self._tenant.offered(), self._tenant.clock.now()
        lines = [line for line in path.read_bytes().split(b"\n") if line]
        for number, partition in enumerate(partitions):
            partition.publish([read_line(line) for line in lines[number :: len(partitions)]], now)

    def _generate(
        self, tenant: Tenant, partition: Partition, count: int, start: float, end: float, types: Optional[list[str]]
    ) -> None:
        key, options = (tenant.member_cid, partition.name), self._tenant.options
        with self._lock:
            if self._catalogue is None:
                self._catalogue = _catalogue(options.seed, options.customer)
            if key not in self._generators:
                seed = "/".join(filter(None, (str(options.seed), *key)))
                self._generators[key] = Generator(self._catalogue, seed, tenant.options)
            generator = self._generators[key]
            partition.compose(lambda offset: generator.make(count, offset, start, end, types), end)

    def _run(self) -> None:
        last = self._tenant.clock.now()
        while not self._tenant.stopping.wait(_TICK):
            now = self._tenant.clock.now()
            for tenant in self._tenant.everyone():
                rate = tenant.options.rate
                if rate and (tenant.parent is None or self._tenant.listed(tenant.cid)):
                    self._continue(tenant, rate, now - last)
            last = now

    def _continue(self, tenant: Tenant, rate: float, span: float) -> None:
        for partition in tenant.offered():
            owed = self._owed.setdefault(partition, len(self._owed) * _GOLDEN % 1) + rate * span
            self._owed[partition] = owed % 1
            if owed >= 1:
                self.generate(tenant, partition, int(owed), span, None)


@lru_cache(maxsize=16)
def _catalogue(seed: int, customer: str) -> Catalogue:
    """Made once for all tenants of a process: it never changes, and its templates take a tenth of a second."""
    return Catalogue(seed, customer)
