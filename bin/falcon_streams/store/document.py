"""What a document of the collection says, and what becomes of one that no holder can have written.

Rules: whoever may write the collection may write any document into it, with any key and any number.
"""

from __future__ import annotations

import hashlib
import json
import logging
from typing import Optional, Sequence

from falcon_streams.core.record import Record
from falcon_streams.errors import Fatal
from falcon_streams.store.kvstore import COLLECTION, Document, KvStore

LOG = logging.getLogger(__name__)
GENERATION, PARTITION = r"[1-9][0-9]{0,14}", r"[0-9A-Za-z_-]{1,64}"
_ASIDE = "aside"
_MOST_ASIDE, _MOST_KEPT = 20, 65_536


def whole(document: Document, name: str) -> Optional[int]:
    """A whole number that a store of doubles keeps exactly, None for anything else."""
    value = document.get(name)
    if not isinstance(value, (int, float)) or isinstance(value, bool) or not 0 <= value < 2**53:
        return None
    return int(value) if value == int(value) else None


def complain(partition: str, record: Optional[Record], reason: str) -> None:
    """Report what somebody else has done to a record."""
    offset = None if record is None else record.offset
    LOG.error("checkpoint_altered", {"partition": partition, "offset": offset, "reason": reason})


def too_new(error: ValueError, partition: str = "of a tenant") -> Fatal:
    """What to raise for a record of a newer version."""
    return Fatal(
        f"a checkpoint of partition {partition} in the KV store's collection {COLLECTION} was written "
        f"by a newer add-on: {error}. Install that version again"
    )


def set_aside(store: KvStore, name: str, documents: Sequence[Document]) -> None:
    """Move what no holder can have written to keys where nobody looks for claims and records."""
    for document in documents[:_MOST_ASIDE]:
        key, text = str(document["_key"]), json.dumps(document)[:_MOST_KEPT]
        aside = f"{_ASIDE}:{hashlib.sha256(key.encode()).hexdigest()[:32]}"
        store.save([{"_key": aside, "kind": _ASIDE, "aside_of": name, "document": text}])
        store.remove(key)
