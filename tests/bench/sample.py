"""The sample: one stated mix of event types, about 1.1 KB each, made of the emulator's templates; and its wire form.

Rules: the same seed makes the same bytes. The mix is that of a tenant without API auditing in the loud sense: firewall
matches and API calls lead, logons and user actions follow, a few detections are large.
"""

from __future__ import annotations

import random
from typing import Iterable, Iterator, List

from tests.emulator.events.catalogue import Catalogue

CUSTOMER = "0a1b2c3d4e5f60718293a4b5c6d7e8f9"
STARTED = 1_790_000_000.0
HARD = "hard"  # the emulator's hard lines: other scripts than Latin, 87 KB in one event, deep nesting
MIX: dict[str, float] = {
    HARD: 0.5,
    "FirewallMatchEvent": 45.5,
    "APIActivityAuditEvent": 12,
    "UserActivityAuditEvent": 18,
    "AuthActivityAuditEvent": 19,
    "IdentityProtectionEvent": 3,
    "EppDetectionSummaryEvent": 1,
    "IncidentSummaryEvent": 1,
}
LAST_CHUNK = b"0\r\n\r\n"


def make_lines(count: int, seed: int = 7, first_offset: int = 1) -> List[bytes]:
    """That many events of the mix, without line ends, a tenth of a second apart."""
    draw = random.Random(seed)
    catalogue, customer = Catalogue(seed, CUSTOMER), CUSTOMER.encode()
    variants = {**catalogue.by_type, HARD: catalogue.hard}
    began = int(STARTED * 1000)
    return [
        draw.choice(variants[name]).stamp(customer, first_offset + number, began + number * 100, number)
        for number, name in enumerate(draw.choices(list(MIX), list(MIX.values()), k=count))
    ]


def cut_by_event(lines: Iterable[bytes]) -> bytes:
    """The chunked body of a live feed: each event is a chunk of its own."""
    return b"".join(chunk(line + b"\n") for line in lines)


def cut_by_size(lines: Iterable[bytes], size: int) -> bytes:
    """The chunked body of a backlog: chunks of so many bytes, wherever that cuts."""
    body = b"".join(line + b"\n" for line in lines)
    return b"".join(chunk(piece) for piece in _pieces(body, size))


def chunk(data: bytes) -> bytes:
    """One chunk of a chunked body (RFC 9112, section 7.1)."""
    return b"%x\r\n%b\r\n" % (len(data), data)


def _pieces(body: bytes, size: int) -> Iterator[bytes]:
    return (body[at : at + size] for at in range(0, len(body), size))
