"""Reading a feed: opening, offsets, filters, bytes (Event Streams reference 3)."""

from __future__ import annotations

import hashlib
import json
import time

import pytest

from tests.emulator.conftest import PATIENCE, Body, Client, Falcon, eventually, offsets, whole


def test_a_feed_is_one_endless_chunked_answer_of_the_very_lines_that_were_published(falcon: Falcon) -> None:
    emulator = falcon(preload=300)
    with Client(emulator).feed() as feed:
        lines = Body(feed).lines(300)

        assert feed.headers["Transfer-Encoding"] == "chunked"
        assert feed.headers["Content-Type"] == "application/json"
        assert "Content-Encoding" not in feed.headers
        assert feed.headers["X-Cs-Traceid"]
    assert offsets(lines) == list(range(300))
    assert [hashlib.sha256(line).hexdigest() for line in lines] == [sha for _, sha in emulator.published("0")]


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("", 1000),
        ("&offset=0", 1000),
        ("&offset=999", 1000),
        ("&offset=1000", 1000),
        ("&offset=1007", 1007),
        ("&whence=0", 1000),
        ("&offset=1005&whence=2", 1005),
    ],
)
def test_an_offset_is_inclusive_and_clamped_at_the_oldest_retained_event(
    falcon: Falcon, query: str, first: int
) -> None:
    with Client(falcon(preload=20, floor=1000)).feed(query) as feed:
        assert offsets(Body(feed).lines(3)) == [first, first + 1, first + 2]


def test_zero_is_an_offset_like_any_other(falcon: Falcon) -> None:
    with Client(falcon(preload=2)).feed("&offset=0") as feed:
        assert offsets(Body(feed).lines(1)) == [0]


def test_whence_2_begins_with_what_comes_next(falcon: Falcon) -> None:
    emulator = falcon(preload=20)
    with Client(emulator).feed("&whence=2") as feed:
        emulator.generate(2)

        assert offsets(Body(feed).lines(2)) == [20, 21]


def test_an_offset_beyond_the_head_is_held_open_until_it_is_reached(falcon: Falcon) -> None:
    emulator = falcon(preload=5, heartbeat=0.05)
    with Client(emulator).feed("&offset=8") as feed:
        body = Body(feed)
        emulator.generate(2)
        body.until(lambda body: body.count(b"\r\n") >= 2)
        assert whole(b"".join(body.chunks)) == []
        emulator.generate(4)

        assert offsets(body.lines(3)) == [8, 9, 10]


def test_an_offset_beyond_the_head_may_be_refused_instead(falcon: Falcon) -> None:
    client = Client(falcon(preload=5, beyond_head="400"))

    assert client.open(client.resource(), "&offset=6").status_code == 400
    with client.open(client.resource(), "&offset=5") as feed:
        assert feed.status_code == 200


@pytest.mark.parametrize("query", ["&offset=x", "&offset=-1", "&offset=1.5", "&whence=1"])
def test_an_offset_that_is_none_is_refused(falcon: Falcon, query: str) -> None:
    client = Client(falcon())

    assert client.open(client.resource(), query).status_code == 400


def test_trimming_and_age_move_the_floor(falcon: Falcon) -> None:
    emulator = falcon(preload=10, time_scale=0, retention=100, linger=0)
    client = Client(emulator)
    emulator.trim("0", keep=4)
    with client.feed("&offset=0") as feed:
        assert offsets(Body(feed).lines(1)) == [6]
    eventually(lambda: not emulator.connections())
    emulator.skip(101)
    emulator.generate(1)
    with client.feed("&offset=0") as feed:
        assert offsets(Body(feed).lines(1)) == [10]


def test_live_events_arrive_in_order_and_at_once(falcon: Falcon) -> None:
    emulator = falcon(rate=200)
    with Client(emulator).feed() as feed:
        assert offsets(Body(feed).lines(60)) == list(range(60))


def test_every_app_id_reads_the_same_events_by_the_same_offsets(falcon: Falcon) -> None:
    client = Client(falcon(preload=10))
    with client.feed("&offset=3", app_id="one") as one, client.feed("&offset=3", app_id="two") as two:
        assert Body(one).lines(7) == Body(two).lines(7)


# -- the session token -------------------------------------------------------------------------------------------------


def test_a_session_token_opens_for_five_minutes_and_an_open_feed_outlives_it(falcon: Falcon) -> None:
    emulator = falcon(time_scale=0, preload=1)
    client = Client(emulator)
    early, late = client.resource(app_id="early"), client.resource(app_id="late")
    emulator.skip(299)
    with client.open(early) as feed:
        assert feed.status_code == 200
        body = Body(feed)
        body.lines(1)
        emulator.skip(2)
        assert client.open(late).status_code == 401
        emulator.generate(1)
        assert offsets(body.lines(2)) == [0, 1]


def test_a_refusal_is_pretty_printed_over_several_lines(falcon: Falcon) -> None:
    client = Client(falcon())
    resource = client.resource()
    resource["sessionToken"]["token"] = "strange=="
    answer = client.open(resource)

    assert answer.status_code == 401
    assert len(answer.text.splitlines()) > 5
    assert json.loads(answer.text)["errors"] == [{"code": 401, "message": "Not authorized"}]


def test_a_session_token_opens_only_its_own_partition_for_its_own_app_id(falcon: Falcon) -> None:
    client = Client(falcon(partitions=2))
    zero, one = client.resources()
    crossed = {**zero, "sessionToken": one["sessionToken"]}
    renamed = {**zero, "dataFeedURL": zero["dataFeedURL"].replace("app1", "app2")}
    as_bearer = client.session.get(zero["dataFeedURL"], headers=client.bearer(), timeout=PATIENCE)

    assert client.open(crossed).status_code == 401
    assert client.open(renamed).status_code == 401
    assert as_bearer.status_code == 401
    shouted = {**zero, "dataFeedURL": zero["dataFeedURL"].replace("app1", "APP1")}
    with client.open(shouted) as feed:
        assert feed.status_code == 200


# -- filters -----------------------------------------------------------------------------------------------------------

TYPES = ["AuthActivityAuditEvent", "FirewallMatchEvent", "EppDetectionSummaryEvent"]


def types_of(lines: list[bytes]) -> list[str]:
    return [json.loads(line)["metadata"]["eventType"] for line in lines]


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ("", TYPES),
        ("&eventType=", TYPES),
        ("&eventType=FirewallMatchEvent", ["FirewallMatchEvent"]),
        ("&eventType=AuthActivityAuditEvent,FirewallMatchEvent", TYPES[:2]),
        ("&eventType=AuthActivityAuditEvent%2CFirewallMatchEvent", TYPES[:2]),
        ("&eventType=Unheard,FirewallMatchEvent", ["FirewallMatchEvent"]),
    ],
)
def test_a_filter_is_a_list_of_types_and_unknown_ones_are_ignored(
    falcon: Falcon, query: str, wanted: list[str]
) -> None:
    emulator = falcon()
    for name in TYPES:
        emulator.generate(2, types=[name])
    with Client(emulator).feed(query) as feed:
        assert types_of(Body(feed).lines(2 * len(wanted))) == [name for name in wanted for _ in range(2)]


def test_filtered_events_consume_offsets(falcon: Falcon) -> None:
    emulator = falcon()
    for _ in range(3):
        emulator.generate(1, types=["FirewallMatchEvent"])
        emulator.generate(4, types=["CSPMIOAStreamingEvent"])
    with Client(emulator).feed("&eventType=FirewallMatchEvent&offset=1") as feed:
        assert offsets(Body(feed).lines(2)) == [5, 10]


def test_a_filter_compares_types_exactly(falcon: Falcon) -> None:
    emulator = falcon(heartbeat=0.05)
    emulator.publish("0", b'{"metadata":{"offset":0,"eventType":"EPPDetectionSummaryEvent"},"event":{}}')
    with Client(emulator).feed("&eventType=EppDetectionSummaryEvent") as feed:
        body = Body(feed)
        body.until(lambda body: body.count(b"\r\n") >= 2)

        assert whole(b"".join(body.chunks)) == []


# -- chunks ------------------------------------------------------------------------------------------------------------


def test_a_backlog_comes_many_events_to_a_chunk_or_one_to_a_chunk(falcon: Falcon) -> None:
    emulator = falcon(linger=0)
    emulator.generate(50, types=["FirewallMatchEvent"])
    client = Client(emulator)
    with client.feed() as feed:
        many = Body(feed)
        many.lines(50)
    eventually(lambda: not emulator.connections())
    emulator.set_option("chunk_events", 1)
    with client.feed() as feed:
        single = Body(feed)
        single.lines(50)

    assert len(many.chunks) <= 5
    assert [chunk.count(b"\n") for chunk in single.chunks] == [1] * 50


def test_chunks_may_be_so_small_that_they_split_lines_and_characters(falcon: Falcon) -> None:
    line = '{"metadata":{"offset":0},"event":{"UserName":"李雷"}}'.encode()
    emulator = falcon(chunk_bytes=1, write_bytes=3)
    emulator.publish("0", line)
    with Client(emulator).feed() as feed:
        body = Body(feed)

        assert body.lines(1) == [line]
        assert {len(chunk) for chunk in body.chunks} == {1}


def test_a_backlog_is_served_at_tens_of_megabytes_a_second(falcon: Falcon) -> None:
    emulator = falcon(preload=20_000)
    size = 0
    with Client(emulator).feed() as feed:
        started = time.process_time()
        for piece in feed.iter_content(chunk_size=None):
            size += piece.count(b"\n")
            if size >= 20_000:
                break
        taken = time.process_time() - started

    assert taken < 4.0  # CPU seconds, for some 40 MB; a tenth of that is usual


def test_what_is_no_get_of_a_feed_opens_none(falcon: Falcon) -> None:
    emulator = falcon()
    client = Client(emulator)
    resource = client.resource()
    headers = {"Authorization": f"Token {resource['sessionToken']['token']}"}
    answer = client.session.post(resource["dataFeedURL"], headers=headers, timeout=PATIENCE)

    assert answer.status_code == 404
    assert emulator.feeds() == []
    assert client.open(resource).status_code == 200
