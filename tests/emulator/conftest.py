"""What the emulator's own tests share: emulators that end with their test, and a client of plain requests.

Rules: the client is as stupid as it may be, so that what it sees is what the emulator sent. No test waits longer than a
heartbeat: time is made faster, or stands still and is told to skip.
"""

from __future__ import annotations

import importlib
import socket
import ssl
import struct
import sys
import threading
import time
import warnings
from collections.abc import Iterator
from typing import Any, Callable
from urllib.parse import urlsplit

import pytest
import requests

from tests.emulator import Emulator

PATIENCE = 30.0  # seconds; of what takes a moment, however busy the machine is
DISCOVERY = "/sensors/entities/datafeed/v2"
JSON = {"Content-Type": "application/json"}
Falcon = Callable[..., Emulator]


class Client:
    """An API client of an emulator, by plain requests; of a parent's child where a `member_cid` is given."""

    def __init__(self, falcon: Emulator, base_url: str = "", proxy: str = "", member_cid: str = "") -> None:
        self.falcon = falcon
        self.member_cid = member_cid
        self.base_url = base_url or falcon.api_url
        self.session = requests.Session()
        self.session.trust_env = False
        self.session.verify = falcon.ca_file
        self.session.proxies = {"https": proxy} if proxy else {}

    def token(self, **form: str) -> requests.Response:
        """Ask for a bearer."""
        usual = {"client_id": self.falcon.client_id, "client_secret": self.falcon.client_secret}
        if self.member_cid:
            usual["member_cid"] = self.member_cid
        return self.session.post(
            f"{self.base_url}/oauth2/token", data={**usual, **form}, allow_redirects=False, timeout=PATIENCE
        )

    def bearer(self, **form: str) -> dict[str, str]:
        """The Authorization header of a new bearer."""
        return {"Authorization": f"Bearer {self.token(**form).json()['access_token']}"}

    def discover(self, app_id: str = "app1", **query: str) -> requests.Response:
        """Ask for the streams."""
        found = {"appId": app_id, **query}
        return self.session.get(f"{self.base_url}{DISCOVERY}", params=found, headers=self.bearer(), timeout=PATIENCE)

    def resources(self, app_id: str = "app1", **query: str) -> list[dict[str, Any]]:
        """The streams that are free for this app id; they may be none."""
        return self.discover(app_id, **query).json().get("resources") or []

    def resource(self, partition: str = "0", app_id: str = "app1", **query: str) -> dict[str, Any]:
        """The stream of one partition."""
        (found,) = [each for each in self.resources(app_id, **query) if f"/v1/{partition}?" in each["dataFeedURL"]]
        return found

    def open(self, resource: dict[str, Any], query: str = "", app_id: str = "") -> requests.Response:
        """Open a feed; `query` is appended as every client does it."""
        token = resource["sessionToken"]["token"]
        headers = {"Authorization": f"Token {token}", "Accept-Encoding": "identity"}
        return self.session.get(resource["dataFeedURL"] + query, headers=headers, stream=True, timeout=PATIENCE)

    def feed(self, query: str = "", partition: str = "0", app_id: str = "app1") -> requests.Response:
        """Discover and open a feed that must open."""
        answer = self.open(self.resource(partition, app_id), query)
        assert answer.status_code == 200, answer.text
        return answer

    def refresh(self, resource: dict[str, Any]) -> requests.Response:
        """Refresh a session."""
        return self.session.post(
            resource["refreshActiveSessionURL"], headers={**self.bearer(), **JSON}, timeout=PATIENCE
        )


class Body:
    """A feed's body as it arrives."""

    def __init__(self, feed: requests.Response) -> None:
        self._pieces = feed.iter_content(chunk_size=None)
        self.chunks: list[bytes] = []

    def until(self, enough: Callable[[bytes], bool]) -> bytes:
        """Read until it is enough; everything so far."""
        while not enough(b"".join(self.chunks)):
            self.chunks.append(next(self._pieces))
        return b"".join(self.chunks)

    def lines(self, count: int) -> list[bytes]:
        """The first so many lines that are not heartbeats."""
        return [each for each in self.until(lambda body: len(whole(body)) >= count).split(b"\n") if each.strip()][
            :count
        ]

    def rest(self) -> bytes:
        """Everything, until the feed ends; raises what requests raises when it ends badly."""
        self.chunks.extend(self._pieces)
        return b"".join(self.chunks)


def whole(body: bytes) -> list[bytes]:
    """The lines of a body that are whole and no heartbeats."""
    return [line for line in body.split(b"\n")[:-1] if line.strip()]


def offsets(lines: list[bytes]) -> list[int]:
    """The offsets that lines bear."""
    return [int(line.partition(b'"offset":')[2].partition(b",")[0]) for line in lines]


def eventually(condition: Callable[[], Any], seconds: float = PATIENCE) -> Any:
    """What the condition comes to, when it is something; an assertion when it stays nothing."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        found = condition()
        if found:
            return found
        time.sleep(0.01)
    raise AssertionError("it did not come true")


def raw_body(resource: dict[str, Any], query: str, emulator: Emulator) -> bytes:
    """All of a feed's body that arrives, however it ends: read below every library that may keep some to itself."""
    url = urlsplit(resource["dataFeedURL"] + query)
    context = ssl.create_default_context(cafile=emulator.ca_file)
    request = f"GET {url.path}?{url.query} HTTP/1.1\r\nHost: {url.netloc}\r\n"
    request += f"Authorization: Token {resource['sessionToken']['token']}\r\n\r\n"
    data = b""
    plain = socket.create_connection(("127.0.0.1", int(url.port or 0)), PATIENCE)
    with context.wrap_socket(plain, server_hostname="127.0.0.1") as secure:
        secure.sendall(request.encode())
        try:
            while piece := secure.recv(65536):
                data += piece
        except ConnectionResetError:
            pass
    return unchunked(data.partition(b"\r\n\r\n")[2])


def unchunked(data: bytes) -> bytes:
    """The payload of a chunked body, of its last chunk as much as there is."""
    payload = b""
    while data:
        size, _, data = data.partition(b"\r\n")
        payload += data[: int(size, 16)]
        data = data[int(size, 16) + 2 :]
    return payload


def socket_of(feed: requests.Response) -> socket.socket:
    """The socket under a streamed response."""
    connection: Any = feed.raw._connection
    found: socket.socket = connection.sock
    return found


# What requests says of a reset under TLS: some Pythons take it for an end (their gh-115627; mended in 3.11.9, 3.12.3).
_TAKES_IT_FOR_AN_END = (3, 11) <= sys.version_info < (3, 11, 9) or (3, 12) <= sys.version_info < (3, 12, 3)
RESET = "ended prematurely" if _TAKES_IT_FOR_AN_END else "reset by peer"


def reset(feed: requests.Response) -> None:
    """Have the kernel reset the connection, as it does when a process dies with unread bytes."""
    sock = socket_of(feed)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    socket.close(sock.detach())


def ending(emulator: Emulator, number: int = 0) -> str:
    """How a feed ended, once it has."""
    return str(eventually(lambda: emulator.feeds()[number]["ending"]))


def falconpy(collection: str, emulator: Emulator, **options: Any) -> Any:
    """A service collection of FalconPy's, a client of this emulator; the options are its constructor's."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        module = importlib.import_module("falconpy")
    pair = {"client_id": emulator.client_id, "client_secret": emulator.client_secret}
    theirs = getattr(module, collection)(base_url=emulator.api_url, **pair, **options)
    theirs.ssl_verify = emulator.ca_file  # its constructor takes a boolean only
    return theirs


@pytest.fixture
def falcon() -> Iterator[Falcon]:
    """Starts emulators; each ends with the test, threads and all."""
    running: list[Emulator] = []

    def start(**options: Any) -> Emulator:
        running.append(Emulator(**options))
        return running[-1].start()

    yield start
    for emulator in running:
        emulator.stop()
    assert [thread.name for thread in threading.enumerate() if thread.name.startswith("emulator-")] == []
