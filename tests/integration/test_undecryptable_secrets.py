"""A secret that splunkd has and cannot decrypt: what is said at a start, at a save and at a try, and that entering it
again is all it takes."""

from __future__ import annotations

import re

import pytest

from tests.integration.conftest import Stage
from tests.integration.page_calls import ACCOUNT, SETTINGS, Caller, good_account
from tests.integration.scene import REALM
from tests.splunkd.rest_client import RestRefused

WAYS = {"500": "it answers 500", "null": "it gives no clear text"}


def told(what: str, way: str, tab: str) -> str:
    return rf"splunkd cannot decrypt {what} \({WAYS[way]}\).* Enter it again on the Configuration page, under {tab},"


def test_an_input_says_which_secret_and_runs_when_it_is_entered_again(stage: Stage) -> None:
    scene = stage(partitions=1, preload=5, lock=0.2, linger=0.2, switches={"undecryptable": "null"})
    scene.begin()
    scene.wait_until_all_arrived()
    scene.splunkd.replace_secret()
    scene.says("splunkd cannot decrypt the secret of account prod")
    scene.says("under Accounts, or store it again in storage/passwords under realm " + REALM.format("prod"))
    scene.falcon.generate(3)
    save = Caller(scene).post(f"{ACCOUNT}/prod", client_secret=scene.falcon.client_secret)

    assert save.status == 200, save.sentence
    assert scene.wait_until_all_arrived().missing == 0


@pytest.mark.parametrize("way", WAYS)
def test_the_pages_and_the_validation_say_what_has_to_be_entered_again(stage: Stage, way: str) -> None:
    scene = stage(partitions=1, account=False, switches={"undecryptable": way})
    admin = Caller(scene)
    proxy = {"enabled": "1", "host": "proxy.example", "port": "3128", "username": "user"}
    assert admin.post(f"{SETTINGS}/proxy", **proxy, password="pw").status == 200
    assert admin.post(ACCOUNT, name="prod", **good_account(scene), proxy="none").status == 201
    store = {"management_uri": "https://sh.example.com:8089"}
    assert admin.post(f"{SETTINGS}/checkpoint", **store, token="t0ken").status == 200
    scene.splunkd.replace_secret()
    admin = Caller(scene)

    for address, form, sentence in (
        (f"{ACCOUNT}/prod", {"client_id": "0" * 32}, told("the secret of account prod", way, "Accounts")),
        (f"{SETTINGS}/proxy", proxy, told(r"the password of \[proxy\]", way, "Proxy")),
        (f"{SETTINGS}/checkpoint", store, told(r"the token of \[checkpoint\]", way, "Shared checkpoints")),
    ):
        said = admin.post(address, **form)
        assert said.status == 400
        assert re.search(sentence, said.sentence)

    # the account goes through the proxy now, whose password is no use yet
    said = admin.post(f"{ACCOUNT}/prod", **good_account(scene), proxy="default")
    assert (said.status, bool(re.search(told(r"the password of \[proxy\]", way, "Proxy"), said.sentence))) == (
        400,
        True,
    )
    assert admin.post(f"{SETTINGS}/proxy", **proxy, password="pw").status == 200
    assert admin.post(f"{ACCOUNT}/prod", **good_account(scene), proxy="none").status == 200
    with pytest.raises(RestRefused, match=told(r"the token of \[checkpoint\]", way, "Shared checkpoints")):
        scene.begin(checkpoint_store="kvstore")
    assert admin.post(f"{SETTINGS}/checkpoint", **store, token="t0ken").status == 200
