"""Faults of the refresh: the session of partition 0 is not renewed when it should be; its sibling's is."""

from __future__ import annotations

import time
from typing import Any

from tests.faults.row import Row, Step, find_line
from tests.integration.scene import Scene

SCALE = 20.0
# Falcon's usual half hour, shortened: asked for after 180 s, and the feed is cut after 300
SESSION = {"refresh_interval": 300, "session_life": 300.0}
# asked for after 15 s, the feed is cut at 25 s, and the refresh is answered at 35 s
LATE: dict[str, Any] = {"refresh_interval": 30, "session_life": 25.0}
LATE_ANSWER: Step = {"on": "refresh", "partition": "0", "delay": 20, "answer": {"status": 404}}


def renew_in_the_end(scene: Scene) -> None:
    """The refresh fails, and later works, without a feed being cut in between."""
    find_line(scene, "refresh_failed .*partition=0")
    find_line(scene, "session_refreshed .*partition=0")
    assert len(scene.falcon.connections()) == 2, "a feed was cut for want of a refresh"


def discover_anew(scene: Scene) -> None:
    """Falcon knows of no session: the feed is closed, and opened again."""
    find_line(scene, "feed_ended .*partition=0 reason=closed")
    scene.wait_until_open()


def keep_the_new_feed(scene: Scene) -> None:
    """The late answer says nothing about the feed that was opened since."""
    find_line(scene, "refresh_failed .*partition=0")
    time.sleep(2.0)
    feeds = [feed for feed in scene.falcon.feeds() if feed["partition"] == "0"]
    assert len(feeds) == 2, f"partition 0 had {len(feeds)} feeds"


REFRESH = [
    *(
        Row(
            "refresh",
            name,
            f"refresh_failed .*{says}",
            [{"on": "refresh", "partition": "0", **what}],
            act=discover_anew if name == "404" else renew_in_the_end,
            options=SESSION,
            scale=SCALE,
        )
        for name, says, what in (
            # the first 401 is answered by a new bearer and goes unsaid
            ("401", "status=401", {"times": 2, "answer": {"status": 401}}),
            ("404", "status=404", {"answer": {"status": 404}}),
            ("415", "status=415", {"answer": {"status": 415}}),
            ("429", "status=429 .*wait_s=20", {"answer": {"status": 429, "headers": {"Retry-After": "20"}}}),
            ("500", "status=500", {"answer": {"status": 500}}),
            ("timeout", "no answer in time", {"do": "hang", "seconds": 40}),
        )
    ),
    Row(
        "refresh",
        "answered after the session ended",
        "refresh_failed .*partition=0 .*status=404",
        [LATE_ANSWER],
        act=keep_the_new_feed,
        options=LATE,
    ),
]
