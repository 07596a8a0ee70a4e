"""A discovery answer becomes streams; nothing in it is trusted."""

from __future__ import annotations

from typing import Any, Dict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from falcon_streams.core.clouds import origin_of
from falcon_streams.core.discovery import Stream, read_discovery

ORIGIN = origin_of("us-1")


def resource(partition: str = "0", **changes: Any) -> Dict[str, Any]:
    feed = f"https://firehose.crowdstrike.com/sensors/entities/datafeed/v1/{partition}?appId=a"
    refresh = f"https://api.crowdstrike.com/sensors/entities/datafeed-actions/v1/{partition}?appId=a&action_name=r"
    return {
        "dataFeedURL": feed,
        "sessionToken": {"token": "T/+==", "expiration": "2026-02-13T05:20:57.826373335Z"},
        "refreshActiveSessionURL": refresh,
        "refreshActiveSessionInterval": 1800,
        **changes,
    }


def test_each_resource_is_a_stream_by_its_partition() -> None:
    discovery = read_discovery({"resources": [resource("1"), resource("0")], "errors": None}, ORIGIN, 5.0)

    assert [stream.partition for stream in discovery.streams] == ["1", "0"]
    assert discovery.refusals == ()
    assert discovery.served_at == 5.0
    assert discovery.streams[0].interval == 1800


@pytest.mark.parametrize("body", [{}, {"resources": None}, {"resources": []}, {"resources": "x"}, {"errors": []}])
def test_null_missing_and_empty_resources_are_alike(body: Dict[str, Any]) -> None:
    assert read_discovery(body, ORIGIN) == ((), (), None)


@pytest.mark.parametrize(
    "changes, word",
    [
        ({"dataFeedURL": "https://firehose.evil.example/v1/0"}, "outside the account's cloud"),
        ({"dataFeedURL": "http://firehose.crowdstrike.com/v1/0"}, "not https"),
        ({"refreshActiveSessionURL": "https://api.crowdstrike.com:8443/v1/0"}, "other than 443"),
        ({"refreshActiveSessionURL": "https://api.crowdstrike.com/v1/1"}, "one partition in both"),
        ({"dataFeedURL": "https://firehose.crowdstrike.com/v1/../../x%2e"}, "one partition in both"),
        ({"dataFeedURL": None}, "lacks a URL"),
        ({"sessionToken": None}, "session token"),
        ({"sessionToken": {"token": "a\r\nX: y"}}, "session token"),
        ({"sessionToken": {"token": ""}}, "session token"),
    ],
)
def test_a_bad_resource_is_refused_by_name_and_the_others_are_read(changes: Dict[str, Any], word: str) -> None:
    discovery = read_discovery({"resources": [resource("0", **changes), resource("7")]}, ORIGIN)

    assert [stream.partition for stream in discovery.streams] == ["7"]
    assert len(discovery.refusals) == 1
    assert word in discovery.refusals[0]


def test_a_partition_named_twice_is_read_once() -> None:
    discovery = read_discovery({"resources": [resource("0"), resource("0")]}, ORIGIN)

    assert len(discovery.streams) == 1
    assert "twice" in discovery.refusals[0]


@pytest.mark.parametrize("interval", [None, "1800", True, float("nan"), 1e308, -(10**400), {}])
def test_a_senseless_interval_reads_as_zero(interval: Any) -> None:
    tree = {"resources": [resource(refreshActiveSessionInterval=interval)]}

    assert read_discovery(tree, ORIGIN).streams[0].interval == 0


def test_position_and_filter_are_appended_to_the_url_as_given() -> None:
    stream = read_discovery({"resources": [resource()]}, ORIGIN).streams[0]

    assert stream.feed_url_from("offset=7") == stream.feed_url + "&offset=7"
    assert stream.feed_url_from("whence=0", ("A", "B")) == stream.feed_url + "&whence=0&eventType=A,B"
    bare = Stream("0", "https://h/v1/0", "https://h/v1/0", "t", 1)
    assert bare.feed_url_from("offset=0") == "https://h/v1/0?offset=0"


def test_a_stream_never_shows_its_token_or_urls() -> None:
    stream = read_discovery({"resources": [resource()]}, ORIGIN).streams[0]

    assert "T/" not in repr(stream)
    assert "http" not in repr(stream)


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
)


@given(JSON, st.dictionaries(st.sampled_from(list(resource())), JSON))
def test_any_json_is_read_without_an_error(resources: Any, changes: Dict[str, Any]) -> None:
    read_discovery({"resources": resources}, ORIGIN)
    read_discovery({"resources": [resource(**changes)]}, ORIGIN)


def test_thousands_of_refusals_are_told_in_a_few_sentences() -> None:
    discovery = read_discovery({"resources": [None] * 7_000}, ORIGIN)

    assert len(discovery.refusals) == 21
    assert discovery.refusals[-1] == "6980 more entries of the discovery answer are refused"
