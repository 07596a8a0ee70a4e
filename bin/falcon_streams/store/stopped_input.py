"""The records of an input that does not run, opened for an admin's change in the process of the pages.

Theory. An input that runs would commit over an admin's change, or read on beside it. So whoever changes its records
first takes what a run takes: the lock of its folder, and for the KV store also the claim, as one more reader that never
reads. Until both are given back, no process of the input goes further than its own wait for them.

Rules: `open` refuses with 409 while the input runs, here or on another forwarder. A claim that its holder has not given
back may still be in use: it must be still for 45 s (`core/claim.py`), over several requests if need be, so one object
of this module lives as long as the process. Callers hold the lock of the pages' changes, and nothing here waits. The
seals of the KV store are made with the account's secret, read with the caller's own session: whoever may not read it
may not write (decision record 0016). All is given back at the end, also after an error; what a crash leaves is a lock
that the system frees, and a claim that must be still.
"""

from __future__ import annotations

import logging
import uuid
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Callable, Dict, FrozenSet, Iterator, Optional, Sequence, Tuple

from falcon_streams.core.claim import STILL_FOR, Claims, Confirm, Look, Take
from falcon_streams.core.custody import Seal
from falcon_streams.core.record import Record
from falcon_streams.core.text import tidy
from falcon_streams.errors import Refused, Retryable
from falcon_streams.ports import ChangeableStore, ClaimStore, Clock
from falcon_streams.splunk.accounts import read_account
from falcon_streams.splunk.process_lock import ProcessLock
from falcon_streams.splunk.settings import InputSettings
from falcon_streams.splunk.splunkd import Splunkd
from falcon_streams.splunk.state import read_state
from falcon_streams.store.files import FileStore, folder_of
from falcon_streams.store.kvstore import open_kvstore
from falcon_streams.store.shared import SharedClaims, SharedRecords

LOG = logging.getLogger(__name__)
FILE, KVSTORE = "file", "kvstore"
_READS = "nothing: an admin changes its offsets"
_FRESH = 15.0  # seconds; a running input replaces its state file every few seconds
_DISABLE = "disable the input first, and repeat this once it has stopped"


class StoppedInputs:
    """Opens the records of inputs that do not run."""

    def __init__(self, checkpoint_dir: Path, clock: Clock) -> None:
        self._checkpoint_dir = checkpoint_dir
        self._clock = clock
        self._claims: Dict[str, Claims] = {}

    @contextmanager
    def open(self, splunkd: Splunkd, settings: InputSettings) -> Iterator[ChangeableStore]:
        """The records of an input in the store that its settings name. Refused 409 if it runs; may also raise what the
        store and `read_account` raise."""
        with self.open_stores(splunkd, settings, settings.checkpoint_store) as stores:
            yield stores[0]

    @contextmanager
    def open_stores(
        self, splunkd: Splunkd, settings: InputSettings, *kinds: str
    ) -> Iterator[Tuple[ChangeableStore, ...]]:
        """The records of an input in several stores, `FILE` or `KVSTORE`, whichever of them its settings name."""
        with ExitStack() as rights:
            lock = self._lock(settings.name)
            rights.callback(lock.release)
            yield tuple(
                self._files(settings.name, lock) if kind == FILE else self._kvstore(rights, splunkd, settings)
                for kind in kinds
            )

    def _files(self, name: str, lock: ProcessLock) -> FileStore:
        return FileStore(folder_of(str(self._checkpoint_dir), name), name, lock.is_ours)

    def _lock(self, name: str) -> ProcessLock:
        folder = folder_of(str(self._checkpoint_dir), name)
        lock = ProcessLock(folder)
        holder = lock.take()
        if holder:
            raise Refused(409, f"{holder}: {_DISABLE}")
        if not lock.is_held and _shows_life(folder, self._clock.now()):
            raise Refused(409, f"this input ran less than {_FRESH:.0f} s ago: {_DISABLE}")
        return lock

    def _kvstore(self, rights: ExitStack, splunkd: Splunkd, settings: InputSettings) -> ChangeableStore:
        documents = open_kvstore(splunkd)
        seal = Seal(read_account(splunkd, settings.account).credentials.client_secret)
        records = SharedRecords(documents, settings.name, seal)
        store = SharedClaims(documents, settings.name, seal, lambda: records.generation)
        claims = self._claims_on(splunkd, settings.name)
        generation = self._claim(settings.name, claims, store)
        rights.callback(self._give_back, settings.name, claims, store)
        records.read(generation, lambda: self._ask(claims, store))
        return _ClaimedRecords(records, lambda: claims.valid(self._clock.monotonic()))

    def _claims_on(self, splunkd: Splunkd, name: str) -> Claims:
        # Under a name of its own, because a claim of the same forwarder is taken for that of an ended process. For
        # another admin's claim on this machine that is right: we have the lock of the folder.
        if name not in self._claims:
            reader = f"an admin on {splunkd.info().forwarder or 'this instance'}"
            self._claims[name] = Claims(uuid.uuid4().hex, reader, _READS, self._clock.monotonic())
        return self._claims[name]

    def _claim(self, name: str, claims: Claims, store: ClaimStore) -> int:
        """Take the claim and return its generation. Refused 409 if it is not free."""
        try:
            self._ask(claims, store)
        except Retryable:
            del self._claims[name]  # whether our claim is in the store is not known: begin anew
            raise
        if claims.claim is not None:
            return claims.claim.generation
        reader = tidy(claims.newest.forwarder) if claims.newest is not None else "another forwarder"
        raise Refused(
            409,
            f"{reader} reads this input, or ended without giving its claim back: disable the input on every forwarder. "
            f"If none runs, repeat this in {STILL_FOR:.0f} s",
        )

    def _ask(self, claims: Claims, store: ClaimStore) -> None:
        """Ask the store until there is nothing to ask at once."""
        while True:
            at = self._clock.monotonic()
            intent = claims.intent(at)
            if isinstance(intent, Look):
                claims.saw(store.look(), at, self._clock.monotonic())
            elif isinstance(intent, Take):
                claims.took(intent.claim, store.insert(intent.claim), at)
            elif isinstance(intent, Confirm):
                store.replace(intent.claim)
                claims.confirmed(intent.claim, at, self._clock.monotonic())
            else:
                return

    def _give_back(self, name: str, claims: Claims, store: ClaimStore) -> None:
        del self._claims[name]
        claim = claims.claim
        if claim is None or not claims.valid(self._clock.monotonic()):
            return
        try:
            store.replace(claim._replace(released=True))
        except Retryable as error:  # the change was made; whoever reads next waits until the claim was still
            LOG.warning("claim_failed", {"error": str(error), "status": error.status})


class _ClaimedRecords:
    """The port `ChangeableStore` over records in the KV store: writes only while the claim is ours."""

    def __init__(self, records: SharedRecords, holds: Callable[[], bool]) -> None:
        self._records = records
        self._holds = holds

    def partitions(self) -> FrozenSet[str]:
        """The partitions that have a record."""
        return self._records.partitions()

    def load(self, partition: str) -> Optional[Record]:
        """The record of a partition."""
        return self._records.load(partition)

    def save(self, records: Sequence[Record]) -> None:
        """Store the records."""
        self._require_claim()
        self._records.save(records)

    def remove(self, partitions: FrozenSet[str]) -> None:
        """Remove the records of these partitions."""
        self._require_claim()
        self._records.remove(partitions)

    def faults(self) -> Sequence[str]:
        """Why not all records are known."""
        return self._records.faults()

    def history(self) -> str:
        """The text of an admin's changes."""
        return self._records.history()

    def keep_history(self, text: str) -> None:
        """Store that text."""
        self._require_claim()
        self._records.keep_history(text)

    def _require_claim(self) -> None:
        if not self._holds():
            raise Refused(
                503, "the KV store took too long, and the claim on this input is lost: load the offsets, then try again"
            )


def _shows_life(folder: Path, now: float) -> bool:
    state = read_state(folder)
    stamp = state.get("updated_at")
    fresh = isinstance(stamp, (int, float)) and now - stamp < _FRESH
    return fresh and state.get("state") not in ("stopped", "error")
