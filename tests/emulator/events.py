"""Generated events: realistic lines of every type, from a seed, fast enough to fill a backlog.

Rules: a line is compact JSON as Falcon writes it (`&`, `<`, `>` as \\u0026 and so on, non-ASCII as it is), `metadata`
first. Bodies are made once per type and variant and joined with fresh metadata. `HARD_LINES` are not part of the mix:
they are published on request.
"""

from __future__ import annotations

import json
from functools import lru_cache
from itertools import accumulate
from random import Random
from typing import Any, List, Tuple

from tests.emulator.bodies import ALL
from tests.emulator.partition import Partition

VARIANTS = 12
_GO = {"&": "\\u0026", "<": "\\u003c", ">": "\\u003e"}

HARD_LINES: Tuple[bytes, ...] = (
    b"this is not JSON at all",
    b'{"metadata":{"offset":',
    b"[1,2,3]",
    b'{"no":"metadata"}',
    b'{"metadata":{"customerIDString":"c","offset":5000001,"eventType":"X","eventCreationTime":1769000000000},'
    b'"event":null}',
    b'{"event":{"a":"]]> </event> &amp; <data>"},"metadata":{"offset":5000002,"eventType":"X"}}',
    b'{"metadata":{"offset":5000003,"eventType":"X"},"event":{"controls":"\x01\x02\x1f","del":"\x7f"}}',
    b'{"metadata":{"offset":5000004,"eventType":"X"},"event":{"nul":"\x00"}}',
    b'{"metadata":{"offset":5000005,"eventType":"X"},"event":{"latin1":"\xe9\xff"}}',
    b'{"metadata":{"offset":5000006,"eventType":"X"},"event":{"surrogate":"\xed\xa0\x80"}}',
    b'{"metadata":{"offset":5000007,"eventType":"X"},"event":{"cr":"a\rb"}}',
    b'{"metadata":{"offset":5000008,"eventType":"X"},"event":{"noncharacters":"\xef\xbf\xbe\xef\xbf\xbf"}}',
    b'{"metadata":{"offset":5000009,"eventType":"X"},"event":{"escaped":"\\ud800 \\u0000"}}',
    b'{"metadata":{"offset":18446744073709551615,"eventType":"X"},"event":{"n":' + b"9" * 5000 + b"}}",
    b'{"event":' + b"[" * 3000 + b"]" * 3000 + b',"metadata":{"offset":5000010,"eventType":"X"}}',
)


def generate(tenant: Any, partition: Partition, count: int) -> None:
    """Append that many events of the mix to a partition."""
    draw = Random(f"{tenant.options.seed}/{partition.name}/{partition.next_offset}")
    names, bodies, weights = mix(tenant.options.seed)
    picks = draw.choices(range(len(names)), cum_weights=weights, k=count)
    now = int(tenant.clock.now() * 1000)
    with partition.changed:
        for pick in picks:
            name, variants = names[pick], bodies[pick]
            created = now if name.startswith(("Auth", "API", "Identity")) else now // 1000 * 1000
            line = _line(tenant.customer, partition.next_offset, name, created, variants[draw.randrange(len(variants))])
            partition.append(name, line)
        partition.changed.notify_all()


def one_of_each(tenant: Any, partition: Partition) -> None:
    """Append one event of every type and variant."""
    names, bodies, _ = mix(tenant.options.seed)
    with partition.changed:
        for name, variants in zip(names, bodies):
            for body in variants:
                now = int(tenant.clock.now() * 1000)
                partition.append(name, _line(tenant.customer, partition.next_offset, name, now, body))
        partition.changed.notify_all()


def publish_audit(
    tenant: Any, partition: Partition, operation: str, app_id: str, offset: str, event_types: str
) -> None:
    """The service's own event on an open or a close (reference 3.8)."""
    types = f"[{event_types.replace(',', ' ')}]" if event_types else "All event type(s)"
    pairs = {
        "partition": partition.name,
        "offset": offset,
        "appId": app_id,
        "eventType": types,
        "APIClientID": tenant.client_id,
    }
    body = {
        "UserId": f"api-client-id:{tenant.client_id}",
        "UserIp": "198.51.100.10",
        "OperationName": operation,
        "ServiceName": "Crowdstrike Streaming API",
        "Success": True,
        "UTCTimestamp": int(tenant.clock.now()),
        "AuditKeyValues": [{"Key": key, "ValueString": value} for key, value in pairs.items()],
    }
    created = int(tenant.clock.now() * 1000)
    with partition.changed:
        name = "AuthActivityAuditEvent"
        partition.append(name, _line(tenant.customer, partition.next_offset, name, created, to_json(body)))
        partition.changed.notify_all()


@lru_cache(maxsize=4)
def mix(seed: int) -> Tuple[List[str], List[List[bytes]], List[int]]:
    """Type names, their bodies as JSON, and cumulated weights."""
    draw = Random(seed)
    names = list(ALL)
    bodies = [[to_json(ALL[name][0](draw)) for _ in range(VARIANTS)] for name in names]
    return names, bodies, list(accumulate(ALL[name][1] for name in names))


def to_json(tree: Any) -> bytes:
    """Compact JSON as Go writes it."""
    text = json.dumps(tree, separators=(",", ":"), ensure_ascii=False)
    for character, escaped in _GO.items():
        text = text.replace(character, escaped)
    return text.encode("utf-8")


def _line(customer: str, offset: int, event_type: str, created: int, body: bytes) -> bytes:
    return (
        b'{"metadata":{"customerIDString":"%s","offset":%d,"eventType":"%s","eventCreationTime":%d,"version":"1.0"},'
        b'"event":%s}'
    ) % (customer.encode(), offset, event_type.encode(), created, body)
