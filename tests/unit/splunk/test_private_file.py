"""What others could use before is taken from them, and nothing is written through a link that they have planted."""

from __future__ import annotations

import logging
import os
import stat
from pathlib import Path

import pytest

from falcon_streams.splunk.logs import start_logging
from falcon_streams.splunk.private_file import make_private_folder, prepare_private_file
from falcon_streams.splunk.process_lock import ProcessLock


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def said(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records]


def test_a_folder_that_others_may_use_is_tightened_and_that_is_said_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder = tmp_path / "main"
    folder.mkdir()
    folder.chmod(0o777)
    make_private_folder(folder)
    make_private_folder(folder)

    assert mode(folder) == 0o700
    assert said(caplog) == ["rights_tightened"]


def test_a_planted_link_is_not_written_through(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    victim, path = tmp_path / "victim", tmp_path / "state.json"
    victim.write_text("precious")
    (tmp_path / f"state.json.{os.getpid()}.new").symlink_to(victim)
    temporary = prepare_private_file(path, b"{}")

    assert victim.read_text() == "precious"
    assert (temporary.read_bytes(), temporary.is_symlink(), mode(temporary)) == (b"{}", False, 0o600)
    assert said(caplog) == ["leftover_removed"]


def test_what_a_process_of_the_same_number_has_left_is_replaced(tmp_path: Path) -> None:
    (tmp_path / f"state.json.{os.getpid()}.new").write_text("longer than what follows")

    assert prepare_private_file(tmp_path / "state.json", b"{}").read_bytes() == b"{}"


def test_a_lock_that_is_a_link_is_not_written_through(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    victim, folder = tmp_path / "victim", tmp_path / "main"
    victim.write_text("precious")
    folder.mkdir(mode=0o700)
    (folder / "lock").symlink_to(victim)
    lock = ProcessLock(folder)

    assert lock.take() == ""
    lock.release()
    assert victim.read_text() == "precious"
    assert said(caplog) == ["leftover_removed"]


def test_logs_that_others_may_read_are_tightened_the_rotated_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "var" / "log" / "splunk"
    folder.mkdir(parents=True)
    paths = [folder / f"falcon_event_streams_main.log{end}" for end in ("", ".1")]
    for path in paths:
        path.touch()
        path.chmod(0o666)
    log(tmp_path, monkeypatch)

    assert [mode(path) for path in paths] == [0o600, 0o600]
    assert "action=rights_tightened" in paths[0].read_text()


def test_a_log_that_is_a_link_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    victim, folder = tmp_path / "victim", tmp_path / "var" / "log" / "splunk"
    victim.write_text("precious")
    folder.mkdir(parents=True)
    (folder / "falcon_event_streams_main.log").symlink_to(victim)
    log(tmp_path, monkeypatch)

    assert victim.read_text() == "precious"
    assert "action=log_file_refused" in capsys.readouterr().err


def log(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Start logging as an input does, and leave the root logger as it was."""
    monkeypatch.setenv("SPLUNK_HOME", str(home))
    root = logging.getLogger()
    former, level, ours = list(root.handlers), root.level, logging.getLogger("falcon_streams").level
    try:
        start_logging("main")
    finally:
        for handler in set(root.handlers) - set(former):
            root.removeHandler(handler)
            handler.close()
        root.setLevel(level)
        logging.getLogger("falcon_streams").setLevel(ours)
