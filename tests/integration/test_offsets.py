"""An admin sees the committed offsets, sets them, takes that back, and carries them, in either store."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any

import pytest

from tests.integration.command import run
from tests.integration.conftest import Stage
from tests.integration.page_calls import INPUT as INPUTS
from tests.integration.page_calls import OFFSETS, Caller, Said
from tests.integration.scene import Scene
from tests.integration.test_shared_checkpoints import COLLECTION, committed, records

FILE, KVSTORE = "file", "kvstore"
NIGHTLY = pytest.mark.nightly  # tests/unit/pages/test_offset_collection.py says the same of both stores
FILE_FIRST = pytest.mark.parametrize("kind", [FILE, pytest.param(KVSTORE, marks=NIGHTLY)])
KVSTORE_FIRST = pytest.mark.parametrize("kind", [KVSTORE, pytest.param(FILE, marks=NIGHTLY)])
STORES = pytest.mark.parametrize("kind", [FILE, KVSTORE])
MAIN = f"{OFFSETS}/main"
MAY = "list_inputs,list_settings,edit_modinput_falcon_event_streams"


def begun(stage: Stage, kind: str, **options: Any) -> Scene:
    """Two partitions of 40 events, all indexed and committed; the input runs."""
    scene = stage(partitions=2, preload=40, lock=0.2, linger=0.2, **options)
    scene.begin(checkpoint_store=kind)
    scene.wait_until_all_arrived()
    wait_until_committed(scene)
    return scene


def wait_until_committed(scene: Scene) -> None:
    latest = {partition: entries[-1][0] for partition, entries in scene.falcon.ledger().items()}
    scene.wait(lambda: now_at(scene) == latest, what="all committed")


def now_at(scene: Scene) -> dict[str, int]:
    """The committed offsets, as the store has them."""
    return scene.committed() or committed(scene.splunkd)


def stored(scene: Scene) -> dict[str, dict[str, Any]]:
    """The records as the store has them, without the generation of the KV store."""
    files = [json.loads(path.read_bytes()) for path in scene.checkpoints()]
    trees = files or [json.loads(each["record"]) for each in records(scene.splunkd).values()]
    return {tree["partition"]: {**tree, "generation": 0} for tree in trees}


def places(said: Said) -> list[str]:
    assert said.status == 200, said
    return [each["place"] for each in said.entries["main"]["partitions"]]


def audit(scene: Scene) -> list[str]:
    """The lines about changes in splunkd.log."""
    text = (scene.splunkd.home / "var" / "log" / "splunk" / "splunkd.log").read_text(encoding="utf-8")
    return [line for line in text.splitlines() if "action=offset_changed" in line]


@KVSTORE_FIRST
def test_five_events_back_repeats_exactly_those_and_undo_brings_back_the_record_before(stage: Stage, kind: str) -> None:
    scene = begun(stage, kind)
    admin, last = Caller(scene), now_at(scene)
    scene.stop()
    before = stored(scene)
    count = scene.splunkd.count()

    for partition, offset in last.items():
        said = admin.post(MAIN, action="set", partition=partition, to=str(offset - 4))
        assert said.status == 200, said
    scene.resume()
    scene.wait(lambda: scene.splunkd.count() >= count + 10, what="ten repeats")
    wait_until_committed(scene)
    scene.stop()
    found = scene.compare()
    assert (found.missing, found.repeated) == (0, 10)
    assert scene.splunkd.count() == count + 10

    for _ in last:
        assert admin.post(MAIN, action="undo").status == 200
    assert stored(scene) == before
    assert "there is no change to undo" in admin.post(MAIN, action="undo").sentence
    scene.resume()
    scene.falcon.generate(5)
    assert scene.wait_until_all_arrived().repeated == 10


@FILE_FIRST
def test_an_input_that_runs_is_refused_and_shown(stage: Stage, kind: str) -> None:
    scene = begun(stage, kind)
    admin = Caller(scene)
    enabled = admin.post(MAIN, action="set", to="oldest")
    shown = admin.get(MAIN).entries["main"]

    assert (enabled.status, enabled.sentence) == (
        409,
        "input main is enabled. Stop it, and repeat this once it has stopped",
    )
    assert (shown["store"], shown["state"], shown["disabled"], shown["trouble"]) == (kind, "running", False, "none")
    assert [(each["partition"], each["by"], each["user"]) for each in shown["partitions"]] == [
        (partition, "input", "") for partition in sorted(now_at(scene))
    ]
    assert all(each["trail"] and each["created"].endswith("Z") for each in shown["partitions"])
    assert admin.post(MAIN, action="set", to="0", preview="1").entries["main"]["steps"][0]["to"] == "at offset 0"
    assert now_at(scene) == committed_by_falcon(scene)


def committed_by_falcon(scene: Scene) -> dict[str, int]:
    return {partition: entries[-1][0] for partition, entries in scene.falcon.ledger().items()}


def test_going_forward_says_how_far_and_needs_a_reason_which_the_log_keeps(stage: Stage) -> None:
    scene = begun(stage, "file")
    admin, last = Caller(scene), now_at(scene)
    scene.stop()
    partition, offset = sorted(last.items())[0]
    form = {"action": "set", "partition": partition, "to": str(offset + 4)}
    skips = f"3 offsets, from {offset + 1} to {offset + 3}"

    preview = admin.post(MAIN, preview="1", **form)
    assert preview.entries["main"]["steps"] == [
        {"partition": partition, "from": f"after offset {offset}", "to": f"at offset {offset + 4}", "skips": skips}
    ]
    refused = admin.post(MAIN, **form)
    assert refused.status == 409
    assert refused.sentence == f"partition {partition} can leave out {skips}. If you want that, say why"
    assert now_at(scene) == last and audit(scene) == []

    made = admin.post(MAIN, why="a flood of tests", **form).entries["main"]
    row = next(each for each in made["partitions"] if each["partition"] == partition)
    assert (row["by"], row["user"], row["why"]) == ("admin", scene.splunkd.told["username"], "a flood of tests")
    assert made["changes"][0]["what"] == f"set {partition} to {offset + 4}"
    (line,) = audit(scene)
    for word in (f'from="after offset {offset}"', 'why="a flood of tests"', f'skips="{skips}"', "user="):
        assert word in line


@FILE_FIRST
def test_a_time_reads_from_the_oldest_and_drops_what_is_older(stage: Stage, kind: str) -> None:
    scene = begun(stage, kind)
    admin = Caller(scene)
    scene.stop()
    count = scene.splunkd.count()
    said = admin.post(MAIN, action="set", to="newest", why="only what comes now")
    assert all(place.startswith("at the first event created at 20") for place in places(said))

    scene.resume()
    scene.wait_until_open()
    scene.falcon.generate(6)
    scene.wait(lambda: scene.splunkd.count() >= count + 12, what="the new events of both partitions")
    assert scene.splunkd.count() == count + 12
    assert scene.wait_until_all_arrived().missing == 0


def test_offsets_are_carried_from_store_to_store_and_to_another_machine(stage: Stage, tmp_path: Path) -> None:
    scene = begun(stage, "file")
    admin = Caller(scene)
    scene.stop()
    before = places(admin.get(MAIN))
    assert admin.post(MAIN, action="set", to="oldest").status == 200
    moved = admin.post(MAIN, action="move")
    assert moved.entries["main"]["store"] == "kvstore", moved
    assert admin.get(f"{INPUTS}/main").entries["main"]["checkpoint_store"] == "kvstore"
    assert places(admin.post(MAIN, action="undo")) == before  # the history was carried along

    document = admin.get(MAIN).entries["main"]["document"]
    scene.begin("elsewhere", disabled="1")
    scene.stop("elsewhere")
    taken = admin.post(f"{OFFSETS}/elsewhere", action="import", document=document)
    assert taken.status == 200, taken
    assert [each["place"] for each in taken.entries["elsewhere"]["partitions"]] == before
    count = scene.splunkd.count()
    scene.falcon.generate(4)
    scene.resume("elsewhere")
    scene.wait(lambda: scene.splunkd.count() >= count + 8, what="what came since")
    assert scene.compare().repeated == 0
    scene.stop("elsewhere")

    assert admin.post(MAIN, action="move").entries["main"]["store"] == "file"
    assert places(admin.get(MAIN)) == before
    assert "nothing is imported" in admin.post(MAIN, action="import", document=document[:-5]).sentence


def test_whoever_may_not_change_inputs_may_only_look_and_seals_take_the_right_to_read_the_secret(stage: Stage) -> None:
    users = (
        ("viewer", "viewerpass", "list_inputs,list_settings"),
        ("feeder", "feederpass", MAY),
        ("nobody", "nobodypass", "search"),
    )
    scene = begun(stage, "kvstore", users=users)
    scene.stop()
    before = stored(scene)
    form = {"action": "set", "to": "oldest"}
    viewer, feeder, nobody = (Caller(scene, name, secret) for name, secret, _ in users)

    assert viewer.get(MAIN).status == 200
    assert "edit_modinput_falcon_event_streams" in viewer.post(MAIN, **form).sentence
    assert "list_inputs" in nobody.get(MAIN).sentence
    refused = feeder.post(MAIN, **form)
    assert refused.status == 403 and "list_storage_passwords" in refused.sentence
    assert "document" not in feeder.get(MAIN).entries["main"]
    assert stored(scene) == before


@STORES
def test_a_kill_in_the_middle_of_a_change_leaves_the_old_or_the_new_record_whole(stage: Stage, kind: str) -> None:
    scene = begun(stage, kind)
    admin = Caller(scene)
    scene.stop()
    old = stored(scene)
    places_before = places(admin.get(MAIN))
    if kind == "kvstore":
        scene.splunkd.switch(rest_delay_s=0.1, rest_path="storage/collections")
    caller = threading.Thread(target=lambda: admin.post(MAIN, action="set", to="oldest"))
    caller.start()
    scene.wait(lambda: has_history(scene), what="the first thing that a change writes")
    scene.splunkd.kill_script("falcon_event_streams_offsets")
    caller.join(30)
    scene.splunkd.switch(rest_delay_s=0)

    shown = places(admin.get(MAIN))
    assert all(place in (before, "at the oldest event") for place, before in zip(shown, places_before))
    undone = admin.post(MAIN, action="undo")
    assert places(undone) == places_before
    assert stored(scene) == old
    scene.falcon.generate(3)
    scene.resume()
    assert scene.wait_until_all_arrived().holds


def has_history(scene: Scene) -> bool:
    folder = scene.splunkd.home / "var" / "lib" / "splunk" / "modinputs"
    return any(folder.rglob("history.json")) or bool(scene.splunkd.documents(COLLECTION, kind="history"))


def test_the_command_does_what_the_page_does(stage: Stage, tmp_path: Path) -> None:
    scene = begun(stage, "file")
    last, file = now_at(scene), tmp_path / "offsets.json"
    shown = run(scene, "offsets")
    assert [line.split()[0] for line in shown.out.splitlines()] == ["name", *(f"main/{name}" for name in sorted(last))]
    refused = run(scene, "offsets", "set", "main", "--to=-2h")
    assert (refused.status, refused.err) == (1, "input main is enabled. Stop it, and repeat this once it has stopped\n")

    assert "disabled" in run(scene, "offsets", "stop", "main").out
    preview = run(scene, "offsets", "set", "main", "--to=-2h", "--preview")
    assert preview.out.count("at the first event created at") == 2
    assert run(scene, "offsets", "export", "main", str(file)).status == 0
    assert file.stat().st_mode & 0o077 == 0
    assert "name another file" in run(scene, "offsets", "export", "main", str(file)).err
    assert "at offset 3" in run(scene, "offsets", "set", "main", "--to=3", "--partition", sorted(last)[0]).out
    assert run(scene, "offsets", "import", "main", str(file), "--why", "back again").out.count("after offset") == 2
    assert run(scene, "offsets", "undo", "main").out.count("after offset") == 1
    assert run(scene, "offsets", "undo", "main", "--why", "a test").out.count("after offset") == 2
    assert run(scene, "offsets", "move", "main").out.count("kvstore") == 2
    assert "starting" in run(scene, "offsets", "start", "main").out or "running" in run(scene, "offsets").out
    assert now_at(scene) == last
