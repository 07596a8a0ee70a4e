"""(app id, partition) is exclusive; how its holder left decides when it is free (Event Streams reference 2.4, 2.5)."""

from __future__ import annotations

import socket
import threading
import time

import pytest
import requests

from tests.emulator import Emulator
from tests.emulator.conftest import RESET, Body, Client, Falcon, ending, eventually, reset, socket_of


def test_a_goodbye_frees_it_after_the_linger(falcon: Falcon) -> None:
    emulator = falcon(time_scale=0)
    client = Client(emulator)
    client.feed().close()

    assert ending(emulator) == "fin"
    assert client.resources() == []
    emulator.skip(0.9)
    assert client.resources() == []
    emulator.skip(0.2)
    assert len(client.resources()) == 1


def test_a_reset_holds_it_for_a_minute(falcon: Falcon) -> None:
    emulator = falcon(time_scale=0)
    client = Client(emulator)
    reset(client.feed())

    assert ending(emulator) == "reset"
    emulator.skip(59)
    assert client.resources() == []
    emulator.skip(2)
    assert len(client.resources()) == 1


def test_linger_and_lock_can_be_set(falcon: Falcon) -> None:
    emulator = falcon(time_scale=0, linger=300, lock=0)
    client = Client(emulator)
    client.feed().close()
    assert ending(emulator) == "fin"
    emulator.skip(299)
    assert client.resources() == []
    reset(client.feed(app_id="two"))

    assert ending(emulator, 1) == "reset"
    assert len(client.resources("two")) == 1


def test_leaving_is_noticed_while_the_feed_is_idle(falcon: Falcon) -> None:
    emulator = falcon(heartbeat=None)  # else the next heartbeat would notice
    Client(emulator).feed().close()

    assert ending(emulator) == "fin"


def filled(emulator: Emulator) -> requests.Response:
    """A feed whose client does not read, so that the emulator is blocked in sending."""
    emulator.publish("0", *[b"x" * 1_000_000] * 40)
    feed = Client(emulator).feed()
    sizes = [-1]

    def is_stuck() -> bool:
        sizes.append(emulator.feeds()[0]["bytes"])
        time.sleep(0.1)
        return sizes[-1] == sizes[-2] > 0

    eventually(is_stuck)
    return feed


def test_a_goodbye_is_noticed_while_the_emulator_is_blocked_in_sending(falcon: Falcon) -> None:
    emulator = falcon()
    feed = filled(emulator)
    socket.socket.shutdown(socket_of(feed), socket.SHUT_RDWR)

    assert ending(emulator) == "fin"
    feed.close()
    assert sum(row[2] for row in emulator.ledger()["0"]) < 40


def test_a_close_with_unread_bytes_is_a_reset_as_the_kernel_has_it(falcon: Falcon) -> None:
    emulator = falcon()
    feed = filled(emulator)
    feed.close()

    assert ending(emulator) == "reset"


def test_a_goodbye_stays_one_when_a_reset_follows_it(falcon: Falcon) -> None:
    emulator = falcon(rate=2000)
    for number in range(5):
        feed = Client(emulator).feed(app_id=f"app{number}")
        socket.socket.shutdown(socket_of(feed), socket.SHUT_RDWR)
        feed.close()
        assert ending(emulator, number) == "fin"


def test_a_second_feed_beside_a_living_one_is_refused_and_noted(falcon: Falcon) -> None:
    emulator = falcon(siblings="all", partitions=2, preload=1)
    client = Client(emulator)
    first = client.open(client.resource("0"))
    again = client.resource("0")

    assert emulator.violations() == []
    assert client.open(again).status_code == 401
    (violation,) = emulator.violations()
    assert (violation["app_id"], violation["partition"], violation["open_feeds"]) == ("app1", "0", [0])
    with client.open(client.resource("1")) as sibling:
        assert sibling.status_code == 200
    assert len(Body(first).lines(1)) == 1
    assert len(emulator.violations()) == 1
    first.close()


def test_a_second_feed_may_take_over_instead(falcon: Falcon) -> None:
    emulator = falcon(siblings="all", partitions=2, takeover=True)
    client = Client(emulator)
    with client.open(client.resource("0")) as first, client.open(client.resource("0")) as second:
        assert second.status_code == 200
        with pytest.raises(requests.exceptions.ChunkedEncodingError):
            Body(first).rest()
        assert emulator.connections() == [["app1", "0"]]
    assert len(emulator.violations()) == 1


def test_a_second_feed_after_a_goodbye_is_no_violation(falcon: Falcon) -> None:
    emulator = falcon(linger=0)
    client = Client(emulator)
    token = client.resource()
    for _ in range(5):
        feed = client.open(token)
        assert feed.status_code == 200
        feed.close()

    assert emulator.violations() == []


def test_a_half_open_feed_is_silent_holds_its_place_and_frees_it_by_time_alone(falcon: Falcon) -> None:
    emulator = falcon(time_scale=0, preload=3)
    client = Client(emulator)
    emulator.add_faults([{"on": "feed", "after_events": 2, "do": "half_open"}])
    resource = client.resource()
    feed = client.open(resource)
    body = Body(feed)
    body.lines(2)
    eventually(lambda: emulator.waiting_faults() == [])
    emulator.skip(30)
    assert client.refresh(resource).status_code == 200
    assert client.open(resource).status_code == 401
    assert len(emulator.violations()) == 1

    feed.close()
    eventually(lambda: not emulator.connections())
    assert client.resources() == []
    emulator.skip(31)
    assert client.open(client.resource()).status_code == 200
    assert len(emulator.violations()) == 1
    assert len(body.chunks) == 1


def test_dropped_feeds_end_as_ordered(falcon: Falcon) -> None:
    emulator = falcon(partitions=2, linger=0, lock=0)
    client = Client(emulator)
    feeds = {how: client.feed(partition=part, app_id=how) for part, how in (("0", "eof"), ("0", "cut"), ("1", "reset"))}

    assert emulator.drop_feeds(partition="0", app_id="eof", how="eof") == 1
    assert Body(feeds["eof"]).rest() == b""
    assert emulator.drop_feeds(partition="0") == 1
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        Body(feeds["cut"]).rest()
    assert emulator.drop_feeds(how="reset") == 1
    with pytest.raises(requests.exceptions.ChunkedEncodingError, match=RESET):
        Body(feeds["reset"]).rest()
    assert [ending(emulator, number) for number in range(3)] == ["eof", "cut", "server reset"]
    with client.feed(), pytest.raises(ValueError, match="eof, cut, reset"):
        emulator.drop_feeds(how="gently")


def test_an_ordered_end_may_say_how_long_it_stays_taken_whatever_the_options_become(falcon: Falcon) -> None:
    emulator = falcon(time_scale=0, partitions=2)
    client = Client(emulator)
    feeds = [client.feed(partition=part) for part in ("0", "1")]
    emulator.set_option("lock", 360)
    emulator.drop_feeds(partition="0", how="reset")
    emulator.set_option("lock", 1)
    emulator.drop_feeds(partition="1", how="eof", lock=200)
    eventually(lambda: not emulator.connections())

    for passed, free in ((199, 0), (2, 1), (158, 1), (2, 2)):
        emulator.skip(passed)
        assert len(client.resources()) == free
    for feed in feeds:
        feed.close()


def test_stopping_takes_no_time_whatever_is_open(falcon: Falcon) -> None:
    emulator = Emulator(partitions=2, rate=100).start()
    client = Client(emulator)
    feeds = [client.feed(partition=part) for part in ("0", "1")]
    emulator.add_faults([{"on": "discover", "do": "hang"}])

    def ask() -> None:
        with pytest.raises(requests.exceptions.ConnectionError):
            client.discover()

    waiting = threading.Thread(target=ask)
    waiting.start()
    eventually(lambda: emulator.waiting_faults() == [])
    started = time.monotonic()
    emulator.stop()

    assert time.monotonic() - started < 4  # a thread that hangs is waited for 5 s
    waiting.join()
    for feed in feeds:
        feed.close()
