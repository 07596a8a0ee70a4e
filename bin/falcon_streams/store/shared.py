"""Claims and checkpoint records of an input that several forwarders share, as documents of one collection.

Rules: a claim's key is `<input>:<generation>`, a record's `<input>:<generation>:<partition>`, so each writer has its
own documents and cannot overwrite another's. Readers take the highest generation. A record has the same bytes as in a
file. An admin's changes (`core/offset_history.py`) are under `<input>:history`; whoever has the claim writes them. A
writer removes the documents that its own replace. The last claims stay, because a process that has slept must not find
an old key free again.

Others may also write the collection. Records and their manifest have seals, and `core.custody` says which count. A
claim's generation is that of its key, whatever the document says. The claim counts if its seal fits, or if writers
without our seal can have reached its generation. What no holder can have written is reported, ignored, and set aside at
the next start.
"""

from __future__ import annotations

import logging
import re
from dataclasses import replace
from typing import Callable, Dict, FrozenSet, Iterable, List, NamedTuple, Optional, Sequence, Tuple

from falcon_streams.core.claim import Claim, Trace, View
from falcon_streams.core.custody import WHO, Choice, Manifest, Seal, Sealed, choose, newest_manifest
from falcon_streams.core.record import Record, RecordTooNew
from falcon_streams.store.document import GENERATION, PARTITION, complain, set_aside, too_new, whole
from falcon_streams.store.found_records import FoundRecords
from falcon_streams.store.history_documents import HistoryDocuments
from falcon_streams.store.kvstore import Document, KvStore
from falcon_streams.store.pair import StorePair
from falcon_streams.store.tenant_documents import TenantDocuments

LOG = logging.getLogger(__name__)
_CLAIM, _RECORD, _MANIFEST = "claim", "record", "manifest"
_CLAIMS_KEPT = 20
_CLAIM_FIELDS = ("holder", "forwarder", "reads", "beat", "released", "yielded")
_SUMMARY = ("_key", "kind", "generation", "partition", "updated_at", "seal", *_CLAIM_FIELDS)
# A takeover takes 45 s, so no writer without our seal (an older add-on, another secret) can be that far ahead.
_MOST_AHEAD = 10**9
_MOST_TOLD = 100


class _Found(NamedTuple):
    """A claim found in the store: whether its seal fits, and whether its holder says that it has left a manifest, and a
    roll of the tenants, which an older package does not."""

    generation: int
    claim: Claim
    sealed: bool
    left_manifest: bool
    left_roll: bool


class SharedClaims:
    """The port `ClaimStore` over the collection."""

    def __init__(self, store: KvStore, name: str, seal: Seal, kept: Callable[[], int]) -> None:
        """`kept` returns the generation under which this process keeps the records, 0 for none yet."""
        self._store = store
        self._name = name
        self._seal = seal
        self._kept = kept
        self._told: Dict[str, None] = {}

    def look(self) -> View:
        """The newest claim, and the traces of all writers."""
        documents = self._store.find({"input": self._name}, _SUMMARY)
        found, refused = _judge_claims(self._name, documents, self._seal)
        traces = [trace for trace in (_trace(self._name, each) for each in documents) if trace is not None]
        self._tell(refused)
        newest = max(found, key=lambda each: each.generation, default=None)
        return View(newest.claim if newest is not None else None, frozenset(traces))

    def insert(self, claim: Claim) -> bool:
        """Add a claim; False if that generation has one already."""
        inserted = self._store.insert(self._document(claim))
        if inserted and claim.generation > _CLAIMS_KEPT:
            self._store.remove(f"{self._name}:{claim.generation - _CLAIMS_KEPT}")
        return inserted

    def replace(self, claim: Claim) -> None:
        """Replace the claim of the same generation by this one."""
        self._store.replace(self._document(claim))

    def _document(self, claim: Claim) -> Document:
        key = f"{self._name}:{claim.generation}"
        known = {"_key": key, "kind": _CLAIM, "input": self._name, "seal": self._seal.of(_claim_text(key))}
        keeps = self._kept() == claim.generation
        return {**known, "manifest": keeps, "roll": keeps, **claim._asdict()}

    def _tell(self, refused: Iterable[str]) -> None:
        for key in refused:
            if key not in self._told and len(self._told) < _MOST_TOLD:
                self._told[key] = None
                LOG.error("document_refused", {"key": key, "reason": "no holder of this input can have written it"})


class _OwnRecords(FoundRecords):
    """The port `ChangeableStore` over the records of the account's own tenant, for the writer of one generation."""

    def __init__(self, store: KvStore, name: str, seal: Seal) -> None:
        super().__init__(name)
        self._store = store
        self._seal = seal
        self._history = HistoryDocuments(store, name, seal)
        self.generation = 0
        self._former: Dict[str, List[str]] = {}
        self._landmarks: Dict[str, Record] = {}

    def read(self, generation: int) -> int:
        """Before the first load, judge what all writers have stored, and leave a manifest of it. From now on we write
        under this generation. Return the last one whose claim says that it has left a roll of the tenants. Raises Fatal
        for a record of a newer add-on."""
        documents = self._store.find({"input": self._name})
        claims, refused = _judge_claims(self._name, documents, self._seal)
        manifests = _manifests(self._name, documents)
        manifest = newest_manifest(self._name, manifests, self._seal)
        promised = max((each.generation for each in claims if each.left_manifest), default=0)
        self._lost = promised > (0 if manifest is None else manifest.generation)
        if self._lost:
            complain(
                "*",
                None,
                "the manifest of the records is missing: partitions without a record are read from the oldest event",
            )
        refused += self._choose(documents, manifest)
        self._landmarks = {partition: record.landmark() for partition, record in self._found.items()}
        self._keep_manifest(generation)
        for each in manifests:
            if each.generation < generation:  # we may be late, and have a successor
                self._store.remove(each.key)
        set_aside(self._store, self._name, [each for each in documents if str(each.get("_key")) in refused])
        self.generation = generation
        return max((each.generation for each in claims if each.left_roll), default=0)

    def look(self) -> Dict[str, Choice]:
        """What `read` would choose for each partition. Nothing is written or reported; raises RecordTooNew."""
        documents = self._store.find({"input": self._name})
        manifest = newest_manifest(self._name, _manifests(self._name, documents), self._seal)
        found = _by_partition(self._name, documents, manifest)
        return {name: choose(self._name, name, each, manifest, self._seal) for name, each in found.items()}

    def save(self, records: Sequence[Record]) -> None:
        """Store the records under our generation, and remove those that they replace."""
        stored = [replace(record, generation=self.generation) for record in records]
        self._store.save([self._document(record) for record in stored])
        self._note([record for record in stored if not self._is_noted(record.partition)])
        for record in stored:
            self._found[record.partition] = record
            for key in self._former.pop(record.partition, []):
                self._store.remove(key)

    def remove(self, partitions: FrozenSet[str]) -> None:
        """Remove the records of these partitions, as far as they have one. The manifest forgets them first: a crash
        between leaves a record, which still bears its seal."""
        if partitions & self._landmarks.keys():
            self._landmarks = {name: each for name, each in self._landmarks.items() if name not in partitions}
            self._keep_manifest(self.generation)
        for partition in sorted(partitions):
            for key in (*self._former.pop(partition, []), f"{self._name}:{self.generation}:{partition}"):
                self._store.remove(key)
            self._found.pop(partition, None)

    def faults(self) -> Sequence[str]:
        """Why not all records that the input had are known; empty if they are."""
        return ("the manifest of its records is missing",) if self._lost else ()

    def history(self) -> str:
        """What `keep_history` has stored, empty for nothing. What does not bear our seal is reported and not used."""
        return self._history.read()

    def keep_history(self, text: str) -> None:
        """Store the text of an admin's changes."""
        self._history.keep(text)

    def _is_noted(self, partition: str) -> bool:
        landmark = self._landmarks.get(partition)
        return landmark is not None and landmark.generation == self.generation

    def _note(self, fresh: Sequence[Record]) -> None:
        """Add to the manifest the records that are the first of their partitions under our generation."""
        if not fresh:
            return
        before = dict(self._landmarks)
        self._landmarks.update((record.partition, record.landmark()) for record in fresh)
        try:
            self._keep_manifest(self.generation)
        except Exception:
            self._landmarks = before  # so that the next save notes them again
            raise

    def _choose(self, documents: Sequence[Document], manifest: Optional[Manifest]) -> List[str]:
        """Find the record of each partition; return the keys of what no holder can have written."""
        refused: List[str] = []
        for document in documents:
            if document.get("kind") == _RECORD and _place(self._name, document, _RECORD) is None:
                key = str(document.get("_key"))
                complain("*", None, f"{key} is not a key of a record, and is ignored: {WHO}")
                refused.append(key)
        self._found, self._former = {}, {}
        for partition, found in _by_partition(self._name, documents, manifest).items():
            refused += self._take(partition, found, manifest)
        return refused

    def _take(self, partition: str, found: Sequence[Sealed], manifest: Optional[Manifest]) -> Sequence[str]:
        try:
            choice = choose(self._name, partition, found, manifest, self._seal)
        except RecordTooNew as error:
            raise too_new(error, partition) from None
        if choice.alteration:
            complain(partition, choice.record, choice.alteration)
        if choice.record is not None:
            self._found[partition] = choice.record
        self._former[partition] = [each.key for each in found]
        return choice.refused

    def _manifest_key(self, generation: int) -> str:
        return f"{self._name}:{generation}:*"  # no partition has this name

    def _keep_manifest(self, generation: int) -> None:
        text = Manifest(generation, self._landmarks).to_text(self._name)
        known = {"_key": self._manifest_key(generation), "kind": _MANIFEST, "input": self._name}
        seal = Manifest.seal_of(text, self._seal)
        self._store.save([{**known, "generation": generation, "records": text, "seal": seal}])

    def _document(self, record: Record) -> Document:
        data = record.to_bytes().decode("ascii")
        return {
            "_key": f"{self._name}:{self.generation}:{record.partition}",
            "kind": _RECORD,
            "input": self._name,
            "generation": self.generation,
            "partition": record.partition,
            "offset": str(record.offset),
            "updated_at": record.updated_at,
            "record": data,
            "seal": self._seal.of(data),
        }


class SharedRecords(StorePair):
    """The port `ChangeableStore` over the collection, for the writer of one generation."""

    def __init__(self, store: KvStore, name: str, seal: Seal) -> None:
        self.generation = 0  # under which everything is stored, 0 before that
        self._records, self._documents = _OwnRecords(store, name, seal), TenantDocuments(store, name, seal)
        super().__init__(self._records, self._documents)

    def read(self, generation: int, between: Callable[[], None] = lambda: None) -> None:
        """Before the first load, judge what all writers have stored, and write under this generation from now on.
        `between` is called between calls of the store. Raises Fatal for a record of a newer add-on."""
        promised = self._records.read(generation)
        self._documents.read(generation, promised, between)
        self.generation = generation

    def look(self) -> Dict[str, Choice]:
        """What `read` would choose for each partition. Nothing is written or reported; raises RecordTooNew."""
        return {**self._records.look(), **self._documents.look()}


def _manifests(name: str, documents: Sequence[Document]) -> List[Sealed]:
    return [
        Sealed(str(each["_key"]), place[0], str(each.get("records")), each.get("seal"))
        for each in documents
        for place in [_place(name, each, _MANIFEST)]
        if place is not None
    ]


def _by_partition(name: str, documents: Sequence[Document], manifest: Optional[Manifest]) -> Dict[str, List[Sealed]]:
    """The documents of the records, by partition; a partition of the manifest may have none."""
    found: Dict[str, List[Sealed]] = {partition: [] for partition in (manifest.landmarks if manifest else ())}
    for each in documents:
        place = _place(name, each, _RECORD)
        if place is not None:
            sealed = Sealed(str(each["_key"]), place[0], str(each.get("record")), each.get("seal"))
            found.setdefault(place[1], []).append(sealed)
    return found


def newest_claims(store: KvStore, seal: Seal) -> Dict[str, Claim]:
    """The newest claim of each input, by the input's name, as far as its seal fits."""
    documents: Dict[str, List[Document]] = {}
    for each in store.find({"kind": _CLAIM}, (*_SUMMARY, "input")):
        documents.setdefault(str(each.get("input")), []).append(each)
    newest: Dict[str, Claim] = {}
    for name, claims in documents.items():
        sealed = [each for each in _judge_claims(name, claims, seal)[0] if each.sealed]
        if sealed:
            newest[name] = max(sealed, key=lambda each: each.generation).claim
    return newest


def _judge_claims(name: str, documents: Sequence[Document], seal: Seal) -> Tuple[List[_Found], List[str]]:
    """The claims that count, and the keys of those that do not."""
    found = {str(each.get("_key")): _claim(name, each, seal) for each in documents if each.get("kind") == _CLAIM}
    most = max((each.generation for each in found.values() if each and each.sealed), default=0) + _MOST_AHEAD
    counted = {key: each for key, each in found.items() if each is not None and each.generation <= most}
    return list(counted.values()), [key for key in found if key not in counted]


def _claim(name: str, document: Document, seal: Seal) -> Optional[_Found]:
    """A claim under its key's generation, None if the key is not one of ours. If a holder cannot have written the
    document, its generation is taken all the same, and is waited out."""
    key = str(document.get("_key"))
    match = re.fullmatch(rf"{re.escape(name)}:({GENERATION})", key)
    if match is None:
        return None
    generation, beat = int(match[1]), whole(document, "beat")
    sound = beat is not None and whole(document, "generation") == generation
    claim = Claim(
        generation=generation,
        holder=str(document.get("holder")),
        forwarder=str(document.get("forwarder")),
        reads=str(document.get("reads")),
        beat=beat or 0,
        released=document.get("released") is True and sound,
        yielded=document.get("yielded") is True,
    )
    sealed = seal.fits(_claim_text(key), document.get("seal"))
    return _Found(generation, claim, sealed, document.get("manifest") is True, document.get("roll") is True)


def _claim_text(key: str) -> str:
    """What a claim's seal covers; never equal to the text of a record or a manifest."""
    return f"claim\0{key}"


def _trace(name: str, document: Document) -> Optional[Trace]:
    place, stamp = _place(name, document, _RECORD), document.get("updated_at")
    if place is None or not isinstance(stamp, (int, float)):
        return None
    return Trace(*place, float(stamp))


def _place(name: str, document: Document, kind: str) -> Optional[Tuple[int, str]]:
    """Generation and partition of a document of this kind, None if the document and its key disagree."""
    match = re.fullmatch(rf"{re.escape(name)}:({GENERATION}):({PARTITION}|\*)", str(document.get("_key")))
    if match is None or document.get("kind") != kind or whole(document, "generation") != int(match[1]):
        return None
    return int(match[1]), match[2]
