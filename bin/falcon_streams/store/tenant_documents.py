"""The records of child tenants in the KV store's collection, for the writer of one generation.

Rules: a record's key is `<input>:<generation>:<cid>:<id>`; each tenant has a manifest, `<input>:<generation>:<cid>:*`,
and all of them the roll, `<input>:<generation>:*:*` (`core/roll.py`). A package that knows no tenants looks for
documents by their field `input`, which these have not, so it neither counts nor removes them. A new writer reads all of
them, stores them anew under its own generation, and removes those of lower ones in one call: nothing that an earlier
writer left is mended bit by bit, and a writer that wakes up late cannot touch what came after it. Between two calls it
does what it was told to, because a thousand tenants take longer than a claim may go without being confirmed.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Callable, Dict, FrozenSet, Iterable, List, NamedTuple, Optional, Sequence, Set

from falcon_streams.core.custody import WHO, Choice, Manifest, Seal, Sealed, choose
from falcon_streams.core.partition_name import CID, NAME, name_of, split
from falcon_streams.core.record import Record, RecordTooNew
from falcon_streams.core.roll import Roll, manifest_of, newest_roll
from falcon_streams.store.document import GENERATION, PARTITION, complain, set_aside, too_new, whole
from falcon_streams.store.found_records import FoundRecords
from falcon_streams.store.kvstore import Document, KvStore

_RECORD, _MANIFEST, _ROLL = "tenant record", "tenant manifest", "roll"
_KINDS = {(False, False): _RECORD, (False, True): _MANIFEST, (True, True): _ROLL}
_PORTION = 250  # documents between two confirmations of the claim
_KEYS = 20  # in one question, which is part of an address
_MOST_TOLD = 20


class _Found(NamedTuple):
    """All documents, sorted: by partition, by tenant, the rolls, and those that no holder can have written."""

    records: Dict[str, List[Sealed]]
    manifests: Dict[str, List[Sealed]]
    rolls: List[Sealed]
    foreign: List[Document]


class TenantDocuments(FoundRecords):
    """The records of tenants: the port `OffsetStore`, with `remove` and `faults`."""

    def __init__(self, store: KvStore, name: str, seal: Seal) -> None:
        super().__init__(name)
        self._store = store
        self._seal = seal
        self._generation = 0
        self._landmarks: Dict[str, Dict[str, Record]] = {}

    def read(self, generation: int, promised: int, between: Callable[[], None]) -> None:
        """Before the first load, judge what all writers have stored, and store it under this generation. `promised` is
        the last generation whose claim says that it has left a roll; `between` is called between calls of the store.
        Raises Fatal for a record of a newer add-on."""
        documents: List[Document] = []
        for document in self._store.find_many({"tenants_of": self._name}, "key"):
            if len(documents) % _PORTION == 0:
                between()
            documents.append(document)
        found = self._sort(documents)
        roll = newest_roll(self._name, found.rolls, self._seal)
        self._lost = promised > (0 if roll is None else roll.generation)
        try:
            choices = self._choose(found, roll)
        except RecordTooNew as error:
            raise too_new(error) from None
        self._tell(choices, found.foreign)
        records = {name: each.record for name, each in choices.items() if each.record is not None}
        self._found = {name: replace(record, generation=generation) for name, record in records.items()}
        self._landmarks = {}
        for record in self._found.values():
            self._landmarks.setdefault(record.tenant, {})[record.partition] = record.landmark()
        self._generation = generation
        self._carry_over(between)
        refused = {key for choice in choices.values() for key in choice.refused}
        set_aside(self._store, self._name, [*found.foreign, *(each for each in documents if each["_key"] in refused)])
        self._store.remove_all({"tenants_of": self._name, "generation": {"$lt": generation}})

    def look(self) -> Dict[str, Choice]:
        """What `read` would choose for each partition. Nothing is written or reported; raises RecordTooNew."""
        found = self._sort(list(self._store.find_many({"tenants_of": self._name}, "key")))
        return self._choose(found, newest_roll(self._name, found.rolls, self._seal))

    def save(self, records: Sequence[Record]) -> None:
        """Store the records under our generation."""
        stored = {record.partition: replace(record, generation=self._generation) for record in records}
        self._store.save([self._record_document(record) for record in stored.values()])
        self._note([record for record in stored.values() if not self._is_noted(record)])
        self._found.update(stored)

    def remove(self, partitions: FrozenSet[str]) -> None:
        """Remove the records of these partitions, as far as they have one. The roll forgets them first, then their
        manifests: a crash between leaves a record, which still bears its seal."""
        there = sorted(partitions & self._found.keys())
        if not there:
            return
        tenants = {split(partition)[0] for partition in there}
        for partition in there:
            self._landmarks.get(split(partition)[0], {}).pop(partition, None)
        self._store.save([self._roll_document()])
        self._store.save([self._manifest_document(tenant) for tenant in sorted(tenants)])
        for start in range(0, len(there), _KEYS):
            keys = [{"key": self._key(*split(partition))} for partition in there[start : start + _KEYS]]
            self._store.remove_all({"tenants_of": self._name, "$or": keys})
        for partition in there:
            del self._found[partition]

    def faults(self) -> Sequence[str]:
        """Why not all records that the input had are known; empty if they are."""
        return ("the roll of its tenants' records is missing",) if self._lost else ()

    # -- what was found --------------------------------------------------------------------------------------------

    def _sort(self, documents: Iterable[Document]) -> _Found:
        found = _Found({}, {}, [], [])
        pattern = re.compile(rf"{re.escape(self._name)}:({GENERATION}):({CID.pattern}|\*):({PARTITION}|\*)")
        for each in documents:
            key = str(each.get("_key"))
            match = pattern.fullmatch(key)
            kind = None if match is None else _KINDS.get((match[2] == "*", match[3] == "*"))
            if match is None or each.get("kind") != kind or whole(each, "generation") != int(match[1]):
                found.foreign.append(each)
                continue
            sealed = Sealed(key, int(match[1]), str(each.get("text")), each.get("seal"))
            if kind == _ROLL:
                found.rolls.append(sealed)
            elif kind == _MANIFEST:
                found.manifests.setdefault(match[2], []).append(sealed)
            else:
                found.records.setdefault(name_of(match[2], match[3]), []).append(sealed)
        return found

    def _choose(self, found: _Found, roll: Optional[Roll]) -> Dict[str, Choice]:
        known = roll.tenants if roll is not None and roll.sealed else {}
        of_tenant: Dict[str, Set[str]] = {tenant: set() for tenant in (*found.manifests, *known)}
        for partition in found.records:
            of_tenant.setdefault(split(partition)[0], set()).add(partition)
        choices: Dict[str, Choice] = {}
        for tenant, partitions in sorted(of_tenant.items()):
            manifest, trouble = manifest_of(self._name, tenant, found.manifests.get(tenant, ()), roll, self._seal)
            landmarks = () if manifest is None else (each for each in manifest.landmarks if _is_of(tenant, each))
            for partition in sorted({*partitions, *landmarks}):
                choice = choose(self._name, partition, found.records.get(partition, ()), manifest, self._seal)
                choices[partition] = choice if choice.alteration else choice._replace(alteration=trouble)
        return choices

    def _tell(self, choices: Dict[str, Choice], foreign: Sequence[Document]) -> None:
        """Report what was altered: each partition, or one for all if a changed secret makes it thousands."""
        if self._lost:
            complain("*", None, "the roll of the tenants is missing: what has no record is read from the oldest event")
        for document in foreign[:_MOST_TOLD]:
            complain("*", None, f"{document.get('_key')} is not a key of a tenant, and is ignored: {WHO}")
        told: Dict[str, List[str]] = {}
        for partition, choice in choices.items():
            if choice.alteration:
                told.setdefault(choice.alteration, []).append(partition)
        for reason, partitions in told.items():
            if len(partitions) > _MOST_TOLD:
                complain("*", None, f"{reason} (in {len(partitions)} partitions, the first is {partitions[0]})")
            else:
                for partition in partitions:
                    complain(partition, choices[partition].record, reason)

    # -- what is stored --------------------------------------------------------------------------------------------

    def _carry_over(self, between: Callable[[], None]) -> None:
        """Store everything under our generation: the records, then what says that they are there."""
        documents = [self._record_document(record) for record in self._found.values()]
        documents += [self._manifest_document(tenant) for tenant in self._landmarks]
        for start in range(0, len(documents), _PORTION):
            between()
            self._store.save(documents[start : start + _PORTION])
        self._store.save([self._roll_document()])

    def _is_noted(self, record: Record) -> bool:
        return record.partition in self._landmarks.get(record.tenant, ())

    def _note(self, fresh: Sequence[Record]) -> None:
        """Add to manifests and roll the records that are the first of their partitions."""
        if not fresh:
            return
        before = {tenant: {**landmarks} for tenant, landmarks in self._landmarks.items()}
        for record in fresh:
            self._landmarks.setdefault(record.tenant, {})[record.partition] = record.landmark()
        try:
            self._store.save([self._manifest_document(tenant) for tenant in sorted({each.tenant for each in fresh})])
            self._store.save([self._roll_document()])
        except Exception:
            self._landmarks = before  # so that the next save notes them again
            raise

    def _record_document(self, record: Record) -> Document:
        text = record.to_bytes().decode("ascii")
        told = {"partition": record.partition, "offset": str(record.offset), "updated_at": record.updated_at}
        return {**self._document(_RECORD, *split(record.partition), text, self._seal.of(text)), **told}

    def _manifest_document(self, tenant: str) -> Document:
        text = Manifest(self._generation, self._landmarks[tenant]).to_text(self._name)
        return self._document(_MANIFEST, tenant, "*", text, Manifest.seal_of(text, self._seal, tenant))

    def _roll_document(self) -> Document:
        tenants = {tenant: frozenset(landmarks) for tenant, landmarks in self._landmarks.items()}
        text = Roll(self._generation, tenants).to_text(self._name)
        return self._document(_ROLL, "*", "*", text, Roll.seal_of(text, self._seal))

    def _document(self, kind: str, tenant: str, id: str, text: str, seal: str) -> Document:
        key = self._key(tenant, id)
        known = {"_key": key, "key": key, "kind": kind, "tenants_of": self._name, "generation": self._generation}
        return {**known, "text": text, "seal": seal}

    def _key(self, tenant: str, id: str) -> str:
        return f"{self._name}:{self._generation}:{tenant}:{id}"


def _is_of(tenant: str, partition: str) -> bool:
    return NAME.fullmatch(partition) is not None and split(partition)[0] == tenant
