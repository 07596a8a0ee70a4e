"""Reads the body of an open feed in one of two ways: through urllib3, or straight from the socket under it.

Theory. urllib3 and http.client spend five calls and as many copies on each chunk, and a live feed sends a chunk per
event. So if the answer has the shape that we know, we read its socket directly: one call returns whatever has arrived,
and one loop removes the chunked framing (`core/chunked.py`). urllib3 reads any other shape (an answer that is not
chunked or is encoded, a socket that is wrapped twice for an HTTPS proxy, Windows), one chunk at a time.

Rules: only this module knows what is under urllib3. What http.client has read ahead is taken before the socket. A
connection that ends without the last chunk is a cut; so is a reset, which looks the same behind a proxy. Errors of the
connection pass through as they are.
"""

from __future__ import annotations

import select
import socket
import ssl
from typing import Any, Optional, Protocol

import requests

from falcon_streams.core.chunked import Dechunker
from falcon_streams.errors import Retryable

READ_SIZE = 192 * 1024  # sixteen partitions at full speed hold several of these each
RECORD = 16 * 1024  # the most that a TLS record can hold


class Body(Protocol):
    """The bytes of a feed. `gathers` says whether one read returns all that has arrived, not only the next chunk."""

    gathers: bool

    def read(self) -> Optional[bytes]:
        """Wait for at least one byte, and return what has arrived; b"" at the orderly end. None after `stop_waiting`
        if nothing has arrived."""

    def stop_waiting(self) -> bool:
        """From now on, `read` does not wait. False if this body cannot do without."""


class PublicBody:
    """Reads through urllib3's public interface, which also decodes: some proxies ignore that we ask for `identity`."""

    gathers = False

    def __init__(self, response: requests.Response) -> None:
        self._raw = response.raw

    def read(self) -> bytes:
        """See `Body`; a cut raises an error of urllib3."""
        data: bytes = self._raw.read1(READ_SIZE, decode_content=True)
        return data

    def stop_waiting(self) -> bool:
        """See `Body`: under urllib3 nobody sees what has arrived."""
        return False


class SocketBody:
    """Reads from the socket under urllib3."""

    gathers = True

    def __init__(self, sock: socket.socket, read_ahead: bytes) -> None:
        """`sock` waits without a limit; `read_ahead` holds the bytes that http.client has already taken from it."""
        self._socket = sock
        self._more = select.poll()
        self._more.register(sock, select.POLLIN)
        self._read_ahead = read_ahead
        self._waits = True
        self._chunks = Dechunker()

    def stop_waiting(self) -> bool:
        """See `Body`."""
        self._socket.settimeout(0.0)
        self._waits = False
        return True

    def read(self) -> Optional[bytes]:
        """See `Body`. Raises Retryable for a cut."""
        while not self._chunks.ended:
            try:
                data, self._read_ahead = self._read_ahead or self._receive(), b""
            except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
                return None
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
        # A loop that reads many feeds comes again: only a full record lets it expect more, and saves it a call.
        more = self._more.poll(0) if self._waits and data else len(data) == RECORD
        return self._receive_more(data) if more else data

    def _receive_more(self, record: bytes) -> bytes:
        """TLS returns one record at a time; take also the next ones that have arrived as a whole."""
        records, size = [record], len(record)
        if self._waits:
            self._socket.settimeout(0.0)
        try:
            while record and size <= READ_SIZE - RECORD:
                record = self._socket.recv(RECORD)
                records.append(record)
                size += len(record)
        except OSError:
            pass  # nothing more yet, or an error that the next read meets again
        finally:
            if self._waits:
                self._socket.settimeout(None)
        return b"".join(records)


def body_of(response: requests.Response) -> Body:
    """The body of an open answer that nobody has read from yet, in the fastest way that its shape allows."""
    sock = socket_under(response)
    encoding = response.headers.get("Content-Encoding", "identity")
    known = isinstance(sock, socket.socket) and hasattr(select, "poll")  # Windows has no poll
    if known and response.raw.chunked and encoding == "identity":
        return SocketBody(sock, _read_ahead(_file_under(response), sock))
    return PublicBody(response)


def socket_under(response: requests.Response) -> Any:
    """The socket of an open answer, or what urllib3 puts in its place for an HTTPS proxy.

    Raises AttributeError if the shape differs from that of the pinned versions; a test checks that it does not.
    """
    return _file_under(response).raw._sock


def _file_under(response: requests.Response) -> Any:
    http_client_answer: Any = response.raw._fp
    return http_client_answer.fp


def _read_ahead(file: Any, sock: socket.socket) -> bytes:
    """What http.client has read beyond the head. This look must not wait, so the socket does not block meanwhile."""
    sock.settimeout(0.0)
    try:
        return bytes(file.peek())
    except ssl.SSLWantReadError:
        return b""
    finally:
        sock.settimeout(None)
