"""Who holds which (app id, partition): exclusive, as Falcon has it (Event Streams reference 2.4 and 2.5).

Rules: a goodbye (FIN) frees it after `linger`; a reset, or a connection that only seems to live, after `lock`. A second
feed beside one whose client has not left is a violation, whatever it is answered: the client under test must never try.
Times are emulated epoch seconds; `_PATIENCE` alone is the world's, it covers the moment between a client's FIN and our
noticing it.
"""

from __future__ import annotations

import threading
from typing import Any, Optional

from tests.emulator.clock import Clock
from tests.emulator.feed import Asked, Feed
from tests.emulator.options import Options
from tests.emulator.partition import Partition

_PATIENCE = 2.0  # for a client's goodbye to be noticed, also on a busy machine


class Occupancy:
    """All feeds of a tenant, past and present."""

    def __init__(self, clock: Clock, options: Options) -> None:
        self._clock = clock
        self._options = options
        self._holders: dict[tuple[str, str], Feed] = {}
        self._present: set[Feed] = set()
        self._changed = threading.Condition()
        self.feeds: list[Feed] = []
        self.violations: list[dict[str, Any]] = []

    def is_free(self, app_id: str, partition: str) -> bool:
        """Whether a discovery may offer this partition to this app id."""
        with self._changed:
            return self._is_free((app_id, partition))

    def live(self) -> list[Feed]:
        """The feeds that are being served."""
        with self._changed:
            return sorted(self._present, key=lambda feed: feed.number)

    def claim(self, partition: Partition, asked: Asked) -> Optional[Feed]:
        """Open a feed and hold its (app id, partition); None where it is taken."""
        key = (asked.app_id, partition.name)
        with self._changed:
            self._changed.wait_for(lambda: not self._rivals(key), _PATIENCE)
            rivals = self._rivals(key)
            if rivals:
                self._note_violation(key, rivals)
                if self._options.takeover:
                    for rival in rivals:
                        rival.order("cut")
                    self._changed.wait_for(lambda: not self._rivals(key), _PATIENCE)
                    self._holders.pop(key, None)
            if not self._is_free(key):
                return None
            feed = Feed(len(self.feeds), partition, asked, self._clock.now())
            self.feeds.append(feed)
            self._holders[key] = feed
            self._present.add(feed)
            return feed

    def lose(self, feed: Feed, lock: Optional[float] = None) -> None:
        """The feed only seems to live: it is freed by time alone."""
        with self._changed:
            feed.free_at = self._clock.now() + (self._options.lock if lock is None else lock)

    def shadow(self, ending: str) -> float:
        """How long (app id, partition) stays taken after such an end."""
        return self._options.lock if ending in ("reset", "server reset") else self._options.linger

    def release(self, feed: Feed, ending: str) -> None:
        """The feed is over; its shadow stays on the (app id, partition) for a while."""
        shadow = self.shadow(ending) if feed.shadow is None else feed.shadow
        with self._changed:
            feed.ended_at, feed.ending, feed.client_left = self._clock.now(), ending, True
            if feed.free_at is None:
                feed.free_at = feed.ended_at + shadow
            self._present.discard(feed)
            self._changed.notify_all()

    def refresh(self, app_id: str, partition: str) -> bool:
        """Renew the session of a feed that is connected as far as Falcon knows; False where there is none."""
        with self._changed:
            feed = self._holders.get((app_id, partition))
            if feed is None or feed not in self._present or self._is_free(feed.key):
                return False
            feed.refreshed_at = self._clock.now()
            feed.refreshes += 1
            return True

    def _is_free(self, key: tuple[str, str]) -> bool:
        feed = self._holders.get(key)
        return feed is None or (feed.free_at is not None and feed.free_at <= self._clock.now())

    def _rivals(self, key: tuple[str, str]) -> list[Feed]:
        return [feed for feed in self._present if feed.key == key and not feed.client_left]

    def _note_violation(self, key: tuple[str, str], rivals: list[Feed]) -> None:
        at, numbers = self._clock.now(), sorted(feed.number for feed in rivals)
        self.violations.append({"at": at, "app_id": key[0], "partition": key[1], "open_feeds": numbers})
