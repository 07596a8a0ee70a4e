"""The body of an open feed, in two ways: urllib3's own, and straight from the socket under it.

Theory. urllib3 and http.client spend five calls and as many copies on each chunk, and a live feed sends a chunk per
event. So where the answer has the shape that we know, its socket is read directly: one call brings whatever has
arrived, and the chunked framing comes off in one loop (`core/chunked.py`). Any other shape (an answer that is not
chunked or is encoded, a socket that is wrapped twice for an HTTPS proxy, Windows) is read by urllib3, a chunk at a
time.

Rules: this module alone knows what lies under urllib3. What http.client has read ahead is taken first, before the
socket is waited for. Under us the end of the connection without the last chunk is a cut, as is a reset, which behind a
proxy looks the same. Errors of the connection pass through as they are.
"""

from __future__ import annotations

import select
import socket
import ssl
from typing import Any, Protocol

import requests

from falcon_streams.core.chunked import Dechunker
from falcon_streams.errors import Retryable

READ_SIZE = 192 * 1024  # sixteen partitions at full speed hold sixteen times several of these
RECORD = 16 * 1024  # the most that a TLS record brings


class Body(Protocol):
    """The bytes of a feed. `gathers`: whether a read brings all that has arrived meanwhile, not just the next chunk."""

    gathers: bool

    def read(self) -> bytes:
        """What has arrived, waiting for at least a byte; b"" at the orderly end."""


class PublicBody:
    """By urllib3's public interface, which also decodes: `identity` was asked for, but not every proxy cares."""

    gathers = False

    def __init__(self, response: requests.Response) -> None:
        self._raw = response.raw

    def read(self) -> bytes:
        """See `Body`; a cut raises an error of urllib3's."""
        data: bytes = self._raw.read1(READ_SIZE, decode_content=True)
        return data


class SocketBody:
    """By the socket under urllib3."""

    gathers = True

    def __init__(self, sock: socket.socket, read_ahead: bytes) -> None:
        """`sock` waits without a limit; `read_ahead` is what was taken from it before us."""
        self._socket = sock
        self._more = select.poll()
        self._more.register(sock, select.POLLIN)
        self._read_ahead = read_ahead
        self._chunks = Dechunker()

    def read(self) -> bytes:
        """See `Body`. Raises Retryable for a cut."""
        while not self._chunks.ended:
            data, self._read_ahead = self._read_ahead or self._receive(), b""
            if not data:
                raise Retryable("the feed was cut: the connection ended early")
            body = self._chunks.push(data)
            if body:
                return body
        return b""

    def _receive(self) -> bytes:
        if not isinstance(self._socket, ssl.SSLSocket):
            return self._socket.recv(READ_SIZE)
        data = self._socket.recv(RECORD)
        return self._receive_more(data) if data and self._more.poll(0) else data

    def _receive_more(self, record: bytes) -> bytes:
        """TLS gives a record at a time; take those behind this one too, as far as they are there as a whole."""
        records, size = [record], len(record)
        self._socket.settimeout(0.0)
        try:
            while record and size <= READ_SIZE - RECORD:
                record = self._socket.recv(RECORD)
                records.append(record)
                size += len(record)
        except OSError:
            pass  # nothing more yet, or what the next read will meet as well
        finally:
            self._socket.settimeout(None)
        return b"".join(records)


def body_of(response: requests.Response) -> Body:
    """The body of an open answer of which nothing was read yet, in the faster way that its shape allows."""
    sock = socket_under(response)
    encoding = response.headers.get("Content-Encoding", "identity")
    known = isinstance(sock, socket.socket) and hasattr(select, "poll")  # Windows has no poll
    if known and response.raw.chunked and encoding == "identity":
        return SocketBody(sock, _read_ahead(_file_under(response), sock))
    return PublicBody(response)


def socket_under(response: requests.Response) -> Any:
    """The socket of an open answer, or what an HTTPS proxy has urllib3 put in its place.

    Raises AttributeError where the shape is another one than that of the pinned versions; a test holds that it is not.
    """
    return _file_under(response).raw._sock


def _file_under(response: requests.Response) -> Any:
    http_client_answer: Any = response.raw._fp
    return http_client_answer.fp


def _read_ahead(file: Any, sock: socket.socket) -> bytes:
    """What http.client holds beyond the head. To look must not wait for more, so for the moment the socket does not."""
    sock.settimeout(0.0)
    try:
        return bytes(file.peek())
    except ssl.SSLWantReadError:
        return b""
    finally:
        sock.settimeout(None)
