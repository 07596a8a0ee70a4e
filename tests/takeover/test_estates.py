"""Taking over from estates as they are found: several accounts, old secrets, other apps, half of an app."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Callable
from urllib.parse import quote

import pytest

from falcon_streams.takeover.comparison import search_of
from tests.integration.command import run
from tests.integration.page_calls import Caller
from tests.takeover import vendor_app
from tests.takeover.stage import INPUT, TAKEOVER, Stage

Estate = Callable[..., Stage]
pytestmark = pytest.mark.slow
LONG_SECRET = "s" * 600  # three pieces
REALM = f"__REST_CREDENTIAL__#{vendor_app.APP}#configs/conf-{vendor_app.ACCOUNT_CONF}"


@pytest.fixture
def estate(tmp_path: Path, package: Path) -> Iterator[Estate]:
    """An instance with both add-ons, and a tenant."""
    with ExitStack() as stages:
        yield lambda **options: stages.enter_context(Stage(tmp_path, package, **{"partitions": 2, **options}))


def furnish(stage: Stage, disabled: str = "1", **changes: Any) -> None:
    """The vendor's account, proxy, an input, and the checkpoints of two partitions."""
    checkpoints = {f"{INPUT}_feed_num_{number}": stage.checkpoint(number, 3) for number in (0, 1)}
    things = {
        "accounts": {"prod": stage.account()},
        "proxy": stage.proxy(),
        "inputs": {INPUT: stage.their_input(disabled=disabled)},
        "checkpoints": checkpoints,
    }
    stage.tell_reader()
    stage.vendor_writes(**{**things, **changes})


def confs_of(stage: Stage) -> dict[str, bytes]:
    """What the vendor's add-on has stored in files."""
    return {path.name: path.read_bytes() for path in sorted((stage.vendor_home / "local").glob("*.conf"))}


def checkpoints_of(stage: Stage) -> Any:
    """What it has stored in the KV store."""
    path = f"/servicesNS/nobody/{vendor_app.APP}/storage/collections/data/{vendor_app.ROOT}_checkpointer"
    return stage.splunkd.get(path)


def reached(record: dict[str, Any]) -> Any:
    """How far a record of ours leads."""
    return record["origin"]["offset"] if record["offset"] is None else record["offset"]


def test_an_input_goes_there_and_back_and_nothing_of_the_vendors_changes_but_disabled(estate: Estate) -> None:
    stage = estate(preload=10, client_secret=LONG_SECRET)
    furnish(stage)
    confs, checkpoints = confs_of(stage), checkpoints_of(stage)
    first = stage.plan()
    assert (first["reads"], first["starts"], first["problems"]) == ("nobody", "0: 3, 1: 3", [])

    wrong = stage.act("apply", seen="0" * 16)
    assert wrong.status == 409 and "look at it again" in wrong.sentence
    assert stage.admin.get(f"{TAKEOVER}/{INPUT}").entries[INPUT] == first

    applied = stage.act("apply")
    assert (applied.status, applied.entries[INPUT]["reads"]) == (200, "this add-on"), applied
    stage.wait(lambda: stage.splunkd.count() == 14, what="the events from the checkpoints on")
    asked = [target for target in stage.falcon.proxy_targets() if "api" in target]
    assert set(asked) == {"api.crowdstrike.com:443"}, "the secret went elsewhere than to its cloud"

    again = stage.act("apply")
    assert (again.status, again.entries[INPUT]["reads"]) == (200, "this add-on")

    undone = stage.act("undo")
    assert (undone.status, undone.entries[INPUT]["reads"]) == (200, "the vendor's add-on")
    assert stage.act("undo").status == 200
    stage.wait(lambda: stage.plan()["starts"] == "0: 9, 1: 9", what="the vendor's reader at the head")
    assert stage.act("apply").status == 200
    assert {reached(record) for record in stage.records().values()} == {9}
    assert stage.vendor_state()["disabled"] in (True, "1")
    assert stage.act("undo").status == 200

    changed = {name for name, data in confs_of(stage).items() if confs[name] != data}
    assert changed == {"inputs.conf"}
    assert {each["_key"] for each in checkpoints_of(stage)} == {each["_key"] for each in checkpoints}


def test_what_several_accounts_other_apps_and_old_secrets_become(estate: Estate) -> None:
    stage = estate()
    gone = {"cloud_environment": "eucloud", "account": "gone", "disabled": "1"}
    furnish(
        stage,
        accounts={"prod": stage.account(), "my lab": stage.account(username="b" * 32), "old": stage.account()},
        inputs={
            INPUT: stage.their_input(disabled="1", event_types="AuthActivityAuditEvent~EppDetectionSummaryEvent"),
            "lab": stage.their_input(
                disabled="1", account="my lab", initial_start="current", cloud_environment="eucloud"
            ),
            "older": stage.their_input(disabled="1", account="old"),
            "lost": stage.their_input(**gone),
        },
        checkpoints={f"{INPUT}_feed_num_{number}": stage.checkpoint(number, number * 100) for number in range(12)},
    )
    address = f"/servicesNS/nobody/{vendor_app.APP}/storage/passwords"
    for number in (1, 2):  # as an earlier version of the library stored it: one entry without a number
        stage.splunkd.delete(f"{address}/{quote(f'{REALM}:old``splunk_cred_sep``{number}:', safe='')}")
    secret = json.dumps({"password": stage.falcon.client_secret})
    stage.splunkd.post(address, realm=REALM, name="old", password=secret)
    elsewhere = stage.splunkd.home / "etc" / "apps" / "my_inputs" / "local" / "inputs.conf"
    elsewhere.parent.mkdir(parents=True)
    settings = "".join(f"{name} = {value}\n" for name, value in stage.their_input(disabled="1").items())
    elsewhere.write_text(f"[{vendor_app.SCHEME}://elsewhere]\n{settings}", encoding="utf-8")

    plans = stage.admin.get(TAKEOVER).entries
    assert plans[INPUT]["starts"].split(", ")[1:] == [f"{number}: {number * 100}" for number in range(1, 12)]
    assert plans[INPUT]["settings"]["event_types"] == "AuthActivityAuditEvent,EppDetectionSummaryEvent"
    assert plans["lab"]["settings"]["start_from"] == "newest"
    assert (plans["lab"]["cloud"], plans["lab"]["client_id"]) == ("eu-1", "b" * 32)
    assert plans["lab"]["account"].startswith("my_lab_eu-1-")
    assert (plans["older"]["problems"], plans["lab"]["problems"]) == ([], [])
    assert "is not in" in plans["lost"]["problems"][0]
    assert plans["elsewhere"]["app"] == "my_inputs"

    refused = stage.act("apply", "lost")
    assert (refused.status, "is not in" in refused.sentence) == (409, True)
    assert stage.act("undo", "elsewhere").status == 200
    assert "disabled = 0" in elsewhere.read_text(encoding="utf-8")
    assert stage.act("apply", "elsewhere").entries["elsewhere"]["reads"] == "this add-on"
    assert "disabled = 1" in elsewhere.read_text(encoding="utf-8")


def test_a_disabled_app_hides_what_it_stores_and_the_plan_says_how_to_go_on(estate: Estate) -> None:
    stage = estate()
    furnish(stage)
    stage.splunkd.stop()
    app_conf = stage.vendor_home / "local" / "app.conf"
    app_conf.write_text("[install]\nstate = disabled\n", encoding="utf-8")
    stage.splunkd.start()

    said = stage.admin.get(TAKEOVER)
    assert (said.status, "Enable it under Apps > Manage Apps" in said.sentence) == (409, True)


def test_of_an_app_whose_package_is_gone_local_is_enough(estate: Estate) -> None:
    stage = estate(preload=10)
    furnish(stage)
    stage.splunkd.stop()
    for folder in ("default", "README", "bin", "appserver"):
        shutil.rmtree(stage.vendor_home / folder)
    stage.splunkd.start()

    assert (stage.plan()["reads"], stage.plan()["starts"]) == ("nobody", "0: 3, 1: 3")
    assert stage.act("apply").entries[INPUT]["reads"] == "this add-on"
    stage.wait(lambda: stage.splunkd.count() == 14, what="the events from the checkpoints on")
    assert stage.act("apply").status == 200
    undone = stage.act("undo")
    assert (undone.status, "nothing to go back to" in undone.sentence) == (409, True)
    assert stage.plan()["reads"] == "this add-on"


def test_without_the_vendors_add_on_the_page_says_so(estate: Estate) -> None:
    said = estate(with_app=False).admin.get(TAKEOVER)

    assert (said.status, "is not on this instance" in said.sentence) == (404, True)


def test_on_a_search_head_cluster_the_kv_store_takes_the_offsets(estate: Estate) -> None:
    stage = estate(preload=10, server_info={"server_roles": "shc_member"})
    furnish(stage)
    assert stage.plan()["settings"]["checkpoint_store"] == "kvstore"

    assert stage.act("apply").entries[INPUT]["reads"] == "this add-on"
    stage.wait(lambda: stage.splunkd.count() == 14, 60, "the events from the checkpoints on")


USERS = [
    ("looker", "lookerpass", "list_storage_passwords,list_inputs"),
    ("half", "halfpass12", "edit_storage_passwords,list_inputs,edit_modinput_falcon_event_streams,admin_all_objects"),
    ("nobodyelse", "nobodypass", "list_inputs"),
]


def test_a_caller_gets_as_far_as_splunkd_lets_them(estate: Estate) -> None:
    stage = estate(users=USERS)
    furnish(stage, disabled="0")
    looker, stranger = Caller(stage, "looker", "lookerpass"), Caller(stage, "nobodyelse", "nobodypass")
    seen = stage.plan()["hash"]

    assert looker.get(TAKEOVER).entries[INPUT]["hash"] == seen
    assert looker.post(f"{TAKEOVER}/{INPUT}", action="apply", hash=seen).status == 403
    assert stranger.get(TAKEOVER).status == 403
    assert stage.plan()["reads"] == "the vendor's add-on"


def test_an_account_that_falcon_refuses_leaves_the_vendors_input_reading(estate: Estate) -> None:
    stage = estate()
    furnish(stage, disabled="0", accounts={"prod": stage.account(password="wrong" * 8)})
    said = stage.act("apply")

    assert said.status == 400 and "refused" in said.sentence
    assert stage.plan()["reads"] == "the vendor's add-on"
    assert stage.vendor_state()["disabled"] in (False, "0")


def test_page_and_command_say_what_only_one_of_both_has_indexed(estate: Estate, tmp_path: Path) -> None:
    rows = [{"found_in": "both", "events": "12"}, {"found_in": "this add-on", "events": "1", "falcon_offset": "4711"}]
    answers = tmp_path / "answers.json"
    answers.write_text(json.dumps({search_of("falcon-old"): rows}), encoding="utf-8")
    stage = estate(answers=answers)
    furnish(stage, inputs={INPUT: stage.their_input(index="falcon-old", disabled="1")})
    before = stage.plan()

    said = stage.admin.post(f"{TAKEOVER}/{INPUT}", action="compare").entries[INPUT]
    sentence = "12 events are in both, 0 only in the vendor's add-on, 1 only in this add-on"
    assert said["compared"]["said"] == sentence
    done = run(stage, "takeover", "compare", "--earliest=-2h", INPUT)
    assert (done.status, done.err) == (0, "")
    assert sentence in done.out and "4711" in done.out
    assert stage.plan() == before

    refused = stage.admin.post(f"{TAKEOVER}/{INPUT}", action="compare", earliest="| delete")
    assert (refused.status, "earliest is not a time" in refused.sentence) == (400, True)


def test_the_command_line_shows_and_does_the_same(estate: Estate) -> None:
    stage = estate(preload=5)
    furnish(stage)
    shown = run(stage, "takeover", "plan")
    assert (shown.status, shown.err) == (0, "")
    assert shown.out.splitlines()[0].split()[:4] == ["name", "reads", "input", "account"]
    assert "0: 3, 1: 3" in shown.out
    [plan] = json.loads(run(stage, "--json", "takeover", "plan").out)

    stale = run(stage, "takeover", "apply", INPUT, "0" * 16)
    assert (stale.status, "look at it again" in stale.err) == (1, True)
    assert "this add-on" in run(stage, "takeover", "apply", INPUT, plan["hash"]).out
    assert "the vendor's add-on" in run(stage, "takeover", "undo", INPUT, plan["hash"]).out
