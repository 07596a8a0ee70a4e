"""The ledger check of a parent and its children: every event of every tenant is in the index, in order, in its place.

Rules: a partition is known by its tenant's CID and its id, an indexed event by the customer that it names. So an event
that reached the index under another customer's partition is a stranger. A place is an index and the tenant's name.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from typing import NamedTuple

from tests.emulator import Emulator
from tests.integration.comparison import Comparison, Key, compare, key_of
from tests.integration.scene import Scene
from tests.splunkd.intake.index import Event


class Place(NamedTuple):
    """Where an event belongs: its index, and the tenant's name, None for none."""

    index_name: str
    tenant: str | None


def customer_of(raw: bytes) -> str | None:
    """The customer that a line names, None for none."""
    try:
        found = json.loads(raw)
    except ValueError:
        return None
    metadata = found.get("metadata") if isinstance(found, dict) else None
    customer = metadata.get("customerIDString") if isinstance(metadata, dict) else None
    return customer if isinstance(customer, str) else None


def family_key(event: Event) -> Key:
    """As `key_of`, with the tenant before the partition."""
    partition, offset, digest = key_of(event)
    return f"{customer_of(event.raw)}/{partition}", offset, digest


def ledger_of(falcon: Emulator, cids: Collection[str]) -> dict[str, list[list[object]]]:
    """What was published to these tenants, by partition."""
    return {
        f"{cid}/{partition}": list(falcon.published(partition, tenant=cid))
        for cid in cids
        for partition in falcon.offsets(cid)
    }


def compare_family(scene: Scene, cids: Collection[str], events: Iterable[Event] | None = None) -> Comparison:
    """The ledger check of these tenants, who must be all that is indexed, or all of these events."""
    rows = scene.splunkd.events() if events is None else events
    return compare(ledger_of(scene.falcon, cids), rows, family_key)


def await_family(scene: Scene, cids: Collection[str], timeout: float = 40.0) -> Comparison:
    """Wait until nothing of these tenants is missing; the ledger check."""
    wanted = sum(map(len, ledger_of(scene.falcon, cids).values()))
    scene.wait(lambda: scene.splunkd.count() >= wanted, timeout, f"{wanted} events")
    scene.wait(lambda: compare_family(scene, cids).missing == 0, timeout, "nothing missing")
    return compare_family(scene, cids)


def misrouted(events: Iterable[Event], places: Mapping[str, Place], others: Place) -> list[tuple[str | None, Place]]:
    """The events that are not where they belong: by customer, those of other customers at `others`."""
    found = []
    for event in events:
        customer = customer_of(event.raw)
        place = Place(event.index, json.loads(event.fields).get("falcon_tenant"))
        if place != places.get(str(customer), others):
            found.append((customer, place))
    return found
