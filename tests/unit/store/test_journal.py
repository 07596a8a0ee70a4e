"""The journal holds what was committed last, or says that it cannot tell: after kills at every byte, power cuts, full
disks, damage, and a former process that writes once more."""

from __future__ import annotations

import logging
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any, Callable, Dict, FrozenSet, List, Optional, Tuple, cast

import pytest
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from falcon_streams.core.record import Record
from falcon_streams.errors import Fatal, RestartNeeded, Retryable
from falcon_streams.store import journal
from falcon_streams.store.folder import Folder
from falcon_streams.store.journal import JOURNAL, Journal
from tests.fakes.disk import Crash, Disk
from tests.model.mutation import mutate
from tests.profile import trying
from tests.unit.core.test_journal_line import HOWS, NAME, A, B, C, changed, first

Model = Dict[str, Record]
LEAST = 6_000  # bytes; so small that files are compacted all the time
partitions = st.lists(st.sampled_from([A, B, C]), unique=True, min_size=1)
hows = st.sampled_from(HOWS)


class Journals(RuleBasedStateMachine):
    """One input's journal, against a dict."""

    def __init__(self) -> None:
        super().__init__()
        self._root = tempfile.TemporaryDirectory()
        self._patch = pytest.MonkeyPatch()
        self._patch.setattr(journal, "_LEAST", LEAST)
        logging.disable(logging.CRITICAL)
        self.folder = Path(self._root.name) / "main"
        self.disk = Disk(self.folder)
        self.ours = True
        self.model: Model = {}
        self.possible: List[Model] = [{}]  # what a process may find that starts now
        self.past: List[Model] = []  # what it may find if the last line is lost
        self.former: Optional[Journal] = None
        self.seen, self.whole = 0, 0  # the file, and its size when it was seen first
        self.process = self.begin()

    def begin(self) -> Journal:
        return Journal(Folder(self.folder, NAME, lambda: self.ours))

    def teardown(self) -> None:
        logging.disable(logging.NOTSET)
        self._patch.undo()
        self._root.cleanup()

    @property
    def path(self) -> Path:
        return self.folder / JOURNAL

    def made(self, names: List[str], how: str) -> Model:
        return {name: changed(self.model.get(name, first(name)), how) for name in names}

    def commit(self, change: Model, removed: FrozenSet[str], after: Optional[int] = None, full: bool = False) -> None:
        """Save or remove; what is possible afterwards is noted also if it fails."""
        wanted = {name: each for name, each in {**self.model, **change}.items() if name not in removed}
        self.past = [*self.past, self.model][-20:]
        self.possible = [*self.possible, wanted]
        with self.disk.failing(after, full):
            if removed:
                self.process.remove(removed)
            else:
                self.process.save(list(change.values()))
        self.model, self.possible = wanted, [wanted]

    def reopen(self) -> None:
        """A new process finds one of the possible states."""
        self.process = self.begin()
        self.seen = 0  # the file may be another one than before
        found = {name: self.process.load(name) for name in self.process.partitions()}
        assert found in self.possible
        assert self.process.faults() == []
        self.model = {name: each for name, each in found.items() if each is not None}
        self.possible = [self.model]

    # -- what the process does -------------------------------------------------------------------------------------

    @rule(names=partitions, how=hows)
    def save(self, names: List[str], how: str) -> None:
        self.commit(self.made(names, how), frozenset())

    @rule(names=partitions)
    def remove(self, names: List[str]) -> None:
        if self.model.keys() & set(names):
            self.commit({}, frozenset(names))

    @rule(names=partitions, how=hows, after=st.integers(0, 12_000), power=st.booleans(), kept=st.integers(0, 3_000))
    def crash(self, names: List[str], how: str, after: int, power: bool, kept: int) -> None:
        try:
            self.commit(self.made(names, how), frozenset(), after)
        except Crash:
            pass
        if power:
            self.disk.cut_power(kept)
        self.reopen()

    @rule(names=partitions, how=hows, after=st.integers(0, 12_000))
    def fill_the_disk(self, names: List[str], how: str, after: int) -> None:
        try:
            self.commit(self.made(names, how), frozenset(), after, full=True)
        except Retryable:
            assert {name: self.process.load(name) for name in self.process.partitions()} == self.model

    # -- what happens to it ----------------------------------------------------------------------------------------

    @rule()
    def restart(self) -> None:
        self.reopen()

    @rule(kept=st.integers(0, 3_000))
    def cut_power(self, kept: int) -> None:
        self.disk.cut_power(kept)
        self.reopen()

    @rule(names=partitions)
    def lose_the_folder(self, names: List[str]) -> None:
        data = self.path.read_bytes() if self.path.exists() else b""
        self.ours = False
        with pytest.raises(RestartNeeded):
            self.process.save(list(self.made(names, "once").values()))
        self.ours = True
        assert (self.path.read_bytes() if self.path.exists() else b"") == data

    @rule()
    def hand_over(self) -> None:
        """Another process goes on; the former one may be held up within a commit."""
        former = self.process
        self.reopen()
        self.former = former

    @precondition(lambda self: self.former is not None)
    @rule(names=partitions, how=hows)
    def former_process_writes_once_more(self, names: List[str], how: str) -> None:
        assert self.former is not None
        changes = {name: changed(first(name), how) for name in names}
        self.past.append({name: each for name in self.former.partitions() if (each := self.former.load(name))})
        with self.disk.failing(None):
            self.former.save(list(changes.values()))
        late = self.begin().look()
        assert late == {name: self.former.load(name) for name in self.former.partitions()}
        self.possible.append(late)
        self.former = None

    @precondition(lambda self: self.path.exists())
    @rule(data=st.data())
    def damage(self, data: st.DataObject) -> None:
        good = self.path.read_bytes()
        lines = good.splitlines(keepends=True)
        number = data.draw(st.integers(0, len(lines) - 1))
        at = sum(map(len, lines[:number])) + data.draw(st.integers(0, len(lines[number]) - 1))
        how = data.draw(st.sampled_from(["flip", "lose", "zero"]))
        length = data.draw(st.integers(1, 2_000))
        rest = good[at + (1 if how == "flip" else length) :]
        middle = {"flip": bytes([good[at] ^ 1]), "lose": b"", "zero": b"\0" * min(length, len(good) - at)}[how]
        spoilt = good[:at] + middle + rest
        self.path.write_bytes(spoilt)
        if how == "lose" and spoilt in (good[: len(spoilt)],) and spoilt.endswith(b"\n"):
            self.put_back(good)  # whole lines are gone at the end: nobody can tell
            return
        process = self.begin()
        try:
            found = {name: process.load(name) for name in (*process.partitions(), A)}
        except Fatal:
            aside = self.path.with_name(f"{JOURNAL}.damaged")
            assert aside.read_bytes() == spoilt and not self.path.exists()
            with pytest.raises(Fatal):
                self.begin().load(A)
            aside.unlink()
            self.put_back(good)
            return
        known = {name: each for name, each in found.items() if each is not None}
        # Without a line behind the damage, it looks like a last line that a power cut has torn.
        assert known in (self.possible if rest.partition(b"\n")[2] else [*self.possible, *self.past])
        self.put_back(good)

    def put_back(self, good: bytes) -> None:
        """An admin puts a good copy in place."""
        self.path.write_bytes(good)
        self.disk.settle()
        self.reopen()

    # -- what always holds -----------------------------------------------------------------------------------------

    @invariant()
    def what_is_there_is_one_of_the_possible(self) -> None:
        assert self.begin().look() in self.possible

    @invariant()
    def the_file_stays_small(self) -> None:
        """A process appends until the file is several times as long as when it was written whole, or as `LEAST`."""
        if not self.path.exists():
            return
        file = self.path.stat()
        if file.st_ino != self.seen:
            self.seen, self.whole = file.st_ino, file.st_size
        assert file.st_size <= max(LEAST, journal._TIMES * self.whole)


run_machine = cast(Callable[..., None], run_state_machine_as_test)
machine = trying(60, steps=40)


def test_the_journal_holds_what_was_committed_last_whatever_happens() -> None:
    run_machine(Journals, settings=machine)


MISTAKES: Dict[str, Tuple[Any, ...]] = {
    "an appended line is not flushed": (Journal, "_append", "os.fsync(descriptor)", "pass"),
    "a new file's name is not flushed": (Journal, "_put", "self._folder.sync()", "pass"),
    "whoever lost the folder appends": (Journal, "_append", "self._folder.refuse_if_lost()", "pass"),
    "whoever lost the folder replaces the file": (Folder, "put", "self.refuse_if_lost()", "pass"),
    "the file is never compacted": (
        journal._Place, "has_room", "self.size + more <= max(_TIMES * self.whole, _LEAST)", "True",
    ),
}  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("name", MISTAKES)
def test_the_machine_finds_a_mistake_made_on_purpose(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    mutate(monkeypatch, *MISTAKES[name])
    limits = settings(machine, max_examples=300, derandomize=True, phases=[Phase.generate])
    with pytest.raises(BaseException):  # noqa: B017 - whatever the mistake leads to
        run_machine(Journals, settings=limits)


def test_a_file_that_another_process_has_written_is_not_appended_to_though_it_is_as_long(tmp_path: Path) -> None:
    ours, theirs = (Journal(Folder(tmp_path / "main", NAME, lambda: True)) for _ in range(2))
    record = first(A)
    for process in (ours, theirs):
        process.save([replace(record, updated_at=record.updated_at + (process is theirs))])
        assert (tmp_path / "main" / JOURNAL).stat().st_size == ours._place.size  # type: ignore[union-attr]
    ours.save([changed(record, "once")])

    assert Journal(Folder(tmp_path / "main", NAME, lambda: True)).look() == {A: changed(record, "once")}
