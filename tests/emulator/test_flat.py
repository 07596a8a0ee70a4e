"""format=flatjson: our placeholder, not an observation (Event Streams reference 6)."""

from __future__ import annotations

import json

import pytest

from tests.emulator.conftest import Body, Client, Falcon, eventually
from tests.emulator.flat import flatten


@pytest.mark.parametrize(
    ("line", "flat"),
    [
        (
            b'{"metadata":{"offset":174},"event":{"A":[{"Key":"p"}],"B":{},"C":null,"D":[],"E":1.0}}',
            {
                "metadata.offset": 174,
                "event.A.0.Key": "p",
                "event.B": {},
                "event.C": None,
                "event.D": [],
                "event.E": 1.0,
            },
        ),
        (b'{"a":{"b":1769000131000123456789}}', {"a.b": 1769000131000123456789}),
        (b'{"":{"":1}}', {".": 1}),
    ],
)
def test_nested_names_are_joined_and_empty_things_stay(line: bytes, flat: dict[str, object]) -> None:
    assert json.loads(flatten(line, ".")) == flat


@pytest.mark.parametrize("line", [b"[1]", b"not json", b"\xff", b"3"])
def test_what_is_no_object_stays_as_it_is(line: bytes) -> None:
    assert flatten(line, ".") == line


@pytest.mark.parametrize("separator", [".", "_"])
def test_the_choice_at_discovery_reaches_the_feed_and_the_separator_can_be_set(falcon: Falcon, separator: str) -> None:
    emulator = falcon(preload=30, separator=separator, linger=0)
    client = Client(emulator)
    resource = client.resource(format="flatjson")
    with client.open(resource) as feed:
        flat = [json.loads(line) for line in Body(feed).lines(30)]
    eventually(lambda: not emulator.connections())
    with client.feed() as feed:
        nested = [json.loads(line) for line in Body(feed).lines(30)]

    assert [event[f"metadata{separator}offset"] for event in flat] == list(range(30))
    assert "flatjson" not in resource["dataFeedURL"]
    for one, other in zip(flat, nested):
        assert one[f"metadata{separator}eventType"] == other["metadata"]["eventType"]
        assert not any(isinstance(value, (dict, list)) and value for value in one.values())
