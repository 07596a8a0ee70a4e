"""What an account consists of: customer ids as Falcon's API takes them, and what a proxy is not for."""

from __future__ import annotations

import pytest

from falcon_streams.core.account import Proxy, bare_cid

CID = "abcdef00112233445566778899aabbcc"


@pytest.mark.parametrize("entered", [CID, CID.upper(), f"{CID}-1f", f"{CID.upper()}-1F"])
def test_a_cid_goes_to_falcon_bare_and_in_lower_case_however_it_was_entered(entered: str) -> None:
    assert bare_cid(entered) == CID


def test_no_cid_stays_none() -> None:
    assert bare_cid("") == ""


@pytest.mark.parametrize("name", ["API.CrowdStrike.COM", ".CrowdStrike.com", "api.crowdstrike.com"])
def test_a_host_that_a_proxy_is_not_for_is_known_in_any_case(name: str) -> None:
    proxy = Proxy("http", "proxy.example", 3128, no_proxy=("other.example", name))

    assert proxy.url_for("api.crowdstrike.com") is None
    assert proxy.url_for("api.crowdstrike.com.example") == "http://proxy.example:3128"


def test_a_proxys_url_bears_no_login() -> None:
    assert Proxy("https", "proxy.example", 3128, "us:er", "s3cret").url_for("a.example") == "https://proxy.example:3128"
