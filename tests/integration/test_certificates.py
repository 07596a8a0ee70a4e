"""Which certificates are accepted on every way out of the add-on, and what an admin is told about one that is not."""

from __future__ import annotations

import re
import socket
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Callable

import certifi
import pytest

from falcon_streams.clock import SystemClock
from falcon_streams.core.account import Proxy
from falcon_streams.core.discovery import Stream
from falcon_streams.errors import Retryable
from falcon_streams.falcon.feed import HttpFeeds
from falcon_streams.falcon.transport import Transport
from falcon_streams.store.kvstore import shared_store
from tests.emulator import Emulator
from tests.fakes.certificates import Pair, certify, server_context

pytestmark = pytest.mark.every_python
ROOT = certify("root", ca=True)
ISSUER = certify("issuer", ROOT, ca=True)
STRANGER = certify("stranger", ca=True)
GOOD = certify("good", ISSUER)
WAYS = ("API", "feed", "https proxy", "KV store")


class Server:
    """Speaks TLS with any context, and answers 404 to whatever it is asked."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.asked: list[bytes] = []
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()

    def _serve(self) -> None:
        while True:
            try:
                plain = self._listener.accept()[0]
            except OSError:
                return
            plain.settimeout(5)
            try:
                with plain, self.context.wrap_socket(plain, server_side=True) as client:
                    self.asked.append(client.recv(65536))
                    client.sendall(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
            except OSError:
                continue


@pytest.fixture
def server() -> Iterator[Server]:
    one = Server()
    yield one
    one.close()


def go(way: str, port: int, ca_bundle: str) -> None:
    """One call. Raises Retryable."""
    url, clock = f"https://127.0.0.1:{port}/x", SystemClock()
    if way == "API":
        Transport(clock, ca_bundle).send("GET", url, {})
    elif way == "feed":
        HttpFeeds(Transport(clock, ca_bundle), clock, ()).open(Stream("0", url, url, "t", 1800), "whence=0")
    elif way == "https proxy":
        Transport(clock, ca_bundle, Proxy("https", "127.0.0.1", port)).send("GET", "https://falcon.invalid/", {})
    else:
        shared_store(f"https://127.0.0.1:{port}", ca_bundle, lambda: "token").find({})


def attempt(way: str, server: Server, ca_bundle: str) -> str:
    """What a call comes to: the sentence of its refusal."""
    with pytest.raises(Retryable) as refused:
        go(way, server.port, ca_bundle)
    return str(refused.value)


FAULTS: dict[str, tuple[Callable[[], Pair], str]] = {
    "unknown CA": (lambda: certify("x", STRANGER), r"issuer.*\): add the issuing CA to the .*ca_bundle"),
    "self-signed": (lambda: certify("x"), r"self.signed.*\): add the issuing CA to the .*ca_bundle"),
    "expired": (lambda: certify("x", ISSUER, ends=-1), r"expired.*\): check this machine's clock"),
    "not yet valid": (lambda: certify("x", ISSUER, begins=2), r"not yet valid.*\): check this machine's clock"),
    "wrong host": (lambda: certify("x", ISSUER, address="192.0.2.1"), ""),
}
ELSEWHERE = {
    "https proxy": "look for what answers in the proxy's place",
    "KV store": "set management_uri to a host name in the certificate",
}


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("way", WAYS)
def test_a_bad_certificate_is_refused_on_every_way_with_the_remedy_for_its_fault(
    server: Server, tmp_path: Path, way: str, fault: str
) -> None:
    make, told = FAULTS[fault]
    server.context = server_context(tmp_path, make())
    bundle = tmp_path / "ca.pem"
    bundle.write_bytes(ISSUER.pem)
    sentence = attempt(way, server, str(bundle))

    assert server.asked == []
    assert "TLS verification failed" in sentence
    pattern = ELSEWHERE.get(way, "look for what answers in this host's place") if fault == "wrong host" else told
    assert re.search(pattern, sentence, re.IGNORECASE), sentence


@pytest.mark.parametrize("chain", [(), (ISSUER,), (ISSUER, ROOT)], ids=["alone", "with its issuer", "with its root"])
@pytest.mark.parametrize("trusted", [ISSUER, ROOT], ids=["issuer trusted", "root trusted"])
@pytest.mark.parametrize("way", WAYS)
def test_an_issuing_ca_without_key_identifiers_is_enough_on_every_way(
    server: Server, tmp_path: Path, way: str, trusted: Pair, chain: tuple[Pair, ...]
) -> None:
    server.context = server_context(tmp_path, GOOD, *chain)
    bundle = tmp_path / "ca.pem"
    bundle.write_bytes(trusted.pem)
    if trusted is ROOT and not chain:  # nobody shows the issuer
        assert "add the issuing CA" in attempt(way, server, str(bundle))
        return
    if way == "API":
        go(way, server.port, str(bundle))
    else:
        assert "TLS" not in attempt(way, server, str(bundle))
    assert len(server.asked) == 1


def test_certifis_file_is_read_once_for_all_connections(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.context = server_context(tmp_path, GOOD)
    bundle = tmp_path / "ca.pem"
    bundle.write_bytes(ISSUER.pem)
    loaded: list[object] = []

    load = ssl.SSLContext.load_verify_locations

    def counting(context: ssl.SSLContext, cafile: Any = None, capath: Any = None, cadata: Any = None) -> None:
        loaded.append(cafile)
        load(context, cafile, capath, cadata)

    monkeypatch.setattr(ssl.SSLContext, "load_verify_locations", counting)
    transport = Transport(SystemClock(), str(bundle))
    for _ in range(3):
        assert transport.send("GET", f"https://127.0.0.1:{server.port}/x", {}).status == 404

    assert loaded.count(certifi.where()) == 1


def test_the_firehose_is_refused_by_name_and_taken_again_with_a_good_certificate() -> None:
    with Emulator() as falcon:
        transport = Transport(SystemClock(), falcon.ca_file)
        falcon.present("wrong name")
        with pytest.raises(Retryable, match="look for what answers in this host's place"):
            transport.send("GET", falcon.feed_url, {})
        falcon.present("good")
        assert transport.send("GET", falcon.feed_url, {}).status == 404
