"""A checkpoint record is whole, versioned, and knows the way back."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from falcon_streams.core.envelope import Event
from falcon_streams.core.finish import Finish
from falcon_streams.core.identity import Identity, fingerprint
from falcon_streams.core.record import (
    ADMIN,
    THE_INPUT,
    Author,
    Owner,
    Record,
    RecordTooNew,
    RecordUnreadable,
    StartPosition,
    first_record,
    read_record,
)
from falcon_streams.core.resume import step_to_resume

ADDED_BY_3 = {"author", "finish"}
ADDED = {"revision", "identity", "trail_identities"} | ADDED_BY_3
KEYS_OF_REVISION_1 = {
    "version", "input", "partition", "api_host", "client_id", "member_cid", "customers", "offset", "fingerprint",
    "created", "updated_at", "splunkd_started", "clean", "generation", "origin", "trail",
}  # fmt: skip
OWNER = Owner("api.crowdstrike.com", "a" * 32, "")


def record(origin: StartPosition = StartPosition(), now: float = 1000.0) -> Record:  # noqa: B008 - frozen
    return first_record("prod", "0", OWNER, origin, now, 500.0)


def event(offset: int) -> Event:
    return Event(b'{"n":%d}' % offset, offset, "A", 1_700_000_000_000 + offset, "c")


def test_the_stored_bytes_are_pinned() -> None:
    stored = record().committed(event(7), ("c1",), 1010.0, 30.0).to_bytes()

    assert json.loads(stored) == {
        "version": 1,
        "input": "prod",
        "partition": "0",
        "api_host": "api.crowdstrike.com",
        "client_id": "a" * 32,
        "member_cid": "",
        "customers": ["c1"],
        "offset": 7,
        "fingerprint": fingerprint(b'{"n":7}'),
        "created": 1_700_000_000_007,
        "updated_at": 1010.0,
        "splunkd_started": 500.0,
        "clean": False,
        "generation": 0,
        "origin": {"offset": None, "not_before": None},
        "identity": ["c", "A", 1_700_000_000_007, ""],
        "revision": 3,
        "finish": None,
        "author": {"by": "input", "user": "", "why": ""},
        "trail": [[None, None, 1000.0], [7, fingerprint(b'{"n":7}'), 1010.0]],
        "trail_identities": [None, ["c", "A", 1_700_000_000_007, ""]],
    }


def test_what_was_stored_is_read_as_it_was() -> None:
    stored = replace(record(StartPosition(not_before=5)).committed(event(0), ("a", "b"), 1001.0, 30.0), clean=True)

    assert read_record(stored.to_bytes()) == stored


@pytest.mark.parametrize("finish", [Finish("-1h", before=5), Finish("0=7", offset=7, passed=True)])
def test_where_a_partition_ends_is_read_as_it_was_stored_and_a_record_of_revision_2_has_none(finish: Finish) -> None:
    stored = replace(record(), finish=finish)
    tree = json.loads(stored.to_bytes())

    assert read_record(stored.to_bytes()) == stored
    for wrong in ({**tree["finish"], "passed": 1}, {**tree["finish"], "before": -1}, {}):
        with pytest.raises(RecordUnreadable):
            read_record(json.dumps({**tree, "finish": wrong}).encode())
    del tree["finish"]
    assert read_record(json.dumps(tree).encode()).finish is None


def test_a_child_tenants_cid_that_was_stored_as_entered_is_read_bare() -> None:
    tree = {**json.loads(record().to_bytes()), "member_cid": "ABCDEF00112233445566778899AABBCC-1F"}

    assert read_record(json.dumps(tree).encode()).member_cid == "abcdef00112233445566778899aabbcc"


@pytest.mark.parametrize("cut", range(0, 400, 7))
def test_a_truncated_record_is_unreadable(cut: int) -> None:
    data = record().committed(event(7), (), 1010.0, 30.0).to_bytes()

    with pytest.raises(RecordUnreadable):
        read_record(data[:cut])


@pytest.mark.parametrize(
    "field, value",
    [("offset", "7"), ("offset", True), ("offset", -1), ("clean", 1), ("trail", [[1]]), ("origin", None), ("input", 1)],
)
def test_a_field_of_the_wrong_kind_is_unreadable(field: str, value: Any) -> None:
    tree = {**json.loads(record().to_bytes()), field: value}

    with pytest.raises(RecordUnreadable):
        read_record(json.dumps(tree).encode())


@pytest.mark.parametrize("change", [{"fingerprint": None}, {"offset": None}, {"trail": [[7, None, 1.0]]}])
def test_an_offset_that_could_not_be_verified_is_unreadable(change: dict[str, Any]) -> None:
    tree = json.loads(record().committed(event(7), ("c1",), 1010.0, 30.0).to_bytes())

    with pytest.raises(RecordUnreadable):
        read_record(json.dumps({**tree, **change}).encode())


def test_a_record_of_a_later_version_is_told_apart_from_damage() -> None:
    with pytest.raises(RecordTooNew, match="version 2"):
        read_record(b'{"version": 2}')


@given(st.binary())
def test_any_bytes_are_unreadable_or_too_new(data: bytes) -> None:
    with pytest.raises((RecordUnreadable, RecordTooNew)):
        read_record(data)


@pytest.mark.parametrize("replay", [0.0, 30.0, 3600.0])
def test_the_trail_reaches_back_far_enough_and_stays_short(replay: float) -> None:
    current, now = record(), 1000.0
    for offset in range(5000):
        now += 1.0
        current = current.committed(event(offset), (), now, replay)
        assert len(current.trail) <= 34
        assert current.trail[0].instant <= now - replay or current.trail[0].offset is None


def test_an_interrupted_replay_goes_back_again() -> None:
    first = replace(record().committed(event(1000), (), 1000.0, 30.0), trail=())
    for offset in range(1001, 1041):
        first = first.committed(event(offset), (), float(offset), 30.0)
    step = step_to_resume(first, 500.0, 30.0)
    assert step.offset == 1010
    again = first.resumed_at(step)
    for offset in range(1011, 1016):  # an hour later, for five seconds
        again = again.committed(event(offset), (), float(offset + 3600), 30.0)

    assert step_to_resume(again, 500.0, 30.0).offset == 1010


def test_a_clock_that_is_set_leaves_the_ages_of_the_steps_as_they_were() -> None:
    before = record(now=5000.0).committed(event(1), (), 5001.0, 30.0)
    behind = before.shifted(-3600.0).committed(event(2), (), 1402.0, 30.0)

    assert [step.instant for step in behind.trail] == [1400.0, 1401.0, 1402.0]


def test_a_reset_leaves_no_offset_of_the_former_sequence_the_origin_included() -> None:
    before = record(StartPosition(offset=100)).committed(event(900), (), 1010.0, 30.0)
    after = before.reset(5).committed(event(3), (), 1020.0, 30.0)

    assert [step.offset for step in after.trail] == [None, 3]
    assert after.origin == StartPosition(None, 5)


def test_a_record_of_revision_1_is_read_and_knows_its_events_by_their_bytes() -> None:
    tree = json.loads(record().committed(event(7), ("c1",), 1010.0, 30.0).to_bytes())
    old = read_record(json.dumps({key: tree[key] for key in tree if key not in ADDED}).encode())

    assert old.identity == Identity(fingerprint(b'{"n":7}'))
    assert old.trail[-1].identity == old.identity


def test_what_later_revisions_add_is_all_that_an_older_reader_passes_over() -> None:
    """The package of revision 1 takes the keys that it knows, each of its kind, and no others."""
    tree = json.loads(record().committed(event(7), ("c1",), 1010.0, 30.0).to_bytes())

    assert set(tree) - ADDED == KEYS_OF_REVISION_1
    assert [len(step) for step in tree["trail"]] == [3, 3]


def test_a_record_of_revision_2_was_written_by_the_input() -> None:
    newer = replace(record().committed(event(7), ("c1",), 1010.0, 30.0), author=Author(ADMIN, "alice", "a test"))
    tree = json.loads(newer.to_bytes())
    old = read_record(json.dumps({key: tree[key] for key in tree if key not in ADDED_BY_3}).encode())

    assert read_record(newer.to_bytes()) == newer
    assert old == replace(newer, author=THE_INPUT)


@pytest.mark.parametrize("author", [{}, {"by": 1, "user": "", "why": ""}, "alice", ["admin"]])
def test_an_author_of_the_wrong_kind_is_unreadable(author: Any) -> None:
    tree = {**json.loads(record().to_bytes()), "author": author}

    with pytest.raises(RecordUnreadable):
        read_record(json.dumps(tree).encode())


def test_the_next_commit_is_the_inputs_own() -> None:
    taken_over = replace(record(), author=Author(ADMIN, "alice", "a test"))

    assert taken_over.committed(event(7), (), 1010.0, 30.0).author == THE_INPUT
