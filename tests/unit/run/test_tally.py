"""What a tenant does not want is counted as excluded, and its neighbours lose nothing."""

from __future__ import annotations

import pytest

from falcon_streams.core.batch import Batch, read_batch
from falcon_streams.core.record import Owner, StartPosition, first_record
from falcon_streams.core.resume import resume_at_origin
from falcon_streams.core.tenants import Register, Tenant, Tenants
from falcon_streams.run.progress import Progress
from falcon_streams.run.tally import Filters, Tally
from tests.fakes.clock import FakeClock

A, B, C = "a" * 32, "b" * 32, "c" * 32


def line(customer: str, event_type: str = "X", offset: int = 1) -> bytes:
    return (
        b'{"metadata":{"customerIDString":"%s","offset":%d,"eventType":"%s","eventCreationTime":1700000000123},"event":{}}'
        % (customer.encode(), offset, event_type.encode())
    )


class Desk:
    """The tally of one feed of a partition."""

    def __init__(self, filters: Filters, partition: str = "0") -> None:
        record = first_record("i", partition, Owner("h", "a", ""), StartPosition(), 0.0, None)
        self.progress = Progress(record, resume_at_origin(StartPosition(), True), 30.0)
        self._tally = Tally(self.progress, filters, FakeClock())

    def admit(self, *lines: bytes) -> list[bytes]:
        return list(self.admit_batch(read_batch(lines)).lines)

    def admit_batch(self, batch: Batch) -> Batch:
        return self._tally.admit(batch)


def test_each_tenant_is_asked_for_its_own_events_only() -> None:
    tenants = Tenants(
        [
            Tenant(A, event_types=frozenset({"X"})),
            Tenant(B, exclude_event_types=frozenset({"X"})),
        ],
    )
    lines = [line(each, kind) for each in (A, B, C) for kind in ("X", "Y")]
    desk = Desk(Filters(register=Register(tenants)))

    assert desk.admit(*lines) == [line(A, "X"), line(B, "Y"), line(C, "X"), line(C, "Y")]
    counters = desk.progress.counters
    assert (counters.events, counters.excluded, counters.placed) == (4, 2, 4)


def test_a_disabled_tenant_is_left_out_and_so_are_the_bad_lines_of_its_own_stream() -> None:
    tenants = Tenants([Tenant(A, disabled=True)])

    assert Desk(Filters(register=Register(tenants))).admit(line(A), line(B), b"bad") == [line(B), b"bad"]
    assert Desk(Filters(register=Register(tenants)), f"{A}/0").admit(line(A), line(B), b"bad") == [line(B)]


def test_what_the_input_excludes_is_excluded_for_all() -> None:
    tenants = Tenants([Tenant(A, exclude_event_types=frozenset({"X"}))])
    desk = Desk(Filters(excluded=frozenset({"Z"}), register=Register(tenants)))

    assert desk.admit(line(A, "X"), line(A, "Z"), line(B, "Z"), line(B, "X")) == [line(B, "X")]
    assert desk.progress.counters.excluded == 3


@pytest.mark.parametrize("tenants", [Tenants(), Tenants([Tenant(A, "ACME", "acme")])])
def test_a_batch_stays_as_it_is_where_every_tenant_takes_all(tenants: Tenants) -> None:
    batch = read_batch([line(A), line(B)])

    assert Desk(Filters(register=Register(tenants))).admit_batch(batch) is batch


def test_a_batch_of_tenants_that_take_all_is_not_sifted_because_of_another() -> None:
    batch = read_batch([line(A), line(B)])

    assert Desk(Filters(register=Register(Tenants([Tenant(C, disabled=True)])))).admit_batch(batch) is batch


def test_every_customer_is_noted_however_the_batches_mix_them() -> None:
    desk = Desk(Filters())
    for lines in ([line(A)], [line(A), line(A)], [line(A), line(B)], [line(C)], [b"bad"]):
        desk.admit(*lines)

    assert {A, B, C} <= set(desk.progress.customers)


def test_what_the_conf_says_anew_holds_from_the_next_batch_on() -> None:
    register = Register(Tenants())
    desk = Desk(Filters(register=register))
    before = desk.admit(line(A), line(B))
    register.tenants = Tenants([Tenant(A, disabled=True)])

    assert (before, desk.admit(line(A), line(B))) == ([line(A), line(B)], [line(B)])
