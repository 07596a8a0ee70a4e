"""A parent's stream bears its children's events: each goes to the index of its own tenant, and to no other."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterable

import pytest

from tests.integration.conftest import Stage
from tests.integration.family_ledger import Place, customer_of, misrouted
from tests.integration.page_calls import BASE, TENANTS_APPLY, TENANTS_PLAN, Caller
from tests.integration.scene import Scene

TENANTS_CONF = "falcon_event_streams_tenants"
PARENT = "0a1b2c3d4e5f60718293a4b5c6d7e8f9"
FIRST, SECOND, THIRD = (prefix + PARENT[2:] for prefix in ("c1", "c2", "c3"))
MANY = 250
INDEXES = ("falcon_first", "falcon_second", "falcon_others")


PLACES = {
    FIRST: Place("falcon_first", "ACME & S\u00f6hne, <Berlin>"),
    SECOND: Place("falcon_second", "Second"),
}
OTHERS = Place("falcon_others", None)


def list_tenants(scene: Scene) -> None:
    """Two of the three children have stanzas."""
    scene.splunkd.create_properties(TENANTS_CONF, "default", index="falcon_others")
    scene.splunkd.create_properties(
        TENANTS_CONF, f"{FIRST.upper()}-1F", name="ACME & S\u00f6hne, <Berlin>", index="falcon_first"
    )
    scene.splunkd.create_properties(TENANTS_CONF, SECOND, name="Second", index="falcon_second")


def test_every_event_of_a_parents_stream_is_in_the_index_of_its_customer(stage: Stage) -> None:
    scene = stage(partitions=2, preload=400, other_customers=3, indexes=INDEXES)
    list_tenants(scene)
    scene.begin(index="main")
    scene.falcon.set_rate(50)
    scene.wait(lambda: scene.splunkd.count() > 900, what="events one by one")
    scene.falcon.set_rate(0)

    assert scene.wait_until_all_arrived().holds
    events = scene.splunkd.events()
    assert {customer_of(event.raw) for event in events} == {PARENT, FIRST, SECOND, THIRD}
    assert {event.source for event in events} == {"CrowdStrike:Event:Streams"}
    assert misrouted(events, PLACES, OTHERS) == []
    assert misrouted(events, {FIRST: PLACES[SECOND], SECOND: PLACES[FIRST]}, OTHERS), "a control"


def test_a_hostile_customer_never_ends_in_the_index_of_another(stage: Stage) -> None:
    scene = stage(preload=20, other_customers=1, indexes=INDEXES)
    list_tenants(scene)
    hostile = [
        *(f" {FIRST}", f"{FIRST}\x00", f"{FIRST}\n", f"../{FIRST}", f"{FIRST}/0", f"{FIRST}-", FIRST[:31], FIRST * 300),
        *(f"</index><index>falcon_first</index>{FIRST}", f"{FIRST}</source>", "x" * 10_000, "\u202e" + FIRST),
        *(FIRST[:16], f"{FIRST[16:]}{FIRST}", f'{FIRST}","customerIDString":"{SECOND}', "\ud800", "falcon_first"),
    ]
    lines = [
        json.dumps({"metadata": {"customerIDString": customer, "offset": 20 + number, "eventType": "X"}, "event": {}})
        for number, customer in enumerate(hostile)
    ]
    scene.falcon.publish("0", *(line.encode() for line in lines))
    scene.begin(index="main")

    scene.wait(lambda: scene.splunkd.count() == 20 + len(hostile), what="every event")
    events = scene.splunkd.events()
    found = {customer: event.index for event in events if (customer := customer_of(event.raw)) in hostile}
    assert found == dict.fromkeys(hostile, "falcon_others")
    assert misrouted(events, PLACES, OTHERS) == []


def test_what_a_tenant_does_not_want_is_counted_and_dropped_and_its_neighbours_lose_nothing(stage: Stage) -> None:
    scene = stage(preload=300, other_customers=2, indexes=INDEXES)
    list_tenants(scene)
    scene.splunkd.edit_properties(TENANTS_CONF, SECOND, disabled="1")
    scene.splunkd.edit_properties(TENANTS_CONF, f"{FIRST.upper()}-1F", exclude_event_types="APIActivityAuditEvent")
    scene.begin(index="main")
    scene.wait_until_committed()
    scene.stop()

    events = scene.splunkd.events()
    assert misrouted(events, PLACES, OTHERS) == []
    types = {(customer_of(each.raw), json.loads(each.raw)["metadata"]["eventType"]) for each in events}
    assert SECOND not in {customer for customer, _ in types}
    assert (FIRST, "APIActivityAuditEvent") not in types and (PARENT, "APIActivityAuditEvent") in types
    assert f"excluded={300 - len(events)} " in scene.log()


@pytest.mark.parametrize(
    ("stanza", "settings", "sentence"),
    [
        (FIRST, {"name": "Twice"}, f"and [{FIRST}] of {TENANTS_CONF}.conf are the same tenant, so it"),
        (THIRD, {"index": "_internal"}, f"[{THIRD}] index = _internal is not the name of an index. Use lower-case"),
        (THIRD, {"index": "falcon_typo"}, f"{TENANTS_CONF}.conf names indexes that do not exist, or are disabled"),
        ("acme", {}, f"[acme] of {TENANTS_CONF}.conf is not the CID of a tenant"),
    ],
    ids=["one tenant twice", "a wrong index", "an index that is not there", "no CID"],
)
def test_a_conf_that_could_send_events_astray_ends_the_input_with_a_sentence(
    stage: Stage, stanza: str, settings: dict[str, str], sentence: str
) -> None:
    scene = stage(preload=10, other_customers=1, indexes=INDEXES)
    list_tenants(scene)
    scene.splunkd.create_properties(TENANTS_CONF, stanza, **settings)
    scene.begin(index="main")

    scene.says(sentence)
    assert scene.splunkd.count() == 0


def table_of(children: Iterable[str]) -> str:
    """A CSV that names these children, as an admin would write it."""
    rows = [f'{cid}-1F,"Tenant {number}, & Sons",falcon_{number}' for number, cid in enumerate(children)]
    return "\n".join(["cid,name,index", *rows]) + "\n"


def test_a_table_is_planned_applied_and_events_follow_it(stage: Stage) -> None:
    children = (FIRST, SECOND, THIRD)
    scene = stage(
        preload=300, other_customers=3, indexes=("falcon_0", "falcon_1"), users=(("eve", "eve-password", "search"),)
    )
    admin, table = Caller(scene), table_of(children)
    planned = admin.post(TENANTS_PLAN, document=table).entries["plan"]
    assert (planned["n_create"], planned["missing_indexes"]) == (3, ["falcon_2"])

    refused = admin.post(TENANTS_APPLY, document=table, hash=planned["hash"])
    assert refused.status == 409 and "falcon_2. Create them" in refused.sentence
    assert Caller(scene, "eve", "eve-password").post(TENANTS_APPLY, document=table, hash=planned["hash"]).status == 403
    scene.splunkd.post("/servicesNS/nobody/search/data/indexes", name="falcon_2")
    applied = admin.post(TENANTS_APPLY, document=table, hash=planned["hash"]).entries["apply"]
    assert [row["result"] for row in applied["tenants"]] == ["created"] * 3
    again = admin.post(TENANTS_APPLY, document=table, hash=planned["hash"]).entries["apply"]
    assert [row["result"] for row in again["tenants"]] == ["left as it was"] * 3

    scene.begin(index="main")
    assert scene.wait_until_all_arrived().holds
    places = {cid: Place(f"falcon_{number}", f"Tenant {number}, & Sons") for number, cid in enumerate(children)}
    assert misrouted(scene.splunkd.events(), places, Place("main", None)) == []
    findings = {each["check"]: each for each in admin.get(f"{BASE}/falcon_event_streams_doctor").entries.values()}
    assert "partition 0 " in findings["Events in the index"]["sentence"], "they are in the indexes of tenants"
    listed = admin.get(TENANTS_PLAN).entries
    assert {cid: (each["name"], each["index"]) for cid, each in listed.items()} == {
        cid: (place.tenant, place.index_name) for cid, place in places.items()
    }


def test_many_tenants_are_applied_with_one_hash_though_the_pages_are_killed_on_the_way(stage: Stage) -> None:
    scene = stage(preload=1, server_info={"isForwarding": "true"})
    admin, table = Caller(scene), table_of(f"{number:032x}" for number in range(MANY))
    hash = admin.post(TENANTS_PLAN, document=table).entries["plan"]["hash"]

    def made() -> int:
        return len(admin.call("GET", f"{BASE}/configs/conf-{TENANTS_CONF}", count="0").entries)

    def kill() -> None:
        scene.wait(lambda: made() > MANY // 10)
        scene.splunkd.kill_script("falcon_event_streams_tenants_apply")

    killer = threading.Thread(target=kill)
    killer.start()
    cut = admin.post(TENANTS_APPLY, document=table, hash=hash)
    killer.join(30)
    assert cut.status == 500 and 0 < made() < MANY, "a control: it was cut short"

    left = 1
    while left:
        left = admin.post(TENANTS_APPLY, document=table, hash=hash).entries["apply"]["left"]
    assert made() == MANY
    assert admin.post(TENANTS_PLAN, document=table).entries["plan"]["n_leave"] == MANY
