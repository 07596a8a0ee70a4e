"""What stands in the way of reading, as sentences for the admin: one for the input, one for each partition.

Rules: a sentence stays until what heals it. The input's is healed by the next discovery that is answered well, a
partition's by its own feed, once that lives. A sentence says what happened and what to do.
"""

from __future__ import annotations

from typing import Collection, Dict

from falcon_streams.core.discovery import Discovery
from falcon_streams.core.roster import ALL

# What is written where nothing is wrong: a key without a value would leave a search with an earlier line's trouble.
NO_ERROR = "none"
_MOST_NAMES = 10


class LastErrors:
    """The sentences of one input. An empty one says that nothing is wrong."""

    def __init__(self, app_id: str) -> None:
        self._app_id = app_id
        self._told: Dict[str, str] = {}

    def of(self, partition: str) -> str:
        """The sentence of a partition; of the input itself for ALL."""
        return self._told.get(partition, "")

    def note(self, partition: str, sentence: str) -> None:
        """This stands in the way of a partition, or of the input itself (ALL)."""
        self._told[partition] = sentence

    def heal(self, partition: str) -> None:
        """Nothing stands in its way any more."""
        self._told.pop(partition, None)

    def discovered(self, discovery: Discovery, connected: Collection[str], missing: Collection[str]) -> None:
        """A discovery was answered, while these partitions are `connected`; `missing` are wanted and not offered."""
        offered = {stream.partition for stream in discovery.streams} | set(connected)
        if discovery.refusals:
            others = len(discovery.refusals) - 1
            self.note(ALL, discovery.refusals[0] + (f"; {others} more entries were refused" if others else ""))
        elif offered:
            self.heal(ALL)
            for partition in missing:
                self.note(partition, _not_offered(partition, offered))
        else:
            self.note(ALL, _in_use(self._app_id))


def _in_use(app_id: str) -> str:
    return (
        f"Falcon gives app id {app_id} to another reader. Wait six minutes if an input of this app id has just ended; "
        "otherwise end the other reader, or choose an app id that nobody else uses. If nobody uses it, ask CrowdStrike "
        "to enable event streams for this tenant"
    )


def _not_offered(partition: str, offered: Collection[str]) -> str:
    names = sorted(offered)
    shown = ", ".join(names[:_MOST_NAMES]) + (f" and {len(names) - _MOST_NAMES} more" if names[_MOST_NAMES:] else "")
    return (
        f"Falcon offers no partition {partition} (it offers {shown}). Correct the setting partitions if it names "
        f"{partition} by mistake; otherwise end another reader of this app id that may have it. If Falcon has given it "
        "up, there is nothing to do"
    )
