"""The stand-in's own life: killed, restarted, orphaned, and what it leaves behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from tests.splunkd import Splunkd
from tests.splunkd.conftest import Start
from tests.splunkd.toy import FLOOD, TICKING


def test_what_was_in_memory_is_lost_when_the_stand_in_is_killed(start: Start) -> None:
    splunkd = start(FLOOD, switches={"flush_ms": 60_000})
    splunkd.create_input("a", count="50")
    splunkd.wait_for(lambda: splunkd.runs("a")[0]["events"] == 50)
    splunkd.kill()

    assert splunkd.count() == 0


def test_it_kills_itself_when_asked_to(start: Start) -> None:
    splunkd = start()
    with pytest.raises(OSError, match=r".*"):
        splunkd.post("/stand-in/kill")

    splunkd.wait_for(lambda: not splunkd.running)


def test_an_orderly_stop_writes_what_was_in_memory(start: Start) -> None:
    """The control of the former."""
    splunkd = start(FLOOD, switches={"flush_ms": 60_000})
    splunkd.create_input("a", count="50")
    splunkd.wait_for(lambda: splunkd.runs("a")[0]["events"] == 50)
    splunkd.stop()

    assert splunkd.count() == 50


def test_inputs_outlive_a_killed_splunkd_until_they_notice(start: Start) -> None:
    splunkd = start('write("<stream>")\nwhile not stop.wait(0.05): pass')
    splunkd.create_input("a", count="1")
    pid = splunkd.wait_for(lambda: splunkd.input_pid("a"))
    splunkd.kill()

    assert [pid] == splunkd.orphans()
    os.kill(pid, signal.SIGTERM)
    splunkd.wait_for(lambda: splunkd.orphans() == [])


def test_an_input_that_is_being_stopped_is_shown_until_it_has_gone(start: Start) -> None:
    splunkd = start('write("<stream>")\nstop.wait()\ntime.sleep(0.5)\nwrite("</stream>")')
    splunkd.create_input("a", count="1")
    splunkd.wait_for(lambda: splunkd.runs("a")[0]["bytes"])
    stopping = threading.Thread(target=splunkd.disable_input, args=("a",))
    stopping.start()

    splunkd.wait_for(lambda: splunkd.input_pid("a") is None)
    assert splunkd.runs("a")[0]["exit_code"] == 0
    stopping.join()


def test_an_orphan_that_writes_gets_a_broken_pipe(start: Start) -> None:
    splunkd = start(TICKING)
    splunkd.create_input("a", count="1")
    splunkd.wait_for(lambda: splunkd.count() > 0)
    splunkd.kill()

    splunkd.wait_for(lambda: splunkd.orphans() == [])


def test_a_restart_keeps_the_home_and_has_a_later_start_time(start: Start) -> None:
    splunkd = start()
    splunkd.create_input("a", count="2")
    splunkd.create_password("r", "u", "kept")
    splunkd.wait_for(lambda: splunkd.count() == 2)
    uri, key = splunkd.management_uri, splunkd.session_key
    started = _started(splunkd)
    splunkd.restart()
    splunkd.wait_for(lambda: splunkd.count() == 4)

    assert uri == splunkd.management_uri
    assert key != splunkd.session_key
    assert started < _started(splunkd)
    entries = splunkd.get("/servicesNS/nobody/TA_toy/storage/passwords")["entry"]
    assert [entry["content"]["clear_password"] for entry in entries] == ["kept"]


def _started(splunkd: Splunkd) -> int:
    return int(splunkd.get("/services/server/info")["entry"][0]["content"]["startup_time"])


def _is_gone(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except (FileNotFoundError, ProcessLookupError):
        return True


def test_it_ends_in_order_when_its_parent_dies(tmp_path: Path, start: Start) -> None:
    splunkd = start()
    script = (
        "import sys; sys.path.insert(0, '.')\n"
        "from pathlib import Path\nfrom tests.splunkd import Splunkd\n"
        f"splunkd = Splunkd(Path({str(tmp_path / 'orphaned')!r}), Path({str(splunkd.app_home)!r})).start()\n"
        "splunkd.create_input('a', count='1')\n"
        "print(splunkd.pid, flush=True)\nimport os\nos.kill(os.getpid(), 9)\n"
    )
    root = Path(__file__).resolve().parents[2]
    told = subprocess.run([sys.executable, "-c", script], cwd=root, capture_output=True, check=False)
    pid = int(told.stdout)

    splunkd.wait_for(lambda: _is_gone(pid))
    log = (tmp_path / "orphaned" / "var" / "log" / "splunk" / "splunkd.log").read_text()
    assert "Shutting down" in log


def test_every_byte_finds_what_an_input_wrote_anywhere(start: Start) -> None:
    body = """
    print("INFO needle-stderr", file=sys.stderr)
    print("DEBUG needle-debug", file=sys.stderr)
    write("<stream>"); event("needle-stdout")
    with open(root.findtext("checkpoint_dir") + "/position", "w") as file: file.write("needle-file")
    stop.wait()
    """
    validation = 'print("needle-validation", file=sys.stderr)'
    splunkd = start(body, validation=validation)
    splunkd.create_input("a", count="1")
    splunkd.wait_for(lambda: splunkd.count() == 1)

    def found(needle: bytes) -> set[str]:
        return {path.name for path, data in splunkd.every_byte() if needle in data and path.name != "toy.py"}

    splunkd.wait_for(lambda: {"splunkd.log"} < found(b"needle-stderr"))
    splunkd.wait_for(lambda: found(b"needle-debug"))
    splunkd.wait_for(lambda: {"position"} == found(b"needle-file"))
    splunkd.wait_for(lambda: found(b"needle-stdout"))
    assert {"splunkd.log"} < found(b"needle-validation")
    assert set() == found(b"needle-nowhere")


def test_a_stand_in_that_cannot_start_says_why(tmp_path: Path) -> None:
    splunkd = Splunkd(tmp_path / "home", tmp_path / "no-such.tgz")

    with pytest.raises(RuntimeError, match=r"no-such\.tgz"):
        splunkd.start()
    splunkd.close()
