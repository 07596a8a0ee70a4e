"""Which tenants an input reads: what its settings `tenants` and `shard` say.

Theory. Several inputs, each on its own forwarder, share the children of a parent by rendezvous hashing: each shard has
a score for each CID, and the highest score has the child. All forwarders compute the same, and a change of the number
of shards moves no more children than it must.

Rules: `own` is the account's own tenant, which has an empty CID here. It belongs to the first shard.
"""

from __future__ import annotations

import hashlib
from typing import FrozenSet, NamedTuple, Sequence

from falcon_streams.core.partition_name import read_cid

OWN, CHILDREN = "own", "children"


class Shard(NamedTuple):
    """The k-th of n inputs that share the tenants, counted from 1."""

    number: int = 1
    of: int = 1

    def has(self, tenant: str) -> bool:
        """Whether this shard reads a tenant."""
        if not tenant:
            return self.number == 1
        best = max(range(1, self.of + 1), key=lambda number: _score(tenant, number))
        return best == self.number

    def __str__(self) -> str:
        return f"{self.number}/{self.of}"


class TenantChoice(NamedTuple):
    """The tenants that an input reads: its account's own, all children that Falcon lists, or those that are named."""

    own: bool = True
    children: bool = False
    named: FrozenSet[str] = frozenset()
    shard: Shard = Shard()

    @property
    def only_own(self) -> bool:
        """Whether the input reads one tenant, without asking for others."""
        return not (self.children or self.named)

    def __str__(self) -> str:
        words = [OWN] * self.own + [CHILDREN] * self.children + sorted(self.named)
        return f"{','.join(words)} shard {self.shard}"

    def of(self, children: FrozenSet[str]) -> FrozenSet[str]:
        """The tenants to read, when Falcon lists these children."""
        wanted = (
            (children if self.children else frozenset()) | self.named | (frozenset({""}) if self.own else frozenset())
        )
        return frozenset(tenant for tenant in wanted if self.shard.has(tenant))


def read_choice(tenants: Sequence[str], shard: str) -> TenantChoice:
    """The choice that checked settings say."""
    number, _, count = shard.partition("/")
    return TenantChoice(
        OWN in tenants,
        CHILDREN in tenants,
        frozenset(filter(None, map(read_cid, tenants))),
        Shard(int(number), int(count)),
    )


def _score(tenant: str, number: int) -> bytes:
    return hashlib.sha256(f"{tenant}/{number}".encode()).digest()
