"""A partition's feed: how it is asked for, what is said of an answer that is none, and the ways it ends."""

from __future__ import annotations

import select
import socket
import threading
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import pytest

from falcon_streams.clock import SystemClock
from falcon_streams.core.discovery import Stream
from falcon_streams.errors import Retryable
from falcon_streams.falcon.feed import HttpFeed, HttpFeeds
from falcon_streams.falcon.transport import Transport
from tests.fakes.clock import ScaledClock
from tests.unit.falcon.host import PATIENCE, Host, answer

HEAD = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
FIRST = b"6\r\nfirst\n\r\n"
LATE = b"5\r\nlate\n\r\n"
LAST = b"0\r\n\r\n"


def feeds_of(ca_file: str, *event_types: str) -> HttpFeeds:
    clock = SystemClock()
    return HttpFeeds(Transport(clock, ca_file), clock, event_types)


def stream_at(host: Host) -> Stream:
    return Stream("0", f"{host.url}/feed/0?appId=a", f"{host.url}/refresh/0", "t0ken", 1800.0)


@contextmanager
def opened(host: Host, ca_file: str) -> Iterator[HttpFeed]:
    """A feed of which the first event was read; closed in the end."""
    feed = feeds_of(ca_file).open(stream_at(host), "whence=0")
    try:
        assert feed.read() == b"first\n"
        yield feed
    finally:
        feed.close()


def refusal(host: Host, ca_file: str) -> Retryable:
    """What the opening of a feed is refused with."""
    with pytest.raises(Retryable) as caught:
        feeds_of(ca_file).open(stream_at(host), "whence=0")
    return caught.value


def test_a_feed_is_asked_for_with_its_session_token_from_a_position(host: Host, ca_file: str) -> None:
    host.says(HEAD + LAST)
    feeds_of(ca_file).open(stream_at(host), "offset=7").close()

    (request,) = host.requests
    assert request.line == "GET /feed/0?appId=a&offset=7 HTTP/1.1"
    assert request.headers["authorization"] == "Token t0ken"
    assert (request.headers["connection"], request.headers["accept-encoding"]) == ("Keep-Alive", "identity")


def test_the_wanted_types_of_events_are_named_to_falcon(host: Host, ca_file: str) -> None:
    host.says(HEAD + LAST)
    feeds_of(ca_file, "AuthActivityAuditEvent", "B").open(stream_at(host), "whence=0").close()

    assert host.requests[0].line.split(" ")[1].endswith("&whence=0&eventType=AuthActivityAuditEvent,B")


def test_a_refusal_tells_status_reason_trace_and_wait(host: Host, ca_file: str) -> None:
    errors = b'{"errors":[{"code":429,"message":"slow down"}]}'
    host.says(answer(429, errors, "X-Cs-Traceid: trace", "Retry-After: 7"))
    refused = refusal(host, ca_file)

    assert str(refused).startswith(
        "127.0.0.1 answered 429 to the request for the feed (slow down): the add-on asks again"
    )
    assert (refused.status, refused.trace_id, refused.after) == (429, "trace", 7.0)


def test_a_refused_session_token_tells_what_brings_a_new_one(host: Host, ca_file: str) -> None:
    host.says(answer(401))

    assert str(refusal(host, ca_file)) == (
        "127.0.0.1 answered 401 to the request for the feed (no reason given): a new discovery brings a new session "
        "token"
    )


@pytest.mark.parametrize("status", [201, 204, 307, 404, 503])
def test_only_a_200_is_a_feed(host: Host, ca_file: str, status: int) -> None:
    host.says(answer(status, b"", f"Location: {host.url}/elsewhere"))

    assert refusal(host, ca_file).status == status
    assert len(host.requests) == 1


def test_a_feed_that_cannot_be_opened_tells_why(host: Host, ca_file: str) -> None:
    host.act = lambda sock: None

    assert str(refusal(host, ca_file)) == "127.0.0.1: the connection ended early"


def test_a_refused_feed_leaves_no_connection_open_once_its_refusal_is_forgotten(host: Host, ca_file: str) -> None:
    """urllib3 closes the connections of a pool with its last reference, and a traceback is one."""
    heard: list[bytes] = []

    def act(sock: Any) -> None:
        sock.sendall(answer(503, b"{}"))
        heard.append(sock.recv(1))

    host.act = act
    with suppress(Retryable):  # pytest.raises would keep the traceback
        feeds_of(ca_file).open(stream_at(host), "whence=0")
    host.join()
    assert heard == [b""]


def test_the_last_chunk_is_the_end_of_the_feed(host: Host, ca_file: str) -> None:
    host.says(HEAD + FIRST + LAST)
    with opened(host, ca_file) as feed:
        assert feed.read() == b""


@pytest.mark.parametrize("coding", ["identity", "deflate"])
def test_a_feed_that_ends_without_its_last_chunk_was_cut_in_either_way_of_reading(
    host: Host, ca_file: str, coding: str
) -> None:
    packer = zlib.compressobj()
    packed = packer.compress(b"first\n") + packer.flush(zlib.Z_SYNC_FLUSH)
    data = b"first\n" if coding == "identity" else packed
    host.says(HEAD[:-2] + f"Content-Encoding: {coding}\r\n\r\n".encode() + b"%x\r\n%s\r\n" % (len(data), data))

    with (
        opened(host, ca_file) as feed,
        pytest.raises(Retryable, match=r"^the feed was cut: the connection ended early"),
    ):
        feed.read()


@pytest.mark.parametrize(
    "header, told",
    [
        (b"Content-Encoding: br", "br"),
        (b"Content-Encoding: gzip, br", "gzip, br"),
        (b"Transfer-Encoding: gzip, chunked", "gzip, chunked"),
    ],
)
def test_a_feed_in_a_coding_that_we_cannot_undo_is_refused_by_its_name(
    host: Host, ca_file: str, header: bytes, told: str
) -> None:
    host.says(b"HTTP/1.1 200 OK\r\n" + header + b"\r\n\r\n" + FIRST)

    assert str(refusal(host, ca_file)) == (
        f"127.0.0.1 encodes the feed as {told}, which the add-on did not ask for: look for a proxy that compresses"
    )


def test_a_refusal_in_a_coding_of_its_own_keeps_its_wait(host: Host, ca_file: str) -> None:
    host.says(answer(429, b"x", "Content-Encoding: br", "Retry-After: 77"))
    refused = refusal(host, ca_file)

    assert (refused.status, refused.after) == (429, 77.0)


def test_a_page_in_the_place_of_a_feed_is_refused_with_what_it_says_and_its_wait(host: Host, ca_file: str) -> None:
    host.says(answer(200, b"<html>Log in first</html>", "Content-Type: text/html; charset=utf-8", "Retry-After: 9"))
    refused = refusal(host, ca_file)

    assert str(refused) == (
        "127.0.0.1 answered 200 with something that is not an event stream (text/html): look for a proxy that answers "
        "in Falcon's place. It said: <html>Log in first</html>"
    )
    assert (refused.status, refused.after) == (200, 9.0)


def test_a_feed_is_disowned_with_its_content_type_and_the_error_that_it_tells(host: Host, ca_file: str) -> None:
    host.says(HEAD[:-2] + b"Content-Type: application/json\r\n\r\n" + FIRST + LAST)
    with opened(host, ca_file) as feed:
        said = str(feed.disown(b'{"errors":[{"code":500,"message":"try later"}]}'))

    assert "(application/json)" in said
    assert said.endswith("It said: 500: try later")


def test_a_redirect_of_a_feed_is_refused_and_names_its_host(host: Host, ca_file: str) -> None:
    host.says(answer(302, b"", "Location: https://elsewhere.example/feed?t=s3cret"))
    said = str(refusal(host, ca_file))

    assert "it redirects to elsewhere.example, and the add-on does not follow" in said
    assert "s3cret" not in said


def test_a_head_that_comes_with_the_first_byte_of_the_body_after_45_seconds_is_no_failure(
    host: Host, ca_file: str
) -> None:
    clock = ScaledClock(100.0)
    host.act = lambda sock: (host.ended.wait(0.45), sock.sendall(HEAD + FIRST + LAST))
    feed = HttpFeeds(Transport(clock, ca_file), clock, ()).open(stream_at(host), "whence=0")

    assert feed.read() == b"first\n"
    feed.close()


def test_an_answer_that_only_announces_the_feed_is_passed_over(host: Host, ca_file: str) -> None:
    host.says(b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" + HEAD + FIRST + LAST)

    with opened(host, ca_file) as feed:
        assert feed.read() == b""


def test_a_gzip_that_is_damaged_is_a_cut(host: Host, ca_file: str) -> None:
    host.says(HEAD[:-2] + b"Content-Encoding: gzip\r\n\r\n" + FIRST + LAST)
    feed = feeds_of(ca_file).open(stream_at(host), "whence=0")

    with pytest.raises(Retryable, match=r"^the feed was cut: "):
        feed.read()
    feed.close()


@pytest.mark.parametrize("end", ["finish", "abort"])
def test_a_read_under_way_is_ended_from_another_thread(host: Host, ca_file: str, end: str) -> None:
    host.act = lambda sock: (sock.sendall(HEAD + FIRST), sock.recv(1))
    with opened(host, ca_file) as feed:
        threading.Timer(0.02, getattr(feed, end)).start()

        assert feed.read() == b""


def test_an_abort_does_not_wait_for_falcon(host: Host, ca_file: str) -> None:
    host.act = lambda sock: (sock.sendall(HEAD + FIRST), host.ended.wait(PATIENCE))
    with opened(host, ca_file) as feed:
        feed.abort()

        assert feed.read() == b""
        assert not host.ended.is_set()


def test_finish_says_goodbye_and_drops_what_arrives_until_falcon_has_closed_too(host: Host, ca_file: str) -> None:
    done: list[str] = []

    def act(sock: Any) -> None:
        sock.sendall(HEAD + FIRST)
        select.select([sock], [], [], PATIENCE)  # the goodbye; TLS that has read it writes no more
        sock.sendall(LATE)
        time.sleep(0.02)
        done.append("closed")
        sock.sendall(LAST)

    host.act = act
    with opened(host, ca_file) as feed:
        feed.finish()

        assert feed.read() == b""
        assert done == ["closed"]


def test_ends_after_the_end_are_no_error(host: Host, ca_file: str) -> None:
    host.says(HEAD + FIRST + LAST)
    with opened(host, ca_file) as feed:
        feed.read()
        feed.abort()
        feed.finish()
        feed.abort()

        assert feed.read() == b""


def test_a_close_over_unread_events_is_a_goodbye_and_no_reset(host: Host, ca_file: str) -> None:
    """A reset would lock the app id for minutes."""
    read, sent, closed = threading.Event(), threading.Event(), threading.Event()
    errors: list[int] = []

    def act(sock: Any) -> None:
        sock.sendall(HEAD + FIRST)
        read.wait(PATIENCE)
        sock.sendall(LATE)
        sent.set()
        closed.wait(PATIENCE)
        errors.append(sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR))

    host.act = act
    with opened(host, ca_file):
        read.set()
        assert sent.wait(PATIENCE)
    closed.set()
    host.join()
    assert errors == [0]


def test_a_broken_connection_is_found_out_by_the_kernel(host: Host, ca_file: str) -> None:
    host.act = lambda sock: (sock.sendall(HEAD + FIRST), sock.recv(1))
    with opened(host, ca_file) as feed:
        assert feed._line.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
        assert feed._line.gettimeout() is None
