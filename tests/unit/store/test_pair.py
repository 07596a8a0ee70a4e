"""A record is in the store of its tenant and in no other, so that a package that knows no tenants goes on."""

from __future__ import annotations

from pathlib import Path
from typing import Dict, Optional

import pytest

from falcon_streams.core.record import Owner, Record, StartPosition, first_record
from falcon_streams.errors import Retryable
from falcon_streams.store.files import FileStore, folder_of
from falcon_streams.store.folder import Folder
from falcon_streams.store.journal import Journal
from falcon_streams.store.partition_files import PartitionFiles

ONE, OTHER = "a" * 32, "b" * 32
NAMES = ("0", "1", f"{ONE}/0", f"{ONE}/1", f"{OTHER}/0")


def record(partition: str) -> Record:
    return first_record("main", partition, Owner("h", "id", "").of(partition), StartPosition(), 1000.0, None)


def pair(folder: Path) -> FileStore:
    return FileStore(folder_of(str(folder), "main"), "main", lambda: True)


def place(folder: Path) -> Folder:
    return Folder(folder_of(str(folder), "main"), "main", lambda: True)


def test_each_record_is_where_its_tenant_is(tmp_path: Path) -> None:
    pair(tmp_path).save([record(each) for each in NAMES])

    assert PartitionFiles(place(tmp_path)).look() == {each: record(each) for each in NAMES[:2]}
    assert Journal(place(tmp_path)).look() == {each: record(each) for each in NAMES[2:]}
    assert pair(tmp_path).look() == {each: pair(tmp_path).load(each) for each in NAMES}


def test_a_commit_of_one_tenant_touches_no_file_of_another_store(tmp_path: Path) -> None:
    store = pair(tmp_path)
    store.save([record(each) for each in NAMES])
    before = files(tmp_path)
    store.save([record(NAMES[2])])
    store.remove(frozenset(NAMES[3:]))
    changed = [name for name, data in files(tmp_path).items() if data != before[name]]

    assert changed == ["tenants.journal"]
    assert store.partitions() == frozenset(NAMES[:3])
    store.remove(frozenset(NAMES[:1]))
    assert set(before) - set(files(tmp_path)) == {name for name in before if name.startswith("partition-0-")}


def test_an_input_without_tenants_has_no_journal(tmp_path: Path) -> None:
    store = pair(tmp_path)
    store.save([record("0")])
    store.save([])
    store.remove(frozenset({f"{ONE}/0"}))

    assert [name.partition("-")[0] for name in files(tmp_path)] == ["partition"]


@pytest.mark.parametrize("spoilt", ["partition-0", "tenants"])
def test_the_faults_of_both_are_told(tmp_path: Path, spoilt: str) -> None:
    pair(tmp_path).save([record(each) for each in NAMES])
    (path,) = (each for each in tmp_path.rglob("*") if each.name.startswith(spoilt))
    path.write_bytes(b"{")

    assert pair(tmp_path).faults() == [f"the checkpoint {path} cannot be used"]


def test_what_one_store_has_stored_stays_where_the_other_cannot(tmp_path: Path) -> None:
    store = pair(tmp_path)
    store.save([record(each) for each in NAMES])
    (tmp_path / "in the way").mkdir()
    journal = folder_of(str(tmp_path), "main") / "tenants.journal"
    journal.unlink()
    (tmp_path / "in the way").rename(journal)
    fresh: Dict[str, Optional[Record]] = {"0": record("0").shifted(1.0)}

    with pytest.raises(Retryable, match="cannot be written"):
        store.save([record("0").shifted(1.0), record(NAMES[2])])
    assert {"0": pair(tmp_path).load("0")} == fresh


def files(folder: Path) -> Dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
