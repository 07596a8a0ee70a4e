"""Where the partitions' events come from: the start's backlog, a file, the live generator, a test's wish.

Rules: each partition has its own generator, grown from the seed and its name. The live generator works in emulated
time: a clock that runs twenty times faster brings twenty times the events.
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


class Supply:
    """The source of a tenant's events."""

    def __init__(self, tenant: Tenant) -> None:
        self._tenant = tenant
        self._lock = threading.Lock()
        self._generators: dict[str, Generator] = {}
        self._catalogue: Optional[Catalogue] = None
        self._thread = threading.Thread(target=self._run, name="emulator-supply", daemon=True)

    def start(self) -> None:
        """Fill the backlog, begin the live generation."""
        options = self._tenant.options
        for partition in self._tenant.offered() if options.preload else []:
            self.backlog(partition, options.preload)
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

    def backlog(self, partition: Partition, count: int) -> None:
        """Events of the past, spread over hours or days before now."""
        now = self._tenant.clock.now()
        span = min(count * _SPACING, _LONGEST_BACKLOG, 0.9 * self._tenant.options.retention)
        for done in range(0, count, _BATCH):
            start = now - span * (1 - done / count)
            end = now - span * (1 - min(count, done + _BATCH) / count)
            self._generate(partition, min(_BATCH, count - done), start, end, None)

    def generate(self, partition: Partition, count: int, span: float, types: Optional[list[str]]) -> None:
        """Events of the last `span` seconds, published now."""
        now = self._tenant.clock.now()
        for done in range(0, count, _BATCH):
            start = now - span * (1 - done / count)
            self._generate(partition, min(_BATCH, count - done), start, now, types)

    def replay(self, path: Path) -> None:
        """The lines of a file byte for byte, dealt out to the partitions in order."""
        partitions, now = self._tenant.offered(), self._tenant.clock.now()
        lines = [line for line in path.read_bytes().split(b"\n") if line]
        for number, partition in enumerate(partitions):
            partition.publish([read_line(line) for line in lines[number :: len(partitions)]], now)

    def _generate(self, partition: Partition, count: int, start: float, end: float, types: Optional[list[str]]) -> None:
        options = self._tenant.options
        with self._lock:
            if self._catalogue is None:
                self._catalogue = _catalogue(options.seed, options.customer)
            if partition.name not in self._generators:
                seed = f"{options.seed}/{partition.name}"
                self._generators[partition.name] = Generator(self._catalogue, seed, options)
            generator = self._generators[partition.name]
            partition.compose(lambda offset: generator.make(count, offset, start, end, types), end)

    def _run(self) -> None:
        tenant = self._tenant
        last, owed = tenant.clock.now(), 0.0
        while not tenant.stopping.wait(_TICK):
            now = tenant.clock.now()
            owed += tenant.options.rate * (now - last)
            count = int(owed)
            owed -= count
            for partition in tenant.offered() if count else []:
                self.generate(partition, count, now - last, None)
            last = now


@lru_cache(maxsize=16)
def _catalogue(seed: int, customer: str) -> Catalogue:
    """Made once for all tenants of a process: it never changes, and its templates take a tenth of a second."""
    return Catalogue(seed, customer)
