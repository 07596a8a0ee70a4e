"""A stored secret goes only where it was entered for, also where somebody edits the conf by splunkd's own endpoint."""

from __future__ import annotations

from urllib.parse import unquote

import pytest

from tests.integration.conftest import Stage
from tests.integration.page_calls import ACCOUNT, SETTINGS, Caller, good_account
from tests.integration.scene import ACCOUNT_CONF, INPUT, REALM, Scene
from tests.integration.trap import Trap
from tests.splunkd.rest_client import RestRefused

SETTINGS_CONF = "falcon_event_streams_settings"
PROXY, CHECKPOINT = "TA_falcon_event_streams#proxy", "TA_falcon_event_streams#checkpoint"
PROXY_PASSWORD, TOKEN = "pr@xy:/passw0rd?x=#&y", "t0ken:/with@odd?letters#&="
ENTER_AGAIN = "was entered for another address: enter it again on the Configuration page, under "


def enter_all(scene: Scene) -> None:
    """By the pages: an account, a proxy with a password, a KV store with a token."""
    scene.secrets |= {PROXY_PASSWORD, TOKEN}
    admin = Caller(scene)
    proxy = {
        "enabled": "0",
        "host": "proxy.example",
        "port": "3128",
        "username": "us@er:/x",
        "password": PROXY_PASSWORD,
    }
    assert admin.post(f"{SETTINGS}/proxy", **proxy).status == 200
    store = {"management_uri": "https://sh.example.com:8089", "token": TOKEN}
    assert admin.post(f"{SETTINGS}/checkpoint", **store).status == 200
    assert admin.post(ACCOUNT, name="prod", **good_account(scene)).status == 201


def lead_astray(scene: Scene, what: str, port: int) -> dict[str, str]:
    """What somebody does who may write the app and not read secrets; the settings of an input that falls for it."""
    if what == "account":
        scene.splunkd.edit_conf_stanza(ACCOUNT_CONF, "prod", base_url=f"https://127.0.0.1:{port}")
    elif what == "proxy":
        scene.splunkd.edit_conf_stanza(SETTINGS_CONF, "proxy", enabled="1", host="127.0.0.1", port=str(port))
    else:
        scene.splunkd.edit_conf_stanza(SETTINGS_CONF, "checkpoint", management_uri=f"https://127.0.0.1:{port}")
    return {"checkpoint_store": "kvstore" if what == "checkpoint" else "file"}


def put_right(scene: Scene, what: str) -> None:
    """The conf as it was entered."""
    if what == "account":
        scene.splunkd.edit_conf_stanza(ACCOUNT_CONF, "prod", base_url=scene.falcon.address()["api"])
    elif what == "proxy":
        scene.splunkd.edit_conf_stanza(SETTINGS_CONF, "proxy", enabled="0", host="proxy.example", port="3128")
    else:
        scene.splunkd.edit_conf_stanza(SETTINGS_CONF, "checkpoint", management_uri="https://sh.example.com:8089")


SECRETS = {
    "account": (REALM.format("prod"), "client_secret", "the secret of account prod", "Accounts"),
    "proxy": (PROXY, "password", r"the password of \[proxy\]", "Proxy"),
    "checkpoint": (CHECKPOINT, "token", r"the token of \[checkpoint\]", "Shared checkpoints"),
}


def test_a_secret_is_not_sent_to_where_somebody_else_has_turned_the_conf(stage: Stage, trap: Trap) -> None:
    scene = stage(partitions=1, account=False)
    enter_all(scene)
    for what, (_, _, named, tab) in SECRETS.items():
        settings = lead_astray(scene, what, trap.port)
        with pytest.raises(RestRefused, match=f"{named} {ENTER_AGAIN}{tab}"):
            scene.begin(**settings)
        put_right(scene, what)
    assert trap.connections == 0


@pytest.mark.parametrize("what", SECRETS)
def test_the_trap_is_one_for_a_secret_without_a_mark(stage: Stage, trap: Trap, what: str) -> None:
    scene = stage(partitions=1, account=False)
    enter_all(scene)
    realm, user, _, _ = SECRETS[what]
    scene.splunkd.delete_password(realm, f"{user}_destination")
    settings = lead_astray(scene, what, trap.port)
    try:
        scene.begin(**settings)
    except RestRefused:  # the KV store is asked when the input is made
        assert what == "checkpoint"

    scene.wait(lambda: trap.connections > 0, what="a connection")


def test_a_running_input_does_not_send_its_secret_elsewhere_and_goes_on_when_it_is_entered_again(
    stage: Stage, trap: Trap
) -> None:
    scene = stage(partitions=1, preload=5, lock=0.2, linger=0.2, account=False)
    enter_all(scene)
    scene.begin()
    scene.wait_until_all_arrived()
    lead_astray(scene, "account", trap.port)
    scene.stop()
    scene.resume()
    scene.says(f"the secret of account prod {ENTER_AGAIN}Accounts")
    said = Caller(scene).post(f"{ACCOUNT}/prod", client_id=scene.falcon.address()["client_id"])
    assert (said.status, ENTER_AGAIN in said.sentence) == (400, True)
    assert trap.connections == 0

    scene.falcon.generate(3)
    assert Caller(scene).post(f"{ACCOUNT}/prod", **good_account(scene)).status == 200
    assert scene.wait_until_all_arrived().missing == 0


def test_putting_the_conf_right_is_enough(stage: Stage, trap: Trap) -> None:
    scene = stage(partitions=1, preload=5, lock=0.2, linger=0.2, account=False)
    enter_all(scene)
    lead_astray(scene, "account", trap.port)
    form = good_account(scene, client_secret="")
    said = Caller(scene).post(f"{ACCOUNT}/prod", **form)

    assert said.status == 200, said.sentence
    scene.begin()
    assert scene.wait_until_all_arrived().missing == 0


def test_a_secret_that_was_stored_by_hand_is_adopted_once_with_a_warning(stage: Stage, trap: Trap) -> None:
    scene = stage(partitions=1, preload=5, lock=0.2, linger=0.2)
    scene.begin()
    scene.wait_until_all_arrived()
    scene.stop()
    scene.resume()
    scene.falcon.generate(3)
    scene.wait_until_all_arrived()
    assert scene.log().count("action=secret_adopted") == 1
    assert 'secret="the secret of account prod" trouble=none' in scene.log()

    scene.stop()
    lead_astray(scene, "account", trap.port)
    scene.resume()
    scene.says(f"the secret of account prod {ENTER_AGAIN}Accounts")
    assert trap.connections == 0


def test_a_secret_that_was_stored_anew_by_hand_is_adopted_anew(stage: Stage) -> None:
    scene = stage(partitions=1, preload=5, lock=0.2, linger=0.2)
    scene.begin()
    scene.wait_until_all_arrived()
    scene.stop()
    changed = "x" * 40
    scene.secrets.add(changed)
    scene.splunkd.edit_password(REALM.format("prod"), "client_secret", changed)
    scene.resume()
    scene.wait(lambda: scene.log().count("action=secret_adopted") == 2, what="a second adoption")


def test_where_no_mark_can_be_stored_the_input_runs_and_says_so(stage: Stage) -> None:
    scene = stage(partitions=1, preload=5, lock=0.2, linger=0.2)
    scene.splunkd.switch(rest_status=403, rest_path="storage/passwords", rest_method="POST")
    scene.begin()

    assert scene.wait_until_all_arrived().missing == 0
    scene.says("action=secret_adopted input=" + INPUT)
    assert "trouble=none" not in scene.log().partition("secret_adopted")[2].partition("\n")[0]


def test_no_address_at_splunkd_holds_a_secret_or_what_somebody_typed_beside_one(stage: Stage) -> None:
    scene = stage(partitions=1, preload=5, lock=0.2, linger=0.2, account=False)
    enter_all(scene)
    scene.begin()
    scene.wait_until_all_arrived()
    log = scene.splunkd.home / "var" / "log" / "splunk" / "splunkd_access.log"
    addresses = log.read_text(encoding="utf-8")

    assert "POST /servicesNS/nobody/TA_falcon_event_streams/storage/passwords" in addresses
    assert [line for line in addresses.splitlines() if "us@er" in unquote(line)] == []
    assert scene.leaks() == []  # of what is on the disk, the addresses included; also looked for at each scene's end


def test_a_secret_in_an_address_would_be_found(stage: Stage) -> None:
    scene = stage(partitions=1, account=False)
    scene.secrets.add("planted:/secret")
    scene.splunkd.request("GET", "/services/server/info", note="planted:/secret")

    assert "splunkd_access.log" in str(scene.leaks())
    scene.secrets.clear()
