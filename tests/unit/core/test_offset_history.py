"""The history of an admin's changes brings back the records before, to the byte."""

from __future__ import annotations

import json
from typing import Any, Dict, List

import pytest
from hypothesis import given
from hypothesis import strategies as st

from falcon_streams.core.offset_change import set_to
from falcon_streams.core.offset_history import MOST, Change, History, read_history
from falcon_streams.core.record import ADMIN, Author, RecordTooNew, RecordUnreadable, StartPosition
from tests.profile import trying
from tests.unit.core.test_offset_change import committed

WRONG: List[Any] = [
    "", "[]", "{}", '{"version": 1}', '{"version": "1", "changes": []}', '{"version": 1, "changes": [{}]}',
    '{"version": 1, "changes": [{"at": "x"}]}', "[" * 100_000,
]  # fmt: skip


def change(at: float, offset: int) -> Change:
    return Change(at, "alice", "a test", f"set 0 to {offset}", (("0", committed(offset)), ("1", None)))


def test_a_history_is_stored_and_read_as_it_was() -> None:
    history = History().with_change(change(1.0, 7)).with_change(change(2.0, 8))

    assert read_history(history.to_text()) == history
    assert read_history("") == History()


def test_the_last_ten_changes_are_kept() -> None:
    history = History()
    for number in range(15):
        history = history.with_change(change(float(number), number))

    assert [each.at for each in history.changes] == [float(number) for number in range(5, 15)]
    assert len(history.changes) == MOST


def test_of_changes_to_thousands_of_partitions_fewer_are_kept_but_always_the_last() -> None:
    history, record = History(), committed(7)
    for number, partitions in enumerate((1, 3_000, 500, 400, 100, 9_000, 1)):
        before = tuple((str(name), record) for name in range(partitions))
        history = history.with_change(Change(float(number), "alice", "", "", before))
        if partitions == 100:
            assert [each.at for each in history.changes] == [1.0, 2.0, 3.0, 4.0]

    assert [len(each.before) for each in history.changes] == [1]
    history = history.with_change(Change(9.0, "alice", "", "", tuple((str(name), record) for name in range(9_000))))
    assert [each.at for each in history.changes] == [9.0]


@pytest.mark.parametrize("text", WRONG[1:])
def test_a_damaged_history_is_told_apart_from_none(text: str) -> None:
    with pytest.raises(RecordUnreadable):
        read_history(text)


def test_a_history_of_a_newer_version_is_told_apart_from_damage() -> None:
    with pytest.raises(RecordTooNew):
        read_history('{"version": 2}')
    tree: Dict[str, Any] = json.loads(History().with_change(change(1.0, 7)).to_text())
    tree["changes"][0]["before"]["0"]["version"] = 9
    with pytest.raises(RecordTooNew):
        read_history(json.dumps(tree))


@trying(60)
@given(st.lists(st.one_of(st.integers(0, 300), st.none()), max_size=30))
def test_undo_brings_back_exactly_the_record_before(acts: List[Any]) -> None:
    """A number sets the offset, None undoes the last change. What is stored is read anew at each act."""
    record = committed(100)
    stack: List[bytes] = []
    text = ""
    for number, act in enumerate(acts):
        history = read_history(text)
        if act is None:
            if history.changes:
                ((_, before),) = history.changes[-1].before
                assert before is not None and before.to_bytes() == stack.pop()
                record, text = before, history.without_last().to_text()
            continue
        stack = [*stack, record.to_bytes()][-MOST:]
        text = history.with_change(Change(float(number), "alice", "", "set", (("0", record),))).to_text()
        record = set_to(record, StartPosition(act), Author(ADMIN, "alice"), float(number))
    assert len(read_history(text).changes) == len(stack)
