"""How an input with many tenants is doing: a summary each minute, a line for each tenant each hour, and what is shown.

Rules: 1,000 quiet tenants write a few megabytes a day: the input's own line each minute, a tenant's line each hour and
when its state or sentence changes, spread over the hour. The page's file of tenants is written when a line in it has
changed, and at most every six seconds. What was delivered is told every quarter of an hour. Keys keep their order, and
a new one goes to the end.
"""

from __future__ import annotations

import logging
from typing import Callable, Dict, Mapping, Tuple

from falcon_streams.core.last_error import NO_ERROR
from falcon_streams.core.partition_name import name_of
from falcon_streams.core.roster import ALL
from falcon_streams.ports import Clock, TenantBoard
from falcon_streams.run.health import (
    SHOW_QUIET_EVERY,
    STATISTICS_EVERY,
    Label,
    Shown,
    TimeWatch,
    events_of,
    resident_mb,
)
from falcon_streams.run.ledger import tell_delivered
from falcon_streams.run.overview import Line, counts, largest_lag, line_of, state_of, trouble_of, worst
from falcon_streams.run.progress import Progress

LOG = logging.getLogger(__name__)
LINE_EVERY = 3600.0
DELIVERED_EVERY = 900.0


class CrowdHealth:
    """Logs and shows the state of an input with many tenants; the supervisor calls it about once a second."""

    def __init__(
        self,
        clock: Clock,
        board: TenantBoard,
        label: Label,
        doubt: Callable[[], str],
        version: str = "",
        call: Callable[[str], str] = lambda cid: "",
    ) -> None:
        """What `doubt` says is shown while there is no error; `version` is that of this code; `call` gives a tenant's
        name, empty for one without."""
        self._clock = clock
        self._board = board
        self._label = label
        self._doubt = doubt
        self._version = version
        self._call = call
        self._time_watch = TimeWatch(clock)
        self._began_at = self._logged_at = self._delivered_at = clock.monotonic()
        self._looked_at = float("-inf")
        self._ingested = 0
        self._shown: Dict[str, Line] = {}
        self._told: Dict[str, Tuple[float, str, str]] = {}

    def check(self, tenants: Mapping[str, Shown], partitions: Mapping[str, Progress], trouble: str) -> None:
        """Log and show what is due. `trouble` keeps the input as a whole from reading, empty for nothing."""
        at = self._clock.monotonic()
        self._time_watch.check()
        if at - self._looked_at < SHOW_QUIET_EVERY:
            return
        self._looked_at = at
        lines = {cid: line_of(tenant, partitions) for cid, tenant in tenants.items()}
        trouble = trouble or trouble_of(lines) or self._doubt()
        self._show(lines, trouble, at)
        self._tell_tenants(lines, at)
        if at - self._logged_at >= STATISTICS_EVERY:
            self._logged_at = at
            self._log(lines, partitions, trouble)
        if at - self._delivered_at >= DELIVERED_EVERY:
            self._delivered_at = at
            tell_delivered(partitions.values())

    def _show(self, lines: Dict[str, Line], trouble: str, at: float) -> None:
        self._board.show(
            {
                "state": state_of(lines),
                "trouble": trouble,
                "updated_at": self._clock.now(),
                "version": self._version,
                "up_s": at - self._began_at,
                "rss_mb": resident_mb(),
                "partitions": {},
                "events": sum(line.events for line in lines.values()),
                "lag_s": largest_lag(lines),
                "tenants": counts(lines),
                "worst": {cid: self._shown_line(cid, lines[cid]) for cid in worst(lines)},
            }
        )
        if lines != self._shown:
            self._shown = lines
            self._board.show_tenants({cid: self._shown_line(cid, line) for cid, line in lines.items()})

    def _shown_line(self, cid: str, line: Line) -> Dict[str, object]:
        return {"name": self._call(cid), **line._asdict()}

    def _tell_tenants(self, lines: Mapping[str, Line], at: float) -> None:
        """A line for each tenant whose state or sentence is new, and for each whose hour is over."""
        for number, (cid, line) in enumerate(sorted(lines.items())):
            told_at, state, trouble = self._told.get(cid, (at - LINE_EVERY * (number % 60) / 60, "", ""))
            if (line.state, line.trouble) != (state, trouble) or at - told_at >= LINE_EVERY:
                self._told[cid] = (told_at if not state else at, line.state, line.trouble)
                LOG.info("tenant_stats", {"partition": name_of(cid, ALL), **_fields(line, self._clock.now())})
        for cid in self._told.keys() - lines.keys():
            del self._told[cid]

    def _log(self, lines: Mapping[str, Line], partitions: Mapping[str, Progress], trouble: str) -> None:
        told: Dict[str, object] = {f"tenants_{state}": number for state, number in counts(lines).items()}
        events = events_of(partitions)
        fields = {"partition": ALL, "state": state_of(lines), "trouble": trouble or NO_ERROR, "tenants": len(lines)}
        rest = {"lag_s": largest_lag(lines), "events": events, "rss_mb": resident_mb()}
        LOG.info("stream_stats", {**fields, **told, **rest})
        if events > self._ingested:
            LOG.info("events_ingested", {**self._label._asdict(), "n_events": events - self._ingested})
            self._ingested = events


def _fields(line: Line, now: float) -> Dict[str, object]:
    return {
        "state": line.state,
        "trouble": line.trouble or NO_ERROR,
        "lag_s": line.lag_s,
        "last_event_age_s": None if line.last_event_at is None else now - line.last_event_at,
        "events": line.events,
        "partitions": line.partitions,
    }
