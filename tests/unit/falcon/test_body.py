"""The bytes of an open answer: which of the two ways reads it, and what each makes of framing, coding and ends."""

from __future__ import annotations

import gzip
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import requests

from falcon_streams.clock import SystemClock
from falcon_streams.errors import Retryable
from falcon_streams.falcon.body import READ_SIZE, Body, PublicBody, SocketBody, body_of
from falcon_streams.falcon.transport import Transport
from tests.unit.falcon.host import PATIENCE, Host

EVENTS = b"".join(b'{"n":%d}\n' % number for number in range(500))
LAST = b"0\r\n\r\n"


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)


def head(*lines: str) -> bytes:
    return "\r\n".join(["HTTP/1.1 200 OK", *lines, "", ""]).encode()


def read_all(body: Body) -> bytes:
    """All bytes to the orderly end."""
    return b"".join(iter(lambda: body.read() or b"", b""))


@contextmanager
def opened(host: Host, ca_file: str) -> Iterator[requests.Response]:
    """The open answer of a host."""
    transport = Transport(SystemClock(), ca_file)
    with transport.session(host.url) as session, transport.request(session, "GET", host.url, {}) as response:
        yield response


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    """Our end of a connection and the other one."""
    ours, theirs = socket.socketpair()
    ours.settimeout(PATIENCE)
    with ours, theirs:
        yield ours, theirs


def test_what_was_read_ahead_comes_first_and_without_waiting(pair: Any) -> None:
    body = SocketBody(pair[0], chunk(b"first\n"))

    assert body.read() == b"first\n"


def test_chunks_that_have_arrived_together_come_in_one_read(pair: Any) -> None:
    pair[1].sendall(chunk(b"one\n") + chunk(b"two\n") + b"9\r\nhal")

    assert SocketBody(pair[0], b"").read() == b"one\ntwo\nhal"


def test_a_chunks_head_without_data_is_no_end(pair: Any) -> None:
    pair[1].sendall(b"5\r\n")
    body = SocketBody(pair[0], b"")
    threading.Timer(0.02, lambda: pair[1].sendall(b"later")).start()

    assert body.read() == b"later"


def test_the_last_chunk_is_the_orderly_end_and_no_further_byte_is_waited_for(pair: Any) -> None:
    pair[1].sendall(chunk(b"x\n") + LAST)
    body = SocketBody(pair[0], b"")

    assert read_all(body) == b"x\n"
    assert body.read() == b""


@pytest.mark.parametrize("rest", [b"", b"5\r\nab", b"5\r\nabcde", b"0\r"])
def test_a_connection_that_ends_before_the_last_chunk_is_a_cut(pair: Any, rest: bytes) -> None:
    pair[1].sendall(chunk(b"x\n") + rest)
    pair[1].close()

    with pytest.raises(Retryable, match=r"^the feed was cut: the connection ended early$"):
        read_all(SocketBody(pair[0], b""))


def test_bytes_that_are_no_chunk_are_a_cut(pair: Any) -> None:
    pair[1].sendall(b"no size\r\n")

    with pytest.raises(Retryable, match=r"^the feed was cut: its chunks do not fit together$"):
        SocketBody(pair[0], b"").read()


def test_a_read_takes_a_bounded_portion(pair: Any) -> None:
    pair[1].setblocking(False)
    pair[1].send(b"fffffff\r\n" + b"x" * (2 * READ_SIZE))

    assert 0 < len(SocketBody(pair[0], b"").read() or b"") <= READ_SIZE


def test_an_answer_of_the_usual_shape_is_read_from_its_socket(host: Host, ca_file: str) -> None:
    host.says(head("Transfer-Encoding: chunked") + chunk(EVENTS) + LAST)
    with opened(host, ca_file) as response:
        body = body_of(response)

        assert type(body) is SocketBody
        assert body.gathers
        assert read_all(body) == EVENTS


@pytest.mark.parametrize(
    ("lines", "sent"),
    [
        ((f"Content-Length: {len(EVENTS)}",), EVENTS),
        (("Connection: close",), EVENTS),
        (("Transfer-Encoding: chunked", "Content-Encoding: gzip"), chunk(gzip.compress(EVENTS)) + LAST),
        (("Connection: close", "Content-Encoding: gzip"), gzip.compress(EVENTS)),
        (("Transfer-Encoding: chunked", "Content-Encoding: x-nobody-knows"), chunk(EVENTS) + LAST),
    ],
    ids=["with a length", "to the end of the connection", "gzip in chunks", "gzip", "unknown coding"],
)
def test_an_answer_of_another_shape_is_read_and_decoded_by_urllib3(
    host: Host, ca_file: str, lines: tuple[str, ...], sent: bytes
) -> None:
    """An unknown coding is left as it is: what reads the lines judges them."""
    host.says(head(*lines) + sent)
    with opened(host, ca_file) as response:
        body = body_of(response)

        assert type(body) is PublicBody
        assert not body.gathers
        assert read_all(body) == EVENTS
