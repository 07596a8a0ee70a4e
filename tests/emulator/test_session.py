"""A feed's life: heartbeats, refreshes, and the ends that time brings (Event Streams reference 3.3, 3.7 and 4)."""

from __future__ import annotations

import pytest
import requests

from tests.emulator.conftest import JSON, PATIENCE, Body, Client, Falcon, ending, eventually, falconpy


def test_an_idle_feed_sends_a_blank_line_every_five_seconds(falcon: Falcon) -> None:
    emulator = falcon(time_scale=0, preload=1)
    with Client(emulator).feed() as feed:
        body = Body(feed)
        (line,) = body.lines(1)
        for _ in range(3):
            emulator.skip(5)
            seen = len(body.chunks)
            body.until(lambda _, seen=seen: len(body.chunks) > seen)  # type: ignore[misc]

        assert b"".join(body.chunks) == line + b"\n" + b"\r\n" * 3


def test_heartbeats_can_be_faster_and_switched_off(falcon: Falcon) -> None:
    emulator = falcon(time_scale=100, heartbeat=None)
    with Client(emulator).feed(app_id="quiet") as quiet, Client(emulator).feed(app_id="other"):
        eventually(lambda: emulator.now() - emulator.feeds()[0]["opened_at"] > 15)
        assert emulator.feeds()[0]["heartbeats"] == 0
        emulator.set_option("heartbeat", 1.0)
        assert Body(quiet).until(lambda body: len(body) >= 4) == b"\r\n\r\n"


def test_a_refresh_is_answered_200_without_a_new_token_while_the_feed_goes_on(falcon: Falcon) -> None:
    emulator = falcon()
    client = Client(emulator)
    resource = client.resource()
    with client.open(resource):
        answer = client.refresh(resource)

        assert answer.status_code == 200
        assert set(answer.json()) == {"meta", "errors"}
        assert emulator.feeds()[0]["refreshes"] == 1


def test_falconpy_refreshes_each_partition_by_its_number(falcon: Falcon) -> None:
    emulator = falcon(partitions=2)
    theirs = falconpy("EventStreams", emulator)
    with Client(emulator).feed(partition="1"):
        assert theirs.refresh_active_stream(app_id="app1", partition=1)["status_code"] == 200
        assert theirs.refresh_active_stream(app_id="app1", partition=0)["status_code"] == 404


def test_a_refresh_without_a_json_content_type_is_415(falcon: Falcon) -> None:
    client = Client(falcon())
    resource = client.resource()
    url = resource["refreshActiveSessionURL"]
    with client.open(resource):
        assert client.session.post(url, headers=client.bearer(), timeout=PATIENCE).status_code == 415
        assert client.session.post(url, headers=client.bearer(), data={"a": "b"}, timeout=PATIENCE).status_code == 415
        typed = {**client.bearer(), "Content-Type": "application/json; charset=utf-8"}
        assert client.session.post(url, headers=typed, data="{}", timeout=PATIENCE).status_code == 200


def test_a_refresh_where_nothing_is_connected_is_404(falcon: Falcon) -> None:
    emulator = falcon(linger=0)
    client = Client(emulator)
    resource = client.resource()

    assert client.refresh(resource).status_code == 404
    with client.open(resource):
        assert client.refresh(resource).status_code == 200
    eventually(lambda: not emulator.connections())
    assert client.refresh(resource).status_code == 404


def test_a_refresh_wants_a_bearer_an_action_and_an_app_id(falcon: Falcon) -> None:
    client = Client(falcon())
    resource = client.resource()
    url = resource["refreshActiveSessionURL"]
    with client.open(resource):
        assert client.session.post(url, headers=JSON, timeout=PATIENCE).status_code == 401
        headers = {**client.bearer(), **JSON}
        closing = url.replace("refresh_active_stream_session", "close_stream_session")
        assert client.session.post(closing, headers=headers, timeout=PATIENCE).status_code == 400
        assert client.session.post(url.partition("?")[0], headers=headers, timeout=PATIENCE).status_code == 400


def test_without_a_refresh_a_feed_is_cut_after_thirty_minutes(falcon: Falcon) -> None:
    emulator = falcon(time_scale=0)
    with Client(emulator).feed() as feed:
        emulator.skip(1799)
        body = Body(feed)
        body.until(lambda body: body.endswith(b"\r\n"))
        emulator.skip(1)
        with pytest.raises(requests.exceptions.ChunkedEncodingError):
            body.rest()
    assert ending(emulator) == "cut"


def test_the_end_may_be_a_clean_one_instead(falcon: Falcon) -> None:
    emulator = falcon(time_scale=0, preload=1, cut="eof")
    with Client(emulator).feed() as feed:
        body = Body(feed)
        (line,) = body.lines(1)
        emulator.skip(1800)

        assert body.rest().replace(b"\r\n", b"") == line + b"\n"
    eventually(lambda: emulator.feeds()[0]["ending"] == "eof")


def test_refreshed_in_time_a_feed_lives_on_unless_the_longest_session_ends_it(falcon: Falcon) -> None:
    emulator = falcon(time_scale=0, longest_session=4 * 3600)
    client = Client(emulator)
    resource = client.resource()
    with client.open(resource):
        for _ in range(8):
            emulator.skip(1700)
            assert client.refresh(resource).status_code == 200
        emulator.skip(801)
        eventually(lambda: emulator.feeds()[0]["ending"] == "cut")


def test_a_handed_in_clock_is_the_emulators_time(falcon: Falcon) -> None:
    class Noon:
        at = 1_800_000_000.0

        def now(self) -> float:
            return self.at

        def real(self, seconds: float) -> float:
            return 0.01

    emulator = falcon(clock=Noon())
    answer = Client(emulator).discover()

    assert answer.headers["Date"] == "Fri, 15 Jan 2027 08:00:00 GMT"
    assert answer.json()["resources"][0]["sessionToken"]["expiration"] == "2027-01-15T08:05:00.000000000Z"
    with pytest.raises(ValueError, match="handed in"):
        emulator.skip(1)
    with Client(emulator).feed():
        Noon.at += 1801
        eventually(lambda: emulator.feeds()[0]["ending"] == "cut")
