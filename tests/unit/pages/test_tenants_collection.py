"""The tenants' plan and its application, with splunkd's management port in memory."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from splunklib import binding

from falcon_streams.core.tenants import Child
from falcon_streams.errors import Refused
from falcon_streams.pages.rest import Endpoints
from falcon_streams.pages.tenants_collection import SECONDS, TenantChanges, TenantPlans
from falcon_streams.splunk.state import StateFile
from falcon_streams.splunk.writable_splunkd import WritableSplunkd
from falcon_streams.store.files import folder_of
from tests.fakes.clock import FakeClock
from tests.fakes.management_port import ManagementPort

A, B, C = "a" * 32, "b" * 32, "c" * 32
CONF = "configs/conf-falcon_event_streams_tenants"
PLAN, APPLY = "falcon_event_streams_tenants_plan", "falcon_event_streams_tenants_apply"
TABLE = f"cid,name,index\n{A},ACME & Sons,falcon_a\n{B},Bee,falcon_b\n"
FLIGHT_CONTROL = {"source": "flight_control", "account": "prod", "index": "falcon_{name}"}


class Lock:
    """Counts who takes it."""

    taken = 0

    def __enter__(self) -> None:
        self.taken += 1

    def __exit__(self, *_: object) -> None:
        pass


class Desk:
    """The two endpoints, an admin who calls them, and what Flight Control says."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.port, self.clock, self.folder = ManagementPort(), FakeClock(), folder
        for name in ("falcon_a", "falcon_b", "main"):
            self.port.things[f"data/indexes/{name}"] = {"disabled": "0"}
        self.children: Callable[[str], Sequence[Child]] = lambda account: [Child(A, "A", ""), Child(B, "B", "")]
        monkeypatch.setattr(binding, "handler", self.port.handler)
        self._endpoints = Endpoints(
            {
                PLAN: lambda splunkd: TenantPlans(splunkd, self._ask, folder, self.clock),
                APPLY: lambda splunkd: TenantChanges(splunkd, self._ask, self.clock),
            },
            Lock(),
        )

    def _ask(self, splunkd: WritableSplunkd, account: str) -> Sequence[Child]:
        return self.children(account)

    def send(self, method: str, path: str, /, **form: str) -> tuple[int, Any]:
        """The status, and the content of the answer's objects, or its sentence."""
        document = {
            "method": method,
            "rest_path": path,
            "form": list(form.items()),
            "session": {"authtoken": "key"},
            "server": {"rest_uri": "https://127.0.0.1:8089"},
        }
        answer = self._endpoints.answer(json.dumps(document))
        tree = json.loads(answer["payload"])
        if answer["status"] >= 400:
            return answer["status"], tree["messages"][0]["text"]
        return answer["status"], {entry["name"]: entry["content"] for entry in tree["entry"]}

    def plan(self, **form: str) -> Any:
        status, found = self.send("POST", PLAN, **form)
        assert status == 201, found
        return found["plan"]

    def apply(self, **form: str) -> Any:
        status, found = self.send("POST", APPLY, **form)
        assert status == 201, found
        return found["apply"]

    @property
    def stanzas(self) -> dict[str, dict[str, str]]:
        return {name[len(CONF) + 1 :]: dict(each) for name, each in self.port.things.items() if name.startswith(CONF)}


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    return Desk(tmp_path, monkeypatch)


def test_a_plan_changes_nothing_and_its_hash_does_what_it_says(desk: Desk) -> None:
    plan = desk.plan(document=TABLE)
    assert desk.stanzas == {}
    assert [(row["action"], row["cid"], row["told"]) for row in plan["tenants"]] == [
        ("create", A, "ACME & Sons, index falcon_a"),
        ("create", B, "Bee, index falcon_b"),
    ]
    assert (plan["n_create"], plan["n_leave"], plan["missing_indexes"]) == (2, 0, [])

    applied = desk.apply(document=TABLE, hash=plan["hash"])
    assert [row["result"] for row in applied["tenants"]] == ["created", "created"] and applied["left"] == 0
    assert desk.stanzas == {
        A: {"name": "ACME & Sons", "index": "falcon_a", "disabled": "0"},
        B: {"name": "Bee", "index": "falcon_b", "disabled": "0"},
    }


def test_it_can_be_applied_again_and_leaves_all_as_it_is(desk: Desk) -> None:
    hash = desk.plan(document=TABLE)["hash"]
    desk.apply(document=TABLE, hash=hash)
    desk.port.asked.clear()

    again = desk.apply(document=TABLE, hash=hash)
    assert [row["result"] for row in again["tenants"]] == ["left as it was"] * 2
    assert not [call for call in desk.port.asked if call.startswith("POST")]


@pytest.mark.parametrize("calls", [1, 2, 3])
def test_a_process_that_is_killed_after_any_call_goes_on_with_the_same_hash(desk: Desk, calls: int) -> None:
    class Killed(BaseException):
        pass

    made = desk.port._post

    def dying(path: str, form: dict[str, str]) -> Any:
        nonlocal calls
        answer = made(path, form)
        calls -= 1
        if calls == 0:
            raise Killed
        return answer

    hash = desk.plan(document=TABLE)["hash"]
    desk.port._post = dying  # type: ignore[method-assign]
    with pytest.raises(Killed):
        desk.apply(document=TABLE, hash=hash)
    desk.port._post = made  # type: ignore[method-assign]

    assert desk.plan(document=TABLE)["hash"] == hash
    assert desk.apply(document=TABLE, hash=hash)["left"] == 0
    assert {each["name"] for each in desk.stanzas.values()} == {"ACME & Sons", "Bee"}


def test_a_plan_that_is_another_one_by_now_is_refused(desk: Desk) -> None:
    hash = desk.plan(document=TABLE)["hash"]
    desk.port.things[f"{CONF}/{A}"] = {"exclude_event_types": "X"}

    assert desk.send("POST", APPLY, document=TABLE, hash=hash) == (
        409,
        "the plan is another one by now: look at it again",
    )
    assert desk.send("POST", APPLY, document=TABLE)[0] == 409
    assert list(desk.stanzas) == [A]


def test_indexes_that_do_not_exist_are_named_and_nothing_is_routed_there(desk: Desk) -> None:
    table = TABLE.replace("falcon_b", "falcon_typo")
    plan = desk.plan(document=table)

    assert plan["missing_indexes"] == ["falcon_typo"]
    status, sentence = desk.send("POST", APPLY, document=table, hash=plan["hash"])
    assert status == 409 and "splunkd would drop their events: falcon_typo. Create them" in sentence
    assert desk.stanzas == {}


def test_a_forwarder_does_not_know_the_indexes_and_applies_it(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    known = WritableSplunkd.info
    monkeypatch.setattr(WritableSplunkd, "info", lambda self: known(self)._replace(forwards=True))
    table = TABLE.replace("falcon_b", "falcon_far")
    plan = desk.plan(document=table)

    assert (plan["missing_indexes"], plan["forwards"]) == (["falcon_far"], True)
    assert desk.apply(document=table, hash=plan["hash"])["left"] == 0


def test_children_of_flight_control_become_tenants_and_those_that_are_gone_are_disabled_on_demand(desk: Desk) -> None:
    desk.port.things[f"{CONF}/{C}"] = {"name": "Cee", "index": "main"}
    plan = desk.plan(**FLIGHT_CONTROL, others="disable")
    assert [(row["action"], row["cid"]) for row in plan["tenants"]] == [("create", A), ("create", B), ("disable", C)]

    desk.apply(**FLIGHT_CONTROL, others="disable", hash=plan["hash"])
    assert {cid: (each.get("index"), each["disabled"]) for cid, each in desk.stanzas.items()} == {
        A: ("falcon_a", "0"),
        B: ("falcon_b", "0"),
        C: ("main", "1"),
    }


def test_what_flight_control_answers_instead_is_the_answer_and_a_wrong_pattern_does_not_ask_it(desk: Desk) -> None:
    def refusing(account: str) -> Sequence[Child]:
        raise Refused(400, f"{account}: give it the scope")

    desk.children = refusing
    assert desk.send("POST", PLAN, **FLIGHT_CONTROL) == (400, "prod: give it the scope")
    assert "a pattern knows" in desk.send("POST", PLAN, **{**FLIGHT_CONTROL, "index": "falcon_{status}"})[1]


def test_a_form_that_asks_for_nothing_is_refused(desk: Desk) -> None:
    assert desk.send("POST", PLAN)[0] == 400
    assert "neither leave nor disable" in desk.send("POST", PLAN, document=TABLE, others="remove")[1]
    assert desk.send("DELETE", f"{PLAN}/{A}")[0] == 405


@pytest.mark.parametrize("endpoint", [PLAN, APPLY])
def test_who_may_not_write_secrets_may_not_plan_or_apply(desk: Desk, endpoint: str) -> None:
    desk.port.capabilities = ["list_inputs"]

    assert desk.send("POST", endpoint, document=TABLE, hash="x")[0] == 403
    assert desk.stanzas == {}


def test_who_may_not_write_the_conf_is_told_before_anything_is_asked_for(desk: Desk) -> None:
    desk.port.writable = False

    assert desk.send("POST", APPLY, document=TABLE, hash="x")[0] == 403
    assert f"GET {CONF}" not in desk.port.asked


def test_a_tenant_that_splunkd_refuses_has_its_line_and_the_next_one_is_made(desk: Desk) -> None:
    desk.port.things[f"{CONF}/{A}"] = {"name": "old", "disabled": "0"}
    hash = desk.plan(document=TABLE)["hash"]
    made = desk.port._post
    desk.port._post = (  # type: ignore[method-assign]
        lambda path, form: (500, []) if path == f"{CONF}/{A}" else made(path, form)
    )

    results = [row["result"] for row in desk.apply(document=TABLE, hash=hash)["tenants"]]
    assert results == ["failed: splunkd answered 500 without a reason", "created"]


def test_a_long_change_answers_in_time_and_the_same_call_goes_on_with_the_rest(desk: Desk) -> None:
    table = "cid,name\n" + "".join(f"{number:032x},Tenant {number}\n" for number in range(100))
    made = desk.port._post

    def slow(path: str, form: dict[str, str]) -> Any:
        desk.clock.pause(SECONDS / 60)
        return made(path, form)

    desk.port._post = slow  # type: ignore[method-assign]
    hash = desk.plan(document=table)["hash"]

    left: list[int] = []
    while not left or left[-1]:
        left.append(desk.apply(document=table, hash=hash)["left"])
    assert len(left) == 4 and left == sorted(left, reverse=True)
    assert len(desk.stanzas) == 100


# -- the table ---------------------------------------------------------------------------------------------------------


def test_the_table_shows_what_the_conf_says_and_what_the_inputs_show(desk: Desk) -> None:
    desk.port.things[f"{CONF}/{A.upper()}-1F"] = {"name": "Zoo", "index": "falcon_a", "disabled": "0"}
    desk.port.things[f"{CONF}/{B}"] = {"name": "Bee", "disabled": "1"}
    desk.port.things["data/inputs/falcon_event_streams/main"] = {}
    lines = {
        A: {"state": "error", "trouble": "no token", "lag_s": 70.0, "last_event_at": desk.clock.now() - 9.0},
        C: {"state": "running", "trouble": "", "lag_s": None, "last_event_at": None},
        "": {"state": "running", "lag_s": 1.0},
    }
    StateFile(folder_of(str(desk.folder), "main")).show_tenants(lines)

    status, rows = desk.send("GET", PLAN)
    assert status == 200 and list(rows) == [C, B, A], "by name, those without one first"
    assert {
        name: rows[A][name] for name in ("name", "index", "state", "trouble", "lag_s", "last_event_age_s", "inputs")
    } == {
        "name": "Zoo",
        "index": "falcon_a",
        "state": "error",
        "trouble": "no token",
        "lag_s": 70,
        "last_event_age_s": 9,
        "inputs": "main",
    }
    assert (rows[B]["state"], rows[B]["disabled"], rows[C]["listed"]) == ("no_stream", True, False)
    assert desk.send("GET", f"{PLAN}/{B}")[1][B]["name"] == "Bee"
    assert desk.send("GET", f"{PLAN}/nobody")[0] == 404


def test_a_stanza_with_a_fault_is_shown_with_it(desk: Desk) -> None:
    desk.port.things[f"{CONF}/acme"] = {"index": "Falcon!", "disabled": "perhaps"}

    assert desk.send("GET", PLAN)[1]["acme"]["index"] == "Falcon!"
    assert "is not the CID of a tenant" in desk.send("POST", PLAN, document=TABLE)[1]


def test_a_thousand_tenants_are_shown_by_as_many_calls_as_one(desk: Desk) -> None:
    def calls() -> int:
        desk.port.asked.clear()
        assert desk.send("GET", PLAN)[0] == 200
        return len(desk.port.asked)

    few = calls()
    for number in range(1000):
        desk.port.things[f"{CONF}/{number:032x}"] = {"name": f"Tenant {number}", "disabled": "0"}
    assert calls() == few


def test_who_may_not_list_inputs_sees_no_tenant(desk: Desk) -> None:
    desk.port.capabilities = ["edit_storage_passwords"]

    assert desk.send("GET", PLAN)[0] == 403
