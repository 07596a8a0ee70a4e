"""An event that is sent again comes in other bytes, and is the same event."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.emulator.conftest import Body, Client, Falcon
from tests.emulator.events.renditions import original, render_anew

LINE = (
    b'{"metadata":{"customerIDString":"c1","offset":174,"eventType":"A","eventCreationTime":1657110865303,'
    b'"version":"1.0"},"event":{"x":"},\\"metadata\\":{","metadata":{"y":1}}}'
)


def told(line: bytes) -> Any:
    tree = json.loads(line)
    tree["metadata"].pop("sending", None)
    return tree


@pytest.mark.parametrize("number", range(1, 12))
def test_a_sending_has_its_own_bytes_says_the_same_and_is_undone(number: int) -> None:
    anew = render_anew(LINE, number)

    assert told(anew) == told(LINE)
    assert original(anew) == LINE
    assert anew != render_anew(LINE, number + 1) != LINE


def test_the_keys_come_in_another_order_and_one_is_added() -> None:
    keys = [tuple(json.loads(render_anew(LINE, number))["metadata"]) for number in range(1, 6)]

    assert len(set(keys)) == 5
    assert {each[-1] for each in keys} == {"sending"}
    assert [next(iter(json.loads(render_anew(LINE, number)))) for number in (1, 2)] == ["event", "metadata"]


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"no JSON",
        b"{}",
        b'{"metadata":{},"event":{}}',
        b'{"metadata":{"a":[1,2]},"event":{}}',
        b'{"metadata":{"a":"x,y"},"event":{}}',
        b'{"metadata":null,"event":{}}',
        b'{"event":{"sending":1}}',
        b'{"metadata":{"sending":x},"event":{}}',
    ],
)
def test_what_is_no_usual_event_is_sent_again_as_it_is(line: bytes) -> None:
    assert render_anew(line, 3) == line
    assert original(line) == line


def test_the_first_sending_is_as_published_and_each_later_one_is_another(falcon: Falcon) -> None:
    emulator = falcon(preload=30, render_anew=True, linger=0)
    log = emulator.tenant.partitions["0"].log
    lines = [log.line(index) for index in range(30)]
    seen = []
    for _ in range(3):
        with Client(emulator).feed() as feed:
            seen.append(Body(feed).lines(30))
        emulator.drop_feeds()

    assert seen[0] == lines
    assert [[original(line) for line in each] for each in seen] == [lines] * 3
    assert not any(first == second or second == third for first, second, third in zip(*seen))
    assert [row[2] for row in emulator.ledger()["0"]] == [3] * 30


def test_what_comes_after_a_resume_is_as_published_and_the_resume_event_is_not(falcon: Falcon) -> None:
    emulator = falcon(preload=10, render_anew=True, linger=0)
    with Client(emulator).feed() as feed:
        Body(feed).lines(10)
    emulator.drop_feeds()
    emulator.generate(5)
    log = emulator.tenant.partitions["0"].log
    with Client(emulator).feed("&offset=9") as feed:
        first, *others = Body(feed).lines(6)

    assert first != log.line(9)
    assert original(first) == log.line(9)
    assert others == [log.line(index) for index in range(10, 15)]


def test_an_event_that_comes_twice_on_one_feed_comes_in_other_bytes(falcon: Falcon) -> None:
    emulator = falcon(preload=5, render_anew=True)
    emulator.add_faults([{"on": "feed", "do": "repeat", "after_events": 5}])
    with Client(emulator).feed() as feed:
        lines = Body(feed).lines(6)

    assert lines[5] != lines[4] == original(lines[5])
