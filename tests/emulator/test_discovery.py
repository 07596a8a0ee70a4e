"""Discovery: what it answers, and what it says while an app id is in use (Event Streams reference 2)."""

from __future__ import annotations

import re
from datetime import datetime, timezone
from urllib.parse import parse_qsl, urlsplit

import pytest

from tests.emulator.conftest import DISCOVERY, PATIENCE, Client, Falcon, eventually, falconpy


def test_each_partition_is_one_resource_with_the_four_documented_members(falcon: Falcon) -> None:
    emulator = falcon(partitions=3)
    answer = Client(emulator).discover("SplunkProd01")

    assert answer.status_code == 200
    tree = answer.json()
    assert tree["meta"]["powered_by"] == "FalconHose"
    assert tree["errors"] == []
    assert len(tree["resources"]) == 3
    for number, resource in enumerate(tree["resources"]):
        feed, refresh = urlsplit(resource["dataFeedURL"]), urlsplit(resource["refreshActiveSessionURL"])
        assert f"{feed.scheme}://{feed.netloc}" == emulator.feed_url
        assert feed.path == f"/sensors/entities/datafeed/v1/{number}"
        assert feed.query == "appId=splunkprod01"
        assert f"{refresh.scheme}://{refresh.netloc}" == emulator.api_url
        assert refresh.path == f"/sensors/entities/datafeed-actions/v1/{number}"
        assert dict(parse_qsl(refresh.query)) == {
            "appId": "splunkprod01",
            "action_name": "refresh_active_stream_session",
        }
        assert resource["refreshActiveSessionInterval"] == 1800
        assert len(resource) == 4


def test_a_session_token_expires_in_five_minutes_said_in_nanoseconds(falcon: Falcon) -> None:
    emulator = falcon(time_scale=0)
    expiration = Client(emulator).resource()["sessionToken"]["expiration"]

    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z", expiration)
    whole = datetime.strptime(expiration[:26], "%Y-%m-%dT%H:%M:%S.%f").replace(tzinfo=timezone.utc)
    assert abs(whole.timestamp() - emulator.now() - 300) < 0.001


def test_falconpy_lists_the_streams(falcon: Falcon) -> None:
    emulator = falcon(partitions=2)
    theirs = falconpy("EventStreams", emulator)
    answer = theirs.list_available_streams(app_id="app1", format="json")

    assert answer["status_code"] == 200
    assert len(answer["body"]["resources"]) == 2


@pytest.mark.parametrize("query", ["", "?appId=", "?appId=app1&format=xml"])
def test_a_discovery_without_app_id_or_with_a_strange_format_is_refused(falcon: Falcon, query: str) -> None:
    client = Client(falcon())
    url = f"{client.base_url}{DISCOVERY}{query}"

    assert client.session.get(url, headers=client.bearer(), timeout=PATIENCE).status_code == 400


def test_a_discovery_with_a_strange_bearer_is_refused_as_the_gateway_does(falcon: Falcon) -> None:
    client = Client(falcon())
    answer = client.session.get(
        f"{client.base_url}{DISCOVERY}?appId=a", headers={"Authorization": "Bearer x"}, timeout=PATIENCE
    )

    assert answer.status_code == 401
    assert answer.json()["errors"] == [{"code": 401, "message": "access denied, invalid bearer token"}]


def test_what_the_api_does_not_have_is_not_found(falcon: Falcon) -> None:
    client = Client(falcon())

    assert client.session.get(f"{client.base_url}/nothing", timeout=PATIENCE).status_code == 404
    assert client.session.get(f"{client.falcon.feed_url}/nothing", timeout=PATIENCE).status_code == 404


@pytest.mark.parametrize(
    ("empty", "found"), [("null", {"resources": None}), ("[]", {"resources": []}), ("missing", {})]
)
@pytest.mark.parametrize(("errors", "said"), [("empty", {"errors": []}), ("null", {"errors": None}), ("absent", {})])
def test_an_app_id_in_use_is_200_without_resources_in_each_of_its_spellings(
    falcon: Falcon, empty: str, found: dict[str, object], errors: str, said: dict[str, object]
) -> None:
    client = Client(falcon(empty=empty, errors=errors))
    with client.feed():
        answer = client.discover("APP1")

        assert answer.status_code == 200
        assert {name: value for name, value in answer.json().items() if name != "meta"} == {**found, **said}
        assert len(client.resources("another")) == 1


@pytest.mark.parametrize(("siblings", "shown"), [("free", ["0", "2"]), ("all", ["0", "1", "2"]), ("null", [])])
def test_what_rediscovery_shows_of_connected_siblings_can_be_chosen(
    falcon: Falcon, siblings: str, shown: list[str]
) -> None:
    client = Client(falcon(partitions=3, siblings=siblings))
    with client.feed(partition="1"):
        found = [urlsplit(each["dataFeedURL"]).path.rpartition("/")[2] for each in client.resources()]

        assert found == shown
        assert len(client.resources("another")) == 3


def test_partitions_appear_vanish_and_change_their_names_while_it_runs(falcon: Falcon) -> None:
    emulator = falcon(partitions=2)
    client = Client(emulator)

    def shown() -> list[str]:
        return [urlsplit(each["dataFeedURL"]).path.rpartition("/")[2] for each in client.resources()]

    emulator.add_partition("7", first_offset=100)
    assert shown() == ["0", "1", "7"]
    emulator.rename_partition("1", "b")
    assert shown() == ["0", "b", "7"]
    with client.feed() as feed:
        emulator.remove_partition("0")
        assert shown() == ["b", "7"]
        eventually(lambda: emulator.connections() == [])
        assert feed.status_code == 200
    with pytest.raises(ValueError, match="there already"):
        emulator.add_partition("7")
    with pytest.raises(ValueError, match="no partition 9"):
        emulator.remove_partition("9")


def test_a_partition_may_be_given_another_discovery_by_option(falcon: Falcon) -> None:
    elsewhere = {"dataFeedURL": "https://firehose.crowdstrike.com.evil.example/v1/0?appId=app1"}
    resources = Client(falcon(partitions=2, resource_override={"0": elsewhere})).resources()

    assert resources[0]["dataFeedURL"] == elsewhere["dataFeedURL"]
    assert resources[1]["dataFeedURL"].startswith("https://127.0.0.1:")
