"""Falcon's service collection "Event Streams": its two operations, and how an input uses them.

Rules: each operation has its PEP 8 name and its operation id, and takes the collection's parameters. `parameters` is
the full query; named arguments override it. Wrong arguments are refused before anything is sent. A call whose bearer is
refused is sent again with another, as long as `Bearers` gives one. The input refreshes by posting the refresh URL that
the discovery gave; the operation `refresh_active_stream` is for callers who have only a partition.
Sources: developer.crowdstrike.com "Event Streams", falconpy `_endpoint/_event_streams.py`.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any, Dict, Mapping, Optional
from urllib.parse import quote, urlencode

from falcon_streams.core.answer import Answer
from falcon_streams.core.discovery import Discovery, Stream, read_discovery
from falcon_streams.core.partition_name import name_of
from falcon_streams.errors import Retryable, SessionGone
from falcon_streams.falcon.auth import BAD_BEARER_REST, Bearers, call
from falcon_streams.falcon.transport import Transport
from falcon_streams.ports import Clock

DISCOVER_PATH = "/sensors/entities/datafeed/v2"
REFRESH_PATH = "/sensors/entities/datafeed-actions/v1/{partition}"
REFRESH_ACTION = "refresh_active_stream_session"
DISCOVERY = "discovery"
FORMATS = ("json", "flatjson")
_APP_ID = re.compile(r"[A-Za-z0-9]{1,32}\Z")
Parameters = Optional[Mapping[str, Any]]


class EventStreams:
    """The operations `listAvailableStreamsOAuth2` and `refreshActiveStreamSession` (scope "Event streams: Read")."""

    def __init__(self, transport: Transport, bearers: Bearers) -> None:
        self._transport = transport
        self._bearers = bearers

    def list_available_streams(
        self,
        *,
        app_id: Optional[str] = None,
        appId: Optional[str] = None,  # noqa: N803 - the collection's own spelling
        format: Optional[str] = None,
        parameters: Parameters = None,
    ) -> Answer:
        """Discover all event streams. Raises ValueError for a wrong argument, Retryable without an answer."""
        query = _query(parameters, app_id, appId)
        if format is not None:
            query["format"] = format
        if query.get("format", FORMATS[0]) not in FORMATS:
            raise ValueError(f"format must be one of {', '.join(FORMATS)}")
        _refuse_others(query, {"appId", "format"})
        return self._call("GET", f"{DISCOVER_PATH}?{urlencode(query)}", {})

    def refresh_active_stream(
        self,
        *,
        action_name: Optional[str] = None,
        app_id: Optional[str] = None,
        appId: Optional[str] = None,  # noqa: N803 - the collection's own spelling
        partition: int = 0,
        parameters: Parameters = None,
    ) -> Answer:
        """Refresh the session of one partition. Raises ValueError for a wrong argument, Retryable without an answer."""
        query = _query(parameters, app_id, appId)
        query["action_name"] = action_name or query.get("action_name") or REFRESH_ACTION
        if query["action_name"] != REFRESH_ACTION:
            raise ValueError(f"action_name must be {REFRESH_ACTION}")
        if isinstance(partition, bool) or not isinstance(partition, int) or partition < 0:
            raise ValueError("partition must be a whole number, 0 or more")
        _refuse_others(query, {"appId", "action_name"})
        path = REFRESH_PATH.format(partition=partition)
        return self._call("POST", f"{path}?{urlencode(query)}", {"Content-Type": "application/json"})

    listAvailableStreamsOAuth2 = list_available_streams
    refreshActiveStreamSession = refresh_active_stream

    def post_refresh(self, stream: Stream) -> Answer:
        """Post the refresh URL of a stream as Falcon gave it."""
        # Without this content type Falcon answers 415, although the body is empty (reference section 4).
        return self._call("POST", stream.refresh_url, {"Content-Type": "application/json"})

    def _call(self, method: str, path: str, headers: Mapping[str, str]) -> Answer:
        return call(self._transport, self._bearers, method, path, headers)


class EventStreamsInput:
    """The service collection as one input uses it: the port `EventStreamsApi` for its app id and format, and for one of
    its tenants."""

    def __init__(
        self, streams: EventStreams, bearers: Bearers, clock: Clock, app_id: str, format: str, tenant: str = ""
    ) -> None:
        """`tenant` is the CID of a child, whose partitions bear it in their names; empty for the account's own."""
        self._streams = streams
        self._bearers = bearers
        self._clock = clock
        self._app_id = app_id
        self._format = format
        self._tenant = tenant

    @property
    def needs_token(self) -> bool:
        """See the port."""
        return self._bearers.needs_token

    @property
    def token_limit(self) -> Optional[int]:
        """See the port."""
        return self._bearers.token_limit

    def discover(self) -> Discovery:
        """Discover the streams. Raises Retryable for every answer except a 2xx without errors."""
        # json is Falcon's default, so the parameter is sent for other formats only.
        format = None if self._format == FORMATS[0] else self._format
        answer = self._streams.list_available_streams(app_id=self._app_id, format=format)
        self._refuse_failure(answer, DISCOVERY)
        tree = answer.tree()
        if not tree:
            raise Retryable(
                f"{self._bearers.origin.api_host} answered {answer.status} to the discovery, without a JSON object"
                f"{answer.usual_remedy()}",
                status=answer.status,
                trace_id=answer.trace_id,
            )
        found = read_discovery(tree, self._bearers.origin, answer.served_at)
        named = (replace(stream, partition=name_of(self._tenant, stream.partition)) for stream in found.streams)
        return found._replace(streams=tuple(named))

    def refresh(self, stream: Stream) -> None:
        """Refresh one session. Raises SessionGone on 404, Retryable unless the answer is a 2xx without errors."""
        answer = self._streams.post_refresh(stream)
        if answer.status == 404:
            raise SessionGone("Falcon has no active session for this feed", status=404, trace_id=answer.trace_id)
        self._refuse_failure(answer, "refresh")

    def revoke(self) -> None:
        """Give the bearer back."""
        self._bearers.revoke()

    def _refuse_failure(self, answer: Answer, what: str) -> None:
        complaint = answer.complaint()
        if answer.ok and complaint is None:
            return
        raise Retryable(
            f"{self._bearers.origin.api_host} answered {answer.status} to the {what} ({complaint or 'no reason given'})"
            f"{self._remedy(answer, what)}",
            after=max(answer.wait(self._clock.now()), BAD_BEARER_REST if answer.refuses_bearer else 0.0),
            status=answer.status,
            trace_id=answer.trace_id,
        )

    def _remedy(self, answer: Answer, what: str) -> str:
        if answer.status == 401:
            return f": the bearer was refused, check the account's cloud{self._bearers.cloud_hint}"
        if answer.status == 403:
            return ': give the API client the scope "Event streams: Read", and check its IP allow-list'
        if answer.status == 500 and what == DISCOVERY:
            return (
                ": if this goes on, ask CrowdStrike support whether event streams are enabled for the tenant, because "
                "without them Falcon answers 500"
            )
        return answer.usual_remedy()


def _query(parameters: Parameters, app_id: Optional[str], camel_app_id: Optional[str]) -> Dict[str, Any]:
    query = dict(parameters or {})
    if app_id is not None and camel_app_id is not None and app_id != camel_app_id:
        raise ValueError("app_id and appId name two different labels")
    chosen = app_id if app_id is not None else camel_app_id
    if chosen is not None:
        query["appId"] = chosen
    label = query.get("appId")
    if not isinstance(label, str) or not _APP_ID.match(label):
        raise ValueError("app_id must be 1 to 32 characters of a-z, A-Z and 0-9")
    return query


def _refuse_others(query: Mapping[str, Any], known: set[str]) -> None:
    for name in query:
        if name not in known:
            raise ValueError(f"parameters: {quote(str(name)[:40])} is not a parameter of this operation")
