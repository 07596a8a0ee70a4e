"""The tenants of a provider: what each is called, where its events go, and which of them are wanted.

Theory. Falcon names the customer of each event, and a parent's own stream can bear its children's events. So an event
belongs to the tenant of its customer, whatever stream it came by; one that names no customer belongs to the tenant of
its stream.

Rules: customers come from outside. One is a tenant's only if it is that tenant's CID, in either case and with or
without the checksum; every other text is a tenant without a stanza. Nothing is kept of a text that is none of ours. A
line that names no customer is never left out for want of one: no bad line gets lost.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Dict, FrozenSet, Iterable, NamedTuple, Tuple

from falcon_streams.core.partition_name import read_cid, split

DEFAULT = "default"


class Child(NamedTuple):
    """A child of a parent tenant: its CID, and what Falcon calls it and its state, which may be anything printable and
    nothing."""

    cid: str
    name: str
    status: str


@dataclass(frozen=True)
class Tenant:
    """One tenant; `cid` is plain, and empty for those without a stanza. An empty `index` is that of the input, empty
    `event_types` are all."""

    cid: str = ""
    name: str = ""
    index: str = ""
    event_types: FrozenSet[str] = frozenset()
    exclude_event_types: FrozenSet[str] = frozenset()
    disabled: bool = False
    note: str = ""

    @property
    def takes_all(self) -> bool:
        """Whether every event of the tenant is wanted."""
        return not (self.disabled or self.event_types or self.exclude_event_types)

    def takes(self, event_type: str) -> bool:
        """Whether events of a type are wanted; a line that names none is, unless the whole tenant is left out."""
        if self.disabled or not event_type:
            return not self.disabled
        return event_type not in self.exclude_event_types and (not self.event_types or event_type in self.event_types)


class Tenants:
    """The tenants that have a stanza, and what holds for the others."""

    def __init__(self, listed: Iterable[Tenant] = (), default: Tenant = Tenant(), own: str = "") -> None:
        """`own` is the CID of the account's own tenant, empty if nobody has told it. `indexes` are those that events
        may go to, `take_all` says whether every event of all tenants is wanted, `say_nothing` whether no stanza says
        anything."""
        self.listed: Tuple[Tenant, ...] = tuple(listed)
        self.default = default
        self._by_cid: Dict[str, Tenant] = {tenant.cid: tenant for tenant in self.listed}
        self._by_customer: Dict[bytes, Tenant] = {cid.encode("ascii"): each for cid, each in self._by_cid.items()}
        self._own = self.of(own) if own else replace(default, disabled=False)
        self._parts = self.listed, default, self._own
        enabled = [tenant for tenant in (*self.listed, default) if not tenant.disabled]
        self.indexes = frozenset(tenant.index for tenant in enabled if tenant.index)
        self.take_all = all(tenant.takes_all for tenant in (*self.listed, default))
        self.say_nothing = not self.listed and default == Tenant()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Tenants) and self._parts == other._parts

    def with_own(self, cid: str) -> Tenants:
        """The same for an account whose own tenant is known."""
        return Tenants(self.listed, self.default, cid)

    def of(self, cid: str) -> Tenant:
        """The tenant of a CID in any form; that of all without a stanza for another text."""
        return self._by_cid.get(read_cid(cid), self.default)

    def of_customer(self, customer: bytes, partition: str) -> Tenant:
        """The tenant of an event by the customer that it names, and the partition that it came by."""
        known = self._by_customer.get(customer)
        if known is not None:
            return known
        if not customer:
            tenant = split(partition)[0]
            return self.of(tenant) if tenant else self._own
        text = customer.decode("ascii", "replace")
        return self.of(text) if text == text.strip() else self.default


class Register:
    """The tenants as the conf says now. Whoever reads it again replaces them; whoever uses them looks here for each
    batch."""

    def __init__(self, tenants: Tenants) -> None:
        self.tenants = tenants
