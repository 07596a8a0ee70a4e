"""Flight Control: which children a parent has, and what is known of them. Held to FalconPy's `FlightControl`."""

from __future__ import annotations

from typing import Any, Optional

import pytest
import requests

from tests.emulator.conftest import JSON, PATIENCE, Client, Falcon, falconpy

QUERY, DETAILS = "/mssp/queries/children/v1", "/mssp/entities/children/GET/v2"
NO_SCOPE, NOT_ALLOWED = "access denied, scope not permitted", "access denied, authorization failed"


def query(client: Client, text: str = "", bearer: Optional[dict[str, str]] = None) -> requests.Response:
    url = f"{client.base_url}{QUERY}{text}"
    return client.session.get(url, headers=bearer or client.bearer(), timeout=PATIENCE)


def details(client: Client, body: str, content_type: str = "application/json") -> requests.Response:
    headers = {**client.bearer(), "Content-Type": content_type}
    return client.session.post(f"{client.base_url}{DETAILS}", data=body, headers=headers, timeout=PATIENCE)


def test_falconpy_pages_through_all_children_and_asks_for_their_details(falcon: Falcon) -> None:
    emulator = falcon(children=23)
    theirs = falconpy("FlightControl", emulator)

    first = theirs.query_children()
    assert first["status_code"] == 200
    assert first["body"]["meta"]["pagination"] == {"offset": 0, "limit": 10, "total": 23}
    pages = [first["body"]["resources"]] + [
        theirs.query_children(offset=at, limit=10)["body"]["resources"] for at in (10, 20)
    ]
    assert [len(page) for page in pages] == [10, 10, 3]
    found = [cid for page in pages for cid in page]
    assert sorted(found) == sorted(emulator.cids())
    assert theirs.query_children(offset=23)["body"]["resources"] == []

    for answer in (theirs.get_children_v2(ids=found), theirs.get_children(ids=found)):
        assert answer["status_code"] == 200
        links = answer["body"]["resources"]
        assert [link["child_cid"] for link in links] == found
        assert {link["child_of"] for link in links} == {emulator.tenant.cid}
        assert {tuple(sorted(link)) for link in links} == {
            ("checksum", "child_cid", "child_gcid", "child_of", "domains", "name", "status")
        }
    assert len({link["name"] for link in links}) == 23
    assert theirs.query_children(filter=f"cid:'{found[3]}'")["body"]["resources"] == [found[3]]


def test_children_have_the_cids_and_names_that_they_are_given(falcon: Falcon) -> None:
    cid = "00112233445566778899aabbccddeeff"
    for children in ({cid: "Fabrikam"}, ["Fabrikam"]):
        (child,) = falcon(children=children).children()
        assert child["link"]["name"] == "Fabrikam"
    assert [child["cid"] for child in falcon(children={cid: "Fabrikam"}).children()] == [cid]
    with pytest.raises(ValueError, match="CIDs of 32 hexadecimal digits"):
        falcon(children={cid.upper(): "Fabrikam"})
    assert falcon(children=2).cids() == falcon(children=2).cids(), "the same in every run"


@pytest.mark.parametrize(
    "text",
    [
        "?limit=0",
        "?limit=5001",
        "?limit=ten",
        "?limit=",
        "?offset=-1",
        "?offset=a",
        "?sort=name",
        "?sort=last_modified_timestamp",
        "?filter=name:'x'",
        "?filter=cid:'00112233445566778899AABBCCDDEEFF'",
        "?page=2",
    ],
)
def test_a_query_refuses_what_is_not_documented(falcon: Falcon, text: str) -> None:
    answer = query(Client(falcon(children=3)), text)

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["code"] == 400


def test_a_query_takes_the_largest_page_and_both_sorts_the_last_modified_first_by_default(falcon: Falcon) -> None:
    emulator = falcon(children=3, time_scale=0)
    client = Client(emulator)
    emulator.skip(1)
    oldest = emulator.cids()[0]
    emulator.rename_child(oldest, "Renamed")

    assert query(client).json()["resources"][0] == oldest
    assert query(client, "?sort=last_modified_timestamp|asc&limit=5000").json()["resources"][-1] == oldest
    assert query(client, "?sort=last_modified_timestamp.desc").json()["resources"][0] == oldest
    emulator.set_option("longest_page", 1000)
    assert query(client, "?limit=1001").status_code == 400
    assert query(client, "?limit=1000").status_code == 200


@pytest.mark.parametrize(
    "body",
    ["", "[]", "{}", '{"ids": []}', '{"ids": "x"}', '{"ids": [1]}', '{"ids": ["x"], "more": 1}', "{"],
)
def test_a_body_without_ids_or_with_more_is_refused(falcon: Falcon, body: str) -> None:
    assert details(Client(falcon(children=1)), body).status_code == 400


def test_details_want_json_and_name_each_cid_that_is_no_child(falcon: Falcon) -> None:
    emulator = falcon(children=1)
    client, (cid,) = Client(emulator), emulator.cids()
    strange = "f" * 32

    assert details(client, f'{{"ids": ["{cid}"]}}', "text/plain").status_code == 415
    answer = details(client, f'{{"ids": ["{cid}", "{strange}", "{cid.upper()}", "{emulator.tenant.cid}"]}}')
    assert answer.status_code == 207
    assert [link["child_cid"] for link in answer.json()["resources"]] == [cid]
    assert [error["id"] for error in answer.json()["errors"]] == [strange, cid.upper(), emulator.tenant.cid]
    assert {error["code"] for error in answer.json()["errors"]} == {404}


def refusal(answer: requests.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["errors"][0]["message"]


def test_without_the_scope_or_as_no_parent_the_gateway_refuses(falcon: Falcon) -> None:
    parent, childless = falcon(children=1), falcon()
    client, other = Client(parent), Client(childless)

    assert refusal(query(other)) == (403, NOT_ALLOWED)
    assert query(client).status_code == 200
    parent.set_option("flight_control", False)
    assert refusal(query(client)) == (403, NO_SCOPE)
    assert refusal(details(client, '{"ids": ["x"]}')) == (403, NO_SCOPE)
    assert query(client).json()["meta"]["powered_by"] == "crowdstrike-api-gateway"
    assert client.discover().status_code == 200, "the other scope is not concerned"
    assert refusal(query(client, bearer={"Authorization": "Bearer x"})) == (401, "access denied, invalid bearer token")


def test_a_child_sees_no_children_by_its_parents_client_nor_by_its_own(falcon: Falcon) -> None:
    emulator = falcon(children=2)
    cid = emulator.cids()[0]
    own = emulator.add_client(tenant=cid)

    assert refusal(query(Client(emulator, member_cid=cid))) == (403, NOT_ALLOWED)
    assert refusal(query(Client(emulator), bearer=Client(emulator).bearer(**own))) == (403, NOT_ALLOWED)
    assert {(row["token_of"], row["call_of"]) for row in emulator.crossings()} == {(cid, emulator.tenant.cid)}


def test_children_come_go_return_and_are_renamed_while_it_runs(falcon: Falcon) -> None:
    emulator = falcon(children=2)
    client = Client(emulator)

    def names() -> dict[str, Any]:
        listed = query(client).json()["resources"]
        body = "{" + f'"ids": {listed}'.replace("'", '"') + "}"
        return {link["child_cid"]: link.get("name") for link in details(client, body).json()["resources"]}

    one, two = emulator.cids()
    third = emulator.add_child(name="Third")
    assert names() == {one: "Child 1", two: "Child 2", third: "Third"}
    emulator.remove_child(one)
    emulator.rename_child(two, "=cmd|' /C calc'!A0")
    assert names() == {two: "=cmd|' /C calc'!A0", third: "Third"}
    assert details(client, f'{{"ids": ["{one}"]}}').status_code == 207
    emulator.bring_back_child(one)
    emulator.change_child(third, {"name": None, "status": "cid-status-unknown", "checksum": 7})
    assert names() == {one: "Child 1", two: "=cmd|' /C calc'!A0", third: None}
    assert [child["listed"] for child in emulator.children()] == [True] * 3
    assert emulator.add_child("a" * 32, "Given") == "a" * 32
    for wrong in ("A" * 32, "a" * 32, "a" * 31, emulator.tenant.cid):
        with pytest.raises(ValueError, match="no CID, or somebody's already"):
            emulator.add_child(wrong)
    with pytest.raises(ValueError, match="no child"):
        emulator.remove_child("f" * 32)
    with pytest.raises(ValueError, match="add_child"):
        emulator.set_option("children", 7)


def test_a_parent_whose_children_have_all_gone_is_answered_an_empty_list(falcon: Falcon) -> None:
    emulator = falcon(children=1)
    emulator.remove_child(emulator.cids()[0])

    assert query(Client(emulator)).json()["resources"] == []


def test_faults_hit_flight_control_as_they_hit_any_call(falcon: Falcon) -> None:
    emulator = falcon(children=3)
    client, bearer = Client(emulator), Client(emulator).bearer()
    emulator.add_faults(
        [
            {"on": "query_children", "answer": {"status": 503}},
            {"on": "query_children", "merge": {"resources": ["../x", 7]}},
            {"on": "get_children", "remove": ["resources"]},
            {"on": "api", "answer": {"status": 500}},
        ]
    )

    assert query(client, bearer=bearer).status_code == 503
    assert query(client, bearer=bearer).json()["resources"] == ["../x", 7]
    url, headers = f"{client.base_url}{DETAILS}", {**bearer, **JSON}
    answer = client.session.post(url, data='{"ids": ["x"]}', headers=headers, timeout=PATIENCE)
    assert "resources" not in answer.json()
    assert query(client, bearer=bearer).status_code == 500
    assert emulator.waiting_faults() == []
