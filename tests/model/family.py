"""One input that reads the children of a parent, under the same faults, while the children come and go.

Rules: two children have a partition each. A child that has gone gives no token, and its feed is cut; what it holds then
is owed again once it is back, from where the input had come. A child that has been gone for longer than two lists of
children take is asked for nothing more.
"""

from __future__ import annotations

from typing import Dict, FrozenSet, Optional

from hypothesis import strategies as st
from hypothesis.stateful import rule

from falcon_streams.core.census import LIST_EVERY, LOOK_AGAIN, Census
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
# What a list takes that fails at first, and a discovery that was under way.
LEFT_AFTER = LIST_EVERY + LOOK_AGAIN + 400.0


class Child:
    """One child's side of Falcon: the ports `EventStreamsApi` and `Feeds`."""

    needs_token = True
    token_limit: Optional[int] = None

    def __init__(self, falcon: ModelFalcon, cid: str, gone: Dict[str, float]) -> None:
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
            gone_for = self._falcon.clock.monotonic() - self._gone[self._cid]
            if gone_for > LEFT_AFTER:
                self._falcon.breaches.append(f"{self._cid} is asked for {gone_for:.0f} s after it has gone")
            raise Retryable("403", status=403)


class FlightControl:
    """The port `Directory`."""

    def __init__(self, falcon: ModelFalcon, gone: Dict[str, float]) -> None:
        self._falcon = falcon
        self._gone = gone

    def children(self) -> FrozenSet[str]:
        """Those that have not gone; the answer fails as a discovery does."""
        if self._falcon.discovery in ("error", "never"):
            raise Retryable("500", status=500)
        return frozenset(CIDS) - self._gone.keys()


class FamilyMachine(InputMachine):
    """The rules of an input, and those of children."""

    NAMES = [name_of(cid, "0") for cid in CIDS]

    def tenancy(self, commits: Commits) -> Tenancy:
        """All children that are listed."""
        self.gone: Dict[str, float] = getattr(self, "gone", {})
        known = frozenset(split(name)[0] for name in commits.known)
        census = Census(TenantChoice(own=False, children=True), known, self.draw.random)
        return Tenancy(census, FlightControl(self.falcon, self.gone), self._access, commits)

    def _access(self, cid: str) -> Access:
        child = Child(self.falcon, cid, self.gone)
        return Access(child, child)

    @rule(partition=partitions)
    def child_goes(self, partition: str) -> None:
        """A child is no longer the parent's."""
        name = self.named(partition)
        self.gone.setdefault(split(name)[0], self.clock.monotonic())
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
