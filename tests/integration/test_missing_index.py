"""An index that does not exist is refused where this instance indexes itself, and warned of on a forwarder."""

from __future__ import annotations

import pytest

from tests.integration.conftest import Stage
from tests.integration.scene import INPUT, Scene
from tests.splunkd.rest_client import RestRefused

INPUT_ENDPOINT = "/servicesNS/nobody/TA_falcon_event_streams/falcon_event_streams_input"
NOWHERE = "falcon_typo"


def test_an_instance_that_indexes_refuses_it_at_creation_and_at_a_start_where_it_was_written_by_hand(
    stage: Stage,
) -> None:
    scene = stage(preload=1)
    with pytest.raises(
        RestRefused, match=r"\] index = falcon_typo does not exist.* Create it under Settings > Indexes"
    ):
        scene.begin(index=NOWHERE)
    assert scene.log() == ""
    scene.splunkd.create_conf_stanza(
        "inputs", f"falcon_event_streams://{INPUT}", account="prod", app_id="a1", index=NOWHERE, interval="1"
    )
    scene.splunkd.restart()
    scene.says("index = falcon_typo does not exist")
    assert scene.splunkd.count() == 0


def test_a_forwarder_takes_it_and_says_so_in_the_log_and_on_the_page(stage: Stage) -> None:
    scene = stage(preload=1, server_info={"isForwarding": "true"})
    scene.begin(index=NOWHERE)
    scene.says("index_unknown")
    scene.wait_until_open(feeds=1)

    def shown() -> bool:
        (entry,) = scene.splunkd.get(f"{INPUT_ENDPOINT}/{INPUT}")["entry"]
        content = entry["content"]
        return content["state"] == "running" and "knows no index falcon_typo" in content["trouble"]

    scene.wait(shown, what="the warning beside the state running")


def test_an_index_that_exists_needs_no_word_and_where_it_cannot_be_asked_reading_goes_on(stage: Stage) -> None:
    scene = stage(preload=2, lock=0.2)
    scene.begin(index="main")
    scene.wait_until_all_arrived()
    assert "index_unknown" not in scene.log()
    reads_on_unasked(scene, 403, 4)
    reads_on_unasked(scene, 500, 6)


def reads_on_unasked(scene: Scene, status: int, events: int) -> None:
    """One more input reads although splunkd answers so; then there are so many events."""
    scene.splunkd.switch(rest_status=status, rest_path="data/indexes")
    scene.begin(f"input{status}", index="main")
    scene.wait(lambda: scene.splunkd.count() == events, what=f"{events} events")
    assert "index_not_checked" in scene.log(f"input{status}")
