"""Which Python plays which test, when the stand-ins' own tests are left out, and the table of the long proofs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests import conftest
from tools import nightly, package, suite


class Item:
    """As much of a test as its share depends on."""

    def __init__(self, name: str, mark: str = "") -> None:
        self.nodeid = f"tests/{name}"
        self.path = conftest.ROOT / "tests" / name.partition("::")[0]
        self._mark = mark

    def get_closest_marker(self, name: str) -> object:
        return self if self._mark == name else None


def players(item: Item, count: int = 2) -> list[int]:
    found: Any = item
    return [number for number in range(count) if conftest.plays(found, number, count)]


def test_units_are_played_on_every_python_and_what_is_not_ours_on_the_first() -> None:
    assert players(Item("unit/test_a.py::test_b")) == [0, 1]
    assert players(Item("model/test_a.py::test_b")) == [0, 1]
    assert players(Item("knowledge/test_a.py::test_b")) == [0]
    assert players(Item("test_architecture.py::test_b")) == players(Item("unit/tools/test_a.py::test_b")) == [0]
    assert players(Item("real_splunk/test_a.py::test_b")) == [1]


def test_a_scene_is_played_on_exactly_one_python_and_both_get_theirs() -> None:
    played = [players(Item(f"integration/test_a.py::test_{number}")) for number in range(40)]

    assert {len(each) for each in played} == {1}
    assert 10 < sum(each == [0] for each in played) < 30


def test_a_scene_whose_subject_differs_between_the_pythons_is_played_on_each() -> None:
    assert players(Item("integration/test_a.py::test_b", mark="every_python")) == [0, 1]


def test_scenes_that_share_what_takes_long_to_set_up_are_played_on_one_python() -> None:
    played = [players(Item(f"integration/test_a.py::test_{number}", mark="together")) for number in range(40)]

    assert played in ([[0]] * 40, [[1]] * 40)


def test_where_there_is_one_python_it_plays_all() -> None:
    assert players(Item("integration/test_a.py::test_b"), 1) == players(Item("package/test_a.py::test_b"), 1) == [0]


def test_the_stand_ins_tests_are_left_out_only_after_a_pass_and_until_something_changes(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    commands: list[list[str]] = []
    monkeypatch.setattr(suite, "run", commands.append)
    monkeypatch.setattr(package, "build", lambda folder: folder / "package.tgz")
    monkeypatch.setattr(suite, "_STAMP", tmp_path / "stamp")

    for state in ("a", "a", "b"):
        monkeypatch.setattr(suite, "fingerprint", lambda state=state: state)
        suite.whole([Path("python")], [])
    ignored = [[option for option in command if option.startswith("--ignore")] for command in commands]
    assert [len(each) for each in ignored] == [0, len(suite.STAND_INS), 0]


def test_the_table_names_what_did_not_hold() -> None:
    told = nightly.table([nightly.Outcome("day", True, 112.4), nightly.Outcome("soak", False, 5.0)])

    assert told.splitlines()[1].split() == ["soak", "DID", "NOT", "HOLD", "5", "s"]
    assert told.splitlines()[-1] == "1 of 2 held after 117 s"
