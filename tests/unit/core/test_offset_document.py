"""The document of an input's records is read as it was written, and as nothing else."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from falcon_streams.core.offset_change import portable
from falcon_streams.core.offset_document import read_document, to_document
from falcon_streams.core.record import RecordTooNew, RecordUnreadable
from tests.unit.core.test_offset_change import committed

TREE = json.loads(to_document("prod", {"0": committed(100)}))
RECORD = TREE["records"][0]


def test_a_document_has_every_record_with_the_one_step_that_counts() -> None:
    record = committed(*range(50, 101))

    assert read_document(to_document("prod", {"0": record})) == (portable(record),)


def test_records_of_child_tenants_are_carried_too() -> None:
    records = {
        name: portable(replace(committed(100), partition=name)) for name in ("0", f"{'a' * 32}/0", f"{'b' * 32}/0")
    }

    assert {each.partition: each for each in read_document(to_document("prod", records))} == records


@pytest.mark.parametrize(
    "change",
    [
        {"records": []},
        {"records": [RECORD, RECORD]},
        {"records": None},
        {"records": [{**RECORD, "offset": None}]},
        {"records": [{**RECORD, "partition": "../0"}]},
        {"records": [{**RECORD, "partition": ""}]},
        {"records": [{**RECORD, "partition": "ABCD/0"}]},
        {"records": [{**RECORD, "partition": f"{'A' * 32}/0"}]},
        {"records": [{**RECORD, "partition": f"{'a' * 32}/../0"}]},
        {"records": [{**RECORD, "partition": "0\n"}]},
        {"falcon_event_streams_offsets": "1"},
        {"falcon_event_streams_offsets": None},
    ],
)
def test_what_is_not_whole_is_refused(change: Any) -> None:
    with pytest.raises(RecordUnreadable):
        read_document(json.dumps({**TREE, **change}))


@pytest.mark.parametrize("change", [{"falcon_event_streams_offsets": 2}, {"records": [{**RECORD, "version": 2}]}])
def test_what_a_newer_add_on_wrote_is_refused_as_such(change: Any) -> None:
    with pytest.raises(RecordTooNew):
        read_document(json.dumps({**TREE, **change}))


@given(st.text())
def test_any_text_is_no_document(text: str) -> None:
    with pytest.raises(RecordUnreadable):
        read_document(text)
