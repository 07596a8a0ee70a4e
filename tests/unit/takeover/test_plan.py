"""A plan makes the same of the same input each time, says what stands in the way, and its hash covers what it shows."""

from __future__ import annotations

from typing import Any

import pytest

from falcon_streams.core.clouds import CLOUDS
from falcon_streams.splunk.splunkd import OwnedStanza
from falcon_streams.takeover import vendor
from falcon_streams.takeover.inventory import Ours, Theirs
from falcon_streams.takeover.plan import PROXY, PROXY_STANZA, Plan, make_plan
from falcon_streams.takeover.vendor import ConfNames

CLIENT = "0123456789abcdef" * 2
NAMES = ConfNames("x_account", "x_settings")
INPUT = {"cloud_environment": "us_commercial", "account": "prod", "app_id": "splunk", "event_types": "All"}
PROXY_ON = {"proxy_enabled": "1", "proxy_type": "http", "proxy_url": "proxy.example", "proxy_port": "3128"}
NOTHING = Ours({}, {}, {}, False)
URL = "https://firehose.crowdstrike.com/sensors/entities/datafeed/v1/0?appId=splunk"


def checkpoint(offset: int) -> dict[str, str]:
    return {"_key": "main_feed_num_0", "state": f'{{"{URL}": {offset}}}'}


# the vendor's add-on with one account and a checkpoint
THEIRS = Theirs(NAMES, True, (), {"prod": {"username": CLIENT}}, {}, [checkpoint(7)])
theirs = THEIRS._replace


def plan(name: str = "main", has: Theirs = THEIRS, ours: Ours = NOTHING, secret: bool = True, **changes: str) -> Plan:
    """The plan for an input with changes."""
    stanza = OwnedStanza(name, vendor.APP, {**INPUT, **changes})
    return make_plan(stanza, has, ours, lambda conf, stanza, field: secret)


def test_an_input_becomes_one_of_the_same_name_with_an_account_of_its_cloud_and_a_new_app_id() -> None:
    made = plan(index="edr", host="$decideOnStartup", sourcetype="CrowdStrike:Event:Streams:JSON")

    assert (made.ours, made.account, made.problems, made.proxy_form) == ("main", "prod_us-1", (), {})
    assert made.account_form == {"cloud": "us-1", "client_id": CLIENT, "proxy": "none"}
    app_id = made.input_form["app_id"]
    assert made.input_form == {"account": "prod_us-1", "app_id": app_id, "index": "edr"}
    assert app_id.startswith("splunk") and app_id != "splunk"
    assert plan().input_form["app_id"] == app_id != plan("other").input_form["app_id"]


def test_every_cloud_of_the_vendors_is_one_of_ours() -> None:
    assert set(vendor.CLOUDS_OF.values()) < set(CLOUDS)
    for name, cloud in vendor.CLOUDS_OF.items():
        assert plan(cloud_environment=name).account_form["cloud"] == cloud


@pytest.mark.parametrize("name", ["a b", "über", "_x", "n" * 65, "a:b", "-"])
def test_a_name_that_we_do_not_take_becomes_one_that_we_take_and_no_other_input_has(name: str) -> None:
    made = plan(name)

    assert made.problems == ()
    assert made.settings().name == made.ours != plan(f"{name}.").ours


def test_initial_start_counts_only_if_nothing_was_ever_read() -> None:
    never = theirs(checkpoints=[])

    assert plan(has=never, initial_start="current").input_form["start_from"] == "newest"
    assert "start_from" not in plan(has=never, initial_start="historic").input_form
    assert "start_from" not in plan(initial_start="current").input_form


def test_event_types_become_a_list_with_commas_and_a_wrong_one_is_a_problem() -> None:
    assert plan(event_types="A~B").input_form["event_types"] == "A,B"
    assert "event_types" in plan(event_types="A~no type").problems[0]


def test_where_files_would_follow_the_wrong_machine_the_kv_store_holds_the_offsets() -> None:
    assert plan(ours=NOTHING._replace(follows_machine=True)).input_form["checkpoint_store"] == "kvstore"
    moved = {"main": {**plan().input_form, "checkpoint_store": "kvstore"}}
    assert plan(ours=NOTHING._replace(inputs=moved)).input_form["checkpoint_store"] == "kvstore"


def test_the_vendors_proxy_becomes_one_of_ours_and_its_account_goes_through_it() -> None:
    made = plan(has=theirs(proxy={**PROXY_ON, "proxy_username": "me", "proxy_url": "http://proxy.example/"}))

    assert made.account_form["proxy"] == PROXY
    wanted = {"enabled": "1", "type": "http", "host": "proxy.example", "port": "3128", "username": "me"}
    assert (made.proxy_form, made.problems) == (wanted, ())


def test_what_is_there_already_from_an_earlier_take_over_is_no_problem() -> None:
    done = plan(has=theirs(proxy=PROXY_ON))
    ours = Ours(
        {"main": dict(done.input_form)},
        {"prod_us-1": dict(done.account_form)},
        {PROXY_STANZA: dict(done.proxy_form)},
        False,
    )
    again = plan(has=theirs(proxy=PROXY_ON), ours=ours, secret=False)

    assert (again.problems, again.hash) == ((), done.hash)
    assert (done.reads, again.reads) == ("the vendor's add-on", "both")
    assert plan(has=theirs(is_installed=False), ours=ours).reads == "this add-on"


OTHER_INPUT = {"account": "x", "app_id": "y"}
PROBLEMS: dict[str, tuple[str, dict[str, Any]]] = {
    "a cloud that is not known": ("is not a cloud", {"cloud_environment": "moon"}),
    "an account that is not there": ("is not in x_account.conf", {"account": "gone"}),
    "a client ID that is none": ("client_id", {"has": theirs(accounts={"prod": {"username": "me"}})}),
    "no secret": ("Make the account prod_us-1 on the Accounts tab", {"secret": False}),
    "an account of that name": (
        "exists with another cloud or client ID, or a member CID",
        {"ours": NOTHING._replace(accounts={"prod_us-1": {"cloud": "us-2", "client_id": CLIENT}})},
    ),
    "an account of that name for a child tenant": (
        "or a member CID",
        {
            "ours": NOTHING._replace(
                accounts={"prod_us-1": {"cloud": "us-1", "client_id": CLIENT, "member_cid": CLIENT}}
            )
        },
    ),
    "an input of that name": ("already, with another", {"ours": NOTHING._replace(inputs={"main": OTHER_INPUT})}),
    "the app ID in use": ("is used by input b", {"ours": NOTHING._replace(inputs={"b": dict(plan().input_form)})}),
    "a socks proxy": ("http and https proxies only", {"has": theirs(proxy={**PROXY_ON, "proxy_type": "socks5"})}),
    "a proxy without a port": ("port", {"has": theirs(proxy={**PROXY_ON, "proxy_port": "x"})}),
    "a proxy of that name": (
        f"[{PROXY_STANZA}] exists",
        {"has": theirs(proxy=PROXY_ON), "ours": NOTHING._replace(settings={PROXY_STANZA: {"host": "b"}})},
    ),
    "a proxy's password": (
        "the password of the vendor's proxy",
        {
            "has": theirs(proxy={**PROXY_ON, "proxy_username": "me"}),
            "ours": NOTHING._replace(accounts={"prod_us-1": {"cloud": "us-1", "client_id": CLIENT}}),
            "secret": False,
        },
    ),
}


@pytest.mark.parametrize("case", PROBLEMS)
def test_what_must_not_be_guessed_is_a_problem_with_a_remedy(case: str) -> None:
    sentence, changes = PROBLEMS[case]
    [problem] = plan(**changes).problems

    assert sentence in problem


def test_what_is_not_carried_over_is_said() -> None:
    assert plan(_TCP_ROUTING="group").not_carried == ("_TCP_ROUTING = group: set it by hand in inputs.conf",)
    [said] = plan(has=theirs(checkpoints=None)).not_carried
    assert "has stored none" in said


def test_the_hash_changes_with_what_is_made_and_not_with_offsets_or_with_who_reads() -> None:
    same = [plan(has=theirs(checkpoints=[checkpoint(900)])), plan(has=theirs(checkpoints=[checkpoint(0)]))]
    same += [plan(disabled="1"), plan(has=theirs(is_installed=False))]
    other = [plan("b"), plan(app_id="c"), plan(index="d"), plan(cloud_environment="eucloud"), plan(secret=False)]
    other += [plan(has=theirs(checkpoints=[])), plan(has=theirs(proxy=PROXY_ON))]

    assert {each.hash for each in same} == {plan().hash}
    assert len({plan().hash, *(each.hash for each in other)}) == len(other) + 1
