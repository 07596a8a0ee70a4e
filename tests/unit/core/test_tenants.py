"""Whose an event is: the tenant of its customer in any form, never that of a text that only looks like one."""

from __future__ import annotations

import pytest

from falcon_streams.core.tenants import Tenant, Tenants

A, B = "a" * 31 + "1", "b" * 32
ACME, OTHERS = Tenant(A, "ACME", "falcon_acme"), Tenant("", "others", "falcon_others")
TENANTS = Tenants([ACME, Tenant(B, "Bee", "falcon_bee")], OTHERS)


@pytest.mark.parametrize("written", [A, A.upper(), f"{A}-1f", f"{A.upper()}-1F"])
def test_a_tenant_is_found_by_its_cid_in_any_form(written: str) -> None:
    assert TENANTS.of(written) == ACME
    assert TENANTS.of_customer(written.encode(), "0") == ACME


@pytest.mark.parametrize(
    "customer",
    [
        *(A[:31], A + "0", f"{A}-", f"{A}-1", f"{A}-1G", f" {A}", f"{A}\n", f"{A}\x00", f"\ufeff{A}", f"{A},{B}"),
        *(
            f"../{A}",
            f"{A}/0",
            f"</index>{A}",
            f"{A}</source>",
            A.replace("1", "\u0661"),
            "x" * 10_000,
            A * 300,
            "\ud800",
        ),
    ],
)
def test_a_customer_that_is_no_cid_of_ours_is_a_tenant_without_a_stanza(customer: str) -> None:
    assert TENANTS.of_customer(customer.encode("utf-8", "backslashreplace"), f"{A}/0") == OTHERS


def test_an_event_without_a_customer_belongs_to_the_tenant_of_its_stream() -> None:
    assert TENANTS.of_customer(b"", f"{A}/0") == ACME
    assert TENANTS.of_customer(b"", f"{'c' * 32}/0") == OTHERS


def test_in_the_accounts_own_stream_it_belongs_to_the_accounts_tenant_if_that_is_known() -> None:
    assert TENANTS.of_customer(b"", "0") == OTHERS
    assert TENANTS.with_own(B).of_customer(b"", "0").name == "Bee"
    assert TENANTS.with_own("c" * 32).of_customer(b"", "0") == OTHERS


def test_tenants_without_a_stanza_can_be_left_out_and_a_line_that_names_nobody_is_not() -> None:
    tenants = Tenants([ACME], Tenant(disabled=True))

    assert not tenants.of_customer(B.encode(), "0").takes("A")
    assert tenants.of_customer(b"", "0").takes("A") and tenants.of_customer(A.encode(), "0").takes("A")


@pytest.mark.parametrize(
    ("tenant", "taken"),
    [
        (Tenant(A), ["X", "Y", "Z", ""]),
        (Tenant(A, event_types=frozenset({"X", "Y"})), ["X", "Y", ""]),
        (Tenant(A, exclude_event_types=frozenset({"X"})), ["Y", "Z", ""]),
        (Tenant(A, event_types=frozenset({"X", "Y"}), exclude_event_types=frozenset({"Y"})), ["X", ""]),
        (Tenant(A, disabled=True), []),
    ],
    ids=["all", "only", "all but", "only but", "disabled"],
)
def test_a_tenant_takes_the_types_that_it_names(tenant: Tenant, taken: list[str]) -> None:
    assert [each for each in ("X", "Y", "Z", "") if tenant.takes(each)] == taken
    assert tenant.takes_all == (len(taken) == 4)


def test_tenants_say_nothing_unless_a_stanza_does() -> None:
    assert Tenants().say_nothing and not Tenants([Tenant(A)]).say_nothing and not Tenants((), OTHERS).say_nothing
    assert Tenants([ACME], OTHERS).take_all and not Tenants([ACME], Tenant(disabled=True)).take_all
