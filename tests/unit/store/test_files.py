"""Checkpoint files are whole or absent, private, and never silently replaced."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from falcon_streams.core.record import Owner, Record, StartPosition, first_record
from falcon_streams.errors import Fatal, Retryable
from falcon_streams.store.files import FileStore, folder_of


def record(partition: str = "0", name: str = "prod") -> Record:
    return first_record(name, partition, Owner("h", "id", ""), StartPosition(), 1000.0, 500.0)


def store(tmp_path: Path, name: str = "prod") -> FileStore:
    return FileStore(folder_of(str(tmp_path), name), name, lambda: True)


def only_file(tmp_path: Path) -> Path:
    (path,) = [path for path in tmp_path.rglob("*") if path.is_file()]
    return path


def test_absent_is_none() -> None:
    assert store(Path("/nonexistent")).load("0") is None


def test_what_is_saved_is_loaded(tmp_path: Path) -> None:
    store(tmp_path).save([record()])

    assert store(tmp_path).load("0") == record()


def test_folders_and_files_are_private(tmp_path: Path) -> None:
    previous = os.umask(0)
    try:
        store(tmp_path).save([record()])
    finally:
        os.umask(previous)

    assert stat.S_IMODE(only_file(tmp_path).stat().st_mode) == 0o600
    assert stat.S_IMODE(only_file(tmp_path).parent.stat().st_mode) == 0o700


def test_inputs_and_partitions_never_share_a_file_whatever_the_file_system_thinks_of_case(tmp_path: Path) -> None:
    for name, partition in (("prod", "a"), ("Prod", "a"), ("prod", "A"), ("prod-a", "a")):
        store(tmp_path, name).save([record(partition, name)])

    names = [str(path.relative_to(tmp_path)).lower() for path in tmp_path.rglob("*.json")]
    assert len(set(names)) == 4


@pytest.mark.parametrize("damage", [b"", b"{", b'{"version":1}', b"\x00" * 100, b'{"version":"1"}'])
def test_damage_is_kept_aside_and_refused_at_every_start_until_an_admin_decides(tmp_path: Path, damage: bytes) -> None:
    store(tmp_path).save([record()])
    path = only_file(tmp_path)
    path.write_bytes(damage)

    for _ in range(2):
        with pytest.raises(Fatal, match="kept as"):
            store(tmp_path).load("0")
    assert only_file(tmp_path).read_bytes() == damage

    only_file(tmp_path).unlink()
    assert store(tmp_path).load("0") is None


def test_a_record_of_a_newer_version_is_left_where_it_is(tmp_path: Path) -> None:
    store(tmp_path).save([record()])
    path = only_file(tmp_path)
    path.write_bytes(b'{"version": 99}')

    with pytest.raises(Fatal, match="newer"):
        store(tmp_path).load("0")
    assert path.read_bytes() == b'{"version": 99}'


def test_another_inputs_record_is_refused(tmp_path: Path) -> None:
    store(tmp_path).save([record()])
    path = only_file(tmp_path)
    path.write_bytes(record(name="other").to_bytes())

    with pytest.raises(Fatal, match="belongs to input other"):
        store(tmp_path).load("0")


def test_a_folder_that_cannot_be_written_is_retryable_and_names_it(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")

    with pytest.raises(Retryable, match="cannot be written"):
        FileStore(tmp_path / "file" / "x", "prod", lambda: True).save([record()])


def test_a_temporary_file_left_behind_harms_nobody(tmp_path: Path) -> None:
    store(tmp_path).save([record()])
    only_file(tmp_path).with_suffix(".new").write_bytes(b"half")

    assert store(tmp_path).load("0") == record()
    store(tmp_path).save([record()])
    assert store(tmp_path).load("0") == record()
