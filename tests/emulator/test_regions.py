"""Falcon's clouds by their real names, through the proxy (Event Streams reference 1.5, 1.6)."""

from __future__ import annotations

import pytest
import requests

from tests.emulator.clouds import DOMAINS, cloud_of, firehose_of
from tests.emulator.conftest import DISCOVERY, PATIENCE, RESET, Body, Client, Falcon, ending, eventually, offsets, reset

API = "https://api.{}"


def test_a_real_name_runs_unmodified_through_the_proxy_discovery_feed_and_refresh(falcon: Falcon) -> None:
    emulator = falcon(preload=3)
    client = Client(emulator, API.format("us-2.crowdstrike.com"), emulator.proxy_url)
    resource = client.resource()

    assert resource["dataFeedURL"].startswith("https://firehose.us-2.crowdstrike.com/sensors/")
    assert resource["refreshActiveSessionURL"].startswith("https://api.us-2.crowdstrike.com/sensors/")
    with client.open(resource) as feed:
        body = Body(feed)
        assert offsets(body.lines(3)) == [0, 1, 2]
        assert client.refresh(resource).status_code == 200
    assert set(emulator.proxy_targets()) == {"api.us-2.crowdstrike.com:443", "firehose.us-2.crowdstrike.com:443"}
    assert {row["headers"]["host"] for row in emulator.requests("feed")} == {"firehose.us-2.crowdstrike.com"}


@pytest.mark.parametrize("cloud", DOMAINS)
def test_each_cloud_names_its_own_firehose_and_its_region(falcon: Falcon, cloud: str) -> None:
    emulator = falcon()
    client = Client(emulator, API.format(DOMAINS[cloud]), emulator.proxy_url)
    answer = client.discover()

    assert answer.headers["X-Cs-Region"] == cloud
    assert f"https://firehose.{DOMAINS[cloud]}/" in answer.text


def test_another_commercial_cloud_redirects_the_token_request_to_the_tenants_home(falcon: Falcon) -> None:
    emulator = falcon(home_cloud="us-2")
    client = Client(emulator, API.format("crowdstrike.com"), emulator.proxy_url)
    answer = client.token()

    assert answer.status_code == 308
    assert answer.headers["Location"] == "https://api.us-2.crowdstrike.com/oauth2/token"
    assert answer.headers["X-Cs-Region"] == "us-2"
    pair = {"client_id": emulator.client_id, "client_secret": emulator.client_secret}
    followed = client.session.post(f"{client.base_url}/oauth2/token", data=pair, timeout=PATIENCE)
    assert followed.status_code == 201
    assert followed.url == answer.headers["Location"]
    assert followed.headers["X-Cs-Region"] == "us-2"


def test_another_commercial_cloud_may_grant_a_token_that_is_good_at_home_only(falcon: Falcon) -> None:
    emulator = falcon(home_cloud="us-2", wrong_cloud="grant")
    answer = Client(emulator, API.format("crowdstrike.com"), emulator.proxy_url).token()

    assert (answer.status_code, answer.headers["X-Cs-Region"]) == (201, "us-2")
    bearer = {"Authorization": f"Bearer {answer.json()['access_token']}"}
    statuses = {}
    for domain in ("crowdstrike.com", "us-2.crowdstrike.com"):
        client = Client(emulator, API.format(domain), emulator.proxy_url)
        url = f"{client.base_url}{DISCOVERY}?appId=app1"
        statuses[domain] = client.session.get(url, headers=bearer, timeout=PATIENCE).status_code
    assert statuses == {"crowdstrike.com": 401, "us-2.crowdstrike.com": 200}


@pytest.mark.parametrize("wrong_cloud", ["redirect", "grant"])
@pytest.mark.parametrize(("home", "asked"), [("us-gov-1", "us-1"), ("us-1", "us-gov-1"), ("us-gov-1", "us-gov-2")])
def test_government_clouds_neither_redirect_nor_grant_nor_are_named(
    falcon: Falcon, home: str, asked: str, wrong_cloud: str
) -> None:
    emulator = falcon(home_cloud=home, wrong_cloud=wrong_cloud)
    answer = Client(emulator, API.format(DOMAINS[asked]), emulator.proxy_url).token()

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["message"].startswith("Failed to generate access token for clientID=")
    assert answer.headers["X-Cs-Region"] == asked


def test_a_bearer_is_good_in_its_own_cloud_only(falcon: Falcon) -> None:
    emulator = falcon()
    bearer = Client(emulator, API.format("us-2.crowdstrike.com"), emulator.proxy_url).bearer()
    statuses = {}
    for cloud in ("us-2", "us-1"):
        client = Client(emulator, API.format(DOMAINS[cloud]), emulator.proxy_url)
        url = f"{client.base_url}{DISCOVERY}?appId=app1"
        statuses[cloud] = client.session.get(url, headers=bearer, timeout=PATIENCE).status_code

    assert statuses == {"us-2": 200, "us-1": 401}


def test_a_client_on_loopback_meets_the_tenants_home(falcon: Falcon) -> None:
    answer = Client(falcon(home_cloud="eu-1")).token()

    assert answer.status_code == 201
    assert answer.headers["X-Cs-Region"] == "eu-1"


def test_a_host_names_its_cloud_and_any_other_host_is_local() -> None:
    assert cloud_of("API.us-2.CrowdStrike.com:443") == "us-2"
    assert cloud_of("firehose.laggar.gcw.crowdstrike.com") == "us-gov-1"
    assert cloud_of("api.crowdstrike.com.evil.example") == "local"
    assert firehose_of("localhost:1234", 99) == "localhost:99"
    assert firehose_of("api.us-gov-2.crowdstrike.mil", 99) == "firehose.us-gov-2.crowdstrike.mil"


# -- the proxy ---------------------------------------------------------------------------------------------------------


def test_the_proxy_asks_for_its_login(falcon: Falcon) -> None:
    emulator = falcon(proxy_login=("us:er", "p@:/w"))
    url = API.format("crowdstrike.com")
    proxy = emulator.proxy_url.replace("http://", "http://{}@")

    assert Client(emulator, url, proxy.format("us%3Aer:p%40%3A%2Fw")).token().status_code == 201
    for login in ("us%3Aer:wrong@", ""):
        with pytest.raises(requests.exceptions.ProxyError, match="407"):
            Client(emulator, url, emulator.proxy_url.replace("http://", f"http://{login}")).token()


def test_the_proxy_speaks_tls_when_it_is_told_to(falcon: Falcon) -> None:
    emulator = falcon(proxy_tls=True, preload=500)
    client = Client(emulator, API.format("crowdstrike.com"), emulator.proxy_url)

    assert emulator.proxy_url.startswith("https://")
    with client.feed() as feed:
        assert len(Body(feed).lines(500)) == 500


def test_the_proxy_leads_to_falcon_and_to_the_emulator_and_nowhere_else(falcon: Falcon) -> None:
    emulator = falcon()

    assert Client(emulator, proxy=emulator.proxy_url).token().status_code == 201
    trap = emulator.trap_url.replace("http", "https")
    for target in ("https://evil.example", "https://api.crowdstrike.com:8443", trap):
        with pytest.raises(requests.exceptions.ProxyError, match="502"):
            Client(emulator, target, emulator.proxy_url).token()
    assert emulator.trapped() == 0
    assert emulator.proxy_targets()[1] == "evil.example:443"


def test_the_proxy_passes_a_goodbye_on_as_one_and_a_reset_as_one(falcon: Falcon) -> None:
    emulator = falcon()
    client = Client(emulator, API.format("crowdstrike.com"), emulator.proxy_url)
    client.feed(app_id="one").close()
    assert ending(emulator, 0) == "fin"
    reset(client.feed(app_id="two"))
    assert ending(emulator, 1) == "reset"


def test_the_proxy_passes_the_services_ends_on_too(falcon: Falcon) -> None:
    emulator = falcon()
    client = Client(emulator, API.format("crowdstrike.com"), emulator.proxy_url)
    clean, broken = client.feed(app_id="one"), client.feed(app_id="two")
    emulator.drop_feeds(app_id="one", how="eof")
    assert Body(clean).rest() == b""
    emulator.drop_feeds(app_id="two", how="reset")
    with pytest.raises(requests.exceptions.ChunkedEncodingError, match=RESET):
        Body(broken).rest()
    eventually(lambda: not emulator.connections())


def test_a_trap_counts_who_comes_where_nobody_should(falcon: Falcon) -> None:
    emulator = falcon()

    assert emulator.trapped() == 0
    with pytest.raises(requests.exceptions.ConnectionError):
        requests.get(emulator.trap_url, timeout=PATIENCE)
    assert emulator.trapped() >= 1
