"""Faults of the machine, met by an input that runs as an unprivileged user."""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import time
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

from tests.emulator.clouds import UNKNOWN_HOST
from tests.faults import places
from tests.faults.discoveries import MINUTE, SETTINGS_CONF, pass_time
from tests.faults.row import Act, Row, await_lines, find_line
from tests.faults.splunkd import REPLAYED, SETTINGS, STOPPED
from tests.integration.scene import ACCOUNT_CONF, INPUT, Scene

PROXY_USER, PROXY_PASSWORD = "svc@corp", "p@s:s/word"
HOUR = 3600
# Two ends, that of the refused start among them: in its last second it may have written the backlog of partition 1.
REFUSED = 2 * STOPPED
ONE_TRY = {"interval": "60"}  # not a refused start every second
_ELSE = "e" * 32


def fill_the_disk(scene: Scene) -> None:
    """Until nothing fits any more; a while later there is room again, and the commits go on."""
    scene.wait_until_open()
    # the tmpfs is in the mount namespace of the stand-in
    disk = Path(f"/proc/{scene.splunkd.pid}/root{places.disk_of(scene.splunkd.home.resolve())}")
    scene.wait(lambda: stored(disk), 20.0, "a commit")
    filler = disk / "filler"
    with filler.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(4096))
        except OSError:
            pass
    find_line(scene, "commit_failed")
    before = stored(disk)
    time.sleep(2.0)
    assert stored(disk) == before, "a commit was stored on a full disk"
    filler.unlink()
    scene.wait(lambda: stored(disk) > before, 20.0, "the commits to go on")


def stored(disk: Path) -> int:
    """How far partition 0 was committed, 0 for not at all."""
    records = [json.loads(path.read_bytes()) for path in disk.glob("*/*/partition-0-*.json")]
    return max((record["offset"] or 0 for record in records), default=0)


def make_the_folder_read_only(scene: Scene) -> None:
    """Reading goes on; commits are tried again until the folder takes them."""
    scene.wait_until_open()
    scene.wait_for_checkpoints()
    folder = scene.checkpoints()[0].parent
    os.chmod(folder, 0o500)
    find_line(scene, "commit_failed")
    time.sleep(2.0)
    before = scene.committed()["0"]
    os.chmod(folder, 0o700)
    scene.wait(lambda: scene.committed()["0"] > before, 20.0, "the commits to go on")


def spoil_a_checkpoint(spoil: Callable[[bytes], bytes], says: str) -> Act:
    """The input refuses to start with this sentence, and goes on once the file is put back."""

    def act(scene: Scene) -> None:
        scene.wait_until_open()
        scene.wait_for_checkpoints()
        scene.stop()
        path = scene.checkpoints()[0]
        whole = path.read_bytes()
        path.write_bytes(spoil(whole))
        scene.resume()
        find_line(scene, says)
        scene.stop()
        path.write_bytes(whole)
        scene.resume()

    return act


def changed(fields: Mapping[str, object], record: bytes) -> bytes:
    """A record with other fields."""
    return json.dumps({**json.loads(record), **fields}).encode()


def of_another_tenant(record: bytes) -> bytes:
    """A record that knows neither the account, nor a customer, nor an event of this stream."""
    steps = len(json.loads(record)["trail"])
    known = {"identity": None, "trail_identities": [None] * steps, "fingerprint": _ELSE}
    return changed({"client_id": _ELSE, "customers": [_ELSE], **known}, record)


def step_the_clock(scene: Scene) -> None:
    """An hour ahead, an hour back again and one behind; then the input is killed and has to find its way."""
    clock = clock_of(scene.splunkd.home.parent)
    scene.wait_for_checkpoints()
    for said, hours in enumerate((1, 0, -1), start=1):
        time.sleep(2.0)
        clock.write_text(str(hours * HOUR))
        await_lines(scene, "clock_stepped", said)
    time.sleep(2.0)
    scene.splunkd.signal_input(INPUT, signal.SIGKILL)
    find_line(scene, "resuming .*clean=false")


def clock_of(folder: Path) -> Path:
    """The file by which a row sets the machine's clock."""
    return folder / "clock"


def account_by_name(scene: Scene) -> None:
    """Falcon is known by a name that nobody resolves yet."""
    url = scene.falcon.api_url.replace("127.0.0.1", UNKNOWN_HOST)
    scene.splunkd.edit_conf_stanza(ACCOUNT_CONF, "prod", base_url=url)


def answer_by_name(scene: Scene) -> None:
    """The name is resolved after all; once more it is not when partition 0 has to be opened again."""
    await_lines(scene, "could not be resolved", 1)
    places.resolve(scene.splunkd.home, UNKNOWN_HOST)
    scene.wait_until_open(timeout=60.0)
    places.resolve(scene.splunkd.home)
    told = scene.log().count("could not be resolved")
    scene.falcon.drop_feeds("0")
    await_lines(scene, "could not be resolved", told + 1)
    places.resolve(scene.splunkd.home, UNKNOWN_HOST)
    scene.wait_until_open(timeout=60.0)


def proxied(login: bool) -> Act:
    """The account goes through the emulator's proxy, with a wrong password where it wants one."""

    def act(scene: Scene) -> None:
        host, port = scene.falcon.proxy_url.rsplit("/", 1)[1].split(":")
        user = {"username": PROXY_USER} if login else {}
        scene.splunkd.edit_conf_stanza(SETTINGS_CONF, "proxy", enabled="1", host=host, port=port, **user)
        if login:
            scene.splunkd.create_password("TA_falcon_event_streams#proxy", "password", "wrong")

    return act


def correct_the_password(scene: Scene) -> None:
    """The admin stores the right one and starts the input anew."""
    scene.secrets.add(PROXY_PASSWORD)
    find_line(scene, "407")
    scene.splunkd.edit_password("TA_falcon_event_streams#proxy", "password", PROXY_PASSWORD)
    scene.stop()
    scene.resume()
    scene.wait_until_open()


def run_out_of_threads(scene: Scene) -> None:
    """The input's user may start no further thread when partition 0 has to be opened again."""
    scene.wait_until_open()
    allow_processes(scene, "1")
    scene.falcon.drop_feeds("0")
    find_line(scene, "discovery_failed .*no thread left")
    most, _ = resource.getrlimit(resource.RLIMIT_NPROC)  # as it was: the input has it from us
    allow_processes(scene, "unlimited" if most == resource.RLIM_INFINITY else str(most))
    scene.wait_until_open(timeout=60.0)


def allow_processes(scene: Scene, most: str) -> None:
    """How many processes and threads the user of the running input may have, as far as the input's limit says."""
    limit = ["prlimit", f"--pid={scene.splunkd.input_pid(INPUT)}", f"--nproc={most}:"]
    subprocess.run([*places.user(), *limit], check=True, timeout=10)


def stop_the_process(scene: Scene) -> None:
    """SIGSTOP, and on after five minutes."""
    scene.wait_until_open()
    scene.splunkd.signal_input(INPUT, signal.SIGSTOP)
    pass_time(scene, 5 * MINUTE)
    scene.splunkd.signal_input(INPUT, signal.SIGCONT)


def kill_the_input(scene: Scene) -> None:
    """Out of the middle of its work."""
    scene.wait_for_checkpoints()
    time.sleep(1.0)
    scene.splunkd.signal_input(INPUT, signal.SIGKILL)


_CHECKPOINTS: tuple[tuple[str, Callable[[bytes], bytes], str], ...] = (
    ("truncated checkpoint", lambda record: record[:50], "cannot be used and is kept as"),
    ("checkpoint of another partition", partial(changed, {"partition": "1"}), "belongs to input main, partition 1"),
    ("checkpoint of another tenant", of_another_tenant, "belongs to another tenant"),
    ("checkpoint of a future version", partial(changed, {"version": 99}), "was written by a newer add-on"),
)
_ROWS = [
    Row("machine", "input killed", "resuming .*clean=false", act=kill_the_input, repeats=REPLAYED, settings=SETTINGS),
    Row(
        "machine",
        "disk full",
        "commit_failed .*No space left on device",
        act=fill_the_disk,
        place=places.on_a_small_disk,
        unless=places.no_mounts,
    ),
    Row("machine", "read-only checkpoint_dir", "commit_failed .*Permission denied", act=make_the_folder_read_only),
    *(
        Row("machine", name, f"fatal .*{says}", act=spoil_a_checkpoint(spoil, says), repeats=REFUSED, settings=ONE_TRY)
        for name, spoil, says in _CHECKPOINTS
    ),
    Row(
        "machine",
        "clock stepped 1 h both ways",
        "clock_stepped",
        act=step_the_clock,
        repeats=REPLAYED,
        settings=SETTINGS,
        clock=lambda folder: f"SteppedClock({str(clock_of(folder))!r})",
    ),
    Row(
        "machine",
        "DNS failure",
        "discovery_failed .*could not be resolved: check DNS",
        act=answer_by_name,
        prepare=account_by_name,
        place=places.with_a_hosts_file,
        unless=places.no_mounts,
    ),
    Row(
        "machine",
        "proxy refusing",
        r"refused the way to .*\(403\)",
        [{"on": "proxy", "times": 2, "answer": {"status": 403}}],
        prepare=proxied(login=False),
    ),
    Row(
        "machine",
        "proxy asking for a password with @:/ in it",
        r"did not take the login \(407\)",
        act=correct_the_password,
        prepare=proxied(login=True),
        options={"proxy_login": (PROXY_USER, PROXY_PASSWORD)},
        repeats=STOPPED,
    ),
    Row("machine", "thread limit", "discovery_failed .*no thread left", act=run_out_of_threads),
    Row("machine", "SIGSTOP for 5 min", "action=held_up", act=stop_the_process, scale=60.0),
]
_MOUNTED = (places.on_a_small_disk, places.with_a_hosts_file)
MACHINE = [row if row.place in _MOUNTED else row._replace(place=places.unprivileged) for row in _ROWS]
