"""A mark tells a secret that goes where it was entered for from one that would go elsewhere."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from falcon_streams.core.destination import Verdict, judge, mark_of

TEXTS = st.text(max_size=30)
DESTINATIONS = st.dictionaries(
    st.sampled_from(["cloud", "base_url", "allowed_domains", "proxy"]), TEXTS | st.lists(TEXTS, max_size=3) | st.none()
)


@given(TEXTS, DESTINATIONS, TEXTS, DESTINATIONS)
def test_only_the_same_secret_and_the_same_destination_are_here(
    secret: str, destination: dict[str, Any], other: str, place: dict[str, Any]
) -> None:
    mark = mark_of(secret, destination)
    verdict = judge(mark, other, place)

    assert judge(mark, secret, json.loads(json.dumps(destination))) is Verdict.HERE
    if other != secret:
        assert verdict is Verdict.UNKNOWN
    else:
        assert (verdict is Verdict.HERE) == (place == destination)


def test_a_secret_without_a_mark_is_of_unknown_destination() -> None:
    assert judge(None, "s3cret", {"cloud": "us-1"}) is Verdict.UNKNOWN


@pytest.mark.parametrize(
    "mark", ["", "1", "1 a", "2 {0} {1}", "1 {0} {1} x", "1 {0} \u00fc", "\u0661 {0} {1}", "1  {0} {1}"]
)
def test_a_mark_that_cannot_be_read_lets_nothing_go(mark: str) -> None:
    whole = mark_of("s3cret", {"cloud": "us-1"}).split(" ")

    assert judge(mark.format(*whole[1:]), "s3cret", {"cloud": "us-1"}) is Verdict.ELSEWHERE


@given(st.text(min_size=8, max_size=30), DESTINATIONS)
def test_a_mark_holds_nothing_of_its_secret_or_its_destination(secret: str, destination: dict[str, Any]) -> None:
    mark = mark_of(secret, destination)

    assert secret not in mark
    assert mark_of("another one", destination).split(" ")[2] != mark.split(" ")[2]
