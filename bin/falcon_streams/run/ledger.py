"""The log's account of what was delivered: a line `delivered` for each range of offsets of a partition.

Rules: once a minute and at the end of a run, for partitions that have committed something since; a quiet partition
writes nothing. What a process that is killed has not told, no line tells: the audit names the hole. The tenant is that
of the stream: a parent's stream bears its children's events in one sequence of offsets, so the line names the parent,
and beside it customers whose events the stream bears. A line names a few of them; where there are more, the next lines
go on with the others.
"""

from __future__ import annotations

import logging
from typing import Iterable, Optional, Tuple

from falcon_streams.core.record import Record
from falcon_streams.core.text import tidy
from falcon_streams.run.progress import Progress

LOG = logging.getLogger(__name__)
MOST_CUSTOMERS = 20


def tell_delivered(partitions: Iterable[Progress]) -> None:
    """Write the lines that are due."""
    for progress in partitions:
        for each in progress.delivery.take():
            fields = {
                "partition": progress.partition,
                "tenant": _tenant(progress.record),
                "first": each.first,
                "last": each.last,
                **each.counted._asdict(),
                "line": each.number,
                "since": None if each.since is None else each.since / 1000.0,
                "reset_at": each.reset_at,
                "customers": _customers(progress.record.customers, each.number),
            }
            LOG.info("delivered", fields)


def _tenant(record: Record) -> str:
    """Falcon does not say whose stream it is. The member CID does, or else the API client, which has one tenant."""
    return record.member_cid or record.client_id


def _customers(customers: Tuple[str, ...], number: int) -> Optional[str]:
    pages = max(1, -(-len(customers) // MOST_CUSTOMERS))
    start = number % pages * MOST_CUSTOMERS
    return ",".join(map(tidy, customers[start : start + MOST_CUSTOMERS])) or None
