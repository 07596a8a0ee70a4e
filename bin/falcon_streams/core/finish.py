"""Where a partition ends for an input with `stop_at`: which events stand before that, and whether it has been passed.

Theory. An offset is the last one that is read. A time is a place in the stream: before the first event that was created
at that time or later. Creation times are almost in order, so this place is exact enough for an hour of events, and two
inputs of which one stops where the other starts leave nothing out between them: both mean the same place.

| a partition has passed its finish when | because |
|---|---|
| it brings an event at the offset, or at a higher one | offsets rise |
| it brings an event that was created at the time or later | that is where the finish is |
| it is past the time by Falcon's clock, and brings heartbeats alone for a minute | idle feeds do (reference 3.3) |

No clock can tell that an offset will never come, so a quiet partition waits for it.

Rules: pure. What a setting means is resolved at the first start and kept in the record, with the text that it comes
from: another text is another finish. An input without `stop_at` has no finish, and nothing here is called.
"""

from __future__ import annotations

from typing import NamedTuple, Optional, Tuple

from falcon_streams.core.batch import Batch
from falcon_streams.core.envelope import Event
from falcon_streams.core.moment import Moment
from falcon_streams.errors import Fatal

QUIET_SECONDS = 60.0


class Finish(NamedTuple):
    """Where one partition ends: behind an offset, or before a time (epoch milliseconds). `setting` is the text of
    `stop_at` that this comes from; `passed` says that all before it is committed."""

    setting: str
    offset: Optional[int] = None
    before: Optional[int] = None
    passed: bool = False

    def cut(self, batch: Batch) -> Tuple[Optional[Batch], bool]:
        """What of a batch stands before the finish, None for nothing; and whether the batch passes it."""
        if self.offset is not None:
            offsets = [int(offset) if offset else -1 for offset in batch.offsets]
            behind = [offset > self.offset for offset in offsets]
            passes = max(offsets) >= self.offset
        else:
            behind = [bool(each) and self._is_late(int(each + rest)) for each, rest in zip(batch.seconds, batch.millis)]
            passes = True in behind
        if True not in behind:
            return batch, passes
        return _first(batch, behind.index(True)), passes

    def is_passed_by(self, event: Event) -> bool:
        """Whether nothing before the finish can follow this event."""
        if self.offset is not None:
            return event.offset is not None and event.offset >= self.offset
        return event.created is not None and self._is_late(event.created)

    def _is_late(self, created: int) -> bool:
        return self.before is not None and created >= self.before


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


def _first(batch: Batch, count: int) -> Optional[Batch]:
    if count == 0:
        return None
    malformed = frozenset(place for place in batch.malformed if place < count)
    return Batch._make((*(column[:count] for column in batch[:-1]), malformed))
