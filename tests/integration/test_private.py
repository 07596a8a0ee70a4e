"""What others on the machine can see of a running input: its processes, its files, and what it says when it crashes."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

from tests.integration.conftest import Stage
from tests.integration.leaks import find
from tests.integration.page_calls import ACCOUNT, Caller, good_account
from tests.splunkd import run_input
from tools.package import unpack

SECRET = "a-very-secret-session-key"
_CRASH = """
import io, sys
sys.path[:0] = [sys.argv[1] + "/bin", sys.argv[1] + "/lib"]
from falcon_streams import app
from falcon_streams.splunk import accounts
def fail(splunkd):
    raise ValueError("a-very-secret-session-key")
accounts.read_log_level = fail
sys.exit(app.run(sys.stdin.buffer, sys.stdout.buffer))
"""
_RUN = f"""<input><server_host>h</server_host>
<server_uri>https://127.0.0.1:1</server_uri>
<session_key>{SECRET}</session_key><checkpoint_dir>{{folder}}</checkpoint_dir><configuration>
<stanza name="falcon_event_streams://main" app="a"><param name="account">prod</param>
</stanza></configuration></input>"""


def shown(pid: int) -> list[tuple[Path, bytes]]:
    """What `ps e` shows of a process."""
    paths = [Path(f"/proc/{pid}/{name}") for name in ("cmdline", "environ", "comm")]
    return [(path, path.read_bytes()) for path in paths]


def test_ps_shows_no_secret_of_a_running_input(stage: Stage) -> None:
    scene = stage(preload=5)
    scene.begin()
    scene.wait_until_all_arrived()
    pid = scene.splunkd.input_pid("main")
    assert pid is not None
    told, own_key = shown(pid), scene.splunkd.input_state("main")["session_key"]

    assert b"falcon_event_streams.py" in told[0][1]
    assert list(find({*scene.secrets, scene.splunkd.session_key, own_key}, told)) == []
    planted = subprocess.Popen([sys.executable, "-c", "input()", scene.falcon.client_secret], stdin=subprocess.PIPE)
    with planted:
        found = [f"/proc/{planted.pid}/cmdline"]
        scene.wait(lambda: list(find(scene.secrets, shown(planted.pid))) == found, what="the planted one")


def test_folders_of_ours_are_for_their_owner_only_and_so_are_the_files(stage: Stage) -> None:
    former = os.umask(0o022)
    try:
        scene = stage(partitions=2, preload=5)
        scene.begin()
        scene.wait_until_committed()
    finally:
        os.umask(former)
    home = scene.splunkd.home
    folder = scene.checkpoints()[0].parent
    log = home / "var" / "log" / "splunk" / "falcon_event_streams_main.log"
    scene.stop()

    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    files = [log, *(path for path in folder.rglob("*") if path.is_file())]
    assert {path.name: oct(stat.S_IMODE(path.stat().st_mode)) for path in files} == {
        path.name: "0o600" for path in files
    }
    assert len(files) >= 4


def test_a_crash_tells_its_kind_and_place_and_no_secret(package: Path, tmp_path: Path) -> None:
    app = unpack(package, tmp_path / "app")
    document = _RUN.format(folder=tmp_path / "checkpoints").encode()
    crashed = subprocess.run([sys.executable, "-c", _CRASH, str(app)], input=document, capture_output=True, timeout=60)
    garbled = run_input(sys.executable, app, {}, document=document[:-40] + b"<")

    assert b"unexpected_error" in crashed.stderr
    assert b"exception=ValueError" in crashed.stderr
    assert garbled.returncode == 1
    for said in (crashed.stdout, crashed.stderr, garbled.stdout, garbled.stderr):
        assert SECRET.encode() not in said
    written = [(path, path.read_bytes()) for path in (tmp_path / "checkpoints").rglob("*") if path.is_file()]
    assert list(find({SECRET}, written)) == []


def test_a_crash_of_the_pages_tells_its_kind_and_place_and_no_secret(stage: Stage) -> None:
    scene = stage(partitions=1)
    source = scene.splunkd.home / "etc" / "apps" / "TA_falcon_event_streams" / "bin" / "falcon_streams" / "splunk"
    broken = '\n\ndef is_true(text: str) -> bool:\n    raise RuntimeError(f"cannot read {text}")\n'
    with (source / "settings.py").open("a", encoding="utf-8") as file:
        file.write(broken)
    said = Caller(scene).post(ACCOUNT, name="new", **good_account(scene, save_without_test=SECRET))

    assert (said.status, "has failed (RuntimeError)" in said.sentence) == (500, True)
    scene.wait(lambda: any("action=unexpected_error input=pages" in line.message for line in scene.splunkd.logs()))
    assert list(find({SECRET}, scene.splunkd.every_byte())) == []
