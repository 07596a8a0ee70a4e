"""Where to open a feed, and what its first events mean.

Theory. Offsets are inclusive on the wire, so a resume asks for the last event that we have, and verifies it:

| offset of the first event | and it is | verdict |
|---|---|---|
| equal | the event we know (`core/identity.py`) | KNOWN: it is dropped, the stream goes on |
| equal | another event | RESET: Falcon has begun a new sequence, which is read from its start |
| equal | the first that an admin asked for | NEXT |
| equal or higher | created after our last commit, where a replay goes back to what an admin asked for | RESET |
| lower | any | RESET |
| higher | any | GAP: Falcon no longer has the events between |
| missing | any | not judged: the next event with an offset is |

After a change of client or member CID, the first events must also come from a customer that we know; otherwise the
checkpoint belongs to another tenant. One unknown customer proves nothing, because a parent's stream has the events of
children that join later. `core/admission.py` therefore looks at more than one event before it believes FOREIGN.

`newest` is `whence=2` on the very first open only. After that, a feed without an offset asks for the oldest event and
drops what was created before the start, so that what came while nobody listened is not lost. A start at a time does so
from the first open on, because Falcon can be asked for an offset and not for a time. The same drop serves a stream
whose offset is beyond Falcon's head: it is read from its oldest event, without what precedes our last commit.

What is dropped ends with the first event that is not too old: all that follows is read, because creation times are not
strictly in order. Some types know whole seconds only (events reference, section 1), so an event of the start's own
second is not too old.
"""

from __future__ import annotations

import enum
from typing import NamedTuple, Optional, Tuple

from falcon_streams.core.envelope import Event
from falcon_streams.core.identity import Identity, identify
from falcon_streams.core.moment import Moment
from falcon_streams.core.record import Record, StartPosition, Step

OLDEST, NEWEST = "whence=0", "whence=2"
# Creation times are not strictly in order (events reference, section 12). A reset repeats at most this much.
CREATION_SLACK_MS = 3_600_000


class Verdict(enum.Enum):
    """What the first events of a feed mean."""

    NEXT = "next"
    KNOWN = "known"
    TOO_OLD = "too_old"
    GAP = "gap"
    RESET = "reset"
    FOREIGN = "foreign"


class Resume(NamedTuple):
    """Where to open a feed, and what is known of the event there."""

    query: str
    offset: Optional[int] = None
    identity: Optional[Identity] = None
    not_before: Optional[int] = None
    customers: Optional[Tuple[str, ...]] = None
    committed: Optional[int] = None

    @property
    def asks_for_offset(self) -> bool:
        """Whether the feed is opened at an offset, not at an end of the log."""
        return self.query.startswith("offset=")

    def judge(self, event: Event) -> Verdict:
        """Judge the first placed event; while the verdict is TOO_OLD, judge the next one too.

        If `customers` is not None, the account has changed, and an unknown event of another customer is foreign.
        `committed`, if not None, is the creation time of our last commit, which comes after the offset asked for.
        """
        if self.identity is not None and self.offset == event.offset and self.identity.is_of(event):
            return Verdict.KNOWN
        if self.customers and event.customer and event.customer not in self.customers:
            return Verdict.FOREIGN
        if self.not_before is not None and event.created is not None and event.created < _whole_second(self.not_before):
            return Verdict.TOO_OLD
        return self._place(event)

    def _place(self, event: Event) -> Verdict:
        if self.offset is None or event.offset is None:
            return Verdict.NEXT
        if self.committed is not None and event.created is not None and event.created > self.committed:
            return Verdict.RESET
        if event.offset > self.offset:
            return Verdict.GAP
        return Verdict.NEXT if event.offset == self.offset and self.identity is None else Verdict.RESET


def _whole_second(millis: int) -> int:
    return millis - millis % 1000


class StartFrom(NamedTuple):
    """The setting `start_from`: `newest`, a moment, one offset for all partitions, or offsets for some; otherwise the
    oldest."""

    newest: bool = False
    offset: Optional[int] = None
    offsets: Tuple[Tuple[str, int], ...] = ()
    moment: Optional[Moment] = None

    def since(self, now_ms: int) -> int:
        """The creation time (epoch milliseconds) from which on a start at `newest` or at a moment reads."""
        return now_ms if self.moment is None else self.moment.resolve(now_ms)

    def origin(self, partition: str, since: int) -> StartPosition:
        """Where a partition without a record begins; `since` is what `since` said at the input's first start."""
        if self.newest or self.moment is not None:
            return StartPosition(not_before=since)
        return StartPosition(offset=dict(self.offsets).get(partition, self.offset))


def resume_at_origin(origin: StartPosition, first_open: bool) -> Resume:
    """Open a stream that has no offset yet; `first_open` says that it begins at `newest`, and that none of its feeds
    was ever opened."""
    if origin.offset is not None:
        return Resume(f"offset={origin.offset}", origin.offset)
    if origin.not_before is None:
        return Resume(OLDEST)
    return Resume(NEWEST) if first_open else Resume(OLDEST, not_before=origin.not_before)


def step_to_resume(record: Record, splunkd_started: Optional[float], replay_seconds: float) -> Step:
    """The step where a new run goes on: the last commit or, after an unclean end, `replay_seconds` before it."""
    restarted = None not in (splunkd_started, record.splunkd_started) and splunkd_started != record.splunkd_started
    if (not record.clean or restarted) and replay_seconds > 0:
        return _step_before(record, record.updated_at - replay_seconds)
    return Step(record.offset, record.identity, record.updated_at)


def resume_at_step(record: Record, step: Step, same_account: bool) -> Resume:
    """Open a partition at one of the steps of its record."""
    customers = None if same_account else record.customers
    if step.offset is None:
        # All we know of the event at an admin's offset is that it was created before the events after it.
        committed = None if record.origin.offset is None else record.created
        return resume_at_origin(record.origin, first_open=False)._replace(customers=customers, committed=committed)
    return Resume(f"offset={step.offset}", step.offset, step.identity, customers=customers)


def resume_after(event: Event) -> Resume:
    """Open a feed again within one run: the sink has everything up to this event."""
    return Resume(f"offset={event.offset}", event.offset, identify(event))


def resume_from_oldest(resume: Resume, created: Optional[int]) -> Resume:
    """Open a stream whose offset is beyond the head: from the oldest event, without what was certainly read before."""
    not_before = None if created is None else created - CREATION_SLACK_MS
    return resume._replace(query=OLDEST, not_before=not_before)


def resume_new_sequence(resume: Resume, created: Optional[int]) -> Resume:
    """Open a stream that was reset: like `resume_from_oldest`, but no event of the former sequence can come again."""
    return resume_from_oldest(resume, created)._replace(offset=None, identity=None)


def _step_before(record: Record, instant: float) -> Step:
    earlier = [step for step in record.trail if step.instant <= instant]
    if earlier:
        return earlier[-1]
    return record.trail[0] if record.trail else Step(record.offset, record.identity, record.updated_at)
