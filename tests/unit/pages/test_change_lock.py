"""One change of the pages at a time, over threads and processes."""

from __future__ import annotations

import logging
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from falcon_streams.clock import SystemClock
from falcon_streams.errors import Refused
from falcon_streams.pages.change_lock import ChangeLock
from tests.fakes.clock import FakeClock

BIN = Path(__file__).resolve().parents[3] / "bin"
HOLD = (
    "import sys, time; from pathlib import Path; sys.path.insert(0, sys.argv[1]);"
    "from falcon_streams.clock import SystemClock; from falcon_streams.pages.change_lock import ChangeLock;"
    "ChangeLock(Path(sys.argv[2]), SystemClock()).__enter__(); print('ours', flush=True); time.sleep(60)"
)


def test_of_two_processes_one_waits_and_is_refused_where_that_takes_too_long(tmp_path: Path) -> None:
    clock = FakeClock()
    before = clock.monotonic()
    with ChangeLock(tmp_path, clock):
        with pytest.raises(Refused, match="takes too long") as refused, ChangeLock(tmp_path, clock):
            raise AssertionError("it has the lock")
        assert refused.value.status == 503
        assert 30 <= clock.monotonic() - before < 31
    with ChangeLock(tmp_path, clock):
        pass


def test_a_lock_ends_with_its_process_however_that_ends(tmp_path: Path) -> None:
    arguments = [sys.executable, "-c", HOLD, str(BIN), str(tmp_path)]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "ours\n"
        with pytest.raises(Refused), ChangeLock(tmp_path, FakeClock()):
            pass
        holder.kill()

    with ChangeLock(tmp_path, FakeClock()):
        pass


def test_one_thread_holds_the_lock_at_a_time(tmp_path: Path) -> None:
    change_lock, inside, seen = ChangeLock(tmp_path, SystemClock()), threading.Semaphore(1), []

    def change() -> None:
        with change_lock:
            seen.append(inside.acquire(blocking=False))
            inside.release()

    threads = [threading.Thread(target=change) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert seen == [True] * 20


def test_a_change_that_fails_frees_the_lock(tmp_path: Path) -> None:
    change_lock = ChangeLock(tmp_path, FakeClock())
    with pytest.raises(ValueError, match="no"), change_lock:
        raise ValueError("no")

    with change_lock:
        pass


def test_where_files_cannot_be_locked_changes_are_made_and_the_log_says_so(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / ".pages").write_text("in the way", encoding="utf-8")
    with caplog.at_level(logging.WARNING), ChangeLock(tmp_path, FakeClock()):
        pass

    assert [record.getMessage() for record in caplog.records] == ["lock_unavailable"]
