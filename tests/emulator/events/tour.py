"""One of everything at once: every type, every variant, every awkward case.

Rules: for tests that want all there is rather than what is likely.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.emulator.events.catalogue import Catalogue
from tests.emulator.log import Line
from tests.emulator.partition import Partition

if TYPE_CHECKING:
    from tests.emulator.tenant import Tenant


def one_of_each(tenant: Tenant, partition: Partition) -> None:
    """Append one event of every template of the catalogue to a partition."""
    options, now = tenant.options, tenant.clock.now()
    catalogue, customer = Catalogue(options.seed, options.customer), options.customer.encode()
    templates = [each for variants in catalogue.by_type.values() for each in variants] + catalogue.hard

    def make(first_offset: int) -> list[Line]:
        return [
            Line(
                first_offset + number,
                each.event_type,
                each.stamp(customer, first_offset + number, int(now * 1000), number),
            )
            for number, each in enumerate(templates)
        ]

    partition.compose(make, now)
