"""The KV store as the official SDK uses it, its access lists, and what outlives a kill."""

from __future__ import annotations

from typing import Any

import pytest
from splunklib import binding, client

from tests.splunkd import Splunkd
from tests.splunkd.client_session import client_session
from tests.splunkd.client_trust import client_trust
from tests.splunkd.conftest import Start
from tests.splunkd.kvstore import endpoint
from tests.splunkd.rest_client import RestRefused

COLLECTIONS = "[toys]\nfield.name = string\n\n[shelf]\n"
ROLES = """[role_player]
srchJobsQuota = 1

[role_reader]
srchJobsQuota = 1

[role_bare]

[role_blank]
importRoles =
"""
META = """[]
access = read : [ * ], write : [ admin ]

[collections/toys]
access = read : [ player, reader ], write : [ player ]
"""
FILES = {"metadata/default.meta": META}


@pytest.fixture
def splunkd(start: Start) -> Splunkd:
    return start(confs={"collections": COLLECTIONS, "authorize": ROLES}, files=FILES)


def connect(splunkd: Splunkd, **told: Any) -> Any:
    context = client_trust(splunkd.ca_file)
    told = told or {"username": "admin", "password": "changed-at-once"}
    return client.connect(
        host="127.0.0.1", port=splunkd.port, verify=True, context=context, owner="nobody", app=splunkd.app, **told
    )


def data(splunkd: Splunkd, name: str = "toys", **told: Any) -> Any:
    return connect(splunkd, **told).kvstore[name].data


def refused(call: Any, *arguments: Any) -> int:
    with pytest.raises(binding.HTTPError) as raised:
        call(*arguments)
    return int(raised.value.status)


def test_the_sdk_lists_the_collections_of_the_app(splunkd: Splunkd) -> None:
    assert {each.name for each in connect(splunkd).kvstore} == {"toys", "shelf"}


def test_a_document_is_inserted_once_read_replaced_and_removed(splunkd: Splunkd) -> None:
    toys = data(splunkd)
    made = toys.insert('{"_key": "a/b", "name": "ball", "size": 3}')

    assert made == {"_key": "a/b"}
    assert refused(toys.insert, '{"_key": "a/b"}') == 409
    assert toys.query_by_id("a/b") == {"_key": "a/b", "_user": "nobody", "name": "ball", "size": 3}
    toys.update("a/b", '{"name": "bear"}')
    assert toys.query() == [{"_key": "a/b", "_user": "nobody", "name": "bear"}]
    toys.delete_by_id("a/b")
    assert refused(toys.query_by_id, "a/b") == 404
    assert refused(toys.update, "gone", "{}") == 404
    assert toys.insert("{}")["_key"]


def test_queries_choose_sort_cut_and_project(splunkd: Splunkd) -> None:
    toys = data(splunkd)
    toys.batch_save(*({"_key": str(size), "name": "ball", "size": size} for size in range(5)))
    toys.batch_save({"_key": "4", "name": "bear", "size": 4})

    assert [each["size"] for each in toys.query(query='{"name": "ball", "size": {"$gte": 2}}')] == [2, 3]
    assert toys.query(query='{"name": "bear"}', fields="size") == [{"_key": "4", "size": 4}]
    assert toys.query(query='{"name": "bear"}', fields="size,_key:0") == [{"size": 4}]
    assert toys.query(query='{"name": "bear"}', fields="_user:0,name:0") == [{"_key": "4", "size": 4}]
    assert [each["_key"] for each in toys.query(sort="_key:-1", limit=2, skip=1)] == ["3", "2"]
    assert toys.batch_find({"query": {"$or": [{"size": 1}, {"size": 4}]}, "fields": "_key"}) == [
        [{"_key": "1"}, {"_key": "4"}]
    ]
    toys.batch_save({"_key": "ten", "name": "ball", "size": 10})
    assert [each["size"] for each in toys.query(sort="size:-1", limit=2)] == [10, 4]
    assert refused(lambda: toys.query(skip="x")) == 400
    toys.delete(query='{"name": "ball"}')
    assert [each["_key"] for each in toys.query()] == ["4"]
    assert refused(lambda: toys.query(query='{"size": {"$near": 1}}')) == 400


def test_what_is_no_document_or_no_collection_is_refused(splunkd: Splunkd) -> None:
    toys = data(splunkd)
    assert refused(toys.insert, "{") == 400
    assert refused(toys.insert, "[]") == 400
    url = f"{splunkd.management_uri}/servicesNS/nobody/{splunkd.app}/storage/collections/data"
    headers = {"Authorization": f"Splunk {splunkd.session_key}"}
    ask = client_session(splunkd.ca_file)
    for sent in ({"name": "x"}, "{}"):
        answer = ask.post(f"{url}/toys", data=sent, headers=headers, timeout=5)
        assert answer.status_code == 400
    assert ask.get(f"{url}/none", headers=headers, timeout=5).status_code == 404


def test_a_batch_is_refused_beyond_its_limits_and_an_address_too(splunkd: Splunkd) -> None:
    toys = data(splunkd)
    toys.batch_save(*({"_key": str(number)} for number in range(1_000)))
    assert len(toys.query()) == 1_000
    assert refused(lambda: toys.batch_save(*({"_key": str(number)} for number in range(1_001)))) == 400
    assert refused(lambda: toys.batch_find(*({"query": {}} for _ in range(1_001)))) == 400
    assert refused(lambda: toys.insert(f'{{"name": "{"x" * 16_000_000}"}}')) == 400
    assert refused(lambda: toys.query(query=f'{{"name": "{"x" * 8_000}"}}')) == 414
    assert refused(lambda: toys.delete(query=f'{{"name": "{"x" * 8_000}"}}')) == 414
    assert len(toys.query()) == 1_000


def test_a_batch_of_too_many_megabytes_is_refused_and_nothing_of_it_is_there(splunkd: Splunkd) -> None:
    toys = data(splunkd)
    with pytest.raises((binding.HTTPError, OSError)):  # the answer comes before all of it has been sent
        toys.batch_save(*({"_key": str(number), "name": "x" * 13_000_000} for number in range(4)))
    assert toys.query() == []


def test_an_answer_is_cut_at_its_limits_without_a_word(monkeypatch: pytest.MonkeyPatch) -> None:
    found = [{"_key": str(number), "name": "x" * 100} for number in range(10)]
    assert endpoint._fitting(found) == found
    monkeypatch.setattr(endpoint, "_MOST_ROWS", 7)
    assert endpoint._fitting(found) == found[:7]
    monkeypatch.setattr(endpoint, "_MOST_RESULT", 500)
    assert endpoint._fitting(found) == found[:4]
    assert (endpoint._MOST, endpoint._MOST_SAVED) == (1_000, 50_000_000)


def test_a_token_may_what_its_roles_may_and_ends_when_it_is_revoked(splunkd: Splunkd) -> None:
    player = splunkd.create_token("p", ["player"])
    reader = splunkd.create_token("r", ["reader"])
    data(splunkd, splunkToken=player).insert('{"_key": "1"}')

    seen = data(splunkd, splunkToken=reader)
    assert [each["_key"] for each in seen.query()] == ["1"]
    assert refused(seen.insert, "{}") == 403
    assert refused(data(splunkd, "shelf", splunkToken=player).insert, "{}") == 403
    for role in ("nobody_has", "bare", "blank"):
        with pytest.raises(RestRefused, match=f"no role {role}"):
            splunkd.create_token("x", [role])
    splunkd.revoke_tokens("r")
    with pytest.raises(binding.AuthenticationError):
        seen.query()


def test_documents_and_tokens_outlive_a_kill(splunkd: Splunkd) -> None:
    token = splunkd.create_token("p", ["player"])
    data(splunkd, splunkToken=token).insert('{"_key": "1"}')
    splunkd.kill()
    splunkd.start()

    assert [each["_key"] for each in data(splunkd, splunkToken=token).query()] == ["1"]
    splunkd.put_documents("toys", {"_key": "1", "name": "moved"})
    assert [each["name"] for each in splunkd.documents("toys", name="moved")] == ["moved"]


def test_a_busy_store_is_503_and_the_rest_of_splunkd_is_not(splunkd: Splunkd) -> None:
    toys = data(splunkd)
    splunkd.switch(rest_status=503, rest_path="storage/collections")

    assert refused(toys.query) == 503
    assert splunkd.get("/services/server/info")
    splunkd.switch(rest_status=0)
    assert toys.query() == []


def test_a_collection_is_made_once_by_whoever_may_write_the_app(splunkd: Splunkd) -> None:
    store = connect(splunkd).kvstore
    store.create("made", fields={"state": "string"})
    connect(splunkd).kvstore["made"].data.insert('{"_key": "a", "state": "7"}')

    assert connect(splunkd).kvstore["made"].data.query_by_id("a")["state"] == "7"
    assert "[made]" in (splunkd.app_home / "local" / "collections.conf").read_text(encoding="utf-8")
    with pytest.raises(binding.HTTPError) as taken:
        store.create("made")
    assert taken.value.status == 409
