"""The open feed, byte by byte, read straight from the socket and by urllib3: the same tests for both ways.

The other side is a server that does what a test says with its raw connection, over TLS with the emulator's certificate.
"""

from __future__ import annotations

import gzip
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from falcon_streams.clock import SystemClock
from falcon_streams.core.account import Proxy
from falcon_streams.core.discovery import Stream
from falcon_streams.errors import Retryable
from falcon_streams.falcon import feed as feed_module
from falcon_streams.falcon.body import READ_SIZE, RECORD, PublicBody, SocketBody
from falcon_streams.falcon.event_streams import EventStreams, EventStreamsInput
from falcon_streams.falcon.feed import HttpFeed, HttpFeeds
from falcon_streams.falcon.transport import Transport
from tests.emulator import Emulator
from tests.emulator.authority import Authority
from tests.fakes.clock import ScaledClock
from tests.integration.test_service_collection import bearers_of

HEAD = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
LAST = b"0\r\n\r\n"
WAYS = {"socket": SocketBody, "public": PublicBody}
PATIENCE = 10.0
Act = Callable[[Any], object]


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)


class Server:
    """Answers one connection by what it is told to do."""

    def __init__(self, folder: Path) -> None:
        authority = Authority(folder)
        self.ca_file = str(authority.ca_file)
        self._context = authority.server_context()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"https://127.0.0.1:{self._listener.getsockname()[1]}/feed/0?appId=a"
        self.done = threading.Event()
        self._thread = threading.Thread(target=lambda: None)

    def serve(self, act: Act, by_records: bool = False) -> None:
        """Let the next connection, its request read, be treated so; `by_records`: see `Records`."""
        self._thread = threading.Thread(target=self._serve, args=(act, by_records), daemon=True)
        self._thread.start()

    def close(self) -> None:
        self.done.set()
        self._listener.close()
        self._thread.join(PATIENCE)

    def _serve(self, act: Act, by_records: bool) -> None:
        raw, _ = self._listener.accept()
        with raw:
            if by_records:
                act(Records(raw, self._context))
                return
            with self._context.wrap_socket(raw, server_side=True, suppress_ragged_eofs=True) as sock:
                while b"\r\n\r\n" not in sock.recv(65536):
                    pass
                act(sock)


class Records:
    """TLS by hand: what is encrypted is had as bytes, so that a record can be sent in parts."""

    def __init__(self, sock: socket.socket, context: ssl.SSLContext) -> None:
        self.socket = sock
        self._in, self._out = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._in, self._out, server_side=True)
        self._until(self._tls.do_handshake)
        while b"\r\n\r\n" not in self._until(lambda: self._tls.read(65536)):
            pass

    def encrypt(self, data: bytes) -> bytes:
        """The records of these bytes."""
        self._tls.write(data)
        return self._out.read()

    def _until(self, work: Callable[[], Any]) -> Any:
        while True:
            try:
                return work()
            except ssl.SSLWantReadError:
                self.socket.sendall(self._out.read())
                self._in.write(self.socket.recv(65536))
            finally:
                self.socket.sendall(self._out.read())


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    server = Server(tmp_path)
    yield server
    server.close()


@pytest.fixture(params=WAYS)
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Reading as it is, or by urllib3 although the shape would allow more."""
    if request.param == "public":
        monkeypatch.setattr(feed_module, "body_of", PublicBody)
    return str(request.param)


def open_feed(server: Server, clock: Any = None) -> HttpFeed:
    clock = clock or SystemClock()
    stream = Stream("0", server.url, server.url, "token", 1800.0)
    return HttpFeeds(Transport(clock, server.ca_file), clock, ()).open(stream, "whence=0")


def read_all(feed: HttpFeed) -> bytes:
    """All bytes to the orderly end."""
    data = b""
    while piece := feed.read():
        data += piece
    return data


def body_of(feed: HttpFeed) -> type:
    return type(feed._body)


def test_the_bytes_of_all_chunks_arrive_in_order(server: Server, way: str) -> None:
    events = [b'{"n":%d}\n' % number * (1 + number % 50) for number in range(2000)]

    def send(sock: Any) -> None:
        sock.sendall(HEAD)
        for event in events:
            sock.sendall(chunk(event))
        sock.sendall(LAST)

    server.serve(send)
    feed = open_feed(server)
    assert body_of(feed) is WAYS[way]
    assert read_all(feed) == b"".join(events)
    feed.close()


@pytest.mark.parametrize("size", [1, 7, 40])
def test_it_does_not_matter_how_the_bytes_are_cut(server: Server, way: str, size: int) -> None:
    wire = HEAD + chunk(b'{"a":1}\n') + chunk(b"\r\n") + chunk(b'{"b":"\xc5\xbc"}\n') + LAST

    def send(sock: Any) -> None:
        for at in range(0, len(wire), size):
            sock.sendall(wire[at : at + size])

    server.serve(send)
    feed = open_feed(server)
    assert read_all(feed) == b'{"a":1}\n\r\n{"b":"\xc5\xbc"}\n'
    feed.close()


def test_what_came_together_with_the_head_comes_first_and_is_not_waited_for(server: Server, way: str) -> None:
    server.serve(lambda sock: (sock.sendall(HEAD + chunk(b"first\n")), server.done.wait(PATIENCE)))
    feed = open_feed(server)

    assert feed.read() == b"first\n"
    server.done.set()
    feed.close()


def test_a_part_of_a_chunk_is_not_held_back(server: Server) -> None:
    server.serve(lambda sock: (sock.sendall(HEAD + b"ff\r\nhalf"), server.done.wait(PATIENCE)))
    feed = open_feed(server)

    assert feed.read() == b"half"
    server.done.set()
    feed.close()


def test_an_end_without_the_last_chunk_is_a_cut(server: Server, way: str) -> None:
    server.serve(lambda sock: sock.sendall(HEAD + chunk(b"x\n") + b"5\r\nab"))
    feed = open_feed(server)

    with pytest.raises(Retryable, match="cut"):
        read_all(feed)
    feed.close()


def test_a_reset_is_a_cut(server: Server, way: str) -> None:
    def reset(sock: Any) -> None:
        sock.sendall(HEAD + chunk(b"x\n"))
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        socket.close(sock.detach())

    server.serve(reset)
    with pytest.raises(Retryable):
        feed = open_feed(server)
        try:
            read_all(feed)
        finally:
            feed.close()


def test_chunks_that_do_not_fit_together_are_a_cut(server: Server, way: str) -> None:
    server.serve(lambda sock: sock.sendall(HEAD + chunk(b"x\n") + b"no size\r\n"))
    feed = open_feed(server)

    with pytest.raises(Retryable, match="cut"):
        read_all(feed)
    feed.close()


@pytest.mark.parametrize("end", ["finish", "abort"])
def test_a_read_under_way_is_ended_from_another_thread(server: Server, way: str, end: str) -> None:
    def hold(sock: Any) -> None:
        sock.sendall(HEAD + chunk(b"x\n"))
        while sock.recv(65536):  # until the goodbye
            pass

    server.serve(hold)
    feed = open_feed(server)
    assert feed.read() == b"x\n"
    threading.Timer(0.1, getattr(feed, end)).start()
    began = time.monotonic()

    assert feed.read() == b""
    assert time.monotonic() - began < PATIENCE / 2
    feed.close()


def test_silence_is_no_timeout(server: Server, way: str) -> None:
    def pause(sock: Any) -> None:
        sock.sendall(HEAD + chunk(b"x\n"))
        time.sleep(1.7)
        sock.sendall(chunk(b"y\n") + LAST)

    server.serve(pause)
    feed = open_feed(server, ScaledClock(20.0))  # half a minute for an answer is 1.5 s

    assert read_all(feed) == b"x\ny\n"
    feed.close()


def test_a_closed_feed_is_a_closed_connection(server: Server, way: str) -> None:
    gone = threading.Event()

    def wait(sock: Any) -> None:
        sock.sendall(HEAD + chunk(b"x\n") + LAST)
        if sock.recv(65536) == b"":
            gone.set()

    server.serve(wait)
    feed = open_feed(server)
    read_all(feed)
    feed.close()

    assert gone.wait(PATIENCE)
    assert feed._line.fileno() == -1


def test_full_records_are_taken_together_and_a_part_of_one_holds_nothing_back(server: Server) -> None:
    whole = b"w" * (3 * RECORD)

    def send(tls: Records) -> None:
        tls.socket.sendall(tls.encrypt(HEAD + b"%x\r\n" % (4 * RECORD)))
        ready.wait(PATIENCE)
        first, part = tls.encrypt(whole), tls.encrypt(b"p" * RECORD)
        tls.socket.sendall(first + part[: RECORD // 2])
        server.done.wait(PATIENCE)
        tls.socket.sendall(part[RECORD // 2 :])

    ready = threading.Event()
    server.serve(send, by_records=True)
    feed = open_feed(server)
    ready.set()
    time.sleep(0.2)  # all of it is there: a single read has to bring every whole record

    assert feed.read() == whole
    server.done.set()
    assert feed.read() == b"p" * RECORD
    feed.close()


def test_a_read_brings_a_bounded_portion(server: Server) -> None:
    def send(sock: Any) -> None:
        sock.sendall(HEAD + chunk(b"z" * (4 * READ_SIZE)) + LAST)

    server.serve(send)
    feed = open_feed(server)
    portions = []
    while portion := feed.read():
        portions.append(len(portion))
        time.sleep(0.05)  # for more than one portion to arrive

    assert READ_SIZE / 2 < max(portions) <= READ_SIZE
    assert sum(portions) == 4 * READ_SIZE
    feed.close()


@pytest.mark.parametrize(
    "head", [b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nx\n", b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nx\n"]
)
def test_an_answer_that_is_not_chunked_is_read_by_urllib3(server: Server, head: bytes) -> None:
    server.serve(lambda sock: sock.sendall(head))
    feed = open_feed(server)

    assert body_of(feed) is PublicBody
    assert read_all(feed) == b"x\n"
    feed.close()


def test_an_answer_that_somebody_has_encoded_is_decoded_by_urllib3(server: Server) -> None:
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Encoding: gzip\r\n\r\n"
    events = b"".join(b'{"n":%d}\n' % number for number in range(2000))
    packed = gzip.compress(events)
    chunks = (chunk(packed[at : at + 100]) for at in range(0, len(packed), 100))
    server.serve(lambda sock: sock.sendall(head + b"".join(chunks) + LAST))
    feed = open_feed(server)

    assert body_of(feed) is PublicBody
    assert read_all(feed) == events
    feed.close()


@pytest.mark.parametrize("proxy_tls, expected", [(False, SocketBody), (True, PublicBody)])
def test_a_feed_comes_through_either_kind_of_proxy(proxy_tls: bool, expected: type) -> None:
    with Emulator(partitions=1, preload=5, proxy_tls=proxy_tls) as falcon:
        port = int(falcon.proxy_url.rsplit(":", 1)[1])
        proxy = Proxy("https" if proxy_tls else "http", "127.0.0.1", port)
        transport = Transport(SystemClock(), falcon.ca_file, proxy)
        bearers = bearers_of(falcon, proxy=proxy)
        api = EventStreamsInput(EventStreams(transport, bearers), bearers, SystemClock(), "app1", "json")
        (stream,) = api.discover().streams
        feed = HttpFeeds(transport, SystemClock(), ()).open(stream, "whence=0")

        assert body_of(feed) is expected
        assert (feed.read() or b"").startswith(b'{"metadata":')
        feed.close()
