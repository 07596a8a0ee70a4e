"""An outside program that fails ends in one sentence: cause, its last words, and a command to paste."""

from __future__ import annotations

import errno
import os
import socket
import sys
from pathlib import Path

import pytest

from tools import package, program


def failing(printed: str) -> list[str]:
    return [sys.executable, "-c", f"import sys; print({printed!r}); sys.exit(3)"]


@pytest.mark.parametrize(
    "printed, cause",
    [
        ("OSError: [Errno 28] No space left on device", "the disk is full"),
        ("OSError: [Errno 30] Read-only file system: 'x'", "the checkout is read-only"),
        ("Temporary failure in name resolution", "the package index cannot be reached"),
        ("npm error code ECONNREFUSED", "the package index cannot be reached"),
        ("ERROR: No matching distribution found for x==1", "the package index cannot be reached, or it has no such"),
        ("[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed", "certificate is not trusted"),
        ("ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE", "not the one that the lock names"),
        ("Error: ensurepip is not available", "without a whole venv module"),
        ("something else", "ended with 3"),
    ],
)
def test_the_cause_is_named_and_the_last_lines_are_shown(printed: str, cause: str) -> None:
    with pytest.raises(SystemExit) as ended:
        program.run(failing(printed), "do this")
    said = str(ended.value)
    assert said.startswith("could not do this: ") and cause in said.splitlines()[0]
    assert printed in said.splitlines()[1]


def test_the_command_can_be_pasted_although_the_folder_has_a_space() -> None:
    assert program.told(["pip", "install", "/a b/c"], "install", 1, "").endswith("try: pip install '/a b/c'")


def test_a_program_that_is_not_there_is_named_with_the_remedy() -> None:
    with pytest.raises(SystemExit, match="no-such-program: it is not installed\ntry: install it"):
        program.run(["no-such-program"], "do this", remedy="install it")


def test_root_is_not_told_to_type_sudo(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert program.by_apt("npm") == "apt-get install -y npm"
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert program.by_apt("npm") == "sudo apt-get install -y npm"


@pytest.mark.parametrize(
    "code, cause", [(errno.ENOSPC, "the disk is full"), (errno.EROFS, "the checkout is read-only")]
)
def test_a_file_that_cannot_be_written_ends_in_one_sentence(code: int, cause: str) -> None:
    with pytest.raises(SystemExit, match=f"could not fill lib/: .*{cause}"), program.writing("fill lib/"):
        raise OSError(code, os.strerror(code), "lib/x")


def test_an_error_of_our_own_is_not_hidden() -> None:
    with pytest.raises(FileNotFoundError), program.writing("fill lib/"):
        raise FileNotFoundError(errno.ENOENT, "no such file", "x")


def test_a_loopback_that_is_down_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def unreachable(*_: object, **__: object) -> None:
        raise OSError(errno.ENETUNREACH, "Network is unreachable")

    program.need_loopback()
    monkeypatch.setattr(socket, "create_connection", unreachable)
    with pytest.raises(SystemExit, match=r"cannot reach itself at 127\.0\.0\.1 \(Network is unreachable\)"):
        program.need_loopback()


def test_a_machine_without_git_finds_what_ships(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "bin/falcon_event_streams.py" in package.tracked()
