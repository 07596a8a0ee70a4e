"""The records of an input as a page shows them, whether it runs or not: they are read, and nothing is changed.

Rules: in the KV store, the seals are checked with the account's secret, if the caller may read that. If not, the newest
records are shown with a sentence that says so, and nobody may carry them elsewhere: a page would make seals for records
that bore none.
"""

from __future__ import annotations

from pathlib import Path
from typing import Dict, List, NamedTuple, Sequence

from falcon_streams.core.custody import Seal
from falcon_streams.core.offset_history import Change, read_history
from falcon_streams.core.record import Record, RecordTooNew, RecordUnreadable
from falcon_streams.errors import Fatal, Retryable
from falcon_streams.splunk.accounts import read_account
from falcon_streams.splunk.settings import InputSettings
from falcon_streams.splunk.splunkd import Splunkd
from falcon_streams.store.files import FileStore, folder_of
from falcon_streams.store.kvstore import open_kvstore
from falcon_streams.store.shared import SharedRecords

_UNCHECKED = "the seals of these records were not checked, because you may not read the secret of the account"
_CHANGES = "an admin's changes cannot be undone: "


class Shown(NamedTuple):
    """The records by partition, an admin's changes, and what is wrong with them, a sentence each."""

    records: Dict[str, Record]
    changes: Sequence[Change]
    faults: Sequence[str]


def show_records(splunkd: Splunkd, settings: InputSettings, checkpoint_dir: Path) -> Shown:
    """Read an input's records in its store. Raises Fatal and Retryable with one sentence."""
    if settings.checkpoint_store == "file":
        store = FileStore(folder_of(str(checkpoint_dir), settings.name), settings.name, lambda: False)
        return _shown(store.look(), store.history(), store.faults())
    return _show_shared(splunkd, settings)


def _show_shared(splunkd: Splunkd, settings: InputSettings) -> Shown:
    unchecked = []
    try:
        seal = Seal(read_account(splunkd, settings.account).credentials.client_secret)
    except (Fatal, Retryable):
        seal, unchecked = Seal(""), [_UNCHECKED]
    store = SharedRecords(open_kvstore(splunkd), settings.name, seal)
    try:
        choices = store.look()
    except RecordTooNew as error:
        raise Fatal(f"a newer add-on wrote a record of this input: {error}. Install that version again") from None
    records = {name: choice.record for name, choice in choices.items() if choice.record is not None}
    if unchecked:
        return Shown(records, (), unchecked)
    altered = [f"partition {name}: {choice.alteration}" for name, choice in choices.items() if choice.alteration]
    return _shown(records, store.history(), altered)


def _shown(records: Dict[str, Record], history: str, faults: Sequence[str]) -> Shown:
    told: List[str] = [*faults]
    try:
        changes = read_history(history).changes
    except (RecordTooNew, RecordUnreadable) as error:
        changes, told = (), [*told, f"{_CHANGES}{error}"]
    return Shown(records, changes, told)
