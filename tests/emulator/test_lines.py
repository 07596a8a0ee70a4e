"""The broken lines: what each is, and that it travels as it is."""

from __future__ import annotations

import json

import pytest

from tests.emulator.conftest import Body, Client, Falcon
from tests.emulator.events import HARD_LINES, hard_lines


def addressable(line: bytes) -> bool:
    try:
        return isinstance(json.loads(line)["metadata"]["offset"], int)
    except (ValueError, TypeError, KeyError, RecursionError):
        return False


def test_no_line_has_a_line_end_and_all_names_differ_in_what_they_are() -> None:
    lines = list(hard_lines(100).values()) + list(HARD_LINES)

    assert not any(b"\n" in line for line in lines)
    assert len(set(lines)) == len(lines)


@pytest.mark.parametrize(
    "name",
    ["invalid UTF-8", "not JSON", "cut off", "two objects", "bytes", "raw control characters"],
)
def test_some_lines_are_not_json_at_all(name: str) -> None:
    with pytest.raises(ValueError):
        json.loads(hard_lines(0)[name])


def test_lines_that_can_bear_an_offset_bear_the_next() -> None:
    good = [line for line in hard_lines(100).values() if b'"offset":1' in line and addressable(line)]
    found = [json.loads(line)["metadata"]["offset"] for line in good]

    assert found == sorted(set(found))
    assert found[0] >= 100


def test_they_arrive_byte_for_byte_in_their_order_and_reading_goes_on_behind_them(falcon: Falcon) -> None:
    emulator = falcon(preload=3)
    names = emulator.publish_hard_lines("0")
    emulator.publish("0", *HARD_LINES)
    emulator.generate(2)
    log = emulator.tenant.partitions["0"].log
    lines = [log.line(index) for index in range(len(log))]

    assert lines[3 : 3 + len(names)] == list(hard_lines(3).values())
    with Client(emulator).feed() as feed:
        assert Body(feed).lines(len(lines)) == lines
    assert [row[2] for row in emulator.ledger()["0"]] == [1] * len(lines)
