"""Faults on an open feed: each action, when it is due, and what the ledger says of it afterwards."""

from __future__ import annotations

import time

import pytest

from tests.emulator import Emulator
from tests.emulator.conftest import Body, Client, Falcon, ending, eventually, offsets, raw_body, whole


def sent(emulator: Emulator) -> list[int]:
    """The offsets that the ledger calls sent, once per time."""
    return [row[0] for row in emulator.ledger()["0"] for _ in range(row[2])]


@pytest.mark.parametrize(
    ("action", "how"), [("eof", "eof"), ("cut", "cut"), ("reset", "server reset"), ("reset_mid_line", "server reset")]
)
def test_a_feed_ends_after_so_many_events_in_each_way(falcon: Falcon, action: str, how: str) -> None:
    emulator = falcon(preload=30)
    emulator.add_faults([{"on": "feed", "after_events": 10, "do": action}])
    client = Client(emulator)
    received = raw_body(client.resource(), "&offset=5", emulator)

    assert offsets(whole(received)) == list(range(5, 15))
    assert received.endswith(b"\n") == (action != "reset_mid_line")
    assert ending(emulator) == how
    assert sent(emulator) == list(range(5, 15))


@pytest.mark.parametrize("how", ["eof", "cut", "reset"])
@pytest.mark.parametrize("byte", [0, 1, 3000])
def test_a_feed_ends_at_any_byte(falcon: Falcon, how: str, byte: int) -> None:
    emulator = falcon(preload=30)
    complete = emulator.tenant.partitions["0"].log.read(0, 30)
    emulator.add_faults([{"on": "feed", "do": "cut_at_byte", "byte": byte, "how": how}])
    received = raw_body(Client(emulator).resource(), "", emulator)

    assert received == complete[:byte]
    assert len(sent(emulator)) == received.count(b"\n")
    assert ending(emulator) == {"reset": "server reset"}.get(how, how)


def test_steps_are_played_one_after_another_and_those_of_a_feed_that_left_by_the_next(falcon: Falcon) -> None:
    emulator = falcon(preload=30, linger=0)
    client = Client(emulator)
    emulator.add_faults(
        [
            {"on": "feed", "after_events": 3, "do": "garbage_line", "line": "garbage"},
            {"on": "feed", "after_events": 6, "do": "eof"},
            {"on": "feed", "after_events": 40, "do": "cut"},
        ]
    )
    with client.feed() as feed:
        lines = Body(feed).rest().splitlines()
    assert lines[3] == b"garbage"
    assert offsets(lines[:3] + lines[4:]) == list(range(6))
    eventually(lambda: not emulator.connections())
    with client.feed() as feed:
        body = Body(feed)
        assert len(body.lines(30)) == 30
    eventually(lambda: not emulator.connections())

    assert [step["do"] for step in emulator.waiting_faults()] == ["cut"]


def test_a_step_that_is_added_meets_the_feeds_that_are_open(falcon: Falcon) -> None:
    emulator = falcon(partitions=2)
    client = Client(emulator)
    with client.feed(partition="0"), client.feed(partition="1"):
        emulator.add_faults([{"on": "feed", "partition": "1", "do": "cut"}])
        assert ending(emulator, 1) == "cut"
        assert emulator.connections() == [["app1", "0"]]


def test_steps_at_their_hours_cut_the_feed_of_the_hour(falcon: Falcon) -> None:
    emulator = falcon(time_scale=0, linger=0, session_life=1e9)
    client = Client(emulator)
    emulator.add_faults([{"on": "feed", "at": 3600 * hour, "do": "cut"} for hour in (1, 2, 3)])
    for hour in range(3):
        feed = client.feed()
        emulator.skip(3599)
        time.sleep(0.1)
        assert emulator.feeds()[hour]["ending"] == ""
        emulator.skip(1)
        assert ending(emulator, hour) == "cut"
        feed.close()


def test_any_end_may_leave_the_app_id_taken_for_as_long_as_the_step_says(falcon: Falcon) -> None:
    emulator = falcon(time_scale=0)
    client = Client(emulator)
    emulator.add_faults([{"on": "feed", "do": "eof", "lock": 360}])
    with client.feed() as feed:
        assert Body(feed).rest() == b""
    assert ending(emulator) == "eof"
    emulator.skip(359)
    assert client.resources() == []
    emulator.skip(2)
    assert len(client.resources()) == 1


def test_a_stall_holds_everything_back_and_heartbeats_only_the_events(falcon: Falcon) -> None:
    emulator = falcon(time_scale=0, heartbeat=1, preload=1)
    client = Client(emulator)
    emulator.add_faults([{"on": "feed", "partition": "0", "do": "heartbeats_only", "seconds": 20}])
    with client.feed() as feed:
        body = Body(feed)
        eventually(lambda: emulator.waiting_faults() == [])  # its twenty seconds have begun
        for number in range(10):
            emulator.skip(1)
            body.until(lambda body, number=number: body.count(b"\r\n") > number)  # type: ignore[misc]
        assert b"".join(body.chunks) == b"\r\n" * 10
        emulator.skip(11)
        assert offsets(body.lines(1)) == [0]
    eventually(lambda: not emulator.connections())
    emulator.add_faults([{"on": "feed", "do": "stall", "seconds": 20}])
    with client.feed(app_id="app2") as feed:
        eventually(lambda: emulator.waiting_faults() == [])
        emulator.skip(19)
        time.sleep(0.1)
        assert emulator.feeds()[1]["bytes"] == 0
        emulator.skip(2)
        assert Body(feed).until(lambda body: b"\n" in body).startswith(b"{")


def test_a_feed_may_live_and_withhold_its_events_for_good_and_the_next_one_has_them(falcon: Falcon) -> None:
    emulator = falcon(time_scale=0, heartbeat=1, preload=1)
    client = Client(emulator)
    emulator.add_faults([{"on": "feed", "partition": "0", "do": "heartbeats_only"}])
    with client.feed() as feed:
        body = Body(feed)
        eventually(lambda: emulator.waiting_faults() == [])
        for number in range(10):
            emulator.skip(100)
            body.until(lambda body, number=number: body.count(b"\r\n") > number)  # type: ignore[misc]
        assert b"".join(body.chunks) == b"\r\n" * 10
    with client.feed(app_id="app2") as feed:
        assert offsets(Body(feed).lines(1)) == [0]


def test_a_cleared_script_lets_a_stalled_feed_go_on(falcon: Falcon) -> None:
    emulator = falcon(preload=2)
    emulator.add_faults([{"on": "feed", "after_events": 1, "do": "stall"}])
    with Client(emulator).feed() as feed:
        body = Body(feed)
        body.lines(1)
        eventually(lambda: emulator.waiting_faults() == [])
        emulator.clear_faults()

        assert offsets(body.lines(2)) == [0, 1]


def test_a_drip_splits_characters_over_chunks_that_come_slowly(falcon: Falcon) -> None:
    line = '{"metadata":{"offset":0},"event":{"UserName":"李雷"}}'.encode()
    emulator = falcon(time_scale=100)
    emulator.publish("0", line, line)
    emulator.add_faults([{"on": "feed", "do": "drip", "bytes": 1, "every": 1, "seconds": 30}])
    with Client(emulator).feed() as feed:
        body = Body(feed)
        assert body.lines(2) == [line, line]

    sizes = [len(chunk) for chunk in body.chunks]
    assert sizes[:20] == [1] * 20
    assert sizes[-1] == len(line) + 1


def test_a_withheld_event_is_published_but_not_sent(falcon: Falcon) -> None:
    emulator = falcon(preload=6)
    emulator.add_faults([{"on": "feed", "after_events": 2, "do": "withhold", "events": 2}])
    with Client(emulator).feed() as feed:
        assert offsets(Body(feed).lines(4)) == [0, 1, 4, 5]

    assert sent(emulator) == [0, 1, 4, 5]
    assert len(list(emulator.published("0"))) == 6


def test_a_withheld_event_waits_for_one_that_the_filter_wants(falcon: Falcon) -> None:
    emulator = falcon()
    emulator.add_faults([{"on": "feed", "do": "withhold"}])
    with Client(emulator).feed("&eventType=CSPMIOAStreamingEvent") as feed:
        emulator.generate(3, types=["FirewallMatchEvent"])
        emulator.generate(2, types=["CSPMIOAStreamingEvent"])

        assert offsets(Body(feed).lines(1)) == [4]
    assert sent(emulator) == [4]


def test_an_event_may_come_twice(falcon: Falcon) -> None:
    emulator = falcon(preload=4)
    emulator.add_faults([{"on": "feed", "after_events": 2, "do": "repeat"}])
    with Client(emulator).feed() as feed:
        assert offsets(Body(feed).lines(5)) == [0, 1, 1, 2, 3]

    assert sent(emulator) == [0, 1, 1, 2, 3]


def test_a_garbage_line_may_be_any_bytes(falcon: Falcon) -> None:
    emulator = falcon(preload=1)
    emulator.add_faults([{"on": "feed", "do": "garbage_line", "line": {"base64": "/wD+"}}])
    emulator.add_faults([{"on": "feed", "do": "garbage_line"}])
    with Client(emulator).feed() as feed:
        lines = Body(feed).lines(3)

    assert lines[0] == b"\xff\x00\xfe"
    assert lines[1].startswith(b'{"metadata":')
    assert offsets(lines[2:]) == [0]


def test_a_step_due_by_bytes_or_seconds_waits_for_them(falcon: Falcon) -> None:
    emulator = falcon(preload=40, time_scale=0, linger=0)
    client = Client(emulator)
    emulator.add_faults(
        [{"on": "feed", "after_bytes": 1, "do": "eof"}, {"on": "feed", "after_seconds": 60, "do": "eof"}]
    )
    with client.feed() as feed:
        assert len(whole(Body(feed).rest())) == 40
    eventually(lambda: not emulator.connections())
    with client.feed() as feed:
        body = Body(feed)
        body.lines(40)
        emulator.skip(59)
        time.sleep(0.1)
        assert emulator.connections()
        emulator.skip(1)
        body.rest()
    assert ending(emulator, 1) == "eof"
