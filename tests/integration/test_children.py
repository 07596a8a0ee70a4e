"""One input reads the children of a parent: found by themselves, each by its own token and stream, alone in trouble."""

from __future__ import annotations

import json
import re
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from falcon_streams.store.files import FileStore
from tests.integration.comparison import key_of
from tests.integration.conftest import Stage
from tests.integration.entry import install
from tests.integration.family_ledger import await_family, compare_family, customer_of, ledger_of
from tests.integration.scene import INPUT, REALM, Scene

CHECKPOINTS = "var/lib/splunk/modinputs/falcon_event_streams"
CHILDREN = 6
SCALE = 60.0
LATE = 5.0  # seconds from an event to the index, as the siblings of tests/faults have
STOPPED = 12  # repeats allowed after a stop: two partitions of each child


def await_commits(scene: Scene, cids: list[str]) -> None:
    """Wait until all that these tenants have sent is committed."""
    latest = {name: entries[-1][0] for name, entries in ledger_of(scene.falcon, cids).items()}
    (folder,) = (scene.splunkd.home / CHECKPOINTS).glob(f"{INPUT}-*")
    store = FileStore(folder, INPUT, lambda: False)  # only looks
    scene.wait(lambda: {name: each.offset for name, each in store.look().items()} == latest, what="all committed")


def shown(scene: Scene, name: str = "state.json") -> dict[str, object]:
    """What the input shows of itself."""
    paths = list((scene.splunkd.home / CHECKPOINTS).glob(f"{INPUT}-*/{name}"))
    found: dict[str, object] = json.loads(paths[0].read_bytes()) if paths else {}
    return found


@pytest.mark.slow
def test_every_event_of_every_child_arrives_once_over_a_stop_and_nobody_gets_anothers_token(stage: Stage) -> None:
    scene = stage(children=CHILDREN, partitions=2, preload=30, lock=0.2)
    cids = scene.falcon.cids()
    scene.begin(tenants="children")
    first = await_family(scene, cids)
    assert (first.holds, first.repeated) == (True, 0)
    scene.falcon.generate(20, tenant="*")
    assert await_family(scene, cids).holds
    await_commits(scene, cids)
    scene.stop()
    scene.falcon.generate(10, tenant="*")
    scene.resume()

    found = await_family(scene, cids)
    assert found.holds
    assert found.repeated <= STOPPED
    assert scene.falcon.crossings() == []
    assert scene.falcon.violations() == []
    assert scene.falcon.feeds(scene.falcon.tenant.cid) == [], "the parent's own stream was read"
    assert len(scene.splunkd.runs(INPUT)) == 2, "one process reads them all"
    scene.wait(lambda: shown(scene).get("tenants") == {"running": CHILDREN}, what="all running")
    assert set(shown(scene, "tenants.json")) == set(cids)


@pytest.mark.slow
def test_a_killed_input_loses_nothing_of_any_child(stage: Stage) -> None:
    scene = stage(children=CHILDREN, partitions=2, preload=30, lock=0.2)
    cids = scene.falcon.cids()
    scene.begin(tenants="children", replay_seconds="5")
    await_family(scene, cids)
    await_commits(scene, cids)
    for _ in range(10):
        scene.falcon.generate(2, tenant="*")
        time.sleep(0.1)
    scene.splunkd.signal_input(INPUT, signal.SIGKILL)
    scene.falcon.generate(5, tenant="*")
    scene.says("clean=false")

    assert await_family(scene, cids).holds


@pytest.mark.slow
def test_a_rotated_secret_is_entered_once_for_all_children(stage: Stage) -> None:
    scene = stage(children=CHILDREN, partitions=1, preload=10, lock=0.2)
    cids = scene.falcon.cids()
    scene.begin(tenants="children")
    await_family(scene, cids)
    secret = scene.falcon.rotate_secret(revoke=True)
    for cid in cids:
        scene.falcon.revoke_bearers(cid)
    scene.falcon.drop_feeds(how="eof")
    scene.says("refused the account's client_id and secret")
    scene.splunkd.edit_password(REALM.format("prod"), "client_secret", secret)
    scene.falcon.generate(10, tenant="*")

    assert await_family(scene, cids).holds
    refused = [each for each in scene.falcon.requests("token") if each["status"] in (401, 403)]
    assert len(refused) < 2 * CHILDREN, "each child sent the old pair by itself, again and again"
    assert len(scene.splunkd.runs(INPUT)) == 1


@pytest.mark.slow
def test_the_accounts_own_tenant_and_named_children_are_read_beside_each_other(stage: Stage) -> None:
    scene = stage(children=3, partitions=1, preload=10, lock=0.2)
    first, second, third = scene.falcon.cids()
    scene.begin(tenants=f"own,{second.upper()}-1F")

    found = await_family(scene, [scene.falcon.tenant.cid, second])
    assert (found.holds, found.repeated) == (True, 0)
    assert scene.falcon.requests("query_children") == []
    assert [scene.falcon.feeds(cid) for cid in (first, third)] == [[], []]


@pytest.mark.slow
def test_what_a_parents_stream_bears_of_its_children_comes_once_by_their_own(stage: Stage) -> None:
    scene = stage(children=3, partitions=1, preload=20, lock=0.2, parent_bears_children=True)
    scene.begin(tenants="own,children")
    scene.wait(lambda: shown(scene).get("tenants") == {"running": 4}, 30.0, "all running")
    scene.falcon.generate(10, tenant="*")

    cids, parent = scene.falcon.cids(), scene.falcon.tenant.cid
    assert (await_family(scene, cids).missing, compare_family(scene, cids).repeated) == (0, 0)
    own = [event for event in scene.splunkd.events() if customer_of(event.raw) == parent]
    scene.wait(
        lambda: len([e for e in scene.splunkd.events() if customer_of(e.raw) == parent]) == 30, what="the parent's"
    )
    assert len({key_of(event) for event in own}) == len(own)
    assert len(scene.splunkd.events()) == 4 * 30
    scene.wait(lambda: scene.committed().get("0") == scene.falcon.offsets()["0"] - 1, what="all committed")
    scene.stop()
    assert sum(map(int, re.findall(r"action=delivered .* excluded=(\d+)", scene.log()))) == 3 * 30


@pytest.mark.slow
def test_two_shards_share_the_children_and_read_each_once(stage: Stage) -> None:
    scene = stage(children=8, partitions=1, preload=10)
    scene.begin("one", tenants="children", shard="1/2")
    scene.begin("two", tenants="children", shard="2/2")

    found = await_family(scene, scene.falcon.cids())
    assert (found.holds, found.repeated) == (True, 0)
    assert scene.falcon.violations() == []


@pytest.fixture
def fast(package: Path, tmp_path: Path) -> Iterator[Scene]:
    """A scene whose input and emulator live SCALE times as fast."""
    epoch = time.time()
    app = install(package, tmp_path, f"ScaledClock({SCALE}, {epoch})")
    options: dict[str, Any] = {"time_scale": SCALE, "epoch": epoch, "lock": 1.0, "rate_limits": False}
    with Scene(tmp_path, app, children=3, partitions=1, preload=10, **options) as scene:
        yield scene


@pytest.mark.slow
def test_a_child_that_is_new_is_read_and_one_that_goes_and_comes_back_goes_on_at_its_offset(fast: Scene) -> None:
    scene = fast
    leaving = scene.falcon.cids()[0]
    scene.begin(tenants="children", idle_timeout="600")
    cids = scene.falcon.cids()
    await_family(scene, cids)
    scene.wait(lambda: len(scene.log().split("children_listed")) > 1, what="a list")

    new = scene.falcon.add_child()
    scene.falcon.generate(5, tenant=new)
    scene.falcon.remove_child(leaving)
    scene.wait(lambda: f"partition={new}/0 state=running" in scene.log(), 40.0, "the new child")
    scene.wait(lambda: "left=1" in scene.log(), 40.0, "the child that has gone")
    assert leaving not in scene.falcon.cids()
    scene.wait(lambda: shown(scene).get("tenants") == {"running": 3}, what="three tenants")

    scene.falcon.bring_back_child(leaving)
    scene.falcon.generate(7, tenant="*")
    found = await_family(scene, [*cids, new], 60.0)
    assert found.holds
    assert found.repeated <= 3


@pytest.mark.slow
def test_a_child_whose_token_is_refused_is_tried_again_and_named_and_its_siblings_go_on(fast: Scene) -> None:
    cids = fast.falcon.cids()
    fast.falcon.add_faults([{"on": "token", "times": 3, "answer": {"status": 403}, "tenant": cids[1]}])
    fast.begin(tenants="children", idle_timeout="600")

    await_family(fast, [cids[0], cids[2]])
    fast.says(f"gives no token for child {cids[1]} (403")
    await_family(fast, cids, 60.0)
    # three refused, with a proof of the account's each, one of each child, and the parent's own
    assert len(fast.falcon.requests("token")) == 3 + 3 + 3 + 1


@pytest.mark.slow
@pytest.mark.parametrize(
    "step",
    [
        {"on": "token", "do": "hang", "seconds": 8},
        {"on": "discover", "times": 3, "answer": {"status": 500}},
        {"on": "discover", "times": 3, "merge": {"resources": []}},
        {"on": "feed", "after_events": 3, "do": "eof"},
        {"on": "feed", "after_events": 3, "do": "reset_mid_line"},
    ],
    ids=lambda step: f"{step['on']}: {step.get('do') or step.get('answer') or 'empty'}",
)
def test_the_trouble_of_one_child_is_its_own(stage: Stage, step: dict[str, object]) -> None:
    scene = stage(children=20, partitions=1, preload=5, lock=0.2, rate_limits=False)
    cids = scene.falcon.cids()
    scene.falcon.add_faults([{**step, "tenant": cids[7]}])
    scene.begin(tenants="children", idle_timeout="15")
    others = [cid for cid in cids if cid != cids[7]]
    scene.wait(lambda: sum(scene.falcon.open_feeds().values()) >= len(others), what="the others' feeds")
    begun = time.time()
    for _ in range(15):
        scene.falcon.generate(1, tenant="*")
        time.sleep(0.2)
    scene.wait(lambda: compare_family(scene, cids).missing == 0, 60.0, "nothing missing")

    worst = max(
        event.indextime - event.time
        for event in scene.splunkd.events()
        if customer_of(event.raw) in others and event.time > begun
    )
    assert worst < LATE
