"""A program of somebody else's that fails says what it said last, what was not done, and what to paste."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import pytest

from tools import outside

FAILING = [
    sys.executable,
    "-c",
    "import sys; print(*range(100), sep='\\n'); sys.stderr.write('disk full\\n'); sys.exit(3)",
]


def test_what_a_program_says_is_returned() -> None:
    assert outside.run("nothing", [sys.executable, "-c", "print('x')"]) == "x\n"


def test_a_failure_shows_the_last_lines_the_cause_and_a_command_that_can_be_pasted() -> None:
    with pytest.raises(SystemExit) as failed:
        outside.run("pip could not install into .venv/a b", [*FAILING, "a b"])
    said = str(failed.value).splitlines()

    assert said[-3:-1] == ["disk full", "pip could not install into .venv/a b"]
    assert said[-1].startswith("try: ") and said[-1].endswith(" 'a b'")
    assert "0" not in said  # only the last lines


def test_a_remedy_takes_the_commands_place() -> None:
    with pytest.raises(SystemExit, match="try: apt-get install -y python3-venv"):
        outside.run("no venv", FAILING, remedy="apt-get install -y python3-venv")


def test_a_program_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match=r"npm could not build: .*nothing cannot be run \(No such file or directory\)"):
        outside.run("npm could not build", [str(tmp_path / "nothing")])


def test_nobody_who_is_root_is_told_to_use_sudo(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: "/usr/bin/sudo")
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert outside.as_root("apt-get install -y x") == "apt-get install -y x"
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert outside.as_root("apt-get install -y x") == "sudo apt-get install -y x"
