"""Two stores of an input's records as one: that of the account's own tenant, and that of its child tenants.

Rules: a record is in the store of its tenant (`core/partition_name.py`) and in no other, so a package that knows no
tenants finds all that it knows, and nothing else. An admin's changes are kept beside the records of the own tenant.
"""

from __future__ import annotations

from typing import FrozenSet, Optional, Sequence

from falcon_streams.core.partition_name import split
from falcon_streams.core.record import Record
from falcon_streams.ports import ChangeableStore, RemovableRecords


class StorePair:
    """The port `ChangeableStore` over both."""

    def __init__(self, own: ChangeableStore, tenants: RemovableRecords) -> None:
        self._own = own
        self._tenants = tenants

    def partitions(self) -> FrozenSet[str]:
        """The partitions that have a record."""
        return self._own.partitions() | self._tenants.partitions()

    def load(self, partition: str) -> Optional[Record]:
        """The record of a partition."""
        return self._of(partition).load(partition)

    def save(self, records: Sequence[Record]) -> None:
        """Store the records durably."""
        own = [record for record in records if not record.tenant]
        tenants = [record for record in records if record.tenant]
        if own:
            self._own.save(own)
        if tenants:
            self._tenants.save(tenants)

    def remove(self, partitions: FrozenSet[str]) -> None:
        """Remove the records of these partitions, as far as they have one."""
        tenants = frozenset(filter(_is_tenants, partitions))
        if partitions - tenants:
            self._own.remove(partitions - tenants)
        if tenants:
            self._tenants.remove(tenants)

    def faults(self) -> Sequence[str]:
        """A sentence for each fault of either."""
        return [*self._own.faults(), *self._tenants.faults()]

    def history(self) -> str:
        """The text of an admin's changes."""
        return self._own.history()

    def keep_history(self, text: str) -> None:
        """Store the text of an admin's changes."""
        self._own.keep_history(text)

    def _of(self, partition: str) -> RemovableRecords:
        return self._tenants if _is_tenants(partition) else self._own


def _is_tenants(partition: str) -> bool:
    return bool(split(partition)[0])
