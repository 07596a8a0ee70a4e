"""What both add-ons have indexed while both read, and what only one of them has.

Rules: the search runs with the caller's session, so it sees what the caller may search. Its rows are all rows or none:
a search that takes longer than a page waits is refused. The search itself is the macro `falcon_event_streams_compare`,
which says what makes two events the same.
"""

from __future__ import annotations

import re
from typing import Dict, List, Mapping

from falcon_streams.errors import Refused, Retryable
from falcon_streams.splunk.splunkd import Splunkd

EARLIEST, LATEST = "-70m@m", "-10m@m"
BOTH, THEIRS, OURS = "both", "the vendor's add-on", "this add-on"
MOST_SHOWN = 20  # events of each side
_SECONDS = 25.0  # splunkweb waits half a minute
_TIME = re.compile(r"(?:-\d{1,5}[smhd](?:@[smhd])?|now|\d{10})\Z", re.ASCII)
_INDEX = re.compile(r"[a-z0-9_][a-z0-9_-]*\Z", re.ASCII)
_SHOWN = ("found_in", "_time", "cid", "partition", "falcon_offset", "vendor_event_type")


def compare(splunkd: Splunkd, their_index: str, earliest: str = "", latest: str = "") -> Dict[str, object]:
    """How many events both have, and one of them only, with examples. A time is relative or epoch seconds. Refused 400
    if it is neither, 503 if the search does not end in time."""
    window = {"earliest": earliest or EARLIEST, "latest": latest or LATEST}
    for name, time in window.items():
        if not _TIME.match(time):
            raise Refused(400, f"{name} is not a time: enter one like -70m, -2h@h, now, or epoch seconds")
    try:
        rows = splunkd.search_whole(search_of(their_index), window["earliest"], window["latest"], _SECONDS)
    except Retryable as error:
        raise Refused(503, f"Not compared: choose a shorter time, then compare again. {error}") from None
    return {**window, **_told(rows)}


def search_of(their_index: str) -> str:
    """The search: for each side the number of its events, with a few of them."""
    index = their_index if _INDEX.match(their_index) else "*"
    events = f'(`falcon_event_streams`) OR (index="{index}" sourcetype="CrowdStrike:Event:Streams:JSON")'
    few = f'number==1 OR (found_in!="{BOTH}" AND number<={MOST_SHOWN})'
    shown = " ".join(_SHOWN)
    return f"search {events} | `falcon_event_streams_compare` | where {few} | table events number {shown}"


def _told(rows: List[Dict[str, str]]) -> Mapping[str, object]:
    numbers = {row.get("found_in", ""): int(row["events"]) for row in rows if row.get("events", "").isdigit()}
    both, theirs, ours = (numbers.get(side, 0) for side in (BOTH, THEIRS, OURS))
    shown = [{name.lstrip("_"): row.get(name, "") for name in _SHOWN} for row in rows if row.get("found_in") != BOTH]
    return {
        "both": both,
        "only_theirs": theirs,
        "only_ours": ours,
        "events": shown,
        "said": _sentence(both, theirs, ours),
    }


def _sentence(both: int, theirs: int, ours: int) -> str:
    if not both + theirs + ours:
        return "No events in this time. Let both read, and look at the macro falcon_event_streams"
    if not both:
        return f"Nothing to compare: only {THEIRS if theirs else OURS} has events in this time, {theirs + ours} of them"
    if theirs or ours:
        return f"{both} events are in both, {theirs} only in the vendor's add-on, {ours} only in this add-on"
    return f"Both agree: {both} events"
