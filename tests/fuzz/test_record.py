"""Checkpoint records: any bytes are a record that is stored and read again as it is, or are refused by name."""

from __future__ import annotations

from hypothesis import given

from falcon_streams.core.envelope import read_event
from falcon_streams.core.record import Owner, RecordTooNew, RecordUnreadable, StartPosition, first_record, read_record
from tests.fuzz.bytes_from_outside import cost_ratio, mutations
from tests.fuzz.test_lines import FAST
from tests.profile import trying

FIRST = first_record("i", "0", Owner("h", "a", ""), StartPosition(), 1000.0, 1.0)
LATER = FIRST.committed(read_event(FAST), ("c",), 1100.0, 30.0)


@trying(600)
@given(data=mutations((FIRST.to_bytes(), LATER.to_bytes())))
def test_any_bytes_are_a_record_or_refused(data: bytes) -> None:
    try:
        record = read_record(data)
    except (RecordUnreadable, RecordTooNew) as refusal:
        assert str(refusal)
        return
    assert record.offset is None or record.offset >= 0
    assert read_record(record.to_bytes()).to_bytes() == record.to_bytes()


def test_long_records_cost_the_same_per_byte() -> None:
    def read(data: bytes) -> None:
        try:
            read_record(data)
        except RecordUnreadable:
            pass

    for unit in (b"[" * 50_000, b'{"a":' * 50_000, b" " * 200_000):
        assert cost_ratio(read, unit) < 4
