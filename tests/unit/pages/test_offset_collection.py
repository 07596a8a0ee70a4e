"""What one form does to an input's offsets: never in halves, never without a word, and with a way back."""

from __future__ import annotations

import json
import os
import re
import tempfile
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Callable, ContextManager, Dict, Iterator, List, Mapping, Tuple, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from falcon_streams.core.record import ADMIN, Owner, Record, StartPosition, first_record
from falcon_streams.errors import Refused, Retryable
from falcon_streams.pages.offset_collection import Offsets
from falcon_streams.ports import ChangeableStore
from falcon_streams.splunk.settings import read_input
from falcon_streams.splunk.writable_splunkd import WritableSplunkd
from falcon_streams.store import shown_records, stopped_input
from falcon_streams.store.files import folder_of
from falcon_streams.store.stopped_input import FILE, KVSTORE, StoppedInputs
from tests.fakes.clock import FakeClock
from tests.fakes.collection import Collection
from tests.profile import trying
from tests.unit.core.test_offset_change import event

SECRET = "the account's secret"
EVERYTHING = ("list_inputs", "edit_storage_passwords")


class Splunkd:
    """The part of `WritableSplunkd` that the collection takes: two inputs, `main` and `running`."""

    username = "alice"

    def __init__(self, kind: str) -> None:
        self.capabilities = frozenset(EVERYTHING)
        self.settings = {"main": {"disabled": "1"}, "running": {"disabled": "0"}}
        for each in self.settings.values():
            each.update(account="prod", app_id="main", checkpoint_store=kind)

    def inputs(self) -> Iterator[Tuple[str, Dict[str, str]]]:
        return iter(self.settings.items())

    def info(self) -> Any:
        return SimpleNamespace(started=500.0, forwarder="hf/guid")

    def edit_input(self, name: str, settings: Mapping[str, str]) -> None:
        self.settings[name].update(settings)


class Crash(BaseException):
    """The process dies here."""


class Scene:
    """An admin before the two inputs; `main` has committed the partitions 0 and 1 up to offset 100."""

    def __init__(self, folder: Path, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder, self.kind, self.clock = folder, kind, FakeClock()
        self.splunkd, self.collection = Splunkd(kind), Collection()
        account = SimpleNamespace(credentials=SimpleNamespace(client_secret=SECRET))
        for module in (stopped_input, shown_records):
            monkeypatch.setattr(module, "open_kvstore", lambda splunkd: self.collection)
            monkeypatch.setattr(module, "read_account", lambda splunkd, name: account)
        with self.open() as store:
            store.save([record("0"), record("1")])

    def open(self) -> ContextManager[ChangeableStore]:
        settings = read_input("main", {key: text for key, text in self.raw.items() if key != "disabled"})
        return StoppedInputs(self.folder, self.clock).open(self.caller, settings)

    @property
    def raw(self) -> Dict[str, str]:
        return self.splunkd.settings["main"]

    @property
    def caller(self) -> WritableSplunkd:
        return cast(WritableSplunkd, self.splunkd)

    @property
    def offsets(self) -> Offsets:
        """The collection in a new process of the pages."""
        return Offsets(self.caller, self.clock, self.folder, StoppedInputs(self.folder, self.clock))

    def do(self, name: str = "main", **form: str) -> Any:
        """The object after a change."""
        return self.offsets.prepare(name, form, new=False)().content

    def stored(self) -> Dict[str, bytes]:
        """The records as they are, but for the generation of the KV store."""
        with self.open() as store:
            found = {name: store.load(name) for name in store.partitions()}
        return {name: replace(each, generation=0).to_bytes() for name, each in found.items() if each is not None}


def record(partition: str) -> Record:
    first = first_record("main", partition, Owner("h", "id", ""), StartPosition(), 1000.0, 500.0)
    return replace(first.committed(event(100), ("c1",), 1100.0, 30.0), clean=True)


def refused(status: int, words: str, act: Callable[[], object]) -> None:
    with pytest.raises(Refused, match=re.escape(words)) as found:
        act()
    assert found.value.status == status


@pytest.fixture(params=[FILE, KVSTORE])
def scene(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Scene:
    return Scene(tmp_path, request.param, monkeypatch)


def test_a_change_names_who_made_it_and_why_and_can_be_undone(scene: Scene) -> None:
    before = scene.stored()
    made = scene.do(action="set", to="96", partition="1", why="a test")

    zero, one = made["partitions"]
    assert (zero["place"], zero["by"]) == ("after offset 100", "input")
    assert (one["place"], one["by"], one["user"], one["why"]) == ("at offset 96", ADMIN, "alice", "a test")
    assert made["changes"] == [{"at": one["written_at"], "user": "alice", "why": "a test", "what": "set 1 to 96"}]
    assert made["steps"] == [{"partition": "1", "from": "after offset 100", "to": "at offset 96", "skips": ""}]
    assert scene.do(action="undo")["changes"] == []
    assert scene.stored() == before


def test_of_all_changes_the_last_ten_can_be_undone(scene: Scene) -> None:
    for offset in range(90, 78, -1):
        scene.do(action="set", to=str(offset))
    for _ in range(10):
        scene.do(action="undo")

    refused(409, "there is no change to undo", lambda: scene.do(action="undo"))
    assert [json.loads(each)["origin"]["offset"] for each in scene.stored().values()] == [89, 89]


@pytest.mark.parametrize(
    ("form", "status", "words"),
    [
        ({"action": "set", "to": "never"}, 400, "'never' is no place"),
        ({"action": "set"}, 400, "'' is no place"),
        ({"action": "set", "to": "1", "partition": "7"}, 404, "there is no record of partition 7"),
        ({"action": "erase"}, 400, "action 'erase' is none of"),
        ({}, 400, "action '' is none of"),
        ({"action": "import", "document": "{"}, 400, "nothing is imported: this is not a document of offsets"),
        ({"action": "set", "to": "102"}, 409, "partition 0 can leave out 1 offsets, from 101 to 101; partition 1"),
        ({"action": "set", "to": "newest"}, 409, "If you want that, say why"),
        ({"action": "undo"}, 409, "there is no change to undo"),
    ],
)
def test_what_makes_no_sense_or_leaves_events_out_without_a_reason_changes_nothing(
    scene: Scene, form: Dict[str, str], status: int, words: str
) -> None:
    before = scene.stored()
    refused(status, words, lambda: scene.do(**form))
    assert scene.stored() == before


def test_an_enabled_input_an_unknown_one_and_the_whole_collection_are_refused(scene: Scene) -> None:
    refused(409, "input running is enabled. Stop it", lambda: scene.do("running", action="set", to="1"))
    refused(404, "there is no input 'other'", lambda: scene.do("other", action="set", to="1"))
    refused(405, "name it in the address", lambda: scene.offsets.prepare("", {"action": "set"}, new=True))
    refused(405, "offsets cannot be removed", lambda: scene.offsets.delete("main"))


def test_whoever_may_not_read_the_accounts_secret_makes_no_seal_but_changes_files(scene: Scene) -> None:
    scene.splunkd.capabilities = frozenset({"list_inputs", "edit_scripted"})

    if scene.kind == KVSTORE:
        refused(403, "list_storage_passwords", lambda: scene.do(action="set", to="1"))
    else:
        assert scene.do(action="set", to="1")["partitions"][0]["place"] == "at offset 1"
    refused(403, "list_storage_passwords", lambda: scene.do(action="move"))


def test_a_preview_of_an_input_that_runs_counts_from_its_last_commit_since_a_stop_is_in_order(scene: Scene) -> None:
    with scene.open() as store:
        store.save([replace(record("0"), clean=False, trail=()), replace(record("1"), clean=False)])
    form = {"action": "set", "to": "50", "preview": "1"}
    assert any(step["skips"] for step in scene.do(**form)["steps"])

    scene.raw["disabled"] = "0"
    assert [step["skips"] for step in scene.do(**form)["steps"]] == ["", ""]


def test_a_preview_changes_nothing_and_says_the_same_as_the_change(scene: Scene) -> None:
    before = scene.stored()
    form = {"action": "set", "to": "newest", "why": "a test"}
    preview = scene.do(preview="1", **form)

    assert scene.stored() == before
    assert preview["steps"] == scene.do(**form)["steps"]


def test_a_move_carries_records_and_history_and_lets_the_input_use_the_other_store(scene: Scene) -> None:
    scene.do(action="set", to="96")
    before = scene.stored()
    moved = scene.do(action="move")

    assert moved["store"] == scene.raw["checkpoint_store"] != scene.kind
    assert scene.stored() == before
    assert [each["what"] for each in moved["changes"]] == ["set all to 96"]
    scene.do(action="undo")
    assert [each["place"] for each in scene.do(action="move")["partitions"]] == ["after offset 100"] * 2
    assert scene.raw["checkpoint_store"] == scene.kind


def test_child_tenants_are_seen_set_undone_moved_and_carried_to_another_input(scene: Scene) -> None:
    child = f"{'a' * 32}/0"
    with scene.open() as store:
        store.save([record(child), record(f"{'b' * 32}/0")])
    before = scene.stored()
    made = scene.do(action="set", to="96", partition=child)
    assert [each["place"] for each in made["partitions"]] == ["after offset 100"] * 2 + [
        "at offset 96",
        "after offset 100",
    ]
    assert made["steps"] == [{"partition": child, "from": "after offset 100", "to": "at offset 96", "skips": ""}]

    changed = scene.stored()
    scene.do(action="move")
    assert scene.stored() == changed != before
    scene.do(action="undo")
    assert scene.stored() == before

    document = str(scene.offsets.entry("main").content["document"])
    scene.splunkd.settings["running"]["disabled"] = "1"
    taken = scene.do("running", action="import", document=document, why="a new machine")
    assert [each["partition"] for each in taken["partitions"]] == sorted(before)
    assert scene.do("running", action="undo", why="it was the wrong machine")["partitions"] == []


def test_a_damaged_journal_is_told_and_neither_moved_nor_exported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene = Scene(tmp_path, FILE, monkeypatch)
    with scene.open() as store:
        store.save([record(f"{'a' * 32}/0")])
    journal = folder_of(str(tmp_path), "main") / "tenants.journal"
    journal.write_bytes(b"{")
    shown = scene.offsets.entry("main").content

    assert shown["trouble"] == f"the checkpoint {journal} cannot be used"
    assert "document" not in shown and len(cast(List[object], shown["partitions"])) == 2
    refused(409, "cannot be used: restore it first", lambda: scene.do(action="move"))
    assert journal.read_bytes() == b"{"


def test_a_move_that_splunkd_refuses_leaves_the_input_where_it_was(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(name: str, settings: object) -> None:
        raise Refused(400, "checkpoint_store = file does not work here")

    before = scene.stored()
    monkeypatch.setattr(scene.splunkd, "edit_input", refuse)
    refused(400, "does not work here", lambda: scene.do(action="move"))
    assert scene.stored() == before


def test_a_damaged_checkpoint_is_told_and_neither_moved_nor_exported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene = Scene(tmp_path, FILE, monkeypatch)
    one, _ = sorted(folder_of(str(tmp_path), "main").glob("partition-*.json"))
    one.write_bytes(b"{")
    shown = scene.offsets.entry("main").content

    assert shown["trouble"] == f"the checkpoint {one} cannot be used"
    assert "document" not in shown
    refused(409, "cannot be used: restore it first", lambda: scene.do(action="move"))
    assert one.read_bytes() == b"{"


def test_what_a_caller_sees_without_the_secret_is_not_exported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody else may have written it, and another machine would make seals for it."""

    def forbid(splunkd: object, name: str) -> None:
        raise Retryable("splunkd answered 403 for storage/passwords", status=403)

    scene = Scene(tmp_path, KVSTORE, monkeypatch)
    assert "document" in scene.offsets.entry("main").content
    monkeypatch.setattr(shown_records, "read_account", forbid)
    shown = scene.offsets.entry("main").content

    assert "the seals of these records were not checked" in str(shown["trouble"])
    assert len(cast(List[object], shown["partitions"])) == 2
    assert "document" not in shown and shown["changes"] == []


def test_a_damaged_history_is_told_and_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scene = Scene(tmp_path, FILE, monkeypatch)
    path = folder_of(str(tmp_path), "main") / "history.json"
    path.write_text("{", encoding="utf-8")

    assert "an admin's changes cannot be undone" in str(scene.offsets.entry("main").content["trouble"])
    refused(409, "the history of changes is damaged: move history.json", lambda: scene.do(action="set", to="1"))
    assert path.read_text(encoding="utf-8") == "{"


def test_the_document_of_one_input_is_taken_by_another(scene: Scene) -> None:
    document = str(scene.offsets.entry("main").content["document"])
    scene.splunkd.settings["running"]["disabled"] = "1"
    taken = scene.do("running", action="import", document=document, why="a new machine")

    assert [(each["place"], each["by"]) for each in taken["partitions"]] == [("after offset 100", ADMIN)] * 2
    refused(409, "say why", lambda: scene.do("running", action="undo"))
    assert scene.do("running", action="undo", why="it was the wrong machine")["partitions"] == []


def test_the_log_says_who_changed_what_from_where_to_where_and_why(
    scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.clear()
    scene.do(action="set", to="96", partition="0", why="a test")

    (line,) = [each for each in caplog.records if each.getMessage() == "offset_changed"]
    assert line.args == {
        "modular_input_name": "falcon_event_streams://main",
        "change": "set 0 to 96",
        "partition": "0",
        "from": "after offset 100",
        "to": "at offset 96",
        "skips": "",
        "user": "alice",
        "why": "a test",
    }


@pytest.mark.parametrize("undo", [False, True])
@pytest.mark.parametrize("at", range(12))
def test_a_crash_at_any_write_leaves_each_record_old_or_new_and_a_way_back(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, at: int, undo: bool
) -> None:
    old = scene.stored()
    if undo:
        scene.do(action="set", to="96")
    writes = Writes(at)
    with monkeypatch.context() as patched:
        patched.setattr("falcon_streams.store.files.os.replace", writes.counted(os.replace))
        for name in ("save", "insert", "replace", "remove"):
            patched.setattr(scene.collection, name, writes.counted(getattr(scene.collection, name)))
        crashed = writes.crashes(lambda: scene.do(action="undo") if undo else scene.do(action="set", to="96"))
    scene.clock.pause(60.0)

    for partition, data in scene.stored().items():
        assert data == old[partition] or json.loads(data)["origin"]["offset"] == 96
    changes = cast(List[object], scene.offsets.entry("main").content["changes"])
    if changes:
        scene.do(action="undo")
    assert scene.stored() == old
    assert crashed or at > 2  # the control: three writes at least are cut


class Writes:
    """Counts writes and dies before the one with this number."""

    def __init__(self, at: int) -> None:
        self._left = at

    def counted(self, write: Callable[..., Any]) -> Callable[..., Any]:
        def act(*arguments: Any) -> Any:
            if self._left == 0:
                raise Crash
            self._left -= 1
            return write(*arguments)

        return act

    def crashes(self, act: Callable[[], object]) -> bool:
        try:
            act()
        except Crash:
            return True
        return False


@pytest.mark.slow
@trying(25)
@given(acts=st.lists(st.one_of(st.sampled_from(["oldest", "newest", "undo", "move"]), st.integers(0, 200)), max_size=8))
def test_any_sequence_of_changes_and_undos_comes_back_to_each_record_before(acts: List[Any]) -> None:
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as monkeypatch:
        scene = Scene(Path(folder), FILE, monkeypatch)
        stack: List[Dict[str, bytes]] = []
        for act in acts:
            scene.clock.pause(1.0)
            if act == "undo" and not stack:
                refused(409, "there is no change to undo", lambda: scene.do(action="undo"))
            elif act == "undo":
                scene.do(action="undo")
                assert scene.stored() == stack.pop()
            elif act == "move":
                before = scene.stored()
                scene.do(action="move")
                assert scene.stored() == before
            else:
                stack.append(scene.stored())
                scene.do(action="set", to=str(act), why="a test")
