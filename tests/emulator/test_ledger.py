"""The ledger: what was published, and who was sent what of it how often."""

from __future__ import annotations

import hashlib
import tracemalloc

from tests.emulator import ledger
from tests.emulator.conftest import Body, Client, Falcon, eventually
from tests.emulator.feed import Asked, Feed
from tests.emulator.log import Line
from tests.emulator.partition import Partition


def test_what_was_published_is_there_in_order_whether_or_not_it_was_sent(falcon: Falcon) -> None:
    emulator = falcon(partitions=2)
    lines = [b'{"metadata":{"offset":%d},"event":{}}' % offset for offset in (3, 4, 9)]
    assert emulator.publish("1", *lines) == [3, 4, 9]

    assert list(emulator.published("1")) == [[n, hashlib.sha256(line).hexdigest()] for n, line in zip((3, 4, 9), lines)]
    assert list(emulator.published("0")) == []
    assert [row[2] for row in emulator.ledger()["1"]] == [0, 0, 0]


def test_each_consumer_has_its_own_counts(falcon: Falcon) -> None:
    emulator = falcon(preload=10, linger=0)
    client = Client(emulator)
    for app_id, query, count in (("one", "&offset=4", 6), ("one", "&offset=8", 2), ("two", "", 10)):
        with client.feed(query, app_id=app_id) as feed:
            Body(feed).lines(count)
        eventually(lambda: not emulator.connections())

    assert [row[2] for row in emulator.ledger("one")["0"]] == [0, 0, 0, 0, 1, 1, 1, 1, 2, 2]
    assert [row[2] for row in emulator.ledger()["0"]] == [1, 1, 1, 1, 2, 2, 2, 2, 3, 3]
    rows = list(emulator.deliveries("one"))
    assert [(row["offset"], row["times"]) for row in rows] == [(4, 1), (5, 1), (6, 1), (7, 1), (8, 2), (9, 2)]
    assert {(row["app_id"], row["client_id"], row["partition"], row["generation"]) for row in rows} == {
        ("one", emulator.client_id, "0", 0)
    }
    assert [row["sha256"] for row in rows] == [sha for _, sha in emulator.published("0")][4:]


def test_a_filter_counts_only_what_it_let_through(falcon: Falcon) -> None:
    emulator = falcon()
    emulator.generate(3, types=["FirewallMatchEvent"])
    emulator.generate(3, types=["CSPMIOAStreamingEvent"])
    with Client(emulator).feed("&eventType=CSPMIOAStreamingEvent") as feed:
        Body(feed).lines(3)

    assert [row[2] for row in emulator.ledger()["0"]] == [0, 0, 0, 1, 1, 1]


def test_what_the_client_has_read_the_ledger_calls_sent_at_once(falcon: Falcon) -> None:
    emulator = falcon(rate=500)
    with Client(emulator).feed() as feed:
        body = Body(feed)
        for count in range(1, 200, 7):
            body.lines(count)
            assert all(row[2] for row in emulator.ledger()["0"][:count])


def test_a_client_that_does_not_read_is_charged_with_whole_lines_only(falcon: Falcon) -> None:
    emulator = falcon()
    emulator.publish("0", *[b"x" * 1_000_000] * 40)
    feed = Client(emulator).feed()
    eventually(lambda: emulator.feeds()[0]["bytes"] > 0)
    feed.close()
    eventually(lambda: emulator.feeds()[0]["ending"])

    times = [row[2] for row in emulator.ledger()["0"]]
    whole_lines = emulator.feeds()[0]["bytes"] // 1_000_100
    assert times == sorted(times, reverse=True)
    assert whole_lines <= sum(times) <= whole_lines + 1


def test_a_vendor_reset_begins_a_generation_and_open_feeds_follow_or_end(falcon: Falcon) -> None:
    emulator = falcon(preload=5, linger=0)
    with Client(emulator).feed() as feed:
        body = Body(feed)
        body.lines(5)
        emulator.reset_partition("0", drop=False)
        emulator.generate(2)
        assert body.lines(7)[5:] == [emulator.tenant.partitions["0"].log.line(index) for index in (0, 1)]
        emulator.reset_partition("0", first_offset=3)
        eventually(lambda: emulator.feeds()[0]["ending"] == "cut")

    assert [row[0] for row in emulator.ledger()["0"]] == [0, 1, 2, 3, 4, 0, 1]
    assert [row[2] for row in emulator.ledger()["0"]] == [1] * 7
    assert {row["generation"] for row in emulator.deliveries()} == {0, 1}
    assert emulator.offsets() == {"0": 3}


def test_another_tenant_behind_the_same_address_has_its_own_events_and_client(falcon: Falcon) -> None:
    emulator = falcon(preload=5)
    client = Client(emulator)
    old = (emulator.client_id, client.bearer())
    emulator.become_another_tenant("f" * 32, client_id="e" * 32)
    emulator.generate(3)

    assert client.token(client_id=old[0]).status_code == 400
    with client.feed() as feed:
        lines = Body(feed).lines(3)
    assert all(b'"customerIDString":"' + b"f" * 32 in line for line in lines)
    assert emulator.offsets() == {"0": 3}


def test_a_partition_that_was_removed_keeps_its_ledger(falcon: Falcon) -> None:
    emulator = falcon(partitions=2, preload=2)
    with Client(emulator).feed(partition="1") as feed:
        Body(feed).lines(2)
    emulator.remove_partition("1")

    assert list(emulator.ledger()) == ["0"]
    assert len(list(emulator.published("1"))) == 2
    assert len(list(emulator.deliveries())) == 2


def test_many_events_cost_it_four_bytes_each() -> None:
    partition = Partition("0", 0)
    line = Line(None, "T", b"x" * 10)
    for _ in range(50):
        partition.publish([line] * 2000, 0.0)
    feed = Feed(0, partition, Asked("a", "c", None, None, (), False), 0.0)
    feed.stretches = [[0, 0, 90_000], [0, 50_000, 100_000]]
    tracemalloc.start()
    counts = {1: 0, 2: 0}
    for _, _, times in ledger.counted(partition, [feed]):
        counts[times] += 1
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    partition.close()

    assert counts == {1: 60_000, 2: 40_000}
    assert peak < 1_000_000
