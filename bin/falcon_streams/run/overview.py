"""What is shown of an input with many tenants: counts by state, the worst of them, and one line for each.

Rules: a tenant's state is its roster's, or `error` if one of its partitions is in trouble. The worst come first: those
in error, then those that wait, then those that are furthest behind.
"""

from __future__ import annotations

from collections import Counter
from typing import Dict, List, Mapping, NamedTuple, Optional, Tuple

from falcon_streams.core.roster import ALL, ERROR, FINISHED, RUNNING, STARTING, WAITING_APP_ID
from falcon_streams.run.health import UP_TO_DATE, Shown
from falcon_streams.run.progress import Progress

MOST_WORST = 10
_BADNESS = {ERROR: 3, WAITING_APP_ID: 2, STARTING: 1}


class Line(NamedTuple):
    """One tenant: its state and sentence, the largest lag of its partitions, when its last event came (epoch seconds),
    and how many events this run has read of it."""

    state: str
    trouble: str
    lag_s: Optional[float]
    last_event_at: Optional[float]
    events: int
    partitions: int


def line_of(tenant: Shown, partitions: Mapping[str, Progress]) -> Line:
    """The line of a tenant."""
    state, states = tenant.roster.states()
    sentences = [tenant.last_errors.of(name) for name in (ALL, *states)]
    trouble = next(filter(None, sentences), "")
    read = [partitions[name] for name in states if name in partitions]
    if state == RUNNING and any(each not in (RUNNING, FINISHED, STARTING) for each in states.values()):
        state = ERROR
    return Line(
        state,
        trouble,
        max((progress.lag for progress in read if progress.lag is not None), default=None),
        max((progress.last_event_at for progress in read if progress.last_event_at is not None), default=None),
        sum(progress.counters.events for progress in read),
        len(states),
    )


def counts(lines: Mapping[str, Line]) -> Dict[str, int]:
    """How many tenants are in each state."""
    return dict(sorted(Counter(line.state for line in lines.values()).items()))


def largest_lag(lines: Mapping[str, Line]) -> Optional[float]:
    """How far the slowest tenant is behind, in seconds; None if nobody knows."""
    return max((line.lag_s for line in lines.values() if line.lag_s is not None), default=None)


def worst(lines: Mapping[str, Line]) -> List[str]:
    """The CIDs of the tenants to look at first; none that runs without trouble and is up to date."""
    noted = [cid for cid, line in lines.items() if _rank(line) > (0, False, UP_TO_DATE)]
    return sorted(noted, key=lambda cid: _rank(lines[cid]), reverse=True)[:MOST_WORST]


def state_of(lines: Mapping[str, Line]) -> str:
    """The state of the input as a whole: it runs as long as one of its tenants does."""
    states = {line.state for line in lines.values()}
    return next((state for state in (RUNNING, STARTING, ERROR, WAITING_APP_ID) if state in states), FINISHED)


def trouble_of(lines: Mapping[str, Line]) -> str:
    """One sentence for all tenants that are in trouble, empty for none."""
    bad = [cid for cid, line in lines.items() if line.trouble]
    if not bad:
        return ""
    first = max(bad, key=lambda cid: _rank(lines[cid]))
    return f"{len(bad)} of {len(lines)} tenants have a problem; {first or 'own'}: {lines[first].trouble}"


def _rank(line: Line) -> Tuple[int, bool, float]:
    return _BADNESS.get(line.state, 0), bool(line.trouble), line.lag_s or 0.0
