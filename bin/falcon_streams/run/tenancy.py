"""The tenants of one input: which are read now, whose turn it is to ask for a token, and which of them is due.

Theory. Most inputs read one tenant, which is looked at each second. An input of a Flight Control parent reads many.
The list of children says which of them begin and which are left (`core/census.py`). Discoveries that need a token wait
for their turn, in the order in which they were wanted (`core/token_budget.py`). A quiet tenant is looked at every five
seconds, because its timers run for minutes.

Rules: only the supervisor calls, except `ask`, which it runs in a thread. A happening of a tenant that has gone is
dropped: its call was under way when it was left.
"""

from __future__ import annotations

import logging
from collections import deque
from typing import Callable, Deque, Dict, FrozenSet, List, Optional, Set

from falcon_streams.core.census import MOST_TENANTS, Census
from falcon_streams.core.last_error import NO_ERROR
from falcon_streams.core.partition_name import split
from falcon_streams.core.token_budget import TokenBudget
from falcon_streams.errors import Retryable
from falcon_streams.ports import Directory
from falcon_streams.run.commits import Commits
from falcon_streams.run.happenings import DiscoveryFailed, Listed, TenantHappening, complaint, tenant_of
from falcon_streams.run.reader import Reader
from falcon_streams.run.tenant import Access, Means, Tenant

LOG = logging.getLogger(__name__)
EACH_TICK, QUIET_TICK = 0.5, 4.5  # a little less than a second and five, so that no tick is missed
FEW_TENANTS = 20
TOO_MANY_REQUESTS = 429


class Tenancy:
    """All tenants of an input."""

    def __init__(
        self,
        census: Census,
        directory: Optional[Directory],
        access: Callable[[str], Access],
        commits: Commits,
    ) -> None:
        """`directory` lists the children, None if nobody has to ask for them; `access` gives what a tenant is read
        by."""
        self.tenants: Dict[str, Tenant] = {}
        self.last_error = ""  # what keeps the input as a whole from reading all that it should
        self._census = census
        self._directory = directory
        self._access = access
        self._commits = commits
        self._budget = TokenBudget()
        self._waiting: Deque[Tenant] = deque()
        self._due: Dict[str, float] = {}
        self._has_list = False

    def begin(self, means: Means) -> None:
        """Read the tenants that are known before Falcon has listed any. The account's own tenant waits for the first
        list, because it says whose events its stream bears that come by a stream of their own."""
        self._means = means
        self._begin(self._census.tenants - ({""} if self._directory is not None else set()), at_start=True)

    @property
    def readers(self) -> List[Reader]:
        """The readers of all tenants."""
        return [reader for tenant in self.tenants.values() for reader in tenant.readers.values()]

    @property
    def has_readers(self) -> bool:
        """Whether any reader has not ended yet."""
        return any(tenant.readers for tenant in self.tenants.values())

    def forget_reader(self, partition: str) -> None:
        """The reader of this partition has ended while the input stops."""
        self.tenants[split(partition)[0]].readers.pop(partition, None)

    def take(self, happening: TenantHappening, at: float) -> None:
        """Take a happening of one of them."""
        tenant = self.tenants.get(tenant_of(happening))
        if tenant is None:
            return
        if isinstance(happening, DiscoveryFailed) and happening.error.status == TOO_MANY_REQUESTS:
            self._budget.refused(at, happening.error.after)
        if tenant.api.token_limit is not None:
            self._budget.follow(tenant.api.token_limit)
        tenant.take(happening, at)
        self._due[tenant.cid] = at

    def tick(self, at: float) -> None:
        """Do what is due."""
        spacing = EACH_TICK if len(self.tenants) <= FEW_TENANTS else QUIET_TICK
        for cid in [cid for cid, due in self._due.items() if due <= at]:
            tenant = self.tenants[cid]
            tenant.tick(at)
            self._due[cid] = at + (EACH_TICK if tenant.is_busy else spacing)
            if tenant.has_gone:
                del self.tenants[cid], self._due[cid]
                self._begin(self._census.tenants & {cid})  # it came back before its last reader had ended

    # -- the list of children --------------------------------------------------------------------------------------

    def wants_list(self, at: float) -> bool:
        """Whether `ask` is due; its answer is taken by `take_list`."""
        return self._directory is not None and self._census.is_due(at)

    def ask(self) -> Listed:
        """Ask Falcon for the children."""
        try:
            return Listed(self._directory.children() if self._directory is not None else frozenset())
        except Retryable as error:
            return Listed(frozenset(), error)

    def take_list(self, answer: Listed, at: float) -> None:
        """Begin with the children that are new, and leave those that are no longer there."""
        if answer.error is not None:
            self._census.failed(at, answer.error.after)
            self._begin(self._census.tenants, at_start=True)
            self.last_error = str(answer.error)
            LOG.warning("children_not_listed", complaint(answer.error))
            return
        change = self._census.listed(answer.children, at)
        self.last_error = _too_many(self._census.beyond)
        fields = {"children": len(answer.children), "begun": len(change.begun), "left": len(change.left)}
        LOG.info("children_listed", {**fields, "trouble": self.last_error or NO_ERROR})
        for cid in sorted(change.left):
            self.tenants[cid].leave()
            self._due[cid] = at
        self._begin(self._census.tenants, at_start=not self._has_list)
        self._has_list = True

    def _begin(self, tenants: FrozenSet[str], at_start: bool = False) -> None:
        """Read these tenants unless they are read; one that was left and comes back goes on at its offsets. A child
        that is new in a later list is not there `at_start`: it is read from when the input began."""
        elsewhere = self._means.plan.filters.elsewhere
        if elsewhere is not None:
            elsewhere.cids = self._census.tenants - {""}
        new = sorted(tenants - self.tenants.keys())
        if not new:
            return  # as for most lists, and for each tenant that has gone
        known: Dict[str, Set[str]] = {}
        for name in self._commits.known | set(self._commits.progress):
            known.setdefault(split(name)[0], set()).add(name)
        for cid in new:
            own = frozenset(known.get(cid, ()))
            self.tenants[cid] = Tenant(cid, self._access(cid), self._means, own, at_start)
            self._due[cid] = self._means.clock.monotonic()

    # -- tokens in turn --------------------------------------------------------------------------------------------

    def wants_discovery(self, tenant: Tenant) -> None:
        """Have a tenant discover: at once with a bearer at hand, otherwise in its turn."""
        if tenant.api.needs_token:
            self._waiting.append(tenant)
        else:
            tenant.discover()

    def discover_in_turn(self, at: float) -> None:
        """Start the discoveries for which there are tokens now."""
        while self._waiting and (self._waiting[0].is_left or self._budget.admits(at)):
            tenant = self._waiting.popleft()
            if not tenant.is_left:
                tenant.discover()

    # -- the end ---------------------------------------------------------------------------------------------------

    def finish(self) -> bool:
        """Whether all partitions of all tenants have passed `stop_at`, and the store knows that; says so to each."""
        tenants = self.tenants.values()
        if not all(tenant.discoveries and tenant.roster.has_finished for tenant in tenants):
            return False
        if not tenants or not self._commits.have_finished:
            return False
        for tenant in tenants:
            tenant.all_finished()
        return True


def _too_many(beyond: int) -> str:
    if not beyond:
        return ""
    return (
        f"Flight Control lists {beyond} children more than the {MOST_TENANTS} that an input reads: they are not read. "
        "Share the children among several inputs by the setting shard"
    )
