"""One process per folder: the second waits, a holder without a parent loses it, and what it had prepared is gone."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from falcon_streams.core.record import Owner, Record, StartPosition, first_record
from falcon_streams.errors import RestartNeeded
from falcon_streams.splunk.private_file import prepare_private_file
from falcon_streams.splunk.process_lock import ProcessLock, holder_of
from falcon_streams.store.files import FileStore, folder_of

BIN = Path(__file__).resolve().parents[3] / "bin"
# A holder, as the child of a shell that ends: it becomes an orphan once its parent is gone.
HOLD = (
    "import sys, time; from pathlib import Path; sys.path.insert(0, sys.argv[1]);"
    "from falcon_streams.splunk.process_lock import ProcessLock;"
    "print(ProcessLock(Path(sys.argv[2])).take() or 'ours', flush=True); time.sleep(60)"
)


class Holder:
    """A process that holds the lock of a folder, started by a parent that may end before it."""

    def __init__(self, folder: Path) -> None:
        inner = [sys.executable, "-c", HOLD, str(BIN), str(folder)]
        parent = (
            "import subprocess, sys; child = subprocess.Popen(sys.argv[1:]); print(child.pid, flush=True);"
            "sys.stdin.read(1); import os; os._exit(0)"
        )
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
        self.parent = subprocess.Popen([sys.executable, "-c", parent, *inner], **pipes)  # type: ignore[call-overload]
        assert self.parent.stdout is not None
        told = sorted([self.parent.stdout.readline().strip(), self.parent.stdout.readline().strip()])
        self.ended = False
        self.pid, self.says = int(told[0]), told[1].decode()

    def lose_parent(self) -> None:
        assert self.parent.stdin is not None
        self.parent.stdin.close()
        self.parent.wait()

    def end(self) -> None:
        if self.ended:
            return
        self.ended = True
        try:
            os.kill(self.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        assert self.parent.stdin is not None and self.parent.stdout is not None
        self.parent.stdin.close()
        self.parent.wait()
        self.parent.stdout.read()  # until the holder has gone
        self.parent.stdout.close()


@pytest.fixture
def holder(tmp_path: Path) -> Iterator[Holder]:
    found = Holder(tmp_path / "input")
    yield found
    found.end()


def record() -> Record:
    return first_record("prod", "0", Owner("h", "a", ""), StartPosition(), 1.0, None)


def test_the_second_process_is_told_who_has_the_folder_and_gets_it_when_that_one_dies(
    tmp_path: Path, holder: Holder
) -> None:
    lock = ProcessLock(tmp_path / "input")

    assert holder.says == "ours"
    assert lock.take() == f"process {holder.pid} on this machine reads this input"
    holder.end()
    assert lock.take() == ""
    assert lock.is_ours()
    lock.release()


def test_a_look_at_the_lock_says_who_holds_it_and_neither_takes_nor_makes_it(tmp_path: Path, holder: Holder) -> None:
    seen = holder_of(tmp_path / "input")
    holder.lose_parent()
    orphaned = holder_of(tmp_path / "input")
    holder.end()
    free = [holder_of(tmp_path / "input"), holder_of(tmp_path / "nowhere")]

    assert seen == (holder.pid, False)
    assert orphaned == (holder.pid, True)
    assert free == [None, None]
    assert not (tmp_path / "nowhere").exists()
    lock = ProcessLock(tmp_path / "input")
    assert lock.take() == ""
    lock.release()


def test_an_orphan_that_is_held_up_has_lost_the_folder(tmp_path: Path, holder: Holder) -> None:
    os.kill(holder.pid, signal.SIGSTOP)
    holder.lose_parent()
    lock = ProcessLock(tmp_path / "input")

    assert lock.take() == ""
    assert lock.is_ours()
    other = ProcessLock(tmp_path / "input")
    assert other.take() == f"process {os.getpid()} on this machine reads this input"
    lock.release()


def test_who_has_lost_the_folder_stores_nothing(tmp_path: Path) -> None:
    folder = folder_of(str(tmp_path), "prod")
    lock = ProcessLock(folder)
    assert lock.take() == ""
    store = FileStore(folder, "prod", lock.is_ours)
    store.save([record()])
    before = {path.name: path.read_bytes() for path in folder.glob("partition-*.json")}
    (folder / "another").touch()
    os.replace(folder / "another", folder / "lock")

    with pytest.raises(RestartNeeded, match="taken over"):
        store.save([replace(record(), clean=False)])
    assert {path.name: path.read_bytes() for path in folder.glob("partition-*.json")} == before
    lock.release()


def test_what_a_former_process_has_prepared_is_gone_before_the_records_are_read(tmp_path: Path) -> None:
    folder = tmp_path / "input"
    folder.mkdir()
    left = prepare_private_file(folder / "partition-0.json", b"half")
    old = folder / "partition-0.new"  # as versions before this one named it
    old.touch()
    lock = ProcessLock(folder)

    assert lock.take() == ""
    assert not left.exists()
    assert not old.exists()
    lock.release()


def test_a_folder_that_cannot_be_locked_gives_the_right_to_read_with_a_warning(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").touch()
    lock = ProcessLock(tmp_path / "file" / "input")

    assert lock.take() == ""
    assert lock.is_ours()
    assert "lock_unavailable" in caplog.text


def test_two_processes_that_prepare_one_file_do_not_meet(tmp_path: Path) -> None:
    here = prepare_private_file(tmp_path / "a.json", b"1")

    assert str(os.getpid()) in here.name
