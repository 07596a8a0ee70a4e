"""The records that a writer has found in a shared collection.

Rules: the list of what the input had (a manifest, or the roll) may be missing although a claim says that it was left.
Then a partition without a record may have had one, so it is read from the oldest event.
"""

from __future__ import annotations

from typing import Dict, FrozenSet, Optional

from falcon_streams.core.custody import oldest
from falcon_streams.core.record import Record


class FoundRecords:
    """The records of an input by partition; whoever reads and stores them extends it."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._found: Dict[str, Record] = {}
        self._lost = False  # whether the list of what there was is missing

    def partitions(self) -> FrozenSet[str]:
        """The partitions that have, or had, a record."""
        return frozenset(self._found)

    def load(self, partition: str) -> Optional[Record]:
        """The record of a partition."""
        if partition not in self._found and self._lost:
            self._found[partition] = oldest(self._name, partition)
        return self._found.get(partition)
