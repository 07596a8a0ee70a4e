"""Falcon's firehose host: one partition as one endless chunked response (reference section 3).

Rules: offsets inclusive, clamped at the floor, held open beyond the head; heartbeats are blank lines; the feed is cut
without a refresh. The client's goodbye is noticed while idle and while sending: a FIN is orderly, anything else is not.
Errors are pretty-printed JSON over several lines, as gofalcon's tests show them.
"""

from __future__ import annotations

import json
import select
import ssl
import time
from typing import Any, Dict, List, Optional, Set
from urllib.parse import urlsplit

from tests.emulator import events
from tests.emulator.api import answer_fault
from tests.emulator.partition import Entry, Partition
from tests.emulator.server import Exchange, reset
from tests.emulator.tenant import Connection, Tenant

PATH = "/sensors/entities/datafeed/v1/"
_LOOK_AGAIN = 0.02


class ClientGone(Exception):
    """The client has closed; `orderly` by a FIN."""

    def __init__(self, orderly: bool) -> None:
        super().__init__("client gone")
        self.orderly = orderly


class Cut(Exception):
    """The emulator ends the feed: how."""


class FeedExchange(Exchange):
    """One feed."""

    tenant: Tenant

    def do_GET(self) -> None:
        """Open a feed and stream until either side ends it."""
        tenant, query = self.tenant, self.query
        name = self.route[len(PATH) :] if self.route.startswith(PATH) else ""
        tenant.record(
            kind="feed",
            method="GET",
            host=self.headers.get("Host", ""),
            path=self.route,
            query=query,
            raw_query=urlsplit(self.path).query,
            authorization=self.headers.get("Authorization", "").partition(" ")[0],
            content_type=self.headers.get("Content-Type", ""),
            form=[],
        )
        step = tenant.faults.take("feed", tenant.clock.now(), name)
        if step is not None and "answer" in step:
            answer_fault(self, tenant, step["answer"], {})
            return
        app_id = query.get("appId", "").lower()
        partition = tenant.partitions.get(name)
        opened = tenant.open_feed(self.headers.get("Authorization", ""), name, app_id) if partition else None
        if partition is None or opened is None:
            self._refuse(401, "Not authorized")
            return
        self._serve(partition, opened, app_id, step)

    def _serve(self, partition: Partition, connection: Connection, app_id: str, step: Optional[Dict[str, Any]]) -> None:
        tenant, query = self.tenant, self.query
        wanted = {name for name in query.get("eventType", "").split(",") if name}
        index = start_of(partition, query)
        self._audit(partition, "streamStarted", app_id)
        orderly = True
        self.close_connection = True
        try:
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            self.wfile.flush()
            Stream(self.connection, tenant, partition, connection, wanted, query.get("format") == "flatjson").run(
                index, step
            )
        except ClientGone as gone:
            orderly = gone.orderly
        except (Cut, OSError):
            orderly = False
        finally:
            tenant.close_feed(app_id, partition.name, connection, orderly)
            self._audit(partition, "streamStopped", app_id)

    def _audit(self, partition: Partition, operation: str, app_id: str) -> None:
        if self.tenant.options.audit:
            offset = self.query.get("offset", "-1")
            events.publish_audit(self.tenant, partition, operation, app_id, offset, self.query.get("eventType", ""))

    def _refuse(self, status: int, message: str) -> None:
        tree = {"errors": [{"code": status, "message": message}]}
        self.answer_json(status, tree, {}, indent=2)


def start_of(partition: Partition, query: Dict[str, str]) -> int:
    """The index where this query begins; an offset wins over whence (reference 8, row 3)."""
    with partition.changed:
        if query.get("offset", "").isdigit():
            return partition.position_of(int(query["offset"]))
        if query.get("whence") == "2":
            return len(partition.entries)
        return partition.floor


class Stream:
    """The body of one feed."""

    def __init__(
        self,
        socket: ssl.SSLSocket,
        tenant: Tenant,
        partition: Partition,
        connection: Connection,
        wanted: Set[str],
        flat: bool,
    ) -> None:
        self._socket = socket
        self._tenant = tenant
        self._partition = partition
        self._connection = connection
        self._wanted = wanted
        self._flat = flat
        self._sent = 0
        self._epoch = partition.epoch

    def run(self, index: int, step: Optional[Dict[str, Any]]) -> None:
        """Stream from this index on; raises ClientGone or Cut at its end, returns after an orderly one."""
        self._socket.setblocking(False)
        clock, heartbeat = self._tenant.clock, self._tenant.options.heartbeat
        silent_since = clock.now()
        while True:
            if step is not None and self._sent >= step.get("after_events", 0):
                step = self._misbehave(step)
            index, batch = self._next(index)
            if batch:
                self._send_entries(batch)
                silent_since = clock.now()
            elif heartbeat and clock.now() - silent_since >= heartbeat:
                self._send_chunk(b"\r\n")
                silent_since = clock.now()
            self._look(clock.now())

    def _next(self, index: int) -> tuple[int, List[Entry]]:
        partition, limit = self._partition, self._tenant.options.chunk_bytes
        with partition.changed:
            if partition.epoch != self._epoch:
                raise Cut
            if index >= len(partition.entries):
                partition.changed.wait(_LOOK_AGAIN)
            batch: List[Entry] = []
            size = 0
            while index < len(partition.entries) and size < limit:
                entry = partition.entries[index]
                if not self._wanted or entry.type in self._wanted:
                    batch.append(entry)
                    size += len(entry.line)
                    partition.sent(index)
                index += 1
            return index, batch

    def _send_entries(self, batch: List[Entry]) -> None:
        lines = [flatten(entry.line, self._tenant.options.separator) if self._flat else entry.line for entry in batch]
        self._send_chunk(b"".join(line + b"\n" for line in lines))
        self._sent += len(batch)

    def _look(self, now: float) -> None:
        options, connection = self._tenant.options, self._connection
        self._watch_client()
        if connection.cut.is_set():
            raise Cut
        unrefreshed = now - connection.refreshed > options.session_life
        if unrefreshed or (options.longest_session and now - connection.opened > options.longest_session):
            if options.cut == "eof":
                self._send(b"0\r\n\r\n")
            raise Cut

    def _misbehave(self, step: Dict[str, Any]) -> Optional[Dict[str, Any]]:
        action = step["do"]
        if action == "send":
            self._send_chunk(step["bytes"].encode("latin-1"))
            return None
        if action == "eof":
            self._send(b"0\r\n\r\n")
            raise Cut
        if action == "reset":
            reset(self._socket)
            raise Cut
        if action == "reset_mid_line":
            self._send_chunk(b'{"metadata":{"customerIDString":"0a1b')
            raise Cut
        if action in ("stall", "heartbeats_only"):
            self._stall(action == "heartbeats_only", step.get("seconds", 1e9))
        return None

    def _stall(self, beats: bool, seconds: float) -> None:
        clock = self._tenant.clock
        until, beat_at = clock.now() + seconds, clock.now()
        while clock.now() < until:
            time.sleep(_LOOK_AGAIN)
            self._look(clock.now())
            if beats and clock.now() - beat_at >= 5:
                self._send_chunk(b"\r\n")
                beat_at = clock.now()

    def _send_chunk(self, data: bytes) -> None:
        self._send(b"%x\r\n%s\r\n" % (len(data), data))

    def _send(self, data: bytes) -> None:
        view = memoryview(data)
        while view:
            self._watch_client()
            try:
                view = view[self._socket.send(view) :]
            except (ssl.SSLWantWriteError, ssl.SSLWantReadError, BlockingIOError):
                select.select([self._socket], [self._socket], [], 0.1)
            except OSError:
                raise ClientGone(orderly=False) from None

    def _watch_client(self) -> None:
        if not select.select([self._socket], [], [], 0)[0]:
            return
        try:
            data = self._socket.recv(4096)
        except (ssl.SSLWantReadError, BlockingIOError):
            return
        except OSError:
            raise ClientGone(orderly=False) from None
        if not data:
            raise ClientGone(orderly=True)


def flatten(line: bytes, separator: str) -> bytes:
    """One level of keys, the placeholder of reference section 6: not an observation of the service."""
    flat: Dict[str, Any] = {}

    def walk(prefix: str, value: Any) -> None:
        if isinstance(value, dict) and value:
            for key, each in value.items():
                walk(f"{prefix}{separator}{key}" if prefix else key, each)
        elif isinstance(value, list) and value:
            for number, each in enumerate(value):
                walk(f"{prefix}{separator}{number}", each)
        else:
            flat[prefix] = value

    try:
        walk("", json.loads(line))
    except ValueError:
        return line
    return json.dumps(flat, separators=(",", ":")).encode()
