"""What keeps an input from reading, as sentences for the admin: one for the input, one for each partition.

Rules: a sentence stays until its problem is solved: the input's until the next successful discovery, a partition's
until its own feed lives. A sentence says what happened and what to do.
"""

from __future__ import annotations

from typing import Collection, Dict

from falcon_streams.core.discovery import Discovery
from falcon_streams.core.roster import ALL

# Written when nothing is wrong: without a value, a search would keep the trouble of an earlier line.
NO_ERROR = "none"
_MOST_NAMES = 10


class LastErrors:
    """The sentences of one input. An empty one means that nothing is wrong."""

    def __init__(self, app_id: str) -> None:
        self._app_id = app_id
        self._told: Dict[str, str] = {}

    def of(self, partition: str) -> str:
        """The sentence of a partition, or for ALL, of the input itself."""
        return self._told.get(partition, "")

    def note(self, partition: str, sentence: str) -> None:
        """Note what keeps a partition, or the input itself (ALL), from being read."""
        self._told[partition] = sentence

    def heal(self, partition: str) -> None:
        """Forget the sentence of a partition, or of the input itself (ALL)."""
        self._told.pop(partition, None)

    def discovered(self, discovery: Discovery, connected: Collection[str], missing: Collection[str]) -> None:
        """A discovery was answered while these partitions are `connected`; `missing` are wanted but not offered."""
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
        f"Falcon gives app ID {app_id} to another reader. Wait six minutes if an input of this app ID has just ended; "
        "otherwise end the other reader, or choose an app ID that nobody else uses. If nobody uses it, ask CrowdStrike "
        "to enable event streams for this tenant"
    )


def _not_offered(partition: str, offered: Collection[str]) -> str:
    names = sorted(offered)
    shown = ", ".join(names[:_MOST_NAMES]) + (f" and {len(names) - _MOST_NAMES} more" if names[_MOST_NAMES:] else "")
    return (
        f"Falcon offers no partition {partition} (it offers {shown}). Correct the setting partitions if it names "
        f"{partition} by mistake; otherwise end another reader of this app ID that may have it. If Falcon has given it "
        "up, there is nothing to do"
    )
