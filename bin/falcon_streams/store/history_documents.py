"""An admin's changes of an input's offsets, in the KV store's collection: one document, and more for what it has no
room for.

Rules: the document `<input>:history` has the text with a seal of its own, or names the pieces that the text is in: a
change of a thousand tenants is tens of megabytes, and a document has room for 16. Pieces are stored before the document
that names them, and former ones go after it, so that a crash between leaves the former text.
"""

from __future__ import annotations

import hashlib
from typing import List

from falcon_streams.core.custody import WHO, Seal
from falcon_streams.store.document import complain
from falcon_streams.store.kvstore import Document, KvStore

_HISTORY, _PIECE = "history", "history piece"
_MOST = 500_000  # characters of one document


class HistoryDocuments:
    """The history of one input."""

    def __init__(self, store: KvStore, name: str, seal: Seal) -> None:
        self._store = store
        self._name = name
        self._seal = seal

    def read(self) -> str:
        """What `keep` has stored, empty for nothing. What does not bear our seal is reported and not used."""
        for document in self._store.find({"input": self._name, "kind": _HISTORY}):
            text = self._text_of(document)
            if self._seal.fits(_sealed(text), document.get("seal")):
                return text
            complain("*", None, f"the history of an admin's changes does not bear this add-on's seal: {WHO}")
        return ""

    def keep(self, text: str) -> None:
        """Store the text."""
        known = {"_key": f"{self._name}:{_HISTORY}", "kind": _HISTORY, "input": self._name}
        stamp, pieces = "", [text]
        if len(text) > _MOST:
            stamp = hashlib.sha256(text.encode()).hexdigest()[:16]
            pieces = [text[start : start + _MOST] for start in range(0, len(text), _MOST)]
            self._store.save([self._piece(stamp, number, piece) for number, piece in enumerate(pieces)])
        told = {"history": "" if stamp else text, "pieces": stamp}
        self._store.save([{**known, **told, "seal": self._seal.of(_sealed(text))}])
        self._store.remove_all({"history_of": self._name, "stamp": {"$ne": stamp}})

    def _text_of(self, document: Document) -> str:
        stamp = document.get("pieces")
        if not stamp:
            return str(document.get("history"))
        pieces = self._store.find_many({"history_of": self._name, "stamp": stamp}, "key")
        found: List[str] = [str(each.get("history")) for each in pieces]
        return "".join(found)

    def _piece(self, stamp: str, number: int, text: str) -> Document:
        key = f"{self._name}:{_HISTORY}:{stamp}:{number:06d}"
        return {
            "_key": key,
            "key": key,
            "kind": _PIECE,
            "history_of": self._name,
            "stamp": stamp,
            "history": text,
        }


def _sealed(text: str) -> str:
    """What a history's seal covers; never equal to the text of a record, a claim or a manifest."""
    return f"history\0{text}"
