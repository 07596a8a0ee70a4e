"""The audit trail that the service itself leaves in the streams (Event Streams reference 3.8).

Rules: opening and closing a feed are events in its own partition, with the request's parameters; with API auditing on,
each call of the API is one in the first partition. They are events like all others: offset, ledger and all.
"""

from __future__ import annotations

import random
from typing import Any

from tests.emulator.events import audits
from tests.emulator.events.cast import Cast
from tests.emulator.events.template import Template
from tests.emulator.faults import API_CALLS
from tests.emulator.feed import Feed
from tests.emulator.log import Line
from tests.emulator.partition import Partition
from tests.emulator.tenant import Tenant
from tests.emulator.wire import Request


class Trail:
    """The audit events of a tenant and its children."""

    def __init__(self, customer: str) -> None:
        self._cast = Cast(random.randrange(1 << 30), customer)
        self._number = 0

    def feed(self, tenant: Tenant, feed: Feed, operation: str) -> None:
        """A feed was opened or closed: streamStarted, streamStopped."""
        if not tenant.options.audit:
            return
        asked = feed.asked
        types = f"[{' '.join(asked.event_types)}]" if asked.event_types else "All event type(s)"
        offset = "-1" if asked.offset is None else str(asked.offset)
        body = audits.stream_activity(operation, asked.app_id, asked.client_id, feed.name, offset, types)
        self._publish(tenant, feed.partition, "AuthActivityAuditEvent", body)

    def call(self, tenant: Tenant, kind: str, request: Request, status: int) -> None:
        """The API was called, for this tenant."""
        partitions = tenant.offered()
        if not tenant.options.api_audit or kind not in API_CALLS or not partitions:
            return
        client_id = request.form.get("client_id", "") or next(iter(tenant.tokens.clients))
        customer = tenant.options.customer
        body = audits.api_call(client_id, customer, request.peer, request.method, request.path, str(status), self._cast)
        self._publish(tenant, partitions[0], "APIActivityAuditEvent", body)

    def _publish(self, tenant: Tenant, partition: Partition, event_type: str, body: Any) -> None:
        template, now = Template(event_type, body), tenant.clock.now()
        customer = tenant.options.customer.encode()
        self._number += 1

        def make(offset: int) -> list[Line]:
            return [Line(offset, event_type, template.stamp(customer, offset, int(now * 1000), self._number))]

        partition.compose(make, now)
