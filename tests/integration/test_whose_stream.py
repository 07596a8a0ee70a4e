"""A checkpoint goes on for the same tenant, whatever key reads it, and for no other."""

from __future__ import annotations

import json
import signal
import time

from tests.integration.comparison import compare
from tests.integration.conftest import Stage
from tests.integration.scene import ACCOUNT_CONF, REALM


def test_another_tenant_behind_the_same_stanza_is_refused_before_an_event_is_indexed(stage: Stage) -> None:
    scene = stage(preload=300)
    scene.begin()
    scene.wait_until_committed()
    scene.stop()
    scene.wait(lambda: scene.splunkd.count() == 300, what="all of the first tenant's")
    kept = scene.checkpoints()[0].read_bytes()
    scene.falcon.become_another_tenant(customer="f" * 32, client_id="e" * 32)
    scene.falcon.generate(count=1000)
    scene.splunkd.edit_conf_stanza(ACCOUNT_CONF, "prod", client_id="e" * 32)
    scene.resume()

    scene.says("belongs to another tenant")
    assert scene.splunkd.count() == 300
    assert scene.checkpoints()[0].read_bytes() == kept


def test_a_rotated_client_of_the_same_tenant_goes_on_and_a_rotated_secret_heals_by_itself(stage: Stage) -> None:
    scene = stage(preload=300, lock=2.0)
    scene.begin()
    scene.wait_until_committed()
    scene.stop()
    scene.falcon.tenant.client_id = "e" * 32
    scene.falcon.revoke_bearers()
    scene.falcon.generate(count=100)
    scene.splunkd.edit_conf_stanza(ACCOUNT_CONF, "prod", client_id="e" * 32)
    scene.resume()

    comparison = scene.wait_until_all_arrived()
    assert comparison.holds
    assert comparison.repeated == 0
    scene.wait(lambda: json.loads(scene.checkpoints()[0].read_bytes())["client_id"] == "e" * 32)

    secret = scene.falcon.rotate_secret(revoke=True)
    scene.falcon.drop_feeds()
    scene.says("refused the account's client_id and secret")
    scene.splunkd.edit_password(REALM.format("prod"), "client_secret", secret)
    scene.falcon.generate(count=10)
    assert scene.wait_until_all_arrived(timeout=60).holds
    assert len(scene.splunkd.runs("main")) == 2  # the one before the stop, and the one that healed


def test_newest_begins_now_and_a_stop_before_the_first_event_loses_none(stage: Stage) -> None:
    scene = stage(preload=200)
    time.sleep(1.1)  # creation times have whole seconds
    scene.begin(start_from="newest")
    scene.says("feed_opened")
    scene.stop()
    before = scene.splunkd.count()
    time.sleep(1.1)
    scene.falcon.generate(count=30)
    scene.resume()

    scene.wait(lambda: scene.splunkd.count() == 30)
    assert before == 0
    ledger = {"0": scene.falcon.ledger()["0"][200:]}
    assert compare(ledger, scene.splunkd.events()).missing == 0


def test_start_from_offsets_begins_each_partition_where_it_says(stage: Stage) -> None:
    scene = stage(partitions=2, preload=100)
    scene.begin(start_from="0=90,1=0")

    scene.wait(lambda: scene.splunkd.count() == 110)
    time.sleep(0.3)
    assert scene.splunkd.count() == 110


def test_a_checkpoint_wins_over_start_from_and_a_gap_or_a_vendors_reset_is_followed_and_said(stage: Stage) -> None:
    scene = stage(preload=100)
    scene.begin()
    scene.wait_until_committed()
    scene.splunkd.edit_input("main", start_from="0")
    scene.falcon.generate(count=10)
    assert scene.wait_until_all_arrived().repeated == 0
    scene.wait_until_committed()
    scene.stop()

    scene.falcon.generate(count=500)
    scene.falcon.trim("0", keep=50)  # retention has passed the checkpoint
    scene.resume()
    scene.says("offset_gap")
    scene.says("asked=109 offset=560")
    newest = scene.falcon.ledger()["0"][-1][0]
    scene.wait(lambda: scene.committed() == {"0": newest})
    scene.stop()

    scene.falcon.reset_partition("0")
    scene.falcon.generate(count=700)  # beyond the old offset again, with other events there
    scene.resume()
    scene.says("offset_reset")
    scene.falcon.generate(count=50)
    newest = scene.falcon.ledger()["0"][-1][0]
    scene.wait(lambda: scene.committed() == {"0": newest})


def test_a_killed_input_replays_a_bounded_time_and_loses_nothing(stage: Stage) -> None:
    scene = stage(partitions=2, preload=100, lock=3.0)
    scene.begin(replay_seconds="2")
    scene.wait_until_committed()
    scene.falcon.set_rate(50)
    scene.wait(lambda: scene.splunkd.count() > 800)
    scene.splunkd.signal_input("main", signal.SIGKILL)
    scene.wait(lambda: scene.splunkd.count() > 1200, timeout=40)
    scene.falcon.set_rate(0)

    comparison = scene.wait_until_all_arrived(timeout=40)
    assert comparison.holds
    assert 0 < comparison.repeated <= 2 * 50 * (2 + 1 + 1.5 + 3)


def test_a_killed_splunkd_loses_its_memory_and_the_replay_brings_it_back(stage: Stage) -> None:
    scene = stage(partitions=2, preload=100, lock=3.0, switches={"flush_ms": 1500})
    scene.begin(replay_seconds="10")
    scene.wait_until_committed()
    scene.falcon.set_rate(50)
    scene.wait(lambda: scene.splunkd.count() > 600)
    scene.splunkd.kill()
    scene.splunkd.start()
    scene.wait(lambda: scene.splunkd.count() > 1400, timeout=40)
    scene.falcon.set_rate(0)

    assert scene.wait_until_all_arrived(timeout=40).holds
