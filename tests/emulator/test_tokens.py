"""Bearers: asked for, refused, expired, revoked (Event Streams reference 1)."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from tests.emulator.conftest import DISCOVERY, PATIENCE, Client, Falcon, falconpy

CHILD = "ABCDEF00112233445566778899aabbcc-D1"  # as the console shows it
NOT_ISSUED = "Failed to issue access token - Client authentication failed"
NO_CHILD = "Failed to generate access token for customer ID={}."  # falcon-scripts#56, ansible_collection_falcon#429


def test_a_token_answer_is_201_with_the_three_documented_fields_and_the_usual_headers(falcon: Falcon) -> None:
    answer = Client(falcon()).token()

    assert answer.status_code == 201
    tree = answer.json()
    assert {name: type(value) for name, value in tree.items()} == {
        "access_token": str,
        "expires_in": int,
        "token_type": str,
    }
    assert tree["expires_in"] == 1799
    assert tree["token_type"] == "bearer"
    assert answer.headers["X-Ratelimit-Limit"] == "300"
    assert answer.headers["X-Ratelimit-Remaining"] == "299"
    assert answer.headers["X-Cs-Region"]
    assert answer.headers["X-Cs-Traceid"]


def test_falconpy_gets_a_token_and_gives_it_back(falcon: Falcon) -> None:
    emulator = falcon()
    theirs = falconpy("OAuth2", emulator)

    assert theirs.token()["status_code"] == 201
    assert theirs.base_url == emulator.api_url
    (bearer,) = emulator.tenant.bearers
    assert theirs.revoke(bearer)["status_code"] == 200
    assert not emulator.tenant.bearers


def test_credentials_may_come_by_basic_authorization_and_a_grant_type_changes_nothing(falcon: Falcon) -> None:
    emulator = falcon()
    url, pair = f"{emulator.api_url}/oauth2/token", (emulator.client_id, emulator.client_secret)

    answer = requests.post(
        url, auth=pair, data={"grant_type": "client_credentials"}, verify=emulator.ca_file, timeout=PATIENCE
    )
    assert answer.status_code == 201
    assert requests.post(url, auth=(pair[0], "wrong"), verify=emulator.ca_file, timeout=PATIENCE).status_code == 403


@pytest.mark.parametrize(
    ("form", "status", "message"),
    [
        ({"client_id": "f" * 32}, 400, "Failed to generate access token for clientID=" + "f" * 32),
        ({"client_secret": "wrong"}, 403, NOT_ISSUED),
        ({"member_cid": "0" * 32}, 403, NO_CHILD.format("0" * 32)),
        ({"member_cid": CHILD}, 403, NO_CHILD.format(CHILD)),
        ({"member_cid": CHILD.lower()}, 403, NO_CHILD.format(CHILD.lower())),
        ({"member_cid": CHILD.partition("-")[0]}, 403, NO_CHILD.format(CHILD.partition("-")[0])),
    ],
)
def test_wrong_credentials_are_refused_in_the_token_services_own_body(
    falcon: Falcon, form: dict[str, str], status: int, message: str
) -> None:
    answer = Client(falcon(member_cid=CHILD)).token(**form)

    assert answer.status_code == status
    tree = answer.json()
    assert tree["errors"] == [{"code": status, "message": message}]
    assert set(tree["meta"]) == {"query_time", "powered_by", "trace_id"}
    assert tree["meta"]["powered_by"] == "csam"


def test_a_bad_bearer_is_refused_by_the_gateway(falcon: Falcon) -> None:
    client = Client(falcon())
    answer = client.session.get(f"{client.base_url}{DISCOVERY}?appId=app1", timeout=PATIENCE)

    assert answer.json()["meta"]["powered_by"] == "crowdstrike-api-gateway"


@pytest.mark.parametrize("option", [CHILD, CHILD.partition("-")[0].lower()])
def test_a_token_may_be_locked_to_the_child_tenant_by_its_bare_cid_in_lower_case(falcon: Falcon, option: str) -> None:
    answer = Client(falcon(member_cid=option)).token(member_cid="abcdef00112233445566778899aabbcc")

    assert answer.status_code == 201


def discovery_status(client: Client, bearer: dict[str, str]) -> int:
    url = f"{client.base_url}{DISCOVERY}?appId=app1"
    return client.session.get(url, headers=bearer, timeout=PATIENCE).status_code


def test_a_bearer_is_refused_when_its_life_is_over_and_a_new_one_leaves_it_alone(falcon: Falcon) -> None:
    emulator = falcon(time_scale=0)
    client = Client(emulator)
    bearer = client.bearer()
    emulator.skip(1798)
    client.bearer()

    assert discovery_status(client, bearer) == 200
    emulator.skip(1)
    assert discovery_status(client, bearer) == 401


def test_a_rotated_secret_refuses_the_old_one_and_leaves_the_bearers_unless_told_otherwise(falcon: Falcon) -> None:
    emulator = falcon()
    client = Client(emulator)
    old, bearer = emulator.client_secret, client.bearer()
    new = emulator.rotate_secret()

    assert client.token(client_secret=old).status_code == 403
    assert client.token(client_secret=new).status_code == 201
    assert discovery_status(client, bearer) == 200
    emulator.rotate_secret(revoke=True)
    assert discovery_status(client, bearer) == 401


def test_clients_come_and_go_with_their_bearers(falcon: Falcon) -> None:
    emulator = falcon()
    client = Client(emulator)
    pair = emulator.add_client()
    bearer = client.bearer(**pair)

    assert discovery_status(client, bearer) == 200
    emulator.remove_client(pair["client_id"])
    assert discovery_status(client, bearer) == 401
    assert client.token(**pair).status_code == 400


def test_a_revocation_wants_the_clients_own_credentials(falcon: Falcon) -> None:
    emulator = falcon()
    client = Client(emulator)
    bearer = client.bearer()
    form = {"token": bearer["Authorization"].partition(" ")[2]}
    url = f"{emulator.api_url}/oauth2/revoke"

    assert client.session.post(url, data=form, auth=(emulator.client_id, "wrong"), timeout=PATIENCE).status_code == 403
    assert discovery_status(client, bearer) == 200
    pair = (emulator.client_id, emulator.client_secret)
    assert client.session.post(url, data=form, auth=pair, timeout=PATIENCE).status_code == 200
    assert discovery_status(client, bearer) == 401


def test_requests_are_recorded_without_a_secret(falcon: Falcon) -> None:
    emulator = falcon()
    client = Client(emulator)
    client.discover()
    token, discovery = emulator.requests()

    wanted: dict[str, Any] = {
        "kind": "token",
        "method": "POST",
        "path": "/oauth2/token",
        "authorization": "",
        "content_type": "application/x-www-form-urlencoded",
        "form": ["client_id", "client_secret"],
        "status": 201,
    }
    assert {name: token[name] for name in wanted} == wanted
    assert discovery["authorization"] == discovery["headers"]["authorization"] == "Bearer"
    assert discovery["query"] == {"appId": "app1"}
    recorded = repr(emulator.requests())
    assert emulator.client_secret not in recorded
    assert not any(bearer in recorded for bearer in emulator.tenant.bearers)
