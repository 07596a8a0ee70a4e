"""The last changes that admins made to an input's offsets, each with the records that it replaced.

Rules: pure. The history keeps `MOST` changes, and fewer if they are of thousands of partitions: the newest, and those
before it that have `MOST_RECORDS` with it. A change is in it before its records are stored: a crash between leaves a
change to undo that was not made, and undoing it stores what is there already. An undone change leaves the history after
its records are stored. The records are kept as they were, to the byte.
"""

from __future__ import annotations

import json
import math
from typing import Any, NamedTuple, Optional, Tuple

from falcon_streams.core.record import Record, RecordTooNew, RecordUnreadable, read_record

MOST, MOST_RECORDS = 10, 4_000
_VERSION = 1


class Change(NamedTuple):
    """What a user did and why, at this instant in epoch seconds. `before` has the record of each partition, or None if
    it had none."""

    at: float
    user: str
    why: str
    what: str
    before: Tuple[Tuple[str, Optional[Record]], ...]


class History(NamedTuple):
    """The changes, the oldest first."""

    changes: Tuple[Change, ...] = ()

    def with_change(self, change: Change) -> History:
        """The history after one more."""
        kept = [*self.changes, change][-MOST:]
        while len(kept) > 1 and sum(len(each.before) for each in kept) > MOST_RECORDS:
            del kept[0]
        return History(tuple(kept))

    def without_last(self) -> History:
        """The history after the last change was undone."""
        return History(self.changes[:-1])

    def to_text(self) -> str:
        """The history as it is stored."""
        return json.dumps({"version": _VERSION, "changes": [_told(change) for change in self.changes]}, sort_keys=True)


def read_history(text: str) -> History:
    """A stored history; an empty text has none. Raises RecordTooNew or RecordUnreadable."""
    if not text:
        return History()
    try:
        tree = json.loads(text)
        if tree["version"] > _VERSION:
            raise RecordTooNew("a newer version of this add-on wrote the history of changes")
        return History(tuple(_change(each) for each in tree["changes"]))
    except (RecordTooNew, RecordUnreadable):
        raise
    except (ValueError, RecursionError, KeyError, TypeError, AttributeError, OverflowError) as error:
        raise RecordUnreadable("the history of changes is damaged") from error


def _told(change: Change) -> Any:
    before = {name: None if record is None else json.loads(record.to_bytes()) for name, record in change.before}
    return {**change._asdict(), "before": before}


def _change(tree: Any) -> Change:
    at = float(tree["at"])
    if not math.isfinite(at):
        raise ValueError("not an instant")
    before = sorted(tree["before"].items())
    records = tuple((name, None if each is None else read_record(json.dumps(each).encode())) for name, each in before)
    return Change(at, str(tree["user"]), str(tree["why"]), str(tree["what"]), records)
