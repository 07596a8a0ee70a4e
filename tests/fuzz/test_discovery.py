"""Discovery: whatever JSON Falcon or somebody in its place answers, there is a reading of it, and no foreign host."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from falcon_streams.core.answer import Answer
from falcon_streams.core.clouds import origin_of
from falcon_streams.core.discovery import read_discovery
from falcon_streams.errors import StreamsError
from tests.fuzz.bytes_from_outside import cost_ratio, mutations
from tests.profile import trying

ORIGIN = origin_of("us-1")
HOST = "https://firehose.crowdstrike.com/sensors/entities/datafeed/v1/0?appId=a"
GOOD = {
    "dataFeedURL": HOST,
    "sessionToken": {"token": "t", "expiration": "2026-11-23T00:00:00Z"},
    "refreshActiveSessionURL": "https://api.crowdstrike.com/sensors/entities/datafeed-actions/v1/0?appId=a",
    "refreshActiveSessionInterval": 1800,
}
BODIES = tuple(json.dumps({"resources": [GOOD] * count, "errors": None}).encode() for count in (1, 2))
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=20)
    | st.sampled_from([HOST, "t", "//["]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from([*GOOD, "token"]), inner, max_size=5),
    max_leaves=12,
)


def hold(tree: object) -> None:
    """What every reading keeps."""
    discovery = read_discovery({"resources": tree}, ORIGIN)
    names = [stream.partition for stream in discovery.streams]
    assert len(names) == len(set(names))
    for stream in discovery.streams:
        assert ORIGIN.refusal(stream.feed_url) is None
        assert ORIGIN.refusal(stream.refresh_url) is None
    assert all(sentence.isprintable() for sentence in discovery.refusals)


@trying(400)
@given(body=mutations(BODIES))
def test_any_body_is_read_or_refused_by_a_named_error(body: bytes) -> None:
    try:
        tree = Answer(200, {}, body).tree()
    except StreamsError:
        return
    hold(tree.get("resources"))


@trying(200)
@given(entries=JSON | st.lists(st.fixed_dictionaries({}, optional={name: JSON | st.just(GOOD[name]) for name in GOOD})))
def test_any_json_is_read(entries: object) -> None:
    hold(entries)


def test_many_entries_cost_the_same_each() -> None:
    assert cost_ratio(lambda body: hold([GOOD] * (len(body) // 10)), b"x" * 2000) < 4
