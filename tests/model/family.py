"""One input that reads the children of a parent, under the same faults, while the children come and go.

Rules: two children have a partition each. A child that has gone gives no token, and its feed is cut; what it holds then
is owed again once it is back, from where the input had come. A child that two lists in a row were without is asked for
nothing more, until the input starts anew.
"""

from __future__ import annotations

from typing import Callable, Dict, FrozenSet, List, Optional

from hypothesis import strategies as st
from hypothesis.stateful import rule

from falcon_streams.core.census import Census
from falcon_streams.core.discovery import Discovery, Stream
from falcon_streams.core.partition_name import name_of, split
from falcon_streams.core.tenant_choice import TenantChoice
from falcon_streams.errors import Retryable
from falcon_streams.run.commits import Commits
from falcon_streams.run.tenancy import Tenancy
from falcon_streams.run.tenant import Access
from tests.model.falcon import ModelFalcon, ModelFeed
from tests.model.machine import InputMachine, partitions

CIDS = ("a" * 32, "b" * 32)
UNDER_WAY = 400.0  # seconds that a discovery takes which was under way, the machine's sleep included
Gone = Dict[str, List[float]]
"""The children that have gone, with the times of the lists without them since the input started."""


class Child:
    """One child's side of Falcon: the ports `EventStreamsApi` and `Feeds`."""

    needs_token = True
    token_limit: Optional[int] = None

    def __init__(self, falcon: ModelFalcon, cid: str, gone: Gone) -> None:
        self._falcon = falcon
        self._cid = cid
        self._gone = gone

    def discover(self) -> Discovery:
        """The child's stream."""
        self._refuse()
        found = self._falcon.discover()
        return found._replace(streams=tuple(each for each in found.streams if split(each.partition)[0] == self._cid))

    def refresh(self, stream: Stream) -> None:
        """Renew the session of a feed."""
        self._refuse()
        self._falcon.refresh(stream)

    def revoke(self) -> None:
        """The bearer is given back."""

    def open(self, stream: Stream, position: str) -> ModelFeed:
        """Open the child's feed."""
        self._refuse()
        return self._falcon.open(stream, position)

    def _refuse(self) -> None:
        if self._cid in self._gone:
            late = self._falcon.clock.monotonic() - UNDER_WAY
            if any(at < late for at in self._gone[self._cid][1:2]):
                self._falcon.breaches.append(f"{self._cid} is asked for after two lists without it")
            raise Retryable("403", status=403)


class FlightControl:
    """The port `Directory`."""

    def __init__(self, falcon: ModelFalcon, gone: Gone, listed: Callable[[FrozenSet[str]], None]) -> None:
        """`listed` is called with the children of each answer."""
        self._falcon = falcon
        self._gone = gone
        self._listed = listed

    def children(self) -> FrozenSet[str]:
        """Those that have not gone; the answer fails as a discovery does."""
        if self._falcon.discovery in ("error", "never"):
            raise Retryable("500", status=500)
        for lists in self._gone.values():
            lists.append(self._falcon.clock.monotonic())
        children = frozenset(CIDS) - self._gone.keys()
        self._listed(children)
        return children


class FamilyMachine(InputMachine):
    """The rules of an input, and those of children."""

    NAMES = [name_of(cid, "0") for cid in CIDS]

    def tenancy(self, commits: Commits) -> Tenancy:
        """All children that are listed."""
        self.gone: Gone = {cid: [] for cid in getattr(self, "gone", {})}
        self.is_first_list = not commits.known
        known = frozenset(split(name)[0] for name in commits.known)
        census = Census(TenantChoice(own=False, children=True), known, self.draw.random)
        return Tenancy(census, FlightControl(self.falcon, self.gone, self._listed), self._access, commits)

    def _listed(self, children: FrozenSet[str]) -> None:
        """The first list of a run that knows no partition says which tenants are there at the start."""
        if self.is_first_list:
            self.promise.own_start = frozenset(name_of(cid, "0") for cid in children)
        self.is_first_list = False

    def _access(self, cid: str) -> Access:
        child = Child(self.falcon, cid, self.gone)
        return Access(child, child)

    @rule(partition=partitions)
    def child_goes(self, partition: str) -> None:
        """A child is no longer the parent's."""
        name = self.named(partition)
        self.gone.setdefault(split(name)[0], [])
        if name in self.falcon.feeds:
            self.falcon.feeds[name].ending = "cut"

    @rule(partition=partitions, minutes=st.sampled_from([0, 20]))
    def child_comes_back(self, partition: str, minutes: int) -> None:
        """It is the parent's again, perhaps after so long that the input has left it."""
        self.run_for(minutes * 60.0, 10.0)
        self.gone.pop(split(self.named(partition))[0], None)

    def heal_and_wait(self) -> None:
        """All children are back."""
        self.gone.clear()
        super().heal_and_wait()
