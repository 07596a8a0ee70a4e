"""The index: a SQLite file, written in batches from memory.

Rules: what was parsed waits in memory and goes to the file every `flush_ms`; a stand-in killed by SIGKILL loses what
waits, as a splunkd does whose queues are full of events. An event waits at least `hold` seconds where splunkd's loss
at a stop is played ("events written up to about 500 ms before the signal never arrived", Splunk platform reference
1.5), so that what is to be lost has not been seen before. An index that is not configured takes nothing in, it is
named in splunkd.log. The order of `seq` is the order in which events were taken.
"""

from __future__ import annotations

import dataclasses
import sqlite3
import threading
import time
from collections import deque
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Callable

from tests.splunkd.intake.pipeline import Taken

_SCHEMA = """
CREATE TABLE IF NOT EXISTS events (
    seq INTEGER PRIMARY KEY,
    _time REAL NOT NULL,
    _indextime REAL NOT NULL,
    idx TEXT NOT NULL,
    host TEXT NOT NULL,
    source TEXT NOT NULL,
    sourcetype TEXT NOT NULL,
    raw BLOB NOT NULL,
    fields TEXT NOT NULL,
    stanza TEXT NOT NULL
)
"""
_INSERT = (
    "INSERT INTO events (_time, _indextime, idx, host, source, sourcetype, raw, fields, stanza)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
_COLUMNS = "seq, _time, _indextime, idx, host, source, sourcetype, raw, fields, stanza"
# Memory that splunkd's queues would have; a reader that is further ahead waits.
_MOST_PENDING_BYTES = 256 << 20


@dataclasses.dataclass(frozen=True)
class Event:
    """One row of the index."""

    seq: int
    time: float
    indextime: float
    index: str
    host: str
    source: str
    sourcetype: str
    raw: bytes
    fields: str
    stanza: str


class Index:
    """The writing end. Readers add, one thread of its own flushes."""

    def __init__(
        self,
        path: Path,
        indexes: Callable[[], set[str]],
        complain: Callable[[str], None],
        flush_seconds: Callable[[], float],
        hold_seconds: Callable[[], float],
    ) -> None:
        self._database = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._database.execute("PRAGMA journal_mode = WAL")
        self._database.execute("PRAGMA synchronous = OFF")
        self._database.execute(_SCHEMA)
        self._indexes = indexes
        self._complain = complain
        self._flush_seconds = flush_seconds
        self._hold_seconds = hold_seconds
        self._pending: deque[Taken] = deque()
        self._pending_bytes = 0
        self._missing: dict[str, int] = {}
        self._changed = threading.Condition()
        self._closing = False
        self._thread = threading.Thread(target=self._run, name="index", daemon=True)
        self._thread.start()

    def add(self, events: Sequence[Taken]) -> None:
        """Take events into memory; waits while memory is full."""
        with self._changed:
            self._changed.wait_for(lambda: self._pending_bytes < _MOST_PENDING_BYTES or self._closing)
            self._pending.extend(events)
            self._pending_bytes += sum(len(event.raw) for event in events)

    def forget(self, stanza: str, since: float) -> int:
        """Drop what waits of an input and was taken at or after an instant; how many that were."""
        with self._changed:
            kept = [event for event in self._pending if event.stanza != stanza or event.taken_at < since]
            dropped = len(self._pending) - len(kept)
            self._pending = deque(kept)
            self._pending_bytes = sum(len(event.raw) for event in kept)
            self._changed.notify_all()
            return dropped

    def pending(self) -> int:
        return len(self._pending)

    def missing(self) -> dict[str, int]:
        """Events that came for an index that is not configured."""
        return dict(self._missing)

    def close(self) -> None:
        """Write what waits and end."""
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        self._thread.join()
        self._database.close()

    def _run(self) -> None:
        closing = False
        while not closing:
            with self._changed:
                self._changed.wait_for(lambda: self._closing, timeout=self._flush_seconds())
                closing = self._closing
                batch = self._due(all_of_it=closing)
            if batch:
                self._insert(batch)

    def _due(self, all_of_it: bool) -> list[Taken]:
        latest = float("inf") if all_of_it else time.monotonic() - self._hold_seconds()
        batch: list[Taken] = []
        while self._pending and self._pending[0].taken_at <= latest:
            batch.append(self._pending.popleft())
        self._pending_bytes -= sum(len(event.raw) for event in batch)
        self._changed.notify_all()
        return batch

    def _insert(self, batch: list[Taken]) -> None:
        now = time.time()
        configured = self._indexes()
        rows = []
        for event in batch:
            index = "main" if event.index_name == "default" else event.index_name
            if index not in configured:
                self._miss(index)
                continue
            rows.append((event.time, now, index, *event[3:]))
        self._database.execute("BEGIN")
        self._database.executemany(_INSERT, rows)
        self._database.execute("COMMIT")

    def _miss(self, index: str) -> None:
        if index not in self._missing:
            self._complain(f"received event for unconfigured/disabled/deleted index={index}; it is dropped")
        self._missing[index] = self._missing.get(index, 0) + 1


def select(path: Path, where: str = "", parameters: Sequence[Any] = ()) -> Iterator[Event]:
    """Rows of an index file in the order they were taken, while a stand-in writes it or after it is gone."""
    for row in _read(path, f"SELECT {_COLUMNS} FROM events {_clause(where)} ORDER BY seq", parameters):  # noqa: S608 - written by a test
        yield Event(*row)


def count(path: Path, where: str = "", parameters: Sequence[Any] = ()) -> int:
    return int(_read(path, f"SELECT count(*) FROM events {_clause(where)}", parameters)[0][0])  # noqa: S608 - written by a test


def _clause(where: str) -> str:
    return f"WHERE {where}" if where else ""


def _read(path: Path, query: str, parameters: Sequence[Any]) -> list[Any]:
    if not path.exists():
        return [(0,)] if "count(*)" in query else []
    database = sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=10.0)
    try:
        return database.execute(query, parameters).fetchall()
    finally:
        database.close()
