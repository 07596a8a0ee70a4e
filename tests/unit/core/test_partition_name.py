"""A partition's name holds its tenant, and the names of one input never clash."""

from __future__ import annotations

import pytest

from falcon_streams.core.partition_name import name_of, read_cid, split

CID = "0123456789abcdef0123456789abcdef"


@pytest.mark.parametrize("tenant", ["", CID])
def test_a_name_says_its_tenant_and_its_id(tenant: str) -> None:
    assert split(name_of(tenant, "7")) == (tenant, "7")


def test_a_partition_of_the_accounts_own_tenant_keeps_its_id() -> None:
    assert name_of("", "0") == "0"


@pytest.mark.parametrize("written", [CID, CID.upper(), f"{CID}-1F", f" {CID.upper()}-1f "])
def test_a_cid_is_read_in_every_form_that_a_console_shows(written: str) -> None:
    assert read_cid(written) == CID


@pytest.mark.parametrize("other", ["", "0", CID[:-1], CID + "0", f"{CID}-1", f"{CID}/0", f"{CID}\n-1F", "g" * 32])
def test_anything_else_is_no_cid(other: str) -> None:
    assert read_cid(other) == ""
