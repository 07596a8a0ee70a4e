"""What the workshop gets by pip comes by hash; what has a hand in the package comes from the cache, as wheels."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tools import environments, front_end, program, vendor


class Recorded:
    """The programs that were run; none of them is, but an environment gets its Python."""

    def __init__(self) -> None:
        self.commands: list[list[str]] = []

    def __call__(self, command: list[str], *rest: Any) -> str:
        self.commands.append(list(command))
        if command[1:3] == ["-m", "venv"]:
            python = Path(command[3], "bin", "python")
            python.parent.mkdir(parents=True)
            python.touch()
        return ""

    def of_pip(self) -> list[list[str]]:
        return [command for command in self.commands if command[1:3] == ["-m", "pip"]]


@pytest.fixture
def recorded(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Recorded:
    programs = Recorded()
    monkeypatch.setattr(program, "run", programs)
    monkeypatch.setattr(environments, "VENVS", tmp_path / "venvs")
    monkeypatch.setattr(environments, "WHEELS", tmp_path / "wheels")
    monkeypatch.setattr(vendor, "CACHE", tmp_path / "vendor")
    monkeypatch.setattr(environments, "interpreters", lambda: {"3.9": sys.executable})
    return programs


def test_pip_gets_nothing_without_a_hash(recorded: Recorded) -> None:
    for name in ("tests", "uv", *environments.TOOLS):
        environments.locked(name, sys.executable, name)
    for requirement in environments.MODELS:
        environments.unpacked(requirement)
    vendor.fetch()

    commands = recorded.of_pip()
    # beside the environments of these: the wheels of what builds, and the libraries that ship
    assert len(commands) == len(environments.TOOLS) + 2 + 2 + len(environments.MODELS)
    assert [each for each in commands if not {"--require-hashes", "--no-deps", "--requirement"} <= set(each)] == []


def test_what_builds_is_installed_from_fetched_wheels_and_no_index(recorded: Recorded, tmp_path: Path) -> None:
    environments.for_tool("ucc")

    download, install = recorded.of_pip()[-2:]
    folder = tmp_path / "wheels" / f"ucc-{environments.version_of(sys.executable)}"
    assert download[download.index("--dest") + 1] == str(folder) == install[install.index("--find-links") + 1]
    assert "--no-index" in install
    assert [each[each.index("--only-binary") + 1] for each in (download, install)] == [":all:", ":all:"]


def test_wheels_are_fetched_once_and_anew_with_another_lock(
    recorded: Recorded, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def fetched() -> int:
        environments.wheels("ucc", sys.executable)
        return len([each for each in recorded.of_pip() if "download" in each])

    assert [fetched(), fetched()] == [1, 1]
    for name in ("ucc", "fetch"):
        (tmp_path / f"{name}.txt").write_text("another\n")
    monkeypatch.setattr(environments, "LOCKS", tmp_path)
    assert fetched() == 2


def test_pip_is_called_in_one_place_only() -> None:
    texts = {path.name: path.read_text(encoding="utf-8") for path in (environments.ROOT / "tools").glob("*.py")}

    assert [name for name, text in texts.items() if re.search(r"""["']-m["'], ["']pip""", text)] == ["environments.py"]


def test_the_front_ends_builder_is_given_a_pip_that_gets_nothing(tmp_path: Path) -> None:
    """What ucc-gen would run for a list in lib/: even a wheel at hand is refused that no hash was named for."""
    vendor.fetch()
    (tmp_path / "list.txt").write_text("idna\n")
    command = [sys.executable, "-m", "pip", "install", "--find-links", str(vendor.CACHE)]
    command += ["--target", str(tmp_path), "-r", str(tmp_path / "list.txt")]
    done = subprocess.run(command, env={**os.environ, **front_end.NOTHING}, capture_output=True, text=True)

    assert done.returncode != 0
    assert "hash" in done.stdout + done.stderr
    assert "lib/requirements.txt" not in front_end._SOURCES
