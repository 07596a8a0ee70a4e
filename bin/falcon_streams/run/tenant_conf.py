"""Reads the tenants' conf again while an input runs, because a provider names a new customer without a restart.

Rules: a conf with a fault, or with an index that is missing here, changes nothing. The input goes on with what it
knows, and shows the sentence. What has changed holds for the batches that are read after it.
"""

from __future__ import annotations

import logging
from queue import SimpleQueue
from typing import Callable, NamedTuple

from falcon_streams.core.tenants import Register, Tenants
from falcon_streams.errors import Fatal, Retryable
from falcon_streams.ports import Clock
from falcon_streams.run.happenings import Happening, complaint, stop_for

LOG = logging.getLogger(__name__)
LOOK_EVERY = 300.0


class ConfRead(NamedTuple):
    """What the conf says, and a warning about its indexes, empty for none."""

    tenants: Tenants
    doubt: str


class TenantConf:
    """Keeps the register of an input as the conf says."""

    def __init__(
        self, found: ConfRead, read: Callable[[], ConfRead], clock: Clock, inbox: SimpleQueue[Happening]
    ) -> None:
        """`found` is what `read` has just read; it raises Fatal for a fault, Retryable if splunkd does not answer."""
        self.register = Register(found.tenants)
        self.doubt = found.doubt  # what is shown about the conf, empty for nothing
        self._read = read
        self._clock = clock
        self._inbox = inbox

    def name_of(self, cid: str) -> str:
        """A tenant's name, empty for one without."""
        return self.register.tenants.of(cid).name

    def run(self) -> None:
        """Look every five minutes, as long as the process lives. Raises nothing."""
        try:
            while True:
                self._clock.pause(LOOK_EVERY)
                self.look()
        except Exception as error:  # a bug of ours: end, so that splunkd starts us anew
            LOG.exception("unexpected_error", {"thread": "tenants"})
            self._inbox.put(stop_for(error))

    def look(self) -> None:
        """Follow the conf as it is now."""
        try:
            found = self._read()
        except Fatal as error:
            self.doubt = f"{error}. Until then, the tenants stay as they were"
            LOG.error("tenants_refused", {"error": str(error)})
            return
        except Retryable as error:
            LOG.warning("tenants_not_read", complaint(error))
            return
        self.doubt = found.doubt
        if found.tenants != self.register.tenants:
            self.register.tenants = found.tenants
            LOG.info("tenants_changed", {"stanzas": len(found.tenants.listed)})
