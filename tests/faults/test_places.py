"""The places in which the machine's rows are played: that they are what they say."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from tests.emulator.clouds import UNKNOWN_HOST
from tests.faults import places
from tests.faults.machine import MACHINE
from tests.faults.row import nowhere_else


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that another user may be let into, which pytest's own are not."""
    with tempfile.TemporaryDirectory() as name:
        yield Path(name)


def run(place: Sequence[str], command: str) -> subprocess.CompletedProcess[bytes]:
    """A shell command in a place."""
    return subprocess.run([*place, "sh", "-c", command], capture_output=True, timeout=20, check=False)


def needs_mounts() -> None:
    """Skip, with the reason that the row would give."""
    reason = places.no_mounts()
    if reason:
        pytest.skip(reason)


def test_no_row_of_the_machine_is_played_by_root() -> None:
    assert all(row.place is not nowhere_else for row in MACHINE)


def test_the_user_writes_its_home_and_no_folder_that_is_closed(folder: Path) -> None:
    place = places.unprivileged(folder)
    home = folder / "home"
    home.mkdir(exist_ok=True)

    assert run(place, f"mkdir {home}/closed && echo 1 > {home}/closed/a && chmod 500 {home}/closed").returncode == 0
    assert b"Permission denied" in run(place, f"echo 2 > {home}/closed/b").stderr
    assert run(place, "id -u").stdout.strip() != b"0"


def test_the_small_disk_is_full_after_a_megabyte_and_gone_with_its_row(folder: Path) -> None:
    needs_mounts()
    place, disk = places.on_a_small_disk(folder), places.disk_of(folder / "home")

    assert run(place, f"head -c 900000 /dev/zero > {disk}/some").returncode == 0
    assert b"No space left" in run(place, f"head -c 2000000 /dev/zero > {disk}/more").stderr
    assert list(disk.iterdir()) == []


def test_the_hosts_file_is_the_rows_own_and_may_change_meanwhile(folder: Path) -> None:
    needs_mounts()
    place = places.with_a_hosts_file(folder)

    assert run(place, f"getent hosts {UNKNOWN_HOST}").returncode != 0
    places.resolve(folder / "home", UNKNOWN_HOST)
    assert run(place, f"getent hosts {UNKNOWN_HOST}").stdout.startswith(b"127.0.0.1")
    assert UNKNOWN_HOST not in Path("/etc/hosts").read_text()


def test_where_no_mount_can_be_made_the_reason_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(places, "_namespace", lambda: ["sh", "-c", "echo not permitted >&2; exit 1"])
    assert places.no_mounts() == "it needs a mount namespace: not permitted"
    monkeypatch.setattr(places, "_namespace", lambda: ["/nowhere/unshare"])
    assert places.no_mounts().startswith("it needs a mount namespace: [Errno 2]")
