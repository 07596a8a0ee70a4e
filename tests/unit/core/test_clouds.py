"""What discovery may name, and where a token request may be sent again."""

from __future__ import annotations

import pytest

from falcon_streams.core.clouds import CLOUDS, home_after_redirect, home_in, origin_of

GOOD = {
    "us-1": "https://firehose.crowdstrike.com/sensors/entities/datafeed/v1/0?appId=a",
    "us-2": "https://firehose.us-2.crowdstrike.com/x",
    "eu-1": "https://firehose.eu-1.crowdstrike.com:443/x",
    "us-gov-1": "https://firehose.laggar.gcw.crowdstrike.com/x",
    "us-gov-2": "https://firehose.us-gov-2.crowdstrike.mil/x",
}


@pytest.mark.parametrize("cloud", GOOD)
def test_the_clouds_own_hosts_are_let_through(cloud: str) -> None:
    assert origin_of(cloud).refusal(GOOD[cloud]) is None


@pytest.mark.parametrize(
    "url",
    [
        "http://firehose.us-2.crowdstrike.com/x",
        "https://firehose.us-2.crowdstrike.com:8443/x",
        "https://firehose.us-2.crowdstrike.com.evil.example/x",
        "https://evilus-2.crowdstrike.com/x",
        "https://firehose.eu-1.crowdstrike.com/x",
        "https://us-2.crowdstrike.com@evil.example/x",
        "https://user:pw@firehose.us-2.crowdstrike.com/x",
        "https://evil.example\\.us-2.crowdstrike.com/x",
        "https://evil.example/.us-2.crowdstrike.com",
        "https://evil.example#.us-2.crowdstrike.com",
        "https://firehose.us-2.crowdstrike.com:x/",
        "https://firehose.us-2.crowdstrike.com\u3002/x",
        "https://fireho\u017fe.us-2.crowdstrike.com/x",
        "//firehose.us-2.crowdstrike.com/x",
        "https://[::1/",
        "https:///x",
        "",
    ],
)
def test_everything_else_is_refused(url: str) -> None:
    assert origin_of("us-2").refusal(url) is not None


def test_a_custom_cloud_allows_its_own_host_on_any_port_and_the_admins_domains() -> None:
    origin = origin_of("custom", "https://api.example.test:8443/", ("feeds.example.test",))

    assert origin.base_url == "https://api.example.test:8443"
    assert origin.refusal("https://api.example.test:9999/x") is None
    assert origin.refusal("https://a.feeds.example.test/x") is None
    assert origin.refusal("https://feeds.example.test/x") is None
    assert origin.refusal("https://other.example.test/x") is not None
    assert origin.refusal("https://badfeeds.example.test/x") is not None


def test_a_region_that_a_token_answer_names_is_followed_from_one_known_cloud_to_another() -> None:
    us1 = origin_of("us-1")

    assert home_in(us1, "eu-1") == origin_of("eu-1")
    assert home_in(us1, "us-1") == us1
    for region in ("us-gov-1", "us-gov-2", "us-9", "custom", "local", "api.us-2.crowdstrike.com", ""):
        assert home_in(us1, region) is None
    assert home_in(origin_of("us-gov-1"), "us-1") is None
    assert home_in(origin_of("custom", "https://x.example"), "us-1") is None
    assert home_in(origin_of("custom", "https://api.crowdstrike.com"), "us-2") is None


def test_a_redirect_is_followed_to_known_api_hosts_of_commercial_clouds_only() -> None:
    us1 = origin_of("us-1")

    home = home_after_redirect(us1, "https://api.us-2.crowdstrike.com/oauth2/token")
    assert home == origin_of("us-2")
    for location in (
        "https://api.evil.example/oauth2/token",
        "http://api.us-2.crowdstrike.com/oauth2/token",
        "https://api.us-2.crowdstrike.com:8443/",
        "https://u@api.us-2.crowdstrike.com/",
        "https://firehose.us-2.crowdstrike.com/",
        f"https://{CLOUDS['us-gov-1'].api_host}/",
        "/oauth2/token",
        "",
    ):
        assert home_after_redirect(us1, location) is None
    assert home_after_redirect(origin_of("us-gov-1"), "https://api.crowdstrike.com/") is None
    assert home_after_redirect(origin_of("custom", "https://x.example"), "https://api.crowdstrike.com/") is None
