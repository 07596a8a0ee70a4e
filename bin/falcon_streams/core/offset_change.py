"""An admin's change of where a partition goes on: the record that it makes, and what it leaves out.

Theory. A record's offset stands beside what its event is recognised by, so nobody can write an offset into a record by
hand. A place that an admin sets is therefore the origin of a fresh record (`StartPosition`), which has no commit yet:

| an admin asks for | the input |
|---|---|
| an offset | asks Falcon for it; the event there is the first that is read |
| `oldest` | reads from the oldest event that Falcon has |
| a time, or `newest`, which is now | reads from the oldest event, and drops what was created before that time |

Going back repeats events. Going forward leaves some out, for good, so whoever does it must say why. `skipped` says what
is left out as far as both records tell, and where they do not tell, that nobody can know.

Rules: pure. Whose stream it is, and whose events it had, stays with the partition, so that a changed account is noticed
as before (`core/resume.py`).
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import NamedTuple, Optional

from falcon_streams.core.moment import iso_time, read_moment
from falcon_streams.core.record import Author, Owner, Record, StartPosition, first_record
from falcon_streams.core.resume import step_to_resume

_OFFSET = re.compile(r"[0-9]{1,20}\Z", re.ASCII)
_UNKNOWN = "events, because the record does not tell which of both places comes first"


class Opening(NamedTuple):
    """Where a run opens a partition: the first offset that it reads, and the creation time (epoch milliseconds) before
    which it has read all or drops all. Both are None for the oldest event, or where nobody knows."""

    offset: Optional[int] = None
    created: Optional[int] = None


_OLDEST = Opening()


class NextRun(NamedTuple):
    """What the next run of the input knows: when splunkd has started, and how far it goes back after a crash."""

    splunkd_started: Optional[float]
    replay_seconds: float

    def opens(self, record: Record) -> Opening:
        """Where that run opens the partition of this record, which is before its commit after a crash."""
        step = step_to_resume(record, self.splunkd_started, self.replay_seconds)
        if step.offset is None:
            return Opening(*record.origin)
        created = None if step.identity is None else step.identity.created
        return Opening(step.offset + 1, created)


def read_target(text: str, now_ms: int) -> Optional[StartPosition]:
    """The place that an admin asks for; None if the text names none. A relative time counts from `now_ms`."""
    asked = text.strip()
    if asked == "oldest":
        return StartPosition()
    if asked == "newest":
        return StartPosition(not_before=now_ms)
    if _OFFSET.match(asked):
        return StartPosition(int(asked))
    moment = read_moment(asked)
    return None if moment is None else StartPosition(not_before=moment.resolve(now_ms))


def set_to(before: Record, origin: StartPosition, author: Author, now: float) -> Record:
    """The record that begins at this place instead."""
    owner = Owner(before.api_host, before.client_id, before.member_cid)
    fresh = first_record(before.input, before.partition, owner, origin, now, None)
    return replace(fresh, customers=before.customers, author=author)


def portable(record: Record) -> Record:
    """The record for another machine. Of the trail it keeps the one step to which an input goes back after an unclean
    end; splunkd there is another."""
    return replace(record, splunkd_started=None, trail=record.trail[:1])


def carried(record: Record, name: str, author: Author, now: float) -> Record:
    """The record of another machine or input, for the input of this name."""
    here = portable(record.shifted(now - record.updated_at))
    return replace(here, input=name, generation=0, author=author)


def place(record: Optional[Record]) -> str:
    """Where an input with this record goes on, in words."""
    if record is None:
        return "where start_from says"
    if record.offset is not None:
        return f"after offset {record.offset}"
    if record.origin.offset is not None:
        return f"at offset {record.origin.offset}"
    if record.origin.not_before is not None:
        return f"at the first event created at {iso_time(record.origin.not_before)} or later"
    return "at the oldest event"


def skipped(before: Optional[Record], after: Optional[Record], run: NextRun) -> str:
    """What an input leaves out whose next run goes on by `after` and not by `before`; empty for nothing."""
    if before is None:
        return ""
    if after is None:
        return _UNKNOWN
    first, last = run.opens(before), run.opens(after)
    if first == last or last == _OLDEST:
        return ""
    if first.offset is not None and last.offset is not None:
        count = last.offset - first.offset
        return f"{count} offsets, from {first.offset} to {last.offset - 1}" if count > 0 else ""
    if last.offset is None and last.created is not None:
        return _between(first.created, last.created)
    return _UNKNOWN


def _between(read_until: Optional[int], not_before: int) -> str:
    if read_until is None:
        return f"all events created before {iso_time(not_before)} that were not read yet"
    if not_before <= read_until:
        return ""
    return f"the events created after {iso_time(read_until)} and before {iso_time(not_before)}"
