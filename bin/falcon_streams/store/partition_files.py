"""The records of the account's own tenant as files, one for each partition.

Rules: those of the folder (`store/folder.py`). A record that cannot be read is kept under another name. The input then
refuses to start, also the next time, until an admin has decided: to go on would collect everything again or skip what
was never delivered. Another partition's record is not looked at. An admin's changes (`core/offset_history.py`) are a
file of their own beside the records.
"""

from __future__ import annotations

from pathlib import Path
from typing import Dict, FrozenSet, List, Optional, Sequence

from falcon_streams.core.record import Record, RecordTooNew, RecordUnreadable, read_record
from falcon_streams.errors import Fatal, Retryable
from falcon_streams.store.folder import DAMAGED, Folder, closed_to_us, file_name, too_new

_HISTORY = "history.json"


class PartitionFiles:
    """The port `ChangeableStore` over the files of a folder."""

    def __init__(self, folder: Folder) -> None:
        self._folder = folder

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
        ours = self._folder.name
        readable = {self._path(partition) for partition, record in self.look().items() if record.input == ours}
        aside = sorted(self._folder.path.glob(f"partition-*.json{DAMAGED}"))
        return [
            *(f"the checkpoint {path} cannot be used" for path in self._paths() if path not in readable),
            *(f"a damaged checkpoint is kept as {path}" for path in aside if path.with_suffix("") not in readable),
        ]

    def load(self, partition: str) -> Optional[Record]:
        """The record of a partition. Raises Fatal if it exists but must not be used."""
        path = self._path(partition)
        try:
            data = path.read_bytes()
        except FileNotFoundError:
            self._folder.refuse_former_damage(path)
            return None
        except OSError as error:
            raise closed_to_us(path, error) from None
        return self._checked(path, partition, data)

    def save(self, records: Sequence[Record]) -> None:
        """Store the records durably. Raises Retryable if the folder cannot be written now, RestartNeeded if another
        process has taken it over."""
        with self._folder.writing():
            for record in records:
                self._folder.put(self._path(record.partition), record.to_bytes())
            self._folder.sync()

    def remove(self, partitions: FrozenSet[str]) -> None:
        """Remove the records of these partitions, as far as they have one. Raises what `save` raises."""
        with self._folder.writing():
            for path in filter(Path.exists, map(self._path, sorted(partitions))):
                self._folder.refuse_if_lost()
                path.unlink()
            self._folder.sync()

    def history(self) -> str:
        """What `keep_history` has stored, empty for nothing. Raises Retryable if it cannot be read."""
        path = self._folder.path / _HISTORY
        try:
            return path.read_text(encoding="utf-8", errors="replace")
        except FileNotFoundError:
            return ""
        except OSError as error:
            raise Retryable(f"{path} cannot be read ({error.strerror}): let Splunk's user read it") from None

    def keep_history(self, text: str) -> None:
        """Store the text of an admin's changes durably. Raises what `save` raises."""
        with self._folder.writing():
            self._folder.put(self._folder.path / _HISTORY, text.encode())
            self._folder.sync()

    def _paths(self) -> List[Path]:
        return sorted(self._folder.path.glob("partition-*.json"))

    def _path(self, partition: str) -> Path:
        return self._folder.path / f"partition-{file_name(partition)}.json"

    def _checked(self, path: Path, partition: str, data: bytes) -> Record:
        try:
            record = read_record(data)
        except RecordTooNew as error:
            raise too_new(path, error) from None
        except RecordUnreadable as error:
            raise self._folder.set_aside(path, str(error)) from None
        if (record.input, record.partition) != (self._folder.name, partition):
            raise Fatal(
                f"the checkpoint {path} belongs to input {record.input}, partition {record.partition}: put the file "
                "that belongs here back, or remove it to begin anew by start_from"
            )
        return record
