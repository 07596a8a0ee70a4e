"""Claims and checkpoint records of an input that several forwarders share, as documents of one collection.

Rules: a claim's key is `<input>:<generation>`, a record's `<input>:<generation>:<partition>`, so each writer has
documents of its own and none can overwrite another's; readers take the highest generation. A record is the same bytes
as in a file. One that cannot be read is left where it is, and the input refuses to start. What a writer has replaced by
its own is removed; the last claims stay, because a key must not come back for a process that has slept. Each record
bears a seal made with the account's secret, which whoever may write the collection need not know: one that does not fit
is reported, so that nobody moves an offset forward in silence.
"""

from __future__ import annotations

import hashlib
import hmac
import logging
from dataclasses import replace
from typing import Any, Dict, FrozenSet, List, Optional, Sequence

from falcon_streams.core.claim import Claim, Trace, View
from falcon_streams.core.record import Record, RecordTooNew, RecordUnreadable, read_record
from falcon_streams.errors import Fatal
from falcon_streams.splunk.kvstore import COLLECTION, Document, KvStore

LOG = logging.getLogger(__name__)
_CLAIM, _RECORD = "claim", "record"
_CLAIMS_KEPT = 20
_CLAIM_FIELDS = ("holder", "forwarder", "reads", "beat", "released", "yielded")
_SUMMARY = ("_key", "kind", "generation", "partition", "updated_at", *_CLAIM_FIELDS)


class SharedClaims:
    """The port `ClaimStore` over the collection."""

    def __init__(self, store: KvStore, name: str) -> None:
        self._store = store
        self._name = name

    def look(self) -> View:
        """The newest claim, and the traces of all writers."""
        documents = self._store.find({"input": self._name}, _SUMMARY)
        claims = sorted((_claim(each) for each in documents if each.get("kind") == _CLAIM), key=_generation_of)
        traces = (
            Trace(_whole(each, "generation"), str(each.get("partition")), _number(each, "updated_at"))
            for each in documents
            if each.get("kind") == _RECORD
        )
        return View(claims[-1] if claims else None, frozenset(traces))

    def insert(self, claim: Claim) -> bool:
        """Add a claim; False where there is one of that generation."""
        inserted = self._store.insert(self._document(claim))
        if inserted and claim.generation > _CLAIMS_KEPT:
            self._store.remove(f"{self._name}:{claim.generation - _CLAIMS_KEPT}")
        return inserted

    def replace(self, claim: Claim) -> None:
        """Put this in the place of the claim of its generation."""
        self._store.replace(self._document(claim))

    def _document(self, claim: Claim) -> Document:
        return {"_key": f"{self._name}:{claim.generation}", "kind": _CLAIM, "input": self._name, **claim._asdict()}


class SharedRecords:
    """The port `OffsetStore` over the collection, for the writer of one generation."""

    def __init__(self, store: KvStore, name: str, secret: str) -> None:
        """`secret` is the account's, out of which the seals' key is made."""
        self._store = store
        self._name = name
        self._key = hashlib.sha256(b"falcon_event_streams checkpoint\0" + secret.encode()).digest()
        self._generation = 0
        self._found: Dict[str, Document] = {}
        self._former: Dict[str, List[str]] = {}

    def read(self, generation: int) -> None:
        """Read what all writers have stored, before the first load; we write under this generation from now on."""
        self._generation = generation
        documents = self._store.find({"input": self._name, "kind": _RECORD})
        for document in sorted(documents, key=lambda each: _whole(each, "generation")):
            partition = str(document.get("partition"))
            self._found[partition] = document
            self._former.setdefault(partition, []).append(str(document.get("_key")))

    def partitions(self) -> FrozenSet[str]:
        """The partitions that have a record."""
        return frozenset(self._found)

    def load(self, partition: str) -> Optional[Record]:
        """The record of a partition. Raises Fatal where one is there that must not be used."""
        document = self._found.get(partition)
        if document is None:
            return None
        title = f"the checkpoint {document.get('_key')} in the KV store's collection {COLLECTION}"
        try:
            record = read_record(str(document.get("record")).encode())
        except RecordTooNew as error:
            raise Fatal(f"{title} is of a newer add-on: {error}. Install that version again") from None
        except RecordUnreadable as error:
            raise Fatal(
                f"{title} cannot be used ({error}). Put a good copy in its place, or remove it to begin anew by "
                "start_from"
            ) from None
        if (record.input, record.partition) != (self._name, partition):
            raise Fatal(f"{title} belongs to input {record.input}, partition {record.partition}: remove it")
        if document.get("seal") != self._seal(str(document.get("record"))):
            fields = {"partition": partition, "offset": record.offset, "key": document.get("_key")}
            LOG.error("checkpoint_altered", {**fields, "unless": "the account's secret was changed since"})
        return record

    def _seal(self, record: str) -> str:
        return hmac.new(self._key, record.encode(), "sha256").hexdigest()

    def save(self, records: Sequence[Record]) -> None:
        """Store the records under our generation, and remove what they replace."""
        self._store.save([self._document(record) for record in records])
        for record in records:
            for key in self._former.pop(record.partition, []):
                self._store.remove(key)

    def _document(self, record: Record) -> Document:
        data = replace(record, generation=self._generation).to_bytes().decode("ascii")
        return {
            "_key": f"{self._name}:{self._generation}:{record.partition}",
            "kind": _RECORD,
            "input": self._name,
            "generation": self._generation,
            "partition": record.partition,
            "offset": str(record.offset),
            "updated_at": record.updated_at,
            "record": data,
            "seal": self._seal(data),
        }


def _claim(document: Document) -> Claim:
    fields: Dict[str, Any] = {name: document.get(name) for name in ("holder", "forwarder", "reads")}
    return Claim(
        generation=_whole(document, "generation"),
        beat=_whole(document, "beat"),
        released=document.get("released") is True,
        yielded=document.get("yielded") is True,
        **{name: str(value) for name, value in fields.items()},
    )


def _generation_of(claim: Claim) -> int:
    return claim.generation


def _whole(document: Document, name: str) -> int:
    return int(_number(document, name))


def _number(document: Document, name: str) -> float:
    value = document.get(name)
    return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else 0.0
