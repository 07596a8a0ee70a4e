"""Falcon's lease on one open feed, as a state machine: happenings in, intents out, time as an argument.

Theory. A feed that is not refreshed is cut after about half an hour, so the session asks for a `Refresh` at nine tenths
of Falcon's interval, two minutes before its end at the latest. A failed refresh is tried again while the feed goes on;
only a 404 says that nothing is connected any more, and then the feed is closed. A feed that falls silent is dead, but
what counts as silence depends on what this feed has shown: once it has sent a heartbeat, `idle_timeout` without a byte
ends it; a feed that never sends heartbeats is asked by an early refresh after ten minutes, and a 200 counts as life
(heartbeats are usual, not guaranteed: reference 3.3). While the sink blocks the reader, nobody can hear anything, so
that time counts as no silence.

Rules: times are monotonic seconds and do not go backwards. At most one refresh is under way. The supervisor calls the
session; the reader only writes its `Pulse`, whose fields are single values and need no lock.
"""

from __future__ import annotations

from typing import NamedTuple, Optional, Union

from falcon_streams.core.backoff import LONGEST_FLOOR

USUAL_INTERVAL = 1800.0  # all captures show it; it replaces a value that makes no sense (reference 2.2)
LONGEST_INTERVAL = 86_400.0
SOONEST_REFRESH = 15.0  # as Beats does
REFRESH_MARGIN = 120.0
QUIET_WITHOUT_HEARTBEATS = 600.0
LONGEST_REFRESH_RETRY = 60.0
BLOCKED_AFTER = 1.0
ALIVE_AFTER = 60.0  # a feed may send no heartbeats; one that lasts this long counts as alive
NO_EVENTS_TOO_LONG = 4 * 3600.0  # a quiet tenant pays one reconnect in this time


class Refresh(NamedTuple):
    """Post the refresh of this session now."""


class Close(NamedTuple):
    """Close the feed; `reason` is one word for the log."""

    reason: str


Intent = Union[Refresh, Close]


class Blockage:
    """Whether a full pipe holds up all readers of a loop, and until when it last did: nobody can hear meanwhile."""

    def __init__(self) -> None:
        self.on = False
        self.ended_at = float("-inf")
        self._began_at = 0.0

    def begin(self, at: float) -> None:
        """The loop writes. While it does, its readers cannot hear."""
        self._began_at, self.on = at, True

    def end(self, at: float) -> None:
        """The loop reads again. What took less than a second made nobody deaf."""
        if at - self._began_at >= BLOCKED_AFTER:
            self.ended_at = at
        self.on = False


class Pulse:
    """What the reader tells the session: when it last heard anything, and whether it can hear at all."""

    def __init__(self, at: float) -> None:
        self.blockage: Optional[Blockage] = None
        self.heard_at = at
        self.heartbeats_seen = False
        self.event_at: Optional[float] = None
        self.writing = False

    def heard(self, at: float, heartbeat: bool, event: bool) -> None:
        """Bytes arrived; `heartbeat` and `event` say whether a blank line and an event were among them."""
        self.heard_at = at
        self.heartbeats_seen = self.heartbeats_seen or heartbeat
        if event:
            self.event_at = at

    def written(self, at: float) -> None:
        """The sink has taken a batch. Until now, the reader could not hear."""
        self.heard_at = self.event_at = at
        self.writing = False

    @property
    def is_held_up(self) -> bool:
        """Whether the sink keeps the reader from hearing."""
        return self.writing or (self.blockage is not None and self.blockage.on)

    @property
    def quiet_since(self) -> float:
        """Since when the reader could have heard something, and has not."""
        return self.heard_at if self.blockage is None else max(self.heard_at, self.blockage.ended_at)


class Session:
    """One feed's session, from its opening to its end."""

    def __init__(self, interval: float, idle_timeout: float, opened_at: float, pulse: Pulse) -> None:
        """`interval` is Falcon's, `idle_timeout` the admin's, both in seconds."""
        self._interval = interval if 0 < interval <= LONGEST_INTERVAL else USUAL_INTERVAL
        self._idle_timeout = idle_timeout
        self._pulse = pulse
        self.opened_at = self._renewed_at = opened_at
        self._refresh_at = opened_at + self._refresh_wait()
        self._refreshing = False
        self._failures = 0
        self._gone = False

    def refreshed(self, at: float) -> None:
        """Falcon answered the refresh with 200."""
        self._renewed_at = at
        self._refreshing = False
        self._failures = 0
        self._refresh_at = at + self._refresh_wait()

    def refresh_failed(self, at: float, after: float, gone: bool = False) -> None:
        """The refresh failed; `after` is the server's wait in seconds, `gone` a 404."""
        self._refreshing = False
        self._failures += 1
        self._gone = self._gone or gone
        self._refresh_at = at + max(
            min(after, LONGEST_FLOOR), min(LONGEST_REFRESH_RETRY, 5.0 * 2.0 ** min(self._failures - 1, 8))
        )

    def intent(self, at: float) -> Optional[Intent]:
        """What has to be done now; None for nothing. A `Refresh` that is returned counts as under way."""
        if self._gone:
            return Close("session_gone")
        if not self._pulse.is_held_up and self._silent(at):
            return Close("silence")
        if not self._refreshing and (at >= self._refresh_at or self._doubtful(at)):
            self._refreshing = True
            return Refresh()
        return None

    def left(self, at: float) -> float:
        """How many seconds are left before Falcon may cut the feed, unless it is refreshed."""
        return self._renewed_at + self._interval - at

    def is_alive(self, at: float) -> bool:
        """Whether a heartbeat, an event, or mere time has shown that this is a feed. An answer of 200 does not."""
        return self._pulse.heartbeats_seen or self.has_brought_events or at - self.opened_at >= ALIVE_AFTER

    @property
    def has_brought_events(self) -> bool:
        """Whether this feed has brought an event."""
        return self._pulse.event_at is not None

    def is_eventless(self, at: float) -> bool:
        """Whether the feed has brought no event for hours, and the sink is not the cause."""
        latest = self.opened_at if self._pulse.event_at is None else self._pulse.event_at
        return not self._pulse.is_held_up and at - latest > NO_EVENTS_TOO_LONG

    def waits_in_vain(self, at: float, limit: float) -> bool:
        """Whether the feed sends heartbeats, but has brought no event, more than `limit` seconds after its opening."""
        return self._pulse.heartbeats_seen and not self.has_brought_events and at - self.opened_at > limit

    def _silent(self, at: float) -> bool:
        if self._pulse.heartbeats_seen:
            return at - self._pulse.quiet_since > self._idle_timeout
        return at - max(self._pulse.quiet_since, self._renewed_at) > 2 * QUIET_WITHOUT_HEARTBEATS

    def _doubtful(self, at: float) -> bool:
        quiet = at - max(self._pulse.quiet_since, self._renewed_at) > QUIET_WITHOUT_HEARTBEATS
        return quiet and not self._pulse.heartbeats_seen and not self._failures

    def _refresh_wait(self) -> float:
        return max(SOONEST_REFRESH, min(0.9 * self._interval, self._interval - REFRESH_MARGIN))
