"""An input's records in its folder, under splunkd's `checkpoint_dir`: a file for each partition of the account's own
tenant, and one journal for those of child tenants."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Callable, Dict, Mapping

from falcon_streams.core.record import Record
from falcon_streams.splunk.splunkd import SCHEME
from falcon_streams.store.folder import Folder, file_name
from falcon_streams.store.journal import Journal
from falcon_streams.store.pair import StorePair
from falcon_streams.store.partition_files import PartitionFiles


class FileStore(StorePair):
    """The port `ChangeableStore` over a folder."""

    def __init__(self, folder: Path, name: str, is_ours: Callable[[], bool]) -> None:
        """`folder` is this input's own, as `folder_of` names it; `name` is the input's name; `is_ours` says whether
        this process may still write there."""
        place = Folder(folder, name, is_ours)
        self._files, self._journal = PartitionFiles(place), Journal(place)
        super().__init__(self._files, self._journal)

    def look(self) -> Dict[str, Record]:
        """The records by partition, without those that cannot be read. Nothing is moved aside."""
        return {**self._files.look(), **self._journal.look()}


def checkpoint_dir_of(environment: Mapping[str, str]) -> Path:
    """The folder of our inputs' checkpoints: `checkpoint_dir` in the XML that splunkd gives to an input."""
    home = Path(environment.get("SPLUNK_HOME", os.curdir))
    database = environment.get("SPLUNK_DB") or home / "var" / "lib" / "splunk"
    return Path(database) / "modinputs" / SCHEME


def folder_of(checkpoint_dir: str, name: str) -> Path:
    """The folder of an input's checkpoints and state."""
    return Path(checkpoint_dir) / file_name(name)
