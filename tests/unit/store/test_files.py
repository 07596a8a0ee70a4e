"""Checkpoint files are whole or absent, private, and never silently replaced: a file for each partition of the own
tenant, and one for those of all child tenants."""

from __future__ import annotations

import json
import os
import stat
import zlib
from dataclasses import replace
from pathlib import Path

import pytest

from falcon_streams.core.record import Owner, Record, StartPosition, first_record
from falcon_streams.errors import Fatal, RestartNeeded, Retryable
from falcon_streams.store.files import FileStore, folder_of

CHILD = "0123456789abcdef0123456789abcdef"
NAMES = pytest.mark.parametrize("partition", ["0", f"{CHILD}/0"])


def record(partition: str = "0", name: str = "prod") -> Record:
    return first_record(name, partition, Owner("h", "id", ""), StartPosition(), 1000.0, 500.0)


def store(tmp_path: Path, name: str = "prod") -> FileStore:
    return FileStore(folder_of(str(tmp_path), name), name, lambda: True)


def journal_of(version: int) -> bytes:
    """The first line of a journal of this version, as another implementation writes it."""
    data = json.dumps({"falcon_event_streams_journal": version, "input": "prod", "whole": 0}).encode()
    return b"%08x %b\n" % (zlib.crc32(data), data)


def only_file(tmp_path: Path) -> Path:
    (path,) = [path for path in tmp_path.rglob("*") if path.is_file()]
    return path


@NAMES
def test_absent_is_none(partition: str) -> None:
    assert store(Path("/nonexistent")).load(partition) is None


@NAMES
def test_what_is_saved_is_loaded_and_listed_until_it_is_removed(tmp_path: Path, partition: str) -> None:
    store(tmp_path).save([record(partition), record("1")])
    assert store(tmp_path).load(partition) == record(partition)
    assert store(tmp_path).partitions() == store(tmp_path).look().keys() == {partition, "1"}

    store(tmp_path).remove(frozenset({partition, "none", f"{CHILD}/none"}))
    assert store(tmp_path).load(partition) is None
    assert store(tmp_path).partitions() == {"1"}


@NAMES
def test_folders_and_files_are_private(tmp_path: Path, partition: str) -> None:
    previous = os.umask(0)
    try:
        store(tmp_path).save([record(partition)])
    finally:
        os.umask(previous)

    assert stat.S_IMODE(only_file(tmp_path).stat().st_mode) == 0o600
    assert stat.S_IMODE(only_file(tmp_path).parent.stat().st_mode) == 0o700


def test_inputs_and_partitions_never_share_a_file_whatever_the_file_system_thinks_of_case(tmp_path: Path) -> None:
    for name, partition in (("prod", "a"), ("Prod", "a"), ("prod", "A"), ("prod-a", "a")):
        store(tmp_path, name).save([record(partition, name), record(f"{CHILD}/{partition}", name)])

    names = [str(path.relative_to(tmp_path)).lower() for path in tmp_path.rglob("*.json*")]
    assert len(set(names)) == len(names) == 4
    assert len(set(tmp_path.rglob("*.journal"))) == 3


@NAMES
@pytest.mark.parametrize("damage", [b"", b"{", b'{"version":1}', b"\x00" * 100, b'{"version":"1"}'])
def test_damage_is_kept_aside_and_refused_at_every_start_until_an_admin_decides(
    tmp_path: Path, partition: str, damage: bytes
) -> None:
    store(tmp_path).save([record(partition)])
    path = only_file(tmp_path)
    path.write_bytes(damage)
    assert store(tmp_path).look() == {}
    assert store(tmp_path).faults() == [f"the checkpoint {path} cannot be used"]
    assert path.read_bytes() == damage

    for _ in range(2):
        with pytest.raises(Fatal, match="kept as"):
            store(tmp_path).load(partition)
    assert only_file(tmp_path).read_bytes() == damage
    assert store(tmp_path).faults() == [f"a damaged checkpoint is kept as {only_file(tmp_path)}"]

    only_file(tmp_path).unlink()
    assert (store(tmp_path).load(partition), store(tmp_path).faults()) == (None, [])


@NAMES
def test_a_record_of_a_newer_version_is_left_where_it_is(tmp_path: Path, partition: str) -> None:
    store(tmp_path).save([record(partition)])
    path = only_file(tmp_path)
    newer = journal_of(99) if path.suffix == ".journal" else b'{"version": 99}'
    path.write_bytes(newer)

    with pytest.raises(Fatal, match="newer"):
        store(tmp_path).load(partition)
    assert path.read_bytes() == newer


@NAMES
def test_another_inputs_record_is_refused(tmp_path: Path, partition: str) -> None:
    store(tmp_path).save([record(partition)])
    ours = only_file(tmp_path)
    store(tmp_path, "other").save([record(partition, "other")])
    (others,) = [path for path in tmp_path.rglob(f"*{ours.suffix}") if path != ours]
    ours.write_bytes(others.read_bytes())

    with pytest.raises(Fatal, match="belongs to input other"):
        store(tmp_path).load(partition)
    assert ours.exists()


@NAMES
def test_a_file_that_cannot_be_read_is_refused_and_stays(tmp_path: Path, partition: str) -> None:
    store(tmp_path).save([record(partition)])
    path = only_file(tmp_path)
    path.unlink()
    path.mkdir()

    with pytest.raises(Fatal, match=r"cannot be read .*: let Splunk's user read it"):
        store(tmp_path).load(partition)
    assert path.is_dir() and store(tmp_path).faults() == [f"the checkpoint {path} cannot be used"]


@NAMES
def test_whoever_has_lost_the_folder_stores_and_removes_nothing(tmp_path: Path, partition: str) -> None:
    rights = [True]
    holder = FileStore(folder_of(str(tmp_path), "prod"), "prod", lambda: rights[0])
    holder.save([record(partition)])
    holder.save([record(partition)])
    before = only_file(tmp_path).read_bytes()
    rights[0] = False

    for process in (holder, FileStore(folder_of(str(tmp_path), "prod"), "prod", lambda: False)):
        with pytest.raises(RestartNeeded, match="another process has taken over"):
            process.save([replace(record(partition), offset=None, updated_at=2000.0)])
        with pytest.raises(RestartNeeded):
            process.remove(frozenset({partition}))
    assert store(tmp_path).load(partition) == record(partition)
    path = next(path for path in tmp_path.rglob("*") if path.is_file() and path.suffix != ".new")
    assert path.read_bytes() == before


def test_partitions_of_the_own_tenant_are_read_although_the_journal_is_damaged(tmp_path: Path) -> None:
    store(tmp_path).save([record("0"), record(f"{CHILD}/0")])
    (journal,) = tmp_path.rglob("*.journal")
    journal.write_bytes(b"x")
    process = store(tmp_path)

    assert process.partitions() == {"0"}
    assert process.load("0") == record("0")
    with pytest.raises(Fatal, match="kept as"):
        process.save([record(f"{CHILD}/0")])


@NAMES
def test_a_folder_that_cannot_be_written_is_retryable_and_names_it(tmp_path: Path, partition: str) -> None:
    (tmp_path / "file").write_text("in the way")

    with pytest.raises(Retryable, match="cannot be written"):
        FileStore(tmp_path / "file" / "x", "prod", lambda: True).save([record(partition)])


@NAMES
def test_a_temporary_file_left_behind_harms_nobody(tmp_path: Path, partition: str) -> None:
    store(tmp_path).save([record(partition)])
    path = only_file(tmp_path)
    path.with_name(f"{path.name}.{os.getpid()}.new").write_bytes(b"half")

    assert store(tmp_path).load(partition) == record(partition)
    store(tmp_path).save([record(partition)])
    assert store(tmp_path).load(partition) == record(partition)
    assert only_file(tmp_path) == path
