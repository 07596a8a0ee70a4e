"""Children of a parent: tokens by `member_cid`, streams, faults and options of each alone; tokens that cross over."""

from __future__ import annotations

import json
from typing import Any

import pytest
import requests

from tests.emulator import Emulator, EmulatorProcess
from tests.emulator.conftest import Body, Client, Falcon, eventually, falconpy, whole

CUSTOMER = "0a1b2c3d4e5f60718293a4b5c6d7e8f9"


def clients(emulator: Emulator) -> list[Client]:
    return [Client(emulator, member_cid=cid) for cid in emulator.cids()]


def customers(lines: list[bytes]) -> set[str]:
    return {json.loads(line)["metadata"]["customerIDString"] for line in lines}


# -- tokens ------------------------------------------------------------------------------------------------------------


def test_falconpy_gets_a_token_of_a_child_and_reads_that_childs_streams(falcon: Falcon) -> None:
    emulator = falcon(children=2, partitions=2)
    cid = emulator.cids()[1]
    emulator.generate(5, "1", tenant=cid)
    theirs = falconpy("OAuth2", emulator, member_cid=cid)

    assert theirs.token()["status_code"] == 201
    assert {bearer.member_cid for bearer in emulator.tenant.bearers.values()} == {cid}
    streams = falconpy("EventStreams", emulator, member_cid=cid)
    resources = streams.list_available_streams(app_id="app1")["body"]["resources"]
    reader = Client(emulator)
    with reader.open(resources[1]) as feed:
        body = Body(feed)  # the feed ends with it
        assert customers(body.lines(5)) == {cid}
        answer = streams.refresh_active_stream(app_id="app1", partition=1)
        assert answer["status_code"] == 200, "FalconPy makes the URL itself, without the mark"
    assert emulator.crossings() == []
    (row,) = emulator.feeds(tenant=cid)
    assert row["refreshes"] == 1
    assert emulator.feeds() == []


@pytest.mark.parametrize("written", ["upper", "checksum", "parent", "stranger", "gone"])
def test_a_member_cid_is_that_of_a_listed_child_bare_and_in_lower_case(falcon: Falcon, written: str) -> None:
    emulator = falcon(children=2)
    one, two = emulator.cids()
    emulator.remove_child(two)
    forms = {"upper": one.upper(), "checksum": f"{one}-1F", "parent": CUSTOMER, "stranger": "f" * 32, "gone": two}
    answer = Client(emulator).token(member_cid=forms[written])

    assert answer.status_code == 403
    assert answer.json()["meta"]["powered_by"] == "csam"
    message = f"Failed to generate access token for customer ID={forms[written]}."
    assert answer.json()["errors"] == [{"code": 403, "message": message}]
    assert Client(emulator).token(member_cid=one).status_code == 201


def test_a_childs_own_client_reads_the_child_and_acts_for_nobody(falcon: Falcon) -> None:
    emulator = falcon(children=2)
    one, two = emulator.cids()
    emulator.generate(3, tenant=one)
    client, own = Client(emulator), emulator.add_client(tenant=one)

    assert client.token(**own, member_cid=two).status_code == 403
    assert client.token(**own, member_cid=one).status_code == 403
    child = Client(emulator)
    child.bearer = lambda **form: client.bearer(**own)  # type: ignore[method-assign]
    with child.feed() as feed:
        assert customers(Body(feed).lines(3)) == {one}


def test_the_secret_is_one_for_all_tenants(falcon: Falcon) -> None:
    emulator = falcon(children=2)
    old = emulator.client_secret
    new = emulator.rotate_secret()

    for client in clients(emulator):
        assert client.token(client_secret=old).status_code == 403
        assert client.token(client_secret=new).status_code == 201


# -- streams -----------------------------------------------------------------------------------------------------------


def test_each_tenant_has_streams_offsets_and_events_of_its_own(falcon: Falcon) -> None:
    emulator = falcon(children=2, partitions=2)
    one, two = emulator.cids()
    emulator.generate(4)
    emulator.generate(3, "0", tenant=one)
    emulator.generate(2, "1", tenant=two)

    assert emulator.offsets() == {"0": 4, "1": 4}
    assert emulator.offsets(tenant=one) == {"0": 3, "1": 0}
    assert emulator.offsets(tenant=two) == {"0": 0, "1": 2}
    emulator.generate(1, tenant="*")
    assert [emulator.offsets(tenant=cid)["0"] for cid in (CUSTOMER, one, two)] == [5, 4, 1]
    for cid, partition in ((one, "0"), (two, "1")):
        with Client(emulator, member_cid=cid).feed(partition=partition) as feed:
            lines = Body(feed).lines(3)
            assert customers(lines) == {cid}
            assert CUSTOMER.encode() not in b"".join(lines)
    assert [row[2] for row in emulator.ledger(tenant=one)["0"]] == [1] * 4
    assert list(emulator.ledgers()) == [CUSTOMER, one, two]
    assert [row[2] for row in emulator.ledgers()[two]["1"]] == [1] * 3
    assert [row[2] for row in emulator.ledger()["0"]] == [0] * 5
    assert {row["offset"] for row in emulator.deliveries(tenant=two)} == {0, 1, 2}
    assert list(emulator.deliveries()) == []


def test_the_same_app_id_is_free_in_every_tenant_and_taken_in_the_one_where_it_reads(falcon: Falcon) -> None:
    emulator = falcon(children=2, linger=0)
    one, two = clients(emulator)
    with one.feed(), two.feed(), Client(emulator).feed():
        assert one.resources() == two.resources() == Client(emulator).resources() == []
        assert emulator.open_feeds() == dict.fromkeys([CUSTOMER, one.member_cid, two.member_cid], 1)
        assert emulator.connections(tenant=one.member_cid) == [["app1", "0"]]
        assert emulator.drop_feeds(tenant=one.member_cid) == 1
        eventually(lambda: one.resources())
        assert two.resources() == []
        assert emulator.drop_feeds() == 2, "of all tenants"
    assert emulator.violations() == []


def test_a_second_feed_is_a_violation_of_its_tenant(falcon: Falcon) -> None:
    emulator = falcon(children=2)
    one, _ = clients(emulator)
    resource = one.resource()
    with one.open(resource):
        assert one.open(resource).status_code == 401
    (row,) = emulator.violations()
    assert row["tenant"] == one.member_cid


def test_a_child_that_is_removed_is_cut_off_and_goes_on_where_it_was_when_it_returns(falcon: Falcon) -> None:
    emulator = falcon(children=2, linger=0)
    one, two = clients(emulator)
    bearer = one.bearer()
    emulator.generate(5, tenant=one.member_cid)
    late = one.resource(app_id="app2")
    with one.feed() as feed, two.feed():
        Body(feed).lines(5)
        emulator.remove_child(one.member_cid)
        eventually(lambda: emulator.open_feeds()[one.member_cid] == 0)
        assert emulator.open_feeds()[two.member_cid] == 1
    assert one.token().status_code == 403
    assert one.open(late).status_code == 401
    url = f"{one.base_url}/sensors/entities/datafeed/v2?appId=app1"
    assert one.session.get(url, headers=bearer, timeout=5).status_code == 401
    emulator.generate(2, tenant=one.member_cid)
    emulator.bring_back_child(one.member_cid)
    with one.feed("&offset=5") as feed:
        assert [json.loads(line)["metadata"]["offset"] for line in Body(feed).lines(2)] == [5, 6]


def test_live_events_go_to_listed_tenants_each_partition_in_its_turn(falcon: Falcon) -> None:
    emulator = falcon(children=5, rate=50)
    gone = emulator.cids()[0]
    emulator.remove_child(gone)
    stopped = emulator.offsets(tenant=gone)
    eventually(lambda: all(emulator.offsets(tenant=cid)["0"] > 10 for cid in emulator.cids()[1:]))

    assert emulator.offsets(tenant=gone)["0"] <= stopped["0"] + 3  # a tick may have been under way
    emulator.set_rate(0, tenant=emulator.cids()[1])
    at = emulator.offsets(tenant=emulator.cids()[1])["0"]
    eventually(lambda: emulator.offsets()["0"] > 60)
    assert emulator.offsets(tenant=emulator.cids()[1])["0"] <= at + 3


def test_a_parents_stream_bears_its_childrens_events_too_when_told_so(falcon: Falcon) -> None:
    emulator = falcon(children=2, partitions=2, floor=1000)
    one, two = emulator.cids()
    emulator.generate(3, "1", tenant=one)
    emulator.set_option("parent_bears_children", True)
    emulator.generate(2, "1")
    emulator.generate(4, "1", tenant=one)
    emulator.publish("0", b'{"metadata":{"customerIDString":"x","offset":7},"event":{"offset":7}}', tenant=two)

    assert emulator.offsets() == {"0": 1001, "1": 1006}
    with Client(emulator).feed(partition="1") as feed:
        borne = [json.loads(line) for line in Body(feed).lines(6)]
    with Client(emulator, member_cid=one).feed("&offset=1003", partition="1") as feed:
        own = [json.loads(line) for line in Body(feed).lines(4)]
    assert [event["metadata"]["customerIDString"] for event in borne] == [CUSTOMER] * 2 + [one] * 4
    assert [event["metadata"]["offset"] for event in borne] == list(range(1000, 1006))
    assert [event["event"] for event in borne[2:]] == [event["event"] for event in own]
    with Client(emulator).feed(partition="0") as feed:
        (line,) = Body(feed).lines(1)
    assert line == b'{"metadata":{"customerIDString":"x","offset":1000},"event":{"offset":7}}'


def test_partitions_of_a_child_come_and_go_and_are_renamed(falcon: Falcon) -> None:
    emulator = falcon(children=2)
    one, two = clients(emulator)
    emulator.add_partition("x", 9, tenant=one.member_cid)
    emulator.rename_partition("0", "zero", tenant=one.member_cid)
    emulator.generate(1, "x", tenant=one.member_cid)

    assert emulator.offsets(tenant=one.member_cid) == {"zero": 0, "x": 10}
    assert emulator.offsets(tenant=two.member_cid) == {"0": 0}
    emulator.trim("x", 0, tenant=one.member_cid)
    emulator.reset_partition("x", 3, tenant=one.member_cid)
    assert emulator.offsets(tenant=one.member_cid)["x"] == 3
    emulator.remove_partition("x", tenant=one.member_cid)
    assert len(one.resources()) == 1
    assert len(list(emulator.published("x", tenant=one.member_cid))) == 1
    with pytest.raises(ValueError, match="no partition x"):
        emulator.trim("x", 0, tenant=two.member_cid)
    with pytest.raises(ValueError, match="no tenant"):
        emulator.offsets(tenant="f" * 32)


def test_the_audit_trail_of_a_child_is_in_its_own_stream(falcon: Falcon) -> None:
    emulator = falcon(children=1, audit=True, api_audit=True)
    (client,) = clients(emulator)
    client.feed().close()
    events = eventually(lambda: len(list(emulator.published("0", tenant=client.member_cid))) >= 4)

    assert events
    log = emulator.tenant.children[client.member_cid].partitions["0"].log
    lines = [log.line(index) for index in range(len(log))]
    assert customers(lines) == {client.member_cid}
    assert emulator.offsets() == {"0": 0}


# -- faults and options of one tenant ----------------------------------------------------------------------------------


def statuses(client: Client) -> tuple[int, int, int]:
    """Of a token, a discovery, and a feed, one after another."""
    token = client.token().status_code
    discovery = client.discover()
    feed = client.open(discovery.json()["resources"][0]) if discovery.status_code == 200 else discovery
    feed.close()
    return token, discovery.status_code, feed.status_code


@pytest.mark.parametrize(
    ("place", "wanted"), [("token", (500, 200, 200)), ("discover", (201, 500, 500)), ("feed", (201, 200, 500))]
)
def test_a_fault_hits_the_calls_of_the_tenant_that_it_names_and_no_other(
    falcon: Falcon, place: str, wanted: tuple[int, int, int]
) -> None:
    emulator = falcon(children=2, linger=0)
    one, two = clients(emulator)
    emulator.add_faults([{"on": place, "tenant": one.member_cid, "answer": {"status": 500}}])

    assert statuses(two) == statuses(Client(emulator)) == (201, 200, 200)
    assert len(emulator.waiting_faults()) == 1
    assert statuses(one) == wanted
    assert emulator.waiting_faults() == []
    emulator.add_faults([{"on": place, "tenant": CUSTOMER, "answer": {"status": 500}}])
    assert statuses(two) == (201, 200, 200)
    eventually(lambda: emulator.open_feeds()[CUSTOMER] == 0)
    assert statuses(Client(emulator)) == wanted


def test_a_fault_hits_the_refresh_of_one_tenant(falcon: Falcon) -> None:
    emulator = falcon(children=2)
    emulator.add_faults([{"on": "refresh", "tenant": emulator.cids()[0], "answer": {"status": 503}}])
    found = []
    for client in clients(emulator):
        resource = client.resource()
        with client.open(resource):
            found.append(client.refresh(resource).status_code)

    assert found == [503, 200]


def test_a_step_of_a_feed_is_played_by_the_tenants_feed_alone(falcon: Falcon) -> None:
    emulator = falcon(children=2)
    one, two = clients(emulator)
    emulator.add_faults([{"on": "feed", "tenant": one.member_cid, "after_events": 2, "do": "eof"}])
    with two.feed() as other, one.feed() as feed:
        emulator.generate(3, tenant="*")
        assert len(whole(Body(feed).rest())) == 2
        assert len(Body(other).lines(3)) == 3
    assert emulator.waiting_faults() == []


def test_a_fault_on_the_proxy_knows_no_tenant(falcon: Falcon) -> None:
    with pytest.raises(ValueError, match="knows no tenant"):
        falcon().add_faults([{"on": "proxy", "tenant": "x", "do": "close"}])


def test_an_option_can_be_set_for_one_child_and_the_others_follow_the_parent(falcon: Falcon) -> None:
    emulator = falcon(children=2, token_life=600.0)
    one, two = clients(emulator)
    emulator.set_option("empty", "[]", tenant=one.member_cid)
    emulator.set_option("refresh_interval", 60, tenant=one.member_cid)
    emulator.set_option("token_life", 30.0, tenant=one.member_cid)
    emulator.set_option("refresh_interval", 900)
    with one.feed(), two.feed():
        assert one.discover().json()["resources"] == []
        assert two.discover().json()["resources"] is None
    assert one.resource(app_id="b")["refreshActiveSessionInterval"] == 60
    assert two.resource(app_id="b")["refreshActiveSessionInterval"] == 900
    assert [client.token().json()["expires_in"] for client in (one, two)] == [30, 600]
    assert emulator.options(tenant=one.member_cid)["empty"] == "[]"
    assert emulator.options()["empty"] == "null"
    emulator.set_option("resource_override", {"0": {"dataFeedURL": "https://evil.example/0?a=b"}}, one.member_cid)
    assert one.resources(app_id="c")[0]["dataFeedURL"] == "https://evil.example/0?a=b"
    assert "127.0.0.1" in two.resources(app_id="c")[0]["dataFeedURL"]


def test_bearers_can_be_revoked_for_one_tenant(falcon: Falcon) -> None:
    emulator = falcon(children=2)
    one, two = clients(emulator)
    for client in (one, two, Client(emulator)):
        client.token()
    emulator.revoke_bearers(tenant=one.member_cid)
    assert {bearer.member_cid for bearer in emulator.tenant.bearers.values()} == {two.member_cid, ""}
    emulator.revoke_bearers(tenant=CUSTOMER)
    assert {bearer.member_cid for bearer in emulator.tenant.bearers.values()} == {two.member_cid}


# -- limits ------------------------------------------------------------------------------------------------------------


def test_the_token_limit_is_one_for_all_children_behind_an_address_and_a_lever_lifts_it(falcon: Falcon) -> None:
    emulator = falcon(children=3, time_scale=0, token_limit=5)
    one, two, three = clients(emulator)
    answers = [client.token() for client in (one, two, three, one, two, three)]

    assert [answer.status_code for answer in answers] == [201] * 5 + [429]
    assert [answer.headers["X-Ratelimit-Remaining"] for answer in answers] == ["4", "3", "2", "1", "0", "0"]
    assert answers[-1].headers["X-Ratelimit-Limit"] == "5"
    assert 59 < int(answers[-1].headers["X-Ratelimit-Retryafter"]) - emulator.now() <= 61
    emulator.set_option("token_limit", 0)
    assert {three.token().status_code for _ in range(20)} == {201}
    assert falcon().options()["token_limit"] == 300


# -- tokens that cross over --------------------------------------------------------------------------------------------


def crossing(emulator: Emulator) -> tuple[Any, ...]:
    (row,) = emulator.crossings()
    return row["kind"], row["token_of"], row["call_of"]


def with_token(resource: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    return {**resource, "sessionToken": other["sessionToken"]}


def test_a_session_token_opens_no_other_tenants_feed_and_the_attempt_is_recorded(falcon: Falcon) -> None:
    emulator = falcon(children=2)
    one, two = clients(emulator)

    assert one.open(with_token(one.resource(), two.resource())).status_code == 401
    assert crossing(emulator) == ("feed", two.member_cid, one.member_cid)
    assert emulator.open_feeds() == dict.fromkeys(emulator.open_feeds(), 0)
    (row,) = emulator.requests("feed")
    assert row["tenant"] == two.member_cid


def test_between_parent_and_child_it_is_the_same(falcon: Falcon) -> None:
    emulator = falcon(children=1)
    (child,) = clients(emulator)
    parent = Client(emulator)

    assert parent.open(with_token(parent.resource(), child.resource())).status_code == 401
    assert child.open(with_token(child.resource(), parent.resource())).status_code == 401
    assert [(row["token_of"], row["call_of"]) for row in emulator.crossings()] == [
        (child.member_cid, CUSTOMER),
        (CUSTOMER, child.member_cid),
    ]


def test_a_bearer_refreshes_no_other_tenants_session_and_the_attempt_is_recorded(falcon: Falcon) -> None:
    emulator = falcon(children=2)
    one, two = clients(emulator)
    resource = one.resource()
    with one.open(resource), two.feed():
        assert two.refresh(resource).status_code == 403
    assert crossing(emulator) == ("refresh", two.member_cid, one.member_cid)
    assert [row["refreshes"] for cid in emulator.cids() for row in emulator.feeds(tenant=cid)] == [0, 0]


def test_without_marks_a_wrong_bearer_refreshes_its_own_session_and_nobody_can_tell(falcon: Falcon) -> None:
    emulator = falcon(children=2, marked_urls=False)
    one, two = (Client(emulator, member_cid=cid) for cid in emulator.cids())
    resource = one.resource()
    with one.open(resource), two.feed():
        assert two.refresh(resource).status_code == 200
    assert [row["refreshes"] for cid in emulator.cids() for row in emulator.feeds(tenant=cid)] == [0, 1]
    assert emulator.crossings() == []


def test_a_bearer_that_comes_to_the_firehose_is_recorded(falcon: Falcon) -> None:
    emulator = falcon(children=1)
    (child,) = clients(emulator)
    resource = child.resource()
    resource["sessionToken"]["token"] = child.token().json()["access_token"]

    assert child.open(resource).status_code == 401
    assert crossing(emulator) == ("feed", child.member_cid, "firehose")


def test_every_call_is_recorded_with_the_tenant_whose_token_it_bears(falcon: Falcon) -> None:
    emulator = falcon(children=2)
    for client in (Client(emulator), *clients(emulator)):
        resource = client.resource()
        with client.open(resource):
            client.refresh(resource)
    wanted = [
        (kind, cid)
        for cid in (CUSTOMER, *emulator.cids())
        for kind in ("token", "discover", "feed", "token", "refresh")
    ]

    assert [(row["kind"], row["tenant"]) for row in emulator.requests()] == wanted
    assert emulator.crossings() == []


def test_without_marks_the_urls_are_as_falcons_and_a_childless_tenants_bear_none(falcon: Falcon) -> None:
    def urls(emulator: Emulator, client: Client) -> str:
        resource = client.resource()
        return str(resource["dataFeedURL"] + resource["refreshActiveSessionURL"])

    plain, marked = falcon(children=1, marked_urls=False), falcon(children=1)
    childless = falcon()
    assert "&ref=" not in urls(plain, clients(plain)[0])
    assert "&ref=" not in urls(childless, Client(childless))
    assert urls(marked, clients(marked)[0]).count("&ref=") == 2


# -- a process of its own ----------------------------------------------------------------------------------------------


def test_a_process_has_the_children_that_it_is_told_and_the_same_levers() -> None:
    named = "00112233445566778899aabbccddeeff"
    with EmulatorProcess(children={named: "Fabrikam, \u00fcber"}, partitions=2) as process:
        assert process.address["children"] == [named]
        process.generate(3, tenant=named)
        added = process.add_child(name="Late")
        process.set_option("heartbeat", 1.5, tenant=added)
        form = {name: process.address[name] for name in ("client_id", "client_secret")}
        answer = requests.post(
            f"{process.address['api']}/oauth2/token",
            data={**form, "member_cid": added},
            verify=process.address["ca_file"],
            timeout=10,
        )
        assert answer.status_code == 201
        assert [child["link"]["name"] for child in process.children()] == ["Fabrikam, \u00fcber", "Late"]
        assert process.offsets(tenant=named) == {"0": 3, "1": 3}
        assert process.publish("0", b"x", tenant=added) == [0]
        assert process.crossings() == []
        process.remove_child(named)
        assert process.cids() == [added]
    for children in (3, ["One", "Two", "Three"]):
        with EmulatorProcess(children=children) as process:
            assert len(process.address["children"]) == 3
