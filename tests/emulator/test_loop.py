"""The loop of the feeds: one thread for all of them, and none holds up another."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from tests.emulator.audience import measure
from tests.emulator.conftest import Body, Client, Falcon, eventually, offsets


def test_all_feeds_share_one_thread(falcon: Falcon) -> None:
    emulator = falcon(children=5)
    clients = [Client(emulator, member_cid=cid) for cid in emulator.cids()]
    feeds = [client.feed() for client in clients]
    for client in clients:
        client.session.close()  # of its API connection; the feed's lives on

    names = [thread.name for thread in threading.enumerate()]
    assert names.count("emulator-feeds") == 1
    assert sum(emulator.open_feeds().values()) == len(feeds)


@pytest.mark.parametrize(
    "step",
    [
        {"do": "stall"},
        {"do": "half_open"},
        {"do": "heartbeats_only"},
        {"do": "drip", "bytes": 1, "every": 0.01},
        {"do": "withhold", "events": 1000},
    ],
)
def test_a_feed_with_a_fault_holds_up_no_other(falcon: Falcon, step: dict[str, Any]) -> None:
    emulator = falcon(children=2)
    hit, other = emulator.cids()
    emulator.add_faults([{"on": "feed", "tenant": hit, **step}])
    one, two = Client(emulator, member_cid=hit), Client(emulator, member_cid=other)
    with one.feed(), two.feed() as feed:
        eventually(lambda: not emulator.waiting_faults())
        body = Body(feed)
        for count in range(1, 20):
            emulator.generate(1, tenant="*")
            assert len(body.lines(count)) == count


def test_a_client_that_does_not_read_holds_up_no_other(falcon: Falcon) -> None:
    emulator = falcon(partitions=2)
    emulator.publish("0", *[b"x" * 1_000_000] * 40)
    client, other = Client(emulator), Client(emulator)
    with client.feed(partition="0"), other.feed(partition="1") as feed:
        eventually(lambda: emulator.feeds()[0]["bytes"])
        emulator.generate(5, "1")
        assert offsets(Body(feed).lines(5)) == list(range(5))


def test_no_ring_is_lost_however_many_ring_at_once(falcon: Falcon) -> None:
    emulator = falcon(children=4, heartbeat=None)
    cids = emulator.cids()
    clients = [Client(emulator, member_cid=cid) for cid in cids]
    bodies = [Body(client.feed()) for client in clients]

    def publish(cid: str) -> None:
        for _ in range(200):
            emulator.publish("0", b'{"metadata":{}}', tenant=cid)

    threads = [threading.Thread(target=publish, args=(cid,)) for cid in cids * 2]
    for thread in threads:
        thread.start()
    for body in bodies:
        assert len(body.lines(400)) == 400
    for thread in threads:
        thread.join()


def test_a_feed_that_our_own_mistake_ends_leaves_the_others_alone_and_is_told_of(
    falcon: Falcon, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    emulator = falcon(partitions=2)

    def break_down(*_: Any) -> int:
        raise RuntimeError("a mistake")

    client, other = Client(emulator), Client(emulator)
    with client.feed(partition="0"), other.feed(partition="1") as feed:
        monkeypatch.setattr(emulator.tenant.partitions["0"].log, "reach", break_down)
        emulator.generate(1, "0")
        eventually(lambda: emulator.connections() == [["app1", "1"]])
        emulator.generate(3, "1")
        assert len(Body(feed).lines(3)) == 3
    assert "RuntimeError: a mistake" in capfd.readouterr().err


def test_an_audience_hears_every_feed_of_every_child_quiet_and_busy() -> None:
    found = measure(children=15, partitions=2, rate=300.0, seconds=0.6, settle=0.3, heartbeat=0.2)

    assert found["feeds"] == 30
    assert found["quiet, events/s"] == found["violations"] == found["busy, feeds lost"] == 0
    assert found["quiet, heartbeats/s"] > 30
    assert found["busy, events/s"] > 150
