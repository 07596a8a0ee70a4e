"""Opens feeds: a feed is the open HTTP response of a partition.

Rules: a feed has a session and a connection of its own, which are closed and never reused. `Authorization: Token` opens
it; the bearer never goes to the feed host. Bytes are handed out as they arrive. Reads have no timeout: the session
decides whether a feed has fallen silent. A feed ends in two steps, both below TLS and from any thread. `finish` sends
Falcon a FIN and lets the reader drain what is on its way, so that the app id is free at once (a close over unread bytes
would be a reset, which locks it for minutes: reference 2.4). `abort` ends a read that nobody answers. What arrives
after either is dropped.
"""

from __future__ import annotations

import socket
from typing import Optional
from urllib.parse import urlsplit

import requests
from urllib3.exceptions import HTTPError

from falcon_streams.core.answer import Answer
from falcon_streams.core.discovery import Stream
from falcon_streams.core.text import tidy
from falcon_streams.errors import Retryable
from falcon_streams.falcon.body import READ_SIZE, body_of, socket_under
from falcon_streams.falcon.explanation import explain
from falcon_streams.falcon.transport import Transport, lower_headers
from falcon_streams.ports import Clock

DRAIN_SECONDS = 0.2
# Falcon may hold back the head until the first byte of the body, and no heartbeat is guaranteed: quiet is not failure.
HEAD_SECONDS = 120.0
_CODINGS = frozenset(("", "identity", "gzip", "x-gzip", "deflate"))  # what urllib3 unpacks by itself
_FRAMINGS = frozenset(("", "chunked"))


class HttpFeeds:
    """Opens the feeds of one input."""

    def __init__(self, transport: Transport, clock: Clock, event_types: tuple[str, ...]) -> None:
        """`event_types` are the types that Falcon is to send; empty for all."""
        self._transport = transport
        self._clock = clock
        self._event_types = event_types

    def open(self, stream: Stream, position: str) -> HttpFeed:
        """Open the feed of a stream. Raises Retryable for every answer except 200."""
        url = stream.feed_url_from(position, self._event_types)
        headers = {"Authorization": f"Token {stream.token}", "Connection": "Keep-Alive"}
        session = self._transport.session(url)
        try:
            response = self._transport.request(session, "GET", url, headers, seconds=HEAD_SECONDS)
            if response.status_code != 200 or _kind(response) == "text/html":
                self._refuse(response, url)
            _refuse_codings(response, url)
            return HttpFeed(session, response, self._clock)
        except (OSError, AttributeError, ValueError) as error:
            session.close()
            raise Retryable(f"the feed could not be opened: {self._transport.told(url, error)}") from None
        except BaseException:
            session.close()
            raise

    def _refuse(self, response: requests.Response, url: str) -> None:
        with response:
            answer = Answer(response.status_code, lower_headers(response), self._transport.body(response, url))
        if answer.status == 200:
            raise no_feed(response, answer.body, self._clock.now())
        raise Retryable(
            f"{urlsplit(url).hostname} answered {answer.status} to the request for the feed "
            f"({answer.complaint() or 'no reason given'}){_remedy(answer)}",
            after=answer.wait(self._clock.now()),
            status=answer.status,
            trace_id=answer.trace_id,
        )


def no_feed(response: requests.Response, start: bytes, now: float) -> Retryable:
    """The error that says what a 200 had instead of events; `start` holds its first bytes."""
    answer = Answer(response.status_code, lower_headers(response), start)
    kind = tidy(_kind(response)) or "no content type"
    said = answer.complaint() or tidy(start.decode("utf-8", "replace"))
    return Retryable(
        f"{urlsplit(response.url).hostname} answered 200 with something that is not an event stream ({kind}): look for "
        f"a proxy that answers in Falcon's place. It said: {said}",
        after=answer.wait(now),
        status=answer.status,
        trace_id=answer.trace_id,
    )


def _remedy(answer: Answer) -> str:
    if answer.status == 401:
        return ": a new discovery brings a new session token"
    target = urlsplit(answer.headers.get("location", "")).hostname
    if 300 <= answer.status < 400 and target:
        return f": it redirects to {tidy(target)}, and the add-on does not follow. Look for a proxy that redirects"
    return answer.usual_remedy()


def _refuse_codings(response: requests.Response, url: str) -> None:
    """Raises Retryable for a body in an encoding that we cannot undo: its bytes would pass for lines."""
    for header, known in (("Content-Encoding", _CODINGS), ("Transfer-Encoding", _FRAMINGS)):
        value = response.headers.get(header, "").strip().lower()
        if value not in known:
            response.close()
            raise Retryable(
                f"{urlsplit(url).hostname} encodes the feed as {tidy(value)}, which the add-on did not ask for: "
                "look for a proxy that compresses",
                status=response.status_code,
            )


def _kind(response: requests.Response) -> str:
    """The media type of an answer in lower case, empty if it names none."""
    return response.headers.get("Content-Type", "").partition(";")[0].strip().lower()


class HttpFeed:
    """One open feed: the port `Feed`."""

    def __init__(self, session: requests.Session, response: requests.Response, clock: Clock) -> None:
        self._clock = clock
        self._session = session
        self._response = response
        self._finished = False
        socket_under(response).settimeout(None)
        self._body = body_of(response)
        self.gathers = self._body.gathers
        # A second descriptor of the same connection ends it from another thread, below TLS.
        self._line = socket.fromfd(response.raw.fileno(), socket.AF_INET, socket.SOCK_STREAM)
        # The kernel detects a connection that broke silently, even if no heartbeats are sent.
        self._line.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)

    def read(self) -> Optional[bytes]:
        """See the port."""
        try:
            while True:
                data = self._body.read()
                if not self._finished or not data:
                    return data
        except (HTTPError, OSError, ValueError, Retryable) as error:
            if self._finished:
                return b""
            if isinstance(error, Retryable):
                raise
            raise Retryable(f"the feed was cut: {explain(error)}") from None

    def share(self) -> Optional[int]:
        """See the port."""
        return self._line.fileno() if self._body.stop_waiting() else None

    def disown(self, start: bytes) -> Retryable:
        """See the port."""
        return no_feed(self._response, start, self._clock.now())

    def finish(self) -> None:
        """Close our side; a running read returns b"" once Falcon has closed too."""
        self._finished = True
        self._shutdown(socket.SHUT_WR)

    def abort(self) -> None:
        """End the connection; a running read returns b""."""
        self._finished = True
        self._shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Finish, drain, and close the connection; the reader calls this."""
        self.finish()
        self._drain(self._clock.monotonic() + DRAIN_SECONDS)
        self._line.close()
        self._response.close()
        self._session.close()

    def _shutdown(self, how: int) -> None:
        try:
            self._line.shutdown(how)
        except OSError:
            pass  # the other side has closed already

    def _drain(self, deadline: float) -> None:
        """Read for a moment what is still on its way: unread bytes would turn our close into a reset."""
        try:
            while self._clock.monotonic() < deadline:
                self._line.settimeout(self._clock.real(DRAIN_SECONDS))
                if not self._line.recv(READ_SIZE):
                    return
        except OSError:
            pass
