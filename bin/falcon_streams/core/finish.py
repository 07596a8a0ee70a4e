"""Where a partition ends for an input with `stop_at`: which events stand before that, and whether it has been passed.

Theory. An offset is the last one that is read. A time is compared with when an event was created: what was created at
that time or later is not read. Creation times are not strictly in order (events reference, section 12), so a minute of
them behind the time is looked through for what is older.

| a partition has reached its finish when | because |
|---|---|
| it brings an event at the offset, or at a higher one | offsets rise |
| it brings an event that was created a minute after the time, or later | creation times are almost in order |
| it is past the time by Falcon's clock, and brings heartbeats alone for a minute | idle feeds do (reference 3.3) |

No clock can tell that an offset will never come, so a quiet partition waits for it.

Rules: pure. What a setting means is resolved at the first start and kept in the record, with the text that it comes
from: another text is another finish. `behind` keeps the first offset that was not read because of the time, so that an
input whose `stop_at` is moved goes on there. An input without `stop_at` has no finish, and nothing here is called.
"""

from __future__ import annotations

from typing import NamedTuple, Optional, Sequence, Tuple

from falcon_streams.core.batch import Batch
from falcon_streams.core.envelope import Event
from falcon_streams.core.moment import Moment
from falcon_streams.errors import Fatal

QUIET_SECONDS = 60.0
DISORDER_MS = 60_000


class Kept(NamedTuple):
    """What of a batch stands before the finish, None for nothing; whether the batch passes the finish; and the offset
    of the first event that is left out because of a time."""

    batch: Optional[Batch]
    passes: bool
    behind: Optional[int] = None


class Finish(NamedTuple):
    """Where one partition ends: at an offset, or before a time (epoch milliseconds). `setting` is the text of `stop_at`
    that this comes from; `passed` says that all before it is with splunkd for good."""

    setting: str
    offset: Optional[int] = None
    before: Optional[int] = None
    passed: bool = False
    behind: Optional[int] = None

    def keep(self, batch: Batch) -> Kept:
        """Judge the events of a batch."""
        if self.offset is not None:
            return self._keep_offsets(batch, self.offset)
        return self._keep_times(batch, self.before or 0)

    def is_passed_by(self, event: Event) -> bool:
        """Whether nothing before the finish can follow this event."""
        if self.offset is not None:
            return event.offset is not None and event.offset >= self.offset
        return event.created is not None and event.created >= (self.before or 0) + DISORDER_MS

    def _keep_offsets(self, batch: Batch, last: int) -> Kept:
        offsets = [int(offset) if offset else -1 for offset in batch.offsets]
        end = next((place for place, offset in enumerate(offsets) if offset > last), len(offsets))
        return Kept(_chosen(batch, [place < end for place in range(len(offsets))]), max(offsets) >= last)

    def _keep_times(self, batch: Batch, before: int) -> Kept:
        created = [int(seconds + millis) if seconds else 0 for seconds, millis in zip(batch.seconds, batch.millis)]
        end = next((place for place, at in enumerate(created) if at >= before + DISORDER_MS), len(created))
        kept = [place < end and at < before for place, at in enumerate(created)]
        left_out = (int(offset) for offset, is_kept in zip(batch.offsets, kept) if offset and not is_kept)
        return Kept(_chosen(batch, kept), end < len(created), next(left_out, None))


class StopAt(NamedTuple):
    """The setting `stop_at`: a moment, one offset for all partitions, or an offset for each."""

    setting: str
    moment: Optional[Moment] = None
    offset: Optional[int] = None
    offsets: Tuple[Tuple[str, int], ...] = ()

    def finish(self, partition: str, now_ms: int) -> Finish:
        """Where a partition ends, if the first start is now. Raises Fatal if the setting leaves the partition out."""
        if self.moment is not None:
            return Finish(self.setting, before=self.moment.resolve(now_ms))
        offset = dict(self.offsets).get(partition, self.offset)
        if offset is None:
            raise Fatal(
                f"stop_at = {self.setting} has no offset for partition {partition}, so this input would never end. Add "
                "one, or name the partitions to read in the setting partitions"
            )
        return Finish(self.setting, offset)


def _chosen(batch: Batch, kept: Sequence[bool]) -> Optional[Batch]:
    if all(kept):
        return batch
    return batch.chosen(kept) if any(kept) else None
