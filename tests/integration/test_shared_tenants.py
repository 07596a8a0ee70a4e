"""Two thousand records of child tenants in the KV store of the stand-in, which keeps splunkd's limits: their cost."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from falcon_streams.core.custody import Seal
from falcon_streams.core.envelope import Event
from falcon_streams.core.record import Owner, Record, StartPosition, first_record
from falcon_streams.splunk.splunkd import Splunkd as Caller
from falcon_streams.store.kvstore import SECONDS, KvStore
from falcon_streams.store.shared import SharedRecords
from tests.splunkd import Splunkd

NAME, SECRET = "main", "the account's secret"
NAMES = [f"{number:032x}/{id}" for number in range(1_000) for id in (0, 1)]
LONGEST_CALL = SECONDS / 2  # on a busy machine
LONGEST_TAKEOVER = 60.0


class Counting(KvStore):
    """Counts calls, bytes, and the seconds of the longest call."""

    calls = bytes = 0
    longest = 0.0

    def _call(self, method: str, path: str, **options: Any) -> Any:
        began = time.monotonic()
        answer = super()._call(method, path, **options)
        self.calls, self.bytes = self.calls + 1, self.bytes + len(options.get("body", "")) + len(str(answer))
        self.longest = max(self.longest, time.monotonic() - began)
        return answer


@pytest.fixture
def splunkd(tmp_path: Path, package: Path) -> Iterator[Splunkd]:
    with Splunkd(tmp_path / "store", package) as splunkd:
        yield splunkd


def begin(splunkd: Splunkd, generation: int) -> tuple[Counting, SharedRecords]:
    """A process that has won the claim, and has read the records."""
    caller = Caller(splunkd.management_uri, splunkd.session_key)
    store = Counting(lambda: caller.context(SECONDS), "the KV store of this instance", own=True)
    records = SharedRecords(store, NAME, Seal(SECRET))
    records.read(generation)
    return store, records


def busy(partition: str) -> Record:
    """A record with as long a trail as half a minute of events makes."""
    record = first_record(NAME, partition, Owner("h", "id", "").of(partition), StartPosition(), 1000.0, 500.0)
    for offset in range(32):
        line = b'{"metadata": {}, "event": {"CompositeId": "%s:%d"}}' % (partition.encode(), offset)
        event = Event(line, offset, "EppDetectionSummaryEvent", 1_770_000_000_000, record.tenant)
        record = record.committed(event, (record.tenant,), 1000.0 + offset, 30.0)
    return record


def told(what: str, store: Counting, seconds: float) -> None:
    print(f"{what}: {store.calls} calls, {store.bytes / 1e6:.1f} MB, {seconds:.1f} s, longest {store.longest:.2f} s")


def test_two_thousand_records_are_committed_and_taken_over_within_splunkds_limits_and_ours(splunkd: Splunkd) -> None:
    first, records = begin(splunkd, 1)
    began = time.monotonic()
    records.save([busy(each) for each in NAMES])
    told("first commit of all", first, time.monotonic() - began)

    began = time.monotonic()
    store, after = begin(splunkd, 2)
    seconds = time.monotonic() - began
    told("takeover", store, seconds)
    assert len(after.partitions()) == 2_000
    assert after.load(NAMES[0]) == Record(**{**vars(busy(NAMES[0])), "generation": 2})
    assert seconds < LONGEST_TAKEOVER
    assert max(first.longest, store.longest) < LONGEST_CALL
    kinds = [each["kind"] for each in store.find({"tenants_of": NAME}, ("kind",))]
    assert {kind: kinds.count(kind) for kind in set(kinds)} == {
        "tenant record": 2_000,
        "tenant manifest": 1_000,
        "roll": 1,
    }
