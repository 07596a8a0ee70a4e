"""Faults on requests: each by a readable step, and gone when the step is used up."""

from __future__ import annotations

import re
import socket
import ssl
import time
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any, Callable
from urllib.parse import urlsplit

import pytest
import requests

from tests.emulator import Emulator
from tests.emulator.conftest import PATIENCE, Client, Falcon, eventually
from tests.emulator.faults import ENDLESS

Talk = Callable[[dict[str, Any]], tuple[Emulator, ssl.SSLSocket]]


def statuses(client: Client, count: int) -> list[int]:
    return [client.token().status_code for _ in range(count)]


def test_a_step_comes_true_as_often_as_it_says_then_the_next_then_nothing(falcon: Falcon) -> None:
    emulator = falcon()
    emulator.add_faults(
        [
            {"on": "token", "times": 2, "answer": {"status": 503}},
            {"on": "token", "answer": {"status": 429}},
        ]
    )

    assert statuses(Client(emulator), 4) == [503, 503, 429, 201]
    assert emulator.waiting_faults() == []


def test_a_step_may_have_a_window_of_time_instead(falcon: Falcon) -> None:
    emulator = falcon(time_scale=0)
    client = Client(emulator)
    emulator.add_faults([{"on": "token", "at": 60, "for": 300, "answer": {"status": 500}}])
    seen = statuses(client, 2)
    emulator.skip(60)
    seen += statuses(client, 3)
    emulator.skip(299)
    seen += statuses(client, 1)
    emulator.skip(1)

    assert seen + statuses(client, 1) == [201, 201, 500, 500, 500, 500, 201]
    assert emulator.waiting_faults() == []


def test_a_cleared_script_is_forgotten(falcon: Falcon) -> None:
    emulator = falcon()
    emulator.add_faults([{"on": "api", "times": 9, "answer": {"status": 500}}])
    emulator.clear_faults()

    assert statuses(Client(emulator), 1) == [201]


def test_each_operation_has_its_own_faults_and_api_means_all_of_them(falcon: Falcon) -> None:
    emulator = falcon(partitions=2, preload=1)
    client = Client(emulator)
    resources = client.resources()
    calls: dict[str, Callable[[], requests.Response]] = {
        "discover": client.discover,
        "refresh": lambda: client.refresh(resources[1]),
        "feed": lambda: client.open(resources[0]),
    }
    with client.open(resources[1]):
        for place, call in calls.items():
            emulator.add_faults([{"on": place, "answer": {"status": 418}}])
            assert call().status_code == 418
    emulator.add_faults([{"on": "api", "times": 2, "answer": {"status": 418}}])
    url = resources[0]["refreshActiveSessionURL"]
    assert [client.token().status_code, client.session.post(url, timeout=PATIENCE).status_code] == [418, 418]


def test_a_step_for_one_partition_or_app_id_leaves_the_others_alone(falcon: Falcon) -> None:
    emulator = falcon(partitions=2)
    client = Client(emulator)
    emulator.add_faults([{"on": "feed", "partition": "1", "app_id": "app1", "answer": {"status": 401}}])
    zero, one = client.resources()
    other = client.resource("1", "app2")

    with client.open(zero) as first, client.open(other) as second:
        assert (first.status_code, second.status_code) == (200, 200)
    assert client.open(one).status_code == 401


def test_headers_may_be_relative_to_now(falcon: Falcon) -> None:
    emulator = falcon(time_scale=0)
    headers = {"x-ratelimit-retryafter": "+30", "Date": "-3600", "Retry-After": "30"}
    emulator.add_faults([{"on": "discover", "answer": {"status": 429, "headers": headers, "body": {"errors": []}}}])
    answer = Client(emulator).discover()

    assert int(answer.headers["X-Ratelimit-Retryafter"]) == int(emulator.now() + 30)
    assert answer.headers["Retry-After"] == "30"
    assert answer.json() == {"errors": []}
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.headers["X-Cs-Traceid"]
    emulator.set_option("date_skew", -3600)
    assert Client(emulator).token().headers["Date"] == answer.headers["Date"]


@pytest.mark.parametrize(
    ("answer", "body", "content_type"),
    [
        ({"status": 200, "body": ""}, "", "application/json"),
        ({"status": 502, "body": "<html>Bad Gateway</html>"}, "<html>Bad Gateway</html>", "text/html"),
        ({"status": 200, "body": "]", "headers": {"content-type": "text/plain"}}, "]", "text/plain"),
    ],
)
def test_a_body_may_be_empty_or_anything(falcon: Falcon, answer: dict[str, Any], body: str, content_type: str) -> None:
    emulator = falcon()
    emulator.add_faults([{"on": "discover", "answer": answer}])
    found = Client(emulator).discover()

    assert (found.status_code, found.text) == (answer["status"], body)
    assert found.headers["Content-Type"] == content_type


def test_a_body_may_be_truncated(falcon: Falcon) -> None:
    emulator = falcon()
    emulator.add_faults([{"on": "discover", "answer": {"body": "x" * 100, "truncate": 40}}])

    with pytest.raises(requests.exceptions.ChunkedEncodingError, match="40 bytes read, 60 more expected"):
        Client(emulator).discover()


def test_a_good_answer_may_be_bent(falcon: Falcon) -> None:
    emulator = falcon(partitions=2)
    client = Client(emulator)
    emulator.add_faults(
        [
            {"on": "token", "merge": {"expires_in": 5, "token_type": None}},
            {"on": "discover", "merge": {"errors": [{"code": 403, "message": "m"}]}, "remove": ["meta"]},
            {
                "on": "discover",
                "partition": "1",
                "resource": {
                    "dataFeedURL": "http://evil.example/{partition}?appId=a",
                    "refreshActiveSessionInterval": 0,
                },
            },
        ]
    )

    assert client.token().json()["expires_in"] == 5
    first = client.discover().json()
    assert set(first) == {"errors", "resources"}
    assert first["errors"][0]["code"] == 403
    zero, one = client.resources()
    assert zero["dataFeedURL"].startswith(emulator.feed_url)
    assert zero["refreshActiveSessionInterval"] == 1800
    assert one["dataFeedURL"] == "http://evil.example/1?appId=a"
    assert one["refreshActiveSessionInterval"] == 0


def test_an_answer_may_be_late_in_emulated_time(falcon: Falcon) -> None:
    emulator = falcon(time_scale=100)
    emulator.add_faults([{"on": "token", "delay": 20}])
    started = time.monotonic()

    assert Client(emulator).token().status_code == 201
    assert 0.19 < time.monotonic() - started < 15


@pytest.mark.parametrize("action", ["close", "reset", "hang"])
def test_an_answer_may_not_come_at_all(falcon: Falcon, action: str) -> None:
    emulator = falcon(time_scale=100)
    emulator.add_faults([{"on": "token", "do": action, "seconds": 10}])
    client = Client(emulator)

    with pytest.raises(requests.exceptions.ConnectionError):
        client.token()
    assert client.token().status_code == 201
    assert [row["status"] for row in emulator.requests("token")] == [0, 201]


def test_the_proxy_has_faults_too(falcon: Falcon) -> None:
    emulator = falcon()
    emulator.add_faults([{"on": "proxy", "answer": {"status": 503}}, {"on": "proxy", "do": "reset"}])
    client = Client(emulator, "https://api.crowdstrike.com", emulator.proxy_url)

    with pytest.raises(requests.exceptions.ProxyError, match="503"):
        client.token()
    with pytest.raises(requests.exceptions.ConnectionError):
        client.token()
    assert client.token().status_code == 201


def test_a_token_outage_leaves_open_feeds_alone(falcon: Falcon) -> None:
    emulator = falcon()
    client = Client(emulator)
    with client.feed():
        emulator.revoke_bearers()
        emulator.add_faults([{"on": "token", "for": 300, "answer": {"status": 503}}])

        assert client.token().status_code == 503
        time.sleep(0.1)
        assert emulator.connections() == [["app1", "0"]]
    eventually(lambda: not emulator.connections())


@pytest.mark.parametrize(
    ("step", "words"),
    [
        ({"on": "nowhere", "answer": {}}, "one of token, revoke"),
        ({"on": "token"}, "says what happens"),
        ({"on": "token", "answer": {}, "tims": 2}, "knows no tims"),
        ({"on": "token", "answer": {"code": 500}}, "knows no code"),
        ({"on": "token", "do": "stall"}, "cannot do 'stall'"),
        ({"on": "feed", "do": "explode"}, "cannot do 'explode'"),
        ({"on": "feed", "do": "stall", "answer": {}}, "knows no answer"),
        ({"on": "feed", "do": "cut_at_byte"}, "says at which byte"),
        ({"on": "feed", "do": "cut_at_byte", "byte": 3, "how": "gently"}, "ends by eof, cut or reset"),
    ],
)
def test_a_step_that_means_nothing_is_refused_with_a_sentence(falcon: Falcon, step: dict[str, Any], words: str) -> None:
    emulator = falcon()

    with pytest.raises(ValueError, match=words):
        emulator.add_faults([{"on": "token", "answer": {"status": 500}}, step])
    assert emulator.waiting_faults() == []


@pytest.fixture
def talk(falcon: Falcon) -> Iterator[Talk]:
    """Send a token request by hand; gives the emulator, and the socket on which its answer comes."""
    with ExitStack() as stack:

        def begin(step: dict[str, Any]) -> tuple[Emulator, ssl.SSLSocket]:
            emulator = falcon()
            emulator.add_faults([{"on": "token", **step}])
            context = ssl.create_default_context(cafile=emulator.ca_file)
            address = "127.0.0.1", int(urlsplit(emulator.api_url).port or 0)
            plain = stack.enter_context(socket.create_connection(address, PATIENCE))
            sock = stack.enter_context(context.wrap_socket(plain, server_hostname="127.0.0.1"))
            sock.sendall(b"POST /oauth2/token HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")
            return emulator, sock

        yield begin


@pytest.mark.parametrize("action, begins", [(name, first or again) for name, (first, again) in ENDLESS.items()])
def test_an_answer_without_end_goes_on_until_the_client_has_had_enough(talk: Talk, action: str, begins: bytes) -> None:
    emulator, sock = talk({"do": action})
    data = b""
    while len(data) < len(begins) + 60:
        data += sock.recv(4096)
    sock.close()

    assert data.startswith(begins)
    assert statuses(Client(emulator), 1) == [201]


def test_hints_go_before_the_answer(talk: Talk) -> None:
    _, sock = talk({"hints": True})
    data = b"".join(iter(lambda: sock.recv(4096), b""))

    assert re.match(rb"HTTP/1\.1 103 Early Hints\r\n.*?\r\n\r\nHTTP/1\.1 4\d\d ", data, re.DOTALL)
