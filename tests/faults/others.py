"""One child's fault is its own: what the index and Falcon say about its 19 siblings, and about a bystander.

Theory. How late an event is, is the time from its publication to the index, without the index's flush. A busy machine
makes events late too. So another input reads the parent's own stream beside the family's: another process, with
another feed, before the same emulator and the same index. What was as late there at the same moment is nobody's fault.

Rules: of each sibling nothing is missing, repeated, or out of order, and it has one feed from the beginning to the end.
The last sibling begins at most START after the first. From there on no event of theirs is later than LATE beyond what
the bystander's events were that were under way at the same time.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple, Optional

from tests.emulator.clock import EmulatedClock
from tests.emulator.tenant import Tenant
from tests.faults.child import ChildScene
from tests.integration.comparison import Comparison, Key
from tests.integration.family_ledger import compare_family, customer_of, family_key
from tests.splunkd.intake.index import Event

LATE = 1.0
START = 5.0
FLUSH = 0.2  # seconds that the index lets events wait
WATCHED = 2.0  # seconds in which the siblings are watched at least


class Passage(NamedTuple):
    """An event on its way: published and indexed, in the world's epoch seconds."""

    published: float
    indexed: float

    @property
    def late(self) -> float:
        """How long it took, beyond the index's flush."""
        return self.indexed - self.published - FLUSH


def await_all_begun(ill: ChildScene) -> None:
    """Wait until all siblings and the bystander have brought an event: what happens now, they are watched in."""
    cids = {ill.family.falcon.tenant.cid, *ill.siblings}
    ill.wait(lambda: cids <= {customer_of(event.raw) for event in ill.family.splunkd.events()}, 60.0, "the siblings")
    time.sleep(WATCHED)


def check(ill: ChildScene) -> str:
    """The numbers in words. Raises AssertionError where a sibling was not left alone."""
    falcon = ill.family.falcon
    feeds = {cid: len(falcon.feeds(cid)) for cid in ill.siblings}
    assert set(feeds.values()) == {1}, f"a sibling had more than one feed: {feeds}"
    cids = [falcon.tenant.cid, *ill.siblings]
    comparison = ill.wait(lambda: _whole(ill, cids), 30.0, "nothing missing of the siblings")
    assert comparison.holds and not comparison.repeated, f"the siblings: {comparison}"
    published = {
        key: at
        for cid in cids
        for key, at in _published(falcon.tenant if cid == cids[0] else falcon.tenant.children[cid])
    }
    passages: dict[str, list[Passage]] = {cid: [] for cid in cids}
    for event in _theirs(ill, cids):
        passages[str(customer_of(event.raw))].append(Passage(published[family_key(event)], event.indextime))
    bystanders = passages.pop(falcon.tenant.cid)
    return judge(passages, bystanders)


def _whole(ill: ChildScene, cids: Sequence[str]) -> Optional[Comparison]:
    comparison = compare_family(ill.family, cids, _theirs(ill, cids))
    return None if comparison.missing else comparison


def _theirs(ill: ChildScene, cids: Sequence[str]) -> list[Event]:
    return [event for event in ill.family.splunkd.events() if customer_of(event.raw) in cids]


def _published(tenant: Tenant) -> Iterator[tuple[Key, float]]:
    """When each event of a tenant was published, in the world's seconds."""
    clock = tenant.clock
    assert isinstance(clock, EmulatedClock)
    for partition in tenant.offered():
        for log in partition.logs:
            for index in range(len(log)):
                at = clock.epoch + (log.published_at(index) - clock.epoch) / clock.scale
                yield (f"{tenant.cid}/{partition.name}", log.offset_at(index), log.sha256_at(index)), at


def judge(theirs: Mapping[str, Sequence[Passage]], bystanders: Sequence[Passage]) -> str:
    """The same of their events, and of the bystander's."""
    begun = [min(each.indexed for each in passages) for passages in theirs.values()]
    assert max(begun) - min(begun) <= START, f"a sibling began {max(begun) - min(begun):.1f} s after the first"
    since = max(*begun, min(each.indexed for each in bystanders))
    watched = [each for passages in theirs.values() for each in passages if each.published >= since]
    assert watched, "no event of the siblings came after they had begun"
    worst = max(watched, key=lambda each: each.late - excuse(each, bystanders))
    excused = excuse(worst, bystanders)
    assert worst.late - excused <= LATE, f"a sibling's event was {worst.late:.1f} s late, the bystander {excused:.1f} s"
    latest = max(each.late for each in watched)
    return f"{len(theirs)} siblings: 0 missing, 0 repeated, one feed each, {max(latest, 0):.1f} s late at most"


def excuse(passage: Passage, bystanders: Sequence[Passage]) -> float:
    """How late the bystander's events were that were under way at the same time; 0 where none was late."""
    meanwhile = (b.late for b in bystanders if b.published <= passage.indexed and b.indexed >= passage.published)
    return max(meanwhile, default=0.0) if passage.late > LATE else 0.0
