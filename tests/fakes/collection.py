"""The collection of the KV store in memory."""

from __future__ import annotations

import json
from typing import Any, Dict, Iterator, List, Mapping, Optional, Sequence

from falcon_streams.errors import Retryable
from falcon_streams.store.kvstore import Document, KvStore
from tests.splunkd.kvstore.query import matches


class Collection(KvStore):
    """The documents in memory, as JSON, which whoever tests may change; counts what is written."""

    def __init__(self) -> None:
        self.texts: Dict[str, str] = {}
        self.written: List[str] = []
        self.broken_for: Optional[str] = None

    def find(self, query: Mapping[str, Any], fields: Sequence[str] = ()) -> List[Document]:
        found = [json.loads(text) for text in self.texts.values()]
        return [each for each in found if matches(query, each)]

    def find_many(self, query: Mapping[str, Any], by: str) -> Iterator[Document]:
        found = [each for each in self.find(query) if isinstance(each.get(by), str)]
        return iter(sorted(found, key=lambda each: str(each[by])))

    def remove_all(self, query: Mapping[str, Any]) -> None:
        for key, text in [*self.texts.items()]:
            if matches(query, json.loads(text)):
                del self.texts[key]

    def insert(self, document: Document) -> bool:
        if document["_key"] in self.texts:
            return False
        self.save([document])
        return True

    def replace(self, document: Document) -> None:
        self.save([document])

    def save(self, documents: Sequence[Document]) -> None:
        for document in documents:
            if document["kind"] == self.broken_for:
                raise Retryable("the KV store answered 503", status=503)
            self.texts[document["_key"]] = json.dumps(document)
            self.written.append(document["_key"])

    def remove(self, key: str) -> None:
        self.texts.pop(key, None)

    def one(self, key: str) -> Document:
        found: Document = json.loads(self.texts[key])
        return found

    def keys(self, kind: str) -> List[str]:
        return [key for key, text in self.texts.items() if json.loads(text)["kind"] == kind]
