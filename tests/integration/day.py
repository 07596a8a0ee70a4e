"""A day at many times the speed of time: the real supervisor, adapters and sockets on a scaled clock.

Rules: the input's entry hands it a clock scaled as the emulator's and with the same epoch. Falcon cuts every feed after
an hour, keeps the app id locked for six minutes once, and refuses every bearer for a quarter of an hour once.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from tests.integration.comparison import Comparison
from tests.integration.entry import install
from tests.integration.scene import Scene

SCALE = 200.0
HOUR = 3600.0
PARTITIONS = 2
OUTAGE = 900.0
SESSION_LIFE = 1800.0
REFRESH_MARGIN = 180.0


class Outcome(NamedTuple):
    """What the day brought."""

    hours: float
    comparison: Comparison
    feeds: int
    refreshes: int
    misdirected: int
    unrefreshed: int
    refused_calls: int
    violations: int

    @property
    def holds(self) -> bool:
        """Whether everything was in time and nothing is missing."""
        return self.comparison.holds and self.misdirected == self.unrefreshed == self.violations == 0

    def __str__(self) -> str:
        return (
            f"{self.hours:.1f} h: {self.comparison}\n{self.feeds} feeds, {self.refreshes} refreshes, "
            f"{self.misdirected} of a partition without a feed, {self.unrefreshed} feeds that Falcon ended for want of "
            f"one, {self.refused_calls} calls with a bearer that was refused, {self.violations} second feeds"
        )


def live_through(
    hours: float, folder: Path, package: Path, say: Callable[[str], None], scale: float = SCALE
) -> Outcome:
    """Live through these hours; the lock comes after a quarter of them, the outage of the bearers after half."""
    epoch = time.time()
    app = install(package, folder, f"ScaledClock({scale}, {epoch})")
    scene = Scene(
        folder,
        app,
        partitions=PARTITIONS,
        time_scale=scale,
        epoch=epoch,
        longest_session=HOUR,
        cut="abort",
        lock=60.0,
        rate_limits=False,
    )
    with scene:
        scene.begin(idle_timeout="600", interval="1")
        scene.says("feed_opened")
        outage = live(scene, hours, say, scale)
        comparison = scene.wait_until_all_arrived(timeout=60)
        return judge(scene, hours, comparison, outage)


def live(scene: Scene, hours: float, say: Callable[[str], None], scale: float) -> float:
    """Let the time pass, with events at any moment and the two troubles of the day; when the outage began."""
    draw = random.Random(1)
    started = now = time.monotonic()
    length = hours * HOUR / scale
    troubles = {0.25: lock_for_six_minutes, 0.5: refuse_bearers}
    told, outage = 0, 0.0
    while now - started < length:
        for share in [share for share in troubles if now - started > share * length]:
            troubles.pop(share)(scene)
            outage = scene.falcon.now()
        scene.falcon.generate(count=draw.randrange(3))
        time.sleep(0.05)
        now = time.monotonic()
        hour = int((now - started) * scale / HOUR)
        if hour > told:
            told = hour
            say(f"hour {hour}, {scene.splunkd.count():,} events indexed")
    return outage


def lock_for_six_minutes(scene: Scene) -> None:
    """Both feeds break without a word, and Falcon notices late."""
    scene.falcon.set_option("lock", 360.0)
    scene.falcon.drop_feeds(how="reset")
    scene.falcon.set_option("lock", 60.0)


def refuse_bearers(scene: Scene) -> None:
    """For fifteen minutes every call is answered 401, as if all bearers were expired."""
    scene.falcon.revoke_bearers()
    refusal = {"status": 401, "body": '{"errors":[{"code":401,"message":"access denied, invalid bearer token"}]}'}
    scene.falcon.add_faults(
        [{"on": "discover", "for": OUTAGE, "answer": refusal}, {"on": "refresh", "for": OUTAGE, "answer": refusal}]
    )


def unrefreshed(feed: Mapping[str, Any], outage: float) -> bool:
    """Whether Falcon ended a feed for want of a refresh, though its calls were not being refused."""
    ended = feed["ended_at"]
    if ended is None or outage <= ended <= outage + OUTAGE + REFRESH_MARGIN:
        return False
    return bool(ended - feed["refreshed_at"] >= SESSION_LIFE)


def judge(scene: Scene, hours: float, comparison: Comparison, outage: float) -> Outcome:
    """Hold what Falcon saw against what it must see."""
    refreshes = scene.falcon.requests("refresh")
    feeds = scene.falcon.feeds()
    return Outcome(
        hours,
        comparison,
        len(feeds),
        sum(request["status"] == 200 for request in refreshes),
        sum(request["status"] == 404 for request in refreshes),
        sum(unrefreshed(feed, outage) for feed in feeds),
        sum(request["status"] == 401 for request in scene.falcon.requests()),
        len(scene.falcon.violations()),
    )
