"""Decides which records a claim's holder wrote, in a store that others may write, and where to go on if one is not.

Theory. Whoever may write the store can change a record, remove it, or put an old one back. Two seals protect against
that; their key is made of the account's secret, which the store does not hold. One seal covers each record, with the
generation that wrote it. The other covers the manifest: the set of partitions that have a record, each with its
landmark, the oldest place that its record could go back to when it was first stored under its generation. The manifest
changes with the set, not with each commit, so a commit costs the same however many partitions there are.

| what is found of a partition | and the manifest | the record that counts |
|---|---|---|
| a record whose seal fits, of its document's generation, none older than the landmark | any, or none | that one |
| none such | sealed, knows the partition | the landmark: everything before it has been read |
| none such | sealed, does not know it | none: it never had one |
| one that can be read | not sealed, or none | that one, because a changed secret looks the same |
| none | not sealed, and knows it; or gone although a claim says that there was one | the oldest event that Falcon has |

Every case but the first is reported. Two things cannot be seen: an older record of the same generation, which repeats
events and loses none; and a store from which somebody has removed everything, claims included.

Rules: pure. Only somebody who knows the account's secret can make a seal.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import Dict, List, Mapping, NamedTuple, Optional, Sequence

from falcon_streams.core.record import (
    Owner,
    Record,
    RecordTooNew,
    RecordUnreadable,
    StartPosition,
    first_record,
    read_record,
)

WHO = "check who may write the collection"
_NO_SEAL = "does not bear this add-on's seal"


class Seal:
    """Makes and checks the seals of one account."""

    def __init__(self, secret: str) -> None:
        self._key = hashlib.sha256(b"falcon_event_streams checkpoint\0" + secret.encode()).digest()

    def of(self, text: str) -> str:
        """The seal over a text, in hex."""
        return hmac.new(self._key, text.encode(), "sha256").hexdigest()

    def fits(self, text: str, seal: object) -> bool:
        """Whether this is the text's seal."""
        return isinstance(seal, str) and seal.isascii() and hmac.compare_digest(self.of(text), seal)


class Sealed(NamedTuple):
    """A text found in the store: its document's key, generation, and seal."""

    key: str
    generation: int
    text: str
    seal: object


class Manifest(NamedTuple):
    """The set of records that a generation has left: each partition's landmark. `sealed` says whether its seal fits."""

    generation: int
    landmarks: Mapping[str, Record]
    sealed: bool = True

    def to_text(self, name: str) -> str:
        """The manifest of an input, as it is stored and sealed."""
        trees = {partition: json.loads(record.to_bytes()) for partition, record in self.landmarks.items()}
        return json.dumps({"input": name, "generation": self.generation, "records": trees}, sort_keys=True)

    @staticmethod
    def seal_of(text: str, seal: Seal, tenant: str = "") -> str:
        """The seal of a manifest's text; a record or another tenant's manifest with the same text has another seal."""
        return seal.of(f"manifest{tenant}\0{text}")


class Choice(NamedTuple):
    """The record that counts, None if there never was one; what to report, empty for nothing; and the keys of documents
    that no holder can have written."""

    record: Optional[Record]
    alteration: str = ""
    refused: Sequence[str] = ()


def newest_manifest(name: str, found: Sequence[Sealed], seal: Seal, tenant: str = "") -> Optional[Manifest]:
    """The newest manifest whose seal fits, else the newest that can be read, else None: of the account's own tenant, or
    of this child (`core/roll.py`)."""
    read = (_read_manifest(name, each, seal, tenant) for each in found)
    manifests = [manifest for manifest in read if manifest is not None]
    return max(manifests, key=lambda each: (each.sealed, each.generation), default=None)


def choose(name: str, partition: str, found: Sequence[Sealed], manifest: Optional[Manifest], seal: Seal) -> Choice:
    """Judge what was found of a partition. Raises RecordTooNew for a record of a newer add-on."""
    landmark = None if manifest is None else manifest.landmarks.get(partition)
    sealed = manifest is not None and manifest.sealed
    least = landmark.generation if landmark is not None and sealed else 0
    refused: List[str] = []
    readable: Optional[Record] = None
    for each in sorted(found, key=lambda one: one.generation, reverse=True):
        fits = seal.fits(each.text, each.seal)
        record = _read(name, partition, each.text, fits)
        if record is not None and fits and each.generation == record.generation >= least:
            return Choice(record, f"a newer record {_NO_SEAL} and is ignored: {WHO}" if refused else "", refused)
        refused.append(each.key)
        readable = readable or record
    if sealed:
        return _by_manifest(landmark, refused)
    if readable is not None:
        return Choice(
            readable, f"its record {_NO_SEAL}: the account's secret was changed, or somebody changed the record"
        )
    if not found and landmark is None:
        return Choice(None)
    reason = f"its record is missing or cannot be read, and the input reads from the oldest event: {WHO}"
    return Choice(oldest(name, partition), reason, refused)


def _by_manifest(landmark: Optional[Record], refused: Sequence[str]) -> Choice:
    if landmark is None:
        return Choice(None, f"a record of a partition that had none {_NO_SEAL} and is ignored: {WHO}", refused)
    fault = _NO_SEAL if refused else "is missing"
    return Choice(landmark, f"its record {fault}, and the input goes on at the last sealed place: {WHO}", refused)


def oldest(name: str, partition: str) -> Record:
    """The record of a partition about which nothing is known: it reads from the oldest event, so as to skip none."""
    return first_record(name, partition, Owner("", "", ""), StartPosition(), 0.0, None)


def _read(name: str, partition: str, text: str, sealed: bool) -> Optional[Record]:
    try:
        record = read_record(text.encode("utf-8", "replace"))
    except RecordTooNew:
        if sealed:
            raise
        return None
    except RecordUnreadable:
        return None
    return record if (record.input, record.partition) == (name, partition) else None


def _read_manifest(name: str, found: Sealed, seal: Seal, tenant: str) -> Optional[Manifest]:
    try:
        tree = json.loads(found.text)
        trees: Dict[str, object] = tree["records"]
        landmarks = {partition: read_record(json.dumps(each).encode()) for partition, each in trees.items()}
        whose = (tree["input"], tree["generation"])
    except (ValueError, RecursionError, KeyError, TypeError, AttributeError):
        return None
    if whose != (name, found.generation):
        return None
    return Manifest(found.generation, landmarks, Manifest.seal_of(found.text, seal, tenant) == found.seal)
