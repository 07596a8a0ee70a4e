"""An account out of its stanza: the child tenant's id as it was entered, and as Falcon gets it."""

from __future__ import annotations

from typing import Any

import pytest

from falcon_streams.errors import Fatal
from falcon_streams.splunk.accounts import check_account, make_account

CID = "abcdef00112233445566778899aabbcc"
STANZA = {"cloud": "us-1", "client_id": "1" * 32, "proxy": "none"}
NO_SPLUNKD: Any = None  # an account without a proxy asks it nothing


@pytest.mark.parametrize("entered", [CID, CID.upper(), f"{CID}-1f", f"{CID.upper()}-1F", f" {CID.upper()}-1F "])
def test_a_child_tenants_cid_is_taken_as_the_console_shows_it_and_kept_bare(entered: str) -> None:
    values = check_account("prod", {**STANZA, "member_cid": entered})

    assert make_account(NO_SPLUNKD, "prod", values, "s3cret").credentials.member_cid == CID


@pytest.mark.parametrize(
    "entered",
    [
        *(CID[:31], CID + "0", CID + "1F", CID + "-", CID + "-1", CID + "-1F2", CID + "-1G", CID + "-1F-1F"),
        *(CID + "\u20131F", CID.replace("0", "\u0660"), "g" * 32, f"{CID},{CID}", f"{CID[:8]}-{CID[8:]}"),
    ],
)
def test_nothing_else_is_taken_for_a_cid(entered: str) -> None:
    with pytest.raises(Fatal, match=r"^\[prod\] member_cid = .* is not 32 hexadecimal digits, with or without"):
        check_account("prod", {**STANZA, "member_cid": entered})
