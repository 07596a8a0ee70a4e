"""Bad partitions leave good ones reading: what the index and Falcon say about partition 1 while 0 was in trouble.

Theory. How long partition 0 stood still is read off the index: its longest wait between two events, from the sibling's
first one on. The events of the sibling that were indexed within that wait arrived while the fault lasted.

Rules: the sibling has one feed from the beginning to the end, and never waits for more than LONGEST although ten events
a second are published; where partition 0 stood still for a second or more, the sibling brought an event for each of
these seconds at least.
"""

from __future__ import annotations

from collections.abc import Sequence

from tests.integration.comparison import partition_of
from tests.integration.scene import Scene

ILL, SIBLING = "0", "1"
LONGEST = 5.0


def check(scene: Scene) -> str:
    """The numbers in words. Raises AssertionError where the sibling did not go on."""
    feeds = sum(feed["partition"] == SIBLING for feed in scene.falcon.feeds())
    assert feeds == 1, f"the sibling had {feeds} feeds"
    arrivals: dict[str, list[float]] = {ILL: [], SIBLING: []}
    for event in scene.splunkd.events():
        arrivals.setdefault(partition_of(event), []).append(event.indextime)
    return judge(arrivals[ILL], arrivals[SIBLING])


def judge(ill: Sequence[float], good: Sequence[float]) -> str:
    """The same of two partitions' arrivals, in epoch seconds."""
    since, until = longest_wait([good[0], *(at for at in ill if at >= good[0])])
    still, meanwhile = until - since, sum(since < at < until for at in good)
    assert still < 1 or meanwhile >= still, f"{meanwhile} events of the sibling while 0 stood still for {still:.1f} s"
    begun, ended = longest_wait(good)
    assert ended - begun <= LONGEST, f"the sibling waited for {ended - begun:.1f} s"
    return f"0 stood {still:.1f} s, 1 brought {meanwhile} meanwhile" if still >= 1 else "neither stood"


def longest_wait(arrivals: Sequence[float]) -> tuple[float, float]:
    """The two neighbours that lie furthest apart."""
    pairs = list(zip(arrivals, arrivals[1:])) or [(arrivals[0], arrivals[0])]
    return max(pairs, key=lambda pair: pair[1] - pair[0])
