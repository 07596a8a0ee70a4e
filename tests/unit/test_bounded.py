"""Whoever drips his answer, or never comes to its end, holds a thread no longer than the exchange may take."""

from __future__ import annotations

import gzip
import itertools
import ssl
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from falcon_streams.clock import SystemClock
from falcon_streams.core.account import Proxy
from falcon_streams.core.discovery import Stream
from falcon_streams.errors import Retryable
from falcon_streams.falcon import feed
from falcon_streams.falcon.feed import HttpFeeds
from falcon_streams.falcon.transport import Transport
from falcon_streams.splunk.splunkd import Splunkd
from falcon_streams.store import kvstore
from tests.fakes.certificates import certify, server_context
from tests.unit.falcon.host import Host, answer

LIMIT, FAR_BEYOND = 0.3, 30.0  # seconds; without a bound the host drips for as long as anybody listens
HEAD = b"HTTP/1.1 200 OK\r\n"
LARGE = b"Connection: close\r\nContent-Length: 100000\r\n\r\n"
ENDLESS: dict[str, Callable[[], Iterable[bytes]]] = {
    "the status line": lambda: itertools.chain([b"HTTP/1.1 200 "], itertools.repeat(b"O")),
    "headers": lambda: itertools.chain([HEAD], itertools.cycle([b"X-A: b\r", b"\n"])),
    "one header": lambda: itertools.chain([HEAD, b"X-A: "], itertools.repeat(b"b")),
    "100 Continue": lambda: itertools.repeat(b"HTTP/1.1 100 Continue\r\n\r\n"),
    "103 Early Hints": lambda: itertools.repeat(b"HTTP/1.1 103 Early Hints\r\n\r\n"),
    "the body": lambda: itertools.chain(
        [HEAD, b"Connection: close\r\nContent-Length: 100000\r\n\r\n"], itertools.repeat(b"x")
    ),
}


OF_SPLUNKD = [each for each in ENDLESS if each != "103 Early Hints"]  # to the SDK that is an answer like any other


@pytest.fixture(scope="module")
def tls(tmp_path_factory: pytest.TempPathFactory) -> tuple[ssl.SSLContext, str]:
    folder = tmp_path_factory.mktemp("tls")
    root = certify("root", ca=True)
    (folder / "root.pem").write_bytes(root.pem)
    return server_context(folder, certify("host", root)), str(folder / "root.pem")


@pytest.fixture
def host(tls: tuple[ssl.SSLContext, str]) -> Iterator[Host]:
    one = Host(tls[0])
    yield one
    one.close()


@pytest.fixture
def proxy() -> Iterator[Host]:
    one = Host()
    yield one
    one.close()


def drip(host: Host, pieces: Iterable[bytes]) -> None:
    """Have the host answer with one piece every few milliseconds, for as long as anybody listens."""

    def act(sock: Any) -> None:
        for piece in pieces:
            if host.ended.wait(0.01):
                return
            sock.sendall(piece)

    host.act = act


def seconds_of(call: Callable[[], object]) -> float:
    """How long it took until the call was given up."""
    began = time.monotonic()
    with pytest.raises(Retryable):
        call()
    return time.monotonic() - began


@pytest.mark.parametrize("what", ENDLESS)
def test_a_call_of_falcons_api_has_one_deadline(host: Host, tls: tuple[ssl.SSLContext, str], what: str) -> None:
    drip(host, ENDLESS[what]())
    transport = Transport(SystemClock(), tls[1])

    assert LIMIT / 2 < seconds_of(lambda: transport.send("GET", host.url, {}, seconds=LIMIT)) < FAR_BEYOND


@pytest.mark.parametrize("what", [each for each in ENDLESS if each != "the body"])
def test_the_opening_of_a_feed_has_one_deadline(
    host: Host, tls: tuple[ssl.SSLContext, str], what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed, "HEAD_SECONDS", LIMIT)
    drip(host, ENDLESS[what]())
    feeds = HttpFeeds(Transport(SystemClock(), tls[1]), SystemClock(), ())
    stream = Stream("0", f"{host.url}/feed/0?appId=a", f"{host.url}/refresh/0", "t0ken", 1800.0)

    assert LIMIT / 2 < seconds_of(lambda: feeds.open(stream, "whence=0")) < FAR_BEYOND


@pytest.mark.parametrize("what", ["the status line", "headers", "one header"])
def test_a_proxys_answer_to_connect_has_the_deadline_of_the_connection(proxy: Host, what: str) -> None:
    drip(proxy, ENDLESS[what]())
    transport = Transport(SystemClock(), None, Proxy("http", "127.0.0.1", proxy.port))

    assert seconds_of(lambda: transport.send("GET", "https://falcon.invalid/", {}, seconds=LIMIT)) < FAR_BEYOND


@pytest.mark.parametrize("what", OF_SPLUNKD)
def test_a_call_of_a_shared_kv_store_has_one_deadline(
    host: Host, tls: tuple[ssl.SSLContext, str], what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kvstore, "SECONDS", LIMIT)
    drip(host, ENDLESS[what]())
    store = kvstore.shared_store(host.url, tls[1], lambda: "token")

    assert LIMIT / 2 < seconds_of(lambda: store.find({})) < FAR_BEYOND


@pytest.mark.parametrize("what", OF_SPLUNKD)
def test_a_call_of_splunkd_has_one_deadline(host: Host, what: str) -> None:
    drip(host, ENDLESS[what]())

    assert LIMIT / 2 < seconds_of(lambda: Splunkd(host.url, "key", seconds=LIMIT).info()) < FAR_BEYOND


def test_a_slow_answer_within_its_time_is_read(host: Host, tls: tuple[ssl.SSLContext, str]) -> None:
    """The control: what drips and comes to its end in time is whole."""
    drip(host, [bytes([each]) for each in answer(200, b"whole")])

    assert Transport(SystemClock(), tls[1]).send("GET", host.url, {}).body == b"whole"


def test_an_answer_that_is_packed_although_nobody_asked_for_it_is_unpacked(
    host: Host, tls: tuple[ssl.SSLContext, str]
) -> None:
    host.says(answer(200, gzip.compress(b'{"a":1}'), "Content-Encoding: gzip"))

    assert Transport(SystemClock(), tls[1]).send("GET", host.url, {}).tree() == {"a": 1}


def test_what_is_packed_counts_by_its_unpacked_size(host: Host, tls: tuple[ssl.SSLContext, str]) -> None:
    host.says(answer(200, gzip.compress(b"x" * 8_000_000), "Content-Encoding: gzip"))

    with pytest.raises(Retryable, match=r"the answer is larger than 1 MiB$"):
        Transport(SystemClock(), tls[1]).send("GET", host.url, {})


def test_no_key_of_a_connection_is_written_where_the_environment_asks_for_it(
    host: Host, tls: tuple[ssl.SSLContext, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSLKEYLOGFILE", str(tmp_path / "keys"))
    host.says(answer(200, b"[]", "Connection: close"))
    Transport(SystemClock(), tls[1]).send("GET", host.url, {})
    kvstore.shared_store(host.url, tls[1], lambda: "token").find({})
    Splunkd(host.url, "key").info()

    assert not (tmp_path / "keys").exists()
