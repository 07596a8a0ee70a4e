"""How an input is doing: a statistics line once a minute for the input and for each partition, with the account of what
was delivered, the state that the Inputs page shows, and a warning when the clock was set or the process was held up.

Rules: health only reads what it gets: roster, progress, and last errors. Keys keep their order, and a new one goes to
the end (design section 6), because searches and dashboards read these lines. An input logs its line, `partition=*`,
from its first minute to its end, with or without a partition: an input that logs nothing is dead.
"""

from __future__ import annotations

import logging
import sys
from typing import Callable, Dict, Mapping, NamedTuple, Optional, Protocol

from falcon_streams.core.last_error import NO_ERROR, LastErrors
from falcon_streams.core.pace import Look, Pace
from falcon_streams.core.roster import ALL, Roster
from falcon_streams.ports import Clock, StateBoard
from falcon_streams.run.ledger import tell_delivered
from falcon_streams.run.progress import Progress

LOG = logging.getLogger(__name__)
STATISTICS_EVERY = 60.0
SHOW_EVERY, SHOW_QUIET_EVERY = 2.0, 6.0
CLOCK_STEP = 2.0
UP_TO_DATE = 60.0  # seconds of lag that need no catching up
HELD_UP = 30.0  # the supervisor calls us about once a second


def tell_of_input(state: str, trouble: str) -> None:
    """The statistics line of the input itself."""
    LOG.info("stream_stats", {"partition": ALL, "state": state, "trouble": trouble or NO_ERROR})


class Label(NamedTuple):
    """An input in the fields of UCC's log lines."""

    modular_input_name: str
    event_input: str
    sourcetype_ingested: str
    event_index: str
    event_account: str


class Shown(Protocol):
    """What health sees of a tenant."""

    roster: Roster
    last_errors: LastErrors


class TimeWatch:
    """Warns when the clock was set, or the process was held up."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._checked_at, self._checked_now = clock.monotonic(), clock.now()

    def check(self) -> None:
        """Compare both clocks with what they said about a second ago."""
        at, now = self._clock.monotonic(), self._clock.now()
        passed, step = at - self._checked_at, (now - self._checked_now) - (at - self._checked_at)
        self._checked_at, self._checked_now = at, now
        if passed > HELD_UP:
            LOG.warning("held_up", {"for_s": passed})
        if abs(step) > CLOCK_STEP:
            LOG.warning("clock_stepped", {"by_s": step})


class Health:
    """Logs and shows the state of an input that reads one tenant; the supervisor calls it about once a second."""

    def __init__(
        self, clock: Clock, board: StateBoard, label: Label, doubt: Callable[[], str], version: str = ""
    ) -> None:
        """What `doubt` says is shown while there is no error; `version` is that of this code."""
        self._clock = clock
        self._doubt = doubt
        self._version = version
        self._board = board
        self._label = label
        self._time_watch = TimeWatch(clock)
        self._began_at = self._logged_at = self._shown_at = clock.monotonic()
        self._shown_states: object = None
        self._ingested = self._shown_events = 0
        self._paces: Dict[str, Pace] = {}

    def check(self, tenants: Mapping[str, Shown], partitions: Mapping[str, Progress], trouble: str) -> None:
        """Log and show what is due of the account's own tenant; nothing else keeps such an input from reading."""
        roster, last_errors = tenants[""].roster, tenants[""].last_errors
        at = self._clock.monotonic()
        self._time_watch.check()
        states, events = roster.states(), events_of(partitions)
        every = SHOW_QUIET_EVERY if events == self._shown_events else SHOW_EVERY
        if states != self._shown_states or at - self._shown_at >= every:
            self._shown_at, self._shown_states, self._shown_events = at, states, events
            self._show(roster, partitions, last_errors, at)
        if at - self._logged_at >= STATISTICS_EVERY:
            self._logged_at = at
            self._log(roster, partitions, last_errors, at)

    def _log(self, roster: Roster, partitions: Mapping[str, Progress], last_errors: LastErrors, at: float) -> None:
        tell_of_input(roster.states()[0], last_errors.of(ALL) or self._doubt())
        for fields in self._statistics(roster, partitions, last_errors, at).values():
            LOG.info("stream_stats", fields)
        tell_delivered(partitions.values())
        events = events_of(partitions)
        if events > self._ingested:
            LOG.info("events_ingested", {**self._label._asdict(), "n_events": events - self._ingested})
            self._ingested = events

    def _statistics(
        self, roster: Roster, partitions: Mapping[str, Progress], last_errors: LastErrors, at: float
    ) -> Dict[str, Dict[str, object]]:
        """The fields of each partition's line; fewer for a partition that was not opened in this run."""
        return {
            name: {
                "partition": name,
                "state": state,
                **(self._numbers(partitions[name], roster.session_left(name, at)) if name in partitions else {}),
                "trouble": last_errors.of(name) or NO_ERROR,
                **(self._pace(partitions[name], at) if name in partitions else {}),
            }
            for name, state in roster.states()[1].items()
        }

    def _numbers(self, progress: Progress, session_left: Optional[float]) -> Dict[str, object]:
        counters = progress.counters
        now = self._clock.now()
        return {
            "offset": progress.written_offset,
            "committed": progress.record.offset,
            "lag_s": progress.lag,
            "session_left_s": session_left,
            "events": counters.events,
            "bytes": counters.bytes,
            "malformed": counters.malformed,
            "unplaced": counters.unplaced,
            "excluded": counters.excluded,
            "gaps": counters.gaps,
            "unknown_types": counters.unknown_types,
            "reconnects": counters.reconnects,
            "refreshes": counters.refreshes,
            "last_event_age_s": None if progress.last_event_at is None else now - progress.last_event_at,
            "rss_mb": resident_mb(),
            "resets": counters.resets,
            "overlong": counters.overlong,
            "before_start": counters.before_start,
        }

    def _pace(self, progress: Progress, at: float) -> Dict[str, object]:
        pace = self._paces.setdefault(progress.partition, Pace())
        pace.note(Look(at, progress.counters.events, _left(progress)))
        rate, left = pace.rate, pace.seconds_left
        return {
            "rate": None if rate is None else round(rate, 1),
            "catch_up_s": None if left is None else round(left),
        }

    def _show(self, roster: Roster, partitions: Mapping[str, Progress], last_errors: LastErrors, at: float) -> None:
        self._board.show(
            {
                "state": roster.states()[0],
                "trouble": last_errors.of(ALL) or self._doubt(),
                "updated_at": self._clock.now(),
                "version": self._version,
                "up_s": at - self._began_at,
                "rss_mb": resident_mb(),
                "partitions": self._statistics(roster, partitions, last_errors, at),
            }
        )


def events_of(partitions: Mapping[str, Progress]) -> int:
    """How many events this run has read."""
    return sum(progress.counters.events for progress in partitions.values())


def _left(progress: Progress) -> Optional[float]:
    """What a partition has before it: offsets or seconds to its finish, without a finish the seconds of its lag."""
    finish, lag, seen_at = progress.finish, progress.lag, progress.last_event_at
    if finish is not None and (finish.passed or progress.has_reached_finish):
        return 0.0
    if finish is not None and finish.offset is not None:
        written = progress.written_offset
        return None if written is None else float(max(finish.offset - written, 0))
    if lag is None or seen_at is None:
        return None
    if finish is not None and finish.before is not None:
        return max(finish.before / 1000 - (seen_at - lag), 0.0)
    return lag if lag > UP_TO_DATE else 0.0


def resident_mb() -> float:
    """This process's resident memory in MB, 0.0 if the system has no cheap way to tell."""
    if not sys.platform.startswith("linux"):
        return 0.0
    try:
        with open("/proc/self/statm", "rb") as file:
            pages = int(file.read().split()[1])
    except OSError:
        return 0.0
    return round(pages * 4096 / 1_000_000, 1)
