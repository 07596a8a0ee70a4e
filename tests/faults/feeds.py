"""Faults of a feed: refused, cut, silent, garbled; the other partition reads on."""

from __future__ import annotations

import time

from tests.faults.row import Row
from tests.integration.scene import Scene


def grow(scene: Scene) -> None:
    """Events one after the other, so that a fault after so many of them comes true."""
    for _ in range(20):
        scene.falcon.generate(1)
        time.sleep(0.05)


def publish_a_large_line(scene: Scene) -> None:
    """One event of 32 MiB between the others."""
    scene.says("feed_opened")
    offset = scene.falcon.offsets()["0"]
    head = b'{"metadata":{"customerIDString":"c","offset":%d,"eventType":"BigEvent","eventCreationTime":' % offset
    scene.falcon.publish("0", head + b'1769000131000,"version":"1.0"},"event":{"Text":"' + b"x" * 2**25 + b'"}}')


def cut_at_every_byte(scene: Scene) -> None:
    """One event of two hundred bytes, the feed cut after each of its bytes once."""
    scene.falcon.generate(1, "0")
    for byte in range(1, 200, 7):
        scene.falcon.add_faults([{"on": "feed", "partition": "0", "do": "cut_at_byte", "byte": byte}])


FEED = [
    *(
        Row("feed", name, "open_failed", [{"on": "feed", "partition": "0", "times": times, **what}], beside="1")
        for name, times, what in (
            ("401, pretty-printed", 1, {"answer": {"status": 401, "body": '{\n "errors": [{"code": 401}]\n}'}}),
            ("429", 1, {"answer": {"status": 429, "headers": {"Retry-After": "1"}}}),
            ("503 burst", 3, {"answer": {"status": 503}}),
            ("refused", 1, {"do": "close"}),
            ("reset at the opening", 1, {"do": "reset"}),
        )
    ),
    *(
        Row(
            "feed",
            name,
            says,
            [{"on": "feed", "partition": "0", "do": what, "after_events": 22, **more}],
            act=grow,
            repeats=2,
        )
        for name, what, says, more in (
            ("EOF", "eof", "feed_ended", {}),
            ("cut without the last chunk", "cut", "feed_cut", {}),
            ("reset", "reset", "feed_cut", {}),
            ("reset in mid-line", "reset_mid_line", "feed_cut", {}),
            ("half-open silence", "half_open", "silent", {"lock": 0.2}),
            ("slow drip", "drip", "feed_opened", {"bytes": 1, "every": 0.002, "seconds": 3}),
            ("heartbeats only", "heartbeats_only", "feed_opened", {"seconds": 3}),
            ("repeated offsets", "repeat", "feed_opened", {}),
        )
    ),
    Row("feed", "chunks of one byte", "feed_opened", options={"chunk_bytes": 1}),
    Row("feed", "every write a byte", "feed_opened", options={"write_bytes": 1}),
    Row("feed", "a line of 32 MiB", "feed_opened", act=publish_a_large_line),
    Row("feed", "offsets above 2^53", "feed_opened", options={"floor": 2**53 + 7}),
    Row("feed", "cut at bytes all over an event", "feed_cut", act=cut_at_every_byte, repeats=40),
]
