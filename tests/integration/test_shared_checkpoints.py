"""Checkpoints in the KV store, of the instance itself and of one that forwarders share; who may not have them; and
what is said when somebody has moved them."""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.integration.conftest import Stage
from tests.integration.scene import INPUT, Scene
from tests.splunkd import Splunkd
from tests.splunkd.rest_client import RestRefused

COLLECTION = "falcon_event_streams_checkpoints"
ROLE = "falcon_event_streams_checkpoint"
SETTINGS = "falcon_event_streams_settings"
KVSTORE = {"checkpoint_store": "kvstore"}
UNSEALED = "its record does not bear this add-on's seal, and the input goes on at the last sealed place"


def records(splunkd: Splunkd) -> dict[str, dict[str, Any]]:
    """The newest record document of each partition."""
    found = sorted(splunkd.documents(COLLECTION, kind="record"), key=lambda each: int(each["generation"]))
    return {each["partition"]: each for each in found}


def committed(splunkd: Splunkd) -> dict[str, int]:
    """The committed offset of each partition."""
    return {name: json.loads(each["record"])["offset"] for name, each in records(splunkd).items()}


def wait_until_committed(scene: Scene, store: Splunkd) -> None:
    latest = {partition: entries[-1][0] for partition, entries in scene.falcon.ledger().items()}
    scene.wait(lambda: committed(store) == latest, what="all committed")


def run_once(scene: Scene) -> None:
    """Everything is indexed and committed, and the input stopped."""
    scene.begin(**KVSTORE)
    finish(scene)


def finish(scene: Scene) -> None:
    """Everything that was published since is indexed and committed, and the input stopped."""
    assert scene.wait_until_all_arrived().missing == 0
    wait_until_committed(scene, scene.splunkd)
    scene.stop()


def rewrite(splunkd: Splunkd, document: dict[str, Any], **fields: Any) -> None:
    """Change a record from outside, as whoever may write the collection can."""
    record = {**json.loads(document["record"]), **fields}
    splunkd.put_documents(COLLECTION, {**document, "record": json.dumps(record)})


@pytest.fixture
def store(tmp_path: Path, package: Path) -> Iterator[Splunkd]:
    """A search head with the add-on, whose KV store forwarders share."""
    with Splunkd(tmp_path / "store", package, certificate_names=["127.0.0.1"]) as splunkd:
        yield splunkd


def share(scene: Scene, store: Splunkd, token: str, **settings: str) -> None:
    """Tell a forwarder where the shared store is."""
    known = {"management_uri": store.management_uri, "ca_bundle": str(store.ca_file), **settings}
    scene.splunkd.edit_conf_stanza(SETTINGS, "checkpoint", **known)
    scene.splunkd.create_password("TA_falcon_event_streams#checkpoint", "token", token)
    scene.secrets.add(token)


def test_an_input_goes_on_from_the_kv_store_after_a_stop_and_after_a_kill_and_waits_for_one_that_starts(
    stage: Stage,
) -> None:
    scene = stage(partitions=2, preload=30, lock=0.2, linger=0.2)
    scene.begin(**KVSTORE, replay_seconds="2")
    scene.wait_until_all_arrived()
    wait_until_committed(scene, scene.splunkd)
    scene.stop()
    scene.falcon.generate(10)
    scene.resume()
    assert scene.wait_until_all_arrived().repeated == 0
    wait_until_committed(scene, scene.splunkd)

    scene.splunkd.signal_input(INPUT, signal.SIGKILL)
    scene.falcon.generate(10)
    assert scene.wait_until_all_arrived().holds
    wait_until_committed(scene, scene.splunkd)
    assert {each["generation"] for each in records(scene.splunkd).values()} == {3}
    gone = lambda: len(scene.splunkd.documents(COLLECTION, kind="record")) == 2  # noqa: E731
    scene.wait(gone, 10.0, "what was replaced to be gone")  # it goes after the new one has been stored
    assert scene.checkpoints() == []

    scene.stop()
    scene.splunkd.switch(rest_status=503, rest_path="storage/collections")
    scene.falcon.generate(5)
    scene.resume()
    scene.says("the KV store of this instance answered 503")
    scene.splunkd.switch(rest_status=0, rest_path="")
    assert scene.wait_until_all_arrived().missing == 0


def test_a_record_that_was_changed_is_reported_and_its_events_come_all_the_same(stage: Stage) -> None:
    scene = stage(partitions=1, preload=30, lock=0.2, linger=0.2)
    run_once(scene)
    old = records(scene.splunkd)["0"]
    scene.resume()
    scene.says("action=resuming")
    assert "checkpoint_altered" not in scene.log()  # nobody has touched it
    scene.falcon.generate(10)
    finish(scene)

    scene.falcon.generate(10)
    rewrite(scene.splunkd, records(scene.splunkd)["0"], offset=46)
    scene.resume()
    scene.says("checkpoint_altered")
    finish(scene)

    scene.splunkd.put_documents(COLLECTION, {**records(scene.splunkd)["0"], "record": "{"})
    scene.falcon.generate(5)
    told = scene.log().count(UNSEALED)
    scene.resume()
    scene.wait(lambda: scene.log().count(UNSEALED) > told, what="the damaged record is told")
    finish(scene)
    assert len(scene.splunkd.documents(COLLECTION, kind="aside")) >= 1

    scene.splunkd.put_documents(COLLECTION, {**old, "_key": f"{INPUT}:9:0", "generation": 9})
    scene.falcon.generate(5)
    scene.resume()
    scene.says("a newer record does not bear this add-on's seal and is ignored")
    assert scene.wait_until_all_arrived().holds


def test_a_record_that_was_removed_is_reported_and_no_event_is_passed_over(stage: Stage) -> None:
    scene = stage(partitions=1, preload=3, lock=0.2, linger=0.2)
    scene.begin(**KVSTORE, start_from="newest")
    scene.says("reason=feed_opened")
    scene.falcon.generate(3)
    scene.wait(lambda: len(scene.splunkd.events()) >= 3, what="the events of the first run")
    wait_until_committed(scene, scene.splunkd)
    scene.stop()
    scene.falcon.generate(4)
    scene.splunkd.remove_documents(COLLECTION, kind="record")
    scene.resume()

    scene.says("its record is missing, and the input goes on at the last sealed place")
    scene.wait(lambda: len({row.raw for row in scene.splunkd.events()}) >= 7, what="all events since the first start")


def test_a_forged_claim_keeps_nobody_from_reading(stage: Stage) -> None:
    scene = stage(partitions=1, preload=5, lock=0.2, linger=0.2)
    forged = {"kind": "claim", "input": INPUT, "reads": "another tenant", "beat": 1}
    for generation in (2**53, 10**400, "five", None):
        scene.splunkd.put_documents(COLLECTION, {"_key": f"{INPUT}:{generation}", "generation": generation, **forged})
    scene.begin(**KVSTORE)

    scene.wait(lambda: scene.log().count("document_refused") >= 4, what="each of the four is told")
    assert scene.wait_until_all_arrived().missing == 0


def test_a_token_that_ends_stops_the_commits_and_a_new_one_brings_them_back(stage: Stage, store: Splunkd) -> None:
    scene = stage(partitions=1, preload=10, lock=0.2, linger=0.2)
    share(scene, store, store.create_token("hf", [ROLE]))
    scene.begin(**KVSTORE)
    scene.wait_until_all_arrived()
    wait_until_committed(scene, store)

    store.revoke_tokens("hf")
    scene.falcon.generate(5)
    scene.says("answered 401: its token is wrong, expired or disabled")
    assert scene.wait_until_all_arrived().missing == 0  # reading goes on
    fresh = store.create_token("hf", [ROLE])
    scene.secrets.add(fresh)
    scene.splunkd.edit_password("TA_falcon_event_streams#checkpoint", "token", fresh)
    wait_until_committed(scene, store)
    assert "reason=restart" not in scene.log()


def test_a_store_is_tried_when_an_input_is_made_and_never_spoken_to_behind_an_unknown_ca(
    stage: Stage, store: Splunkd
) -> None:
    scene = stage(partitions=1, preload=5)

    def refused(sentence: str, **settings: str) -> None:
        scene.splunkd.edit_conf_stanza(SETTINGS, "checkpoint", **settings)
        with pytest.raises(RestRefused, match=sentence):
            scene.begin(**KVSTORE)

    management_uri = store.management_uri
    refused(r"management_uri has no token. Enter it on the Configuration page", management_uri=management_uri)
    refused(r"ca_bundle = /nowhere/ca.pem cannot be read", ca_bundle="/nowhere/ca.pem")
    share(scene, store, store.create_token("nobody", []), ca_bundle="")
    unknown = r"self.signed certificate in certificate chain.*: add the issuing CA to the ca_bundle"
    refused(unknown)
    assert store.documents(COLLECTION) == []
    refused("answered 403: the token's user may not use the collection", ca_bundle=str(store.ca_file))


def test_two_different_inputs_of_one_name_in_one_store_are_told_apart(
    stage: Stage, store: Splunkd, tmp_path: Path, package: Path
) -> None:
    scene = stage(partitions=2, preload=5)
    share(scene, store, store.create_token("hf", [ROLE]))
    scene.begin(**KVSTORE, partitions="0")
    scene.says("action=claimed")
    with Scene(tmp_path / "other", package, account=False) as other:
        other.splunkd.create_conf_stanza("falcon_event_streams_account", "prod", **account_of(scene))
        secret = scene.falcon.client_secret
        other.splunkd.create_password("TA_falcon_event_streams#account#prod", "client_secret", secret)
        share(other, store, store.create_token("hf2", [ROLE]))
        other.begin(**KVSTORE, partitions="1")

        other.says("reads an input of this name with another account or other partitions")


def account_of(scene: Scene) -> dict[str, str]:
    address = scene.falcon.address()
    known = {"cloud": "custom", "base_url": address["api"], "client_id": address["client_id"]}
    return {**known, "ca_bundle": address["ca_file"]}


def test_a_claim_that_was_won_for_nothing_is_given_back_at_once(stage: Stage, tmp_path: Path) -> None:
    scene = stage()
    no_pem = tmp_path / "ca.txt"
    no_pem.write_text("no certificate")
    scene.add_account("other", ca_bundle=str(no_pem))
    scene.begin(**{**KVSTORE, "account": "other"})
    scene.says("no certificate")

    def released() -> bool:
        claims = scene.splunkd.documents(COLLECTION, kind="claim")
        return bool(claims) and all(each["released"] for each in claims)

    scene.wait(released, what="the claim is given back")
