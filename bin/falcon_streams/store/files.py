"""Checkpoint records as files: one per (input, partition), under splunkd's `checkpoint_dir`.

Rules: a record is replaced whole: temporary file, fsync, `os.replace`, fsync of the folder; a crash at any point leaves
either the old record or the new one. Each process has its own names for temporary files. The folder belongs to one
process: before a temporary file is put in place, `is_ours` is asked, and a process that has lost the folder stores
nothing. A record that cannot be read is kept under another name. The input then refuses to start, also the next time,
until an admin has decided: to go on would collect everything again or skip what was never delivered. Folders are 0700,
files 0600. File names have the input's name and a hash, so that no two inputs share one, even if the file system
ignores case. An admin's changes (`core/offset_history.py`) are a file of their own beside the records.
"""

from __future__ import annotations

import hashlib
import os
from contextlib import contextmanager
from pathlib import Path
from typing import Callable, Dict, FrozenSet, Iterator, List, Mapping, Optional, Sequence

from falcon_streams.core.record import Record, RecordTooNew, RecordUnreadable, read_record
from falcon_streams.errors import Fatal, RestartNeeded, Retryable
from falcon_streams.splunk.private_file import make_private_folder, prepare_private_file
from falcon_streams.splunk.splunkd import SCHEME

_HISTORY = "history.json"
DAMAGED = ".damaged"


class FileStore:
    """The port `OffsetStore` over a folder."""

    def __init__(self, folder: Path, name: str, is_ours: Callable[[], bool]) -> None:
        """`folder` is this input's own, as `folder_of` names it; `name` is the input's name; `is_ours` says whether
        this process may still write there."""
        self._folder = folder
        self._name = name
        self._is_ours = is_ours

    def partitions(self) -> FrozenSet[str]:
        """The partitions that have a readable record; `load` reports the damaged ones."""
        return frozenset(self.look())

    def look(self) -> Dict[str, Record]:
        """The records by partition, without those that cannot be read. Nothing is moved aside."""
        found = {}
        for path in self._paths():
            try:
                record = read_record(path.read_bytes())
            except (OSError, RecordTooNew, RecordUnreadable):
                continue
            found[record.partition] = record
        return found

    def faults(self) -> Sequence[str]:
        """A sentence for each file that may be a record and cannot be used; empty if there is none."""
        readable = {self._path(partition) for partition, record in self.look().items() if record.input == self._name}
        aside = sorted(self._folder.glob(f"partition-*.json{DAMAGED}"))
        return [
            *(f"the checkpoint {path} cannot be used" for path in self._paths() if path not in readable),
            *(f"a damaged checkpoint is kept as {path}" for path in aside if path.with_suffix("") not in readable),
        ]

    def _paths(self) -> List[Path]:
        return sorted(self._folder.glob("partition-*.json"))

    def load(self, partition: str) -> Optional[Record]:
        """The record of a partition. Raises Fatal if it exists but must not be used."""
        path = self._path(partition)
        try:
            data = path.read_bytes()
        except FileNotFoundError:
            self._refuse_former_damage(path)
            return None
        except OSError as error:
            raise Fatal(f"the checkpoint {path} cannot be read ({error.strerror}): let Splunk's user read it") from None
        return self._checked(path, partition, data)

    def save(self, records: Sequence[Record]) -> None:
        """Store the records durably. Raises Retryable if the folder cannot be written now, RestartNeeded if another
        process has taken it over."""
        with self._writing():
            make_private_folder(self._folder)
            for record in records:
                self._put(self._path(record.partition), record.to_bytes())
            _sync_folder(self._folder)

    def remove(self, partition: str) -> None:
        """Remove the record of a partition if there is one. Raises what `save` raises."""
        with self._writing():
            self._refuse_if_lost()
            path = self._path(partition)
            if path.exists():
                path.unlink()
                _sync_folder(self._folder)

    def history(self) -> str:
        """What `keep_history` has stored, empty for nothing. Raises Retryable if it cannot be read."""
        try:
            return (self._folder / _HISTORY).read_text(encoding="utf-8", errors="replace")
        except FileNotFoundError:
            return ""
        except OSError as error:
            raise Retryable(
                f"{self._folder / _HISTORY} cannot be read ({error.strerror}): let Splunk's user read it"
            ) from None

    def keep_history(self, text: str) -> None:
        """Store the text of an admin's changes durably. Raises what `save` raises."""
        with self._writing():
            make_private_folder(self._folder)
            self._put(self._folder / _HISTORY, text.encode())
            _sync_folder(self._folder)

    @contextmanager
    def _writing(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise Retryable(
                f"checkpoints in {self._folder} cannot be written ({error.strerror}): check the free space and the "
                "rights of that folder"
            ) from None

    def _put(self, path: Path, data: bytes) -> None:
        temporary = prepare_private_file(path, data, durable=True)
        self._refuse_if_lost()
        os.replace(temporary, path)

    def _refuse_if_lost(self) -> None:
        if not self._is_ours():
            raise RestartNeeded("another process has taken over the checkpoints of this input, which ends")

    def _path(self, partition: str) -> Path:
        return self._folder / f"partition-{_file_name(partition)}.json"

    def _checked(self, path: Path, partition: str, data: bytes) -> Record:
        try:
            record = read_record(data)
        except RecordTooNew as error:
            raise Fatal(
                f"the checkpoint {path} was written by a newer add-on: {error}. Install that version again"
            ) from None
        except RecordUnreadable as error:
            aside = path.with_name(path.name + DAMAGED)
            try:
                os.replace(path, aside)
            except OSError:
                aside = path  # it stays where it is, and the next start refuses it there
            raise Fatal(_damage(aside, str(error))) from None
        if (record.input, record.partition) != (self._name, partition):
            raise Fatal(
                f"the checkpoint {path} belongs to input {record.input}, partition {record.partition}: put the file "
                "that belongs here back, or remove it to begin anew by start_from"
            )
        return record

    def _refuse_former_damage(self, path: Path) -> None:
        aside = path.with_name(path.name + DAMAGED)
        if aside.exists():
            raise Fatal(_damage(aside, "it was found damaged at an earlier start"))


def checkpoint_dir_of(environment: Mapping[str, str]) -> Path:
    """The folder of our inputs' checkpoints: `checkpoint_dir` in the XML that splunkd gives to an input."""
    home = Path(environment.get("SPLUNK_HOME", os.curdir))
    database = environment.get("SPLUNK_DB") or home / "var" / "lib" / "splunk"
    return Path(database) / "modinputs" / SCHEME


def folder_of(checkpoint_dir: str, name: str) -> Path:
    """The folder of an input's checkpoints and state."""
    return Path(checkpoint_dir) / _file_name(name)


def _damage(aside: Path, fault: str) -> str:
    return (
        f"a checkpoint cannot be used and is kept as {aside} ({fault}). Put a good copy in its place under the name "
        f"without {DAMAGED}, or remove it to begin anew by start_from"
    )


def _file_name(name: str) -> str:
    # Readable as far as the characters are harmless; the hash keeps names apart.
    shown = "".join(each if each.isascii() and (each.isalnum() or each in "_.-") else "_" for each in name[:64])
    return f"{shown}-{hashlib.sha256(name.encode()).hexdigest()[:8]}"


def _sync_folder(folder: Path) -> None:
    if os.name != "posix":
        return  # Windows cannot flush a folder
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
