"""Falcon's firehose host: opens a feed for a session token and serves it until either side ends it.

Rules: a thread opens a feed, the loop of the feeds serves it. A refusal is pretty-printed JSON over several lines, as
gofalcon's tests have it (Event Streams reference 3.7). Each opening and each end is an audit event in the very
partition that is read (3.8). A half-open or reset feed holds its (app id, partition) longer than one that said
goodbye; whatever the end, it is noted.
"""

from __future__ import annotations

from typing import Any, Callable, Optional, Union

from tests.emulator.exchange import Exchange
from tests.emulator.feed import Asked, Feed
from tests.emulator.listener import Connection
from tests.emulator.loop import Loop
from tests.emulator.pipe import Ended, Steps
from tests.emulator.script import Script
from tests.emulator.stream import Stream
from tests.emulator.tenant import Tenant
from tests.emulator.wire import Answer, Request, json_answer, render_head

_NOW = float("-inf")
FEEDS = "/sensors/entities/datafeed/v1/"
Audit = Callable[[Tenant, Feed, str], None]


class Firehose:
    """The firehose of a tenant and its children; `audit` publishes streamStarted and streamStopped."""

    def __init__(self, tenant: Tenant, loop: Loop, audit: Audit) -> None:
        self._tenant = tenant
        self._loop = loop
        self._audit = audit

    def serve(self, connection: Connection) -> None:
        """Answer the requests of one connection; a feed is the last."""
        exchange = Exchange(self._tenant, connection)
        for request in exchange.requests():
            partition, app_id = request.path[len(FEEDS) :], request.query.get("appId", "").lower()
            holder = self._tenant.tokens.holder(request.authorization[1])
            tenant = self._tenant.member(holder or "")
            exchange.tenant = "" if holder is None else tenant.cid
            fault = tenant.faults.take("feed", tenant.clock.now(), partition, app_id, exchange.tenant) or {}
            base = self._tenant.headers(request.host)
            if exchange.is_spoiled("feed", request, fault, base):
                continue
            found = self._open(request, None if holder is None else tenant)
            if isinstance(found, Feed):
                self._tenant.record("feed", request, 200, tenant.cid)
                stream = Stream(tenant, connection, found)
                self._loop.serve(connection, found, stream.pipe, self._steps(stream, base))
                return
            exchange.answer("feed", request, found, fault, base)

    def _open(self, request: Request, tenant: Optional[Tenant]) -> Union[Feed, Answer]:
        query = request.query
        if request.method != "GET" or not request.path.startswith(FEEDS):
            return refuse(404, "Not found")
        if tenant is None:
            return refuse(401, "Not authorized")
        app_id, name = query.get("appId", "").lower(), request.path[len(FEEDS) :]
        kind, token = request.authorization
        if token in tenant.tokens.bearers:  # it belongs to the API's host
            self._tenant.note_crossing("feed", request, tenant.cid, "firehose")
        if self._tenant.crosses("feed", request, tenant):
            return refuse(401, "Not authorized")
        admitted = tenant.tokens.admit(token, app_id, name) if kind.lower() == "token" else None
        partition = tenant.partitions.get(name)
        if admitted is None or partition is None:
            return refuse(401, "Not authorized")
        offset, whence = query.get("offset"), query.get("whence")
        if (offset is not None and not offset.isdecimal()) or whence not in (None, "0", "2"):
            return refuse(400, "Invalid offset" if whence in (None, "0", "2") else "Invalid whence")
        if offset is not None and tenant.options.beyond_head == "400" and int(offset) > partition.log.next_offset:
            return refuse(400, "Invalid offset")
        types = tuple(each for each in query.get("eventType", "").split(",") if each)
        asked = Asked(app_id, admitted.client_id, None if offset is None else int(offset), whence, types, admitted.flat)
        return tenant.occupancy.claim(partition, asked) or refuse(401, "Not authorized")

    def _steps(self, stream: Stream, base: dict[str, str]) -> Steps:
        tenant, feed, connection = stream.tenant, stream.feed, stream.connection
        ending, script = "reset", None
        feed.partition.listen(feed.bell.ring)
        try:
            script = Script(stream)
            self._audit(tenant, feed, "streamStarted")
            head = {**base, "Content-Type": "application/json", "Transfer-Encoding": "chunked"}
            yield from stream.pipe.write(render_head(200, head))
            yield from run(stream, script)
        except Ended as end:
            ending = end.how
        finally:
            feed.partition.ignore(feed.bell.ring)
            tenant.occupancy.release(feed, ending)  # before the client sees the end
            if ending == "server reset":
                connection.reset()
            elif ending == "eof":
                connection.close()
            else:
                connection.break_off()
            if script is not None:
                script.close()
            if not tenant.stopping.is_set():
                self._audit(tenant, feed, "streamStopped")


def run(stream: Stream, script: Script) -> Steps:
    """Serve until `Ended` is raised."""
    while True:
        yield from script.play()
        yield from stream.look()
        batch = stream.next_batch(script.events_allowed)
        if batch is None:
            yield from stream.beat()
            yield from stream.idle(script.next_moment())
            continue
        if batch.payload:
            yield from script.deliver(batch)
        else:
            stream.skip(batch)  # nothing here that the filter wants
        if stream.has_more:
            yield from stream.pipe.wait(_NOW)  # the others have their turn
        elif script.is_empty:
            yield from stream.idle()


def refuse(status: int, message: str) -> Answer:
    """A refusal of the firehose: pretty-printed, over several lines."""
    tree: dict[str, Any] = {"meta": {"query_time": 1.7e-07, "powered_by": "FalconHose"}}
    tree["errors"] = [{"code": status, "message": message}]
    return json_answer(status, tree, indent=2)
