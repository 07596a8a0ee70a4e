"""The documents of all collections, in SQLite under the instance's home.

Rules: every write is durable before it is answered, so a SIGKILL of the stand-in loses none, as mongod's journal would;
a key is inserted once; a document is replaced whole. Safe to share among threads.
"""

from __future__ import annotations

import json
import sqlite3
import threading
import uuid
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from tests.splunkd.kvstore.query import Document

_PORTION = 100
_TABLE = """CREATE TABLE IF NOT EXISTS documents (
    app TEXT, collection TEXT, owner TEXT, key TEXT, document TEXT, PRIMARY KEY (app, collection, owner, key))"""


class KeyTaken(Exception):
    """There is a document of this key."""


class Collection:
    """One collection of one app and owner."""

    def __init__(self, documents: Documents, app: str, name: str, owner: str) -> None:
        self._documents = documents
        self._address = (app, name, owner)

    def all(self) -> list[Document]:
        """Every document, by key."""
        sql = "SELECT document FROM documents WHERE (app, collection, owner) = (?, ?, ?) ORDER BY key"
        return [json.loads(text) for (text,) in self._documents.run(sql, self._address)]

    def get(self, key: str) -> Document | None:
        """One document, None where there is none."""
        sql = "SELECT document FROM documents WHERE (app, collection, owner, key) = (?, ?, ?, ?)"
        return next((json.loads(text) for (text,) in self._documents.run(sql, (*self._address, key))), None)

    def insert(self, document: Document) -> str:
        """Add a document; its key, made where it has none. Raises KeyTaken."""
        key = str(document.get("_key") or uuid.uuid4().hex)
        try:
            self._documents.run("INSERT INTO documents VALUES (?, ?, ?, ?, ?)", self._row(key, document))
        except sqlite3.IntegrityError:
            raise KeyTaken(key) from None
        return key

    def save(self, document: Document) -> str:
        """Put a document in, over one of its key; its key."""
        return self.save_all([document])[0]

    def save_all(self, documents: list[Document]) -> list[str]:
        """Put documents in, over those of their keys; the keys. A kill in the midst leaves some of them: each portion
        of a batch is flushed by itself, as mongod writes a batch in portions."""
        keys = [str(document.get("_key") or uuid.uuid4().hex) for document in documents]
        rows = [self._row(key, document) for key, document in zip(keys, documents)]
        for start in range(0, len(rows), _PORTION):
            sql = "INSERT OR REPLACE INTO documents VALUES (?, ?, ?, ?, ?)"
            self._documents.run_all(sql, rows[start : start + _PORTION])
        return keys

    def remove(self, keys: Iterable[str]) -> None:
        """Take documents out."""
        sql = "DELETE FROM documents WHERE (app, collection, owner, key) = (?, ?, ?, ?)"
        self._documents.run_all(sql, [(*self._address, key) for key in keys])

    def _row(self, key: str, document: Document) -> tuple[str, ...]:
        return (*self._address, key, json.dumps({**document, "_key": key, "_user": self._address[2]}))


class Documents:
    """All collections."""

    def __init__(self, path: Path) -> None:
        self._lock = threading.Lock()
        self._database = sqlite3.connect(str(path), check_same_thread=False, isolation_level=None)
        self._database.execute(_TABLE)

    def collection(self, app: str, name: str, owner: str) -> Collection:
        """One of them, whether or not it has documents."""
        return Collection(self, app, name, owner)

    def run(self, sql: str, values: tuple[Any, ...]) -> list[tuple[Any, ...]]:
        """One statement, committed."""
        with self._lock:
            return self._database.execute(sql, values).fetchall()

    def run_all(self, sql: str, rows: list[tuple[str, ...]]) -> None:
        """One statement for each row, committed together."""
        with self._lock, self._database:
            self._database.execute("BEGIN")
            self._database.executemany(sql, rows)
