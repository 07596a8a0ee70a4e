"""The service collection: ours beside FalconPy's, request by request; and every kind of answer."""

from __future__ import annotations

import threading
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from falcon_streams.clock import SystemClock
from falcon_streams.core.account import Credentials, Proxy
from falcon_streams.core.clouds import origin_of
from falcon_streams.core.discovery import Stream
from falcon_streams.errors import CredentialsRefused, Fatal, Retryable, SessionGone
from falcon_streams.falcon.auth import Bearers
from falcon_streams.falcon.event_streams import EventStreams, EventStreamsInput
from falcon_streams.falcon.transport import Transport
from tests.emulator import Emulator


@pytest.fixture
def falcon() -> Iterator[Emulator]:
    with Emulator(partitions=2) as emulator:
        yield emulator


def bearers_of(falcon: Emulator, clock: Any = None, proxy: Proxy | None = None, cloud: str = "custom") -> Bearers:
    clock = clock or SystemClock()
    credentials = Credentials(falcon.tenant.client_id, falcon.tenant.client_secret)
    origin = origin_of(cloud, falcon.api_url if cloud == "custom" else None)
    return Bearers(Transport(clock, falcon.ca_file, proxy), clock, origin, credentials)


def streams_of(falcon: Emulator) -> EventStreams:
    return EventStreams(Transport(SystemClock(), falcon.ca_file), bearers_of(falcon))


def input_of(falcon: Emulator) -> EventStreamsInput:
    bearers = bearers_of(falcon)
    streams = EventStreams(Transport(SystemClock(), falcon.ca_file), bearers)
    return EventStreamsInput(streams, bearers, SystemClock(), "app1", "json")


def falconpy_of(falcon: Emulator) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from falconpy import EventStreams as Theirs
    address = falcon.address()
    theirs = Theirs(client_id=address["client_id"], client_secret=address["client_secret"], base_url=address["api"])
    theirs.ssl_verify = falcon.ca_file  # its constructor takes a boolean only
    return theirs


CALLS = [
    ("list_available_streams", {"app_id": "app1"}),
    ("list_available_streams", {"appId": "app1"}),
    ("list_available_streams", {"app_id": "app1", "format": "flatjson"}),
    ("list_available_streams", {"parameters": {"appId": "app1", "format": "json"}}),
    ("list_available_streams", {"app_id": "named", "parameters": {"appId": "app1"}}),
    ("listAvailableStreamsOAuth2", {"app_id": "app1"}),
    ("refresh_active_stream", {"app_id": "app1"}),
    ("refresh_active_stream", {"appId": "app1", "partition": 1}),
    ("refresh_active_stream", {"app_id": "app1", "action_name": "refresh_active_stream_session", "partition": 0}),
    ("refresh_active_stream", {"parameters": {"appId": "app1"}, "partition": 1}),
    ("refreshActiveStreamSession", {"app_id": "app1", "partition": 1}),
]


def recorded(falcon: Emulator, call: Callable[[], Any]) -> dict[str, Any]:
    before = len(falcon.requests())
    call()
    (request,) = [each for each in falcon.requests()[before:] if each["kind"] != "token"]
    wanted = ("method", "path", "query", "authorization")
    # FalconPy names a content type on GET too, where there is no content
    content_type = request["content_type"] if request["method"] == "POST" else ""
    return {**{key: request[key] for key in wanted}, "content_type": content_type}


@pytest.mark.parametrize("operation, arguments", CALLS)
def test_ours_and_falconpys_send_the_same_request(
    falcon: Emulator, operation: str, arguments: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    theirs, ours = falconpy_of(falcon), streams_of(falcon)
    fresh = {key: dict(value) if isinstance(value, dict) else value for key, value in arguments.items()}

    by_them = recorded(falcon, lambda: getattr(theirs, operation)(**fresh))
    by_us = recorded(falcon, lambda: getattr(ours, operation)(**arguments))

    with capsys.disabled():
        print(f"\n{operation}({arguments})\n  FalconPy {by_them}\n  ours     {by_us}")
    assert by_us == by_them


@pytest.mark.parametrize(
    "operation, arguments, word",
    [
        ("list_available_streams", {}, "app_id"),
        ("list_available_streams", {"app_id": "has space"}, "app_id"),
        ("list_available_streams", {"app_id": "x" * 33}, "app_id"),
        ("list_available_streams", {"app_id": "a", "appId": "b"}, "app_id"),
        ("list_available_streams", {"app_id": "a", "format": "xml"}, "format"),
        ("list_available_streams", {"app_id": "a", "parameters": {"offset": 1}}, "offset"),
        ("refresh_active_stream", {"app_id": "a", "partition": -1}, "partition"),
        ("refresh_active_stream", {"app_id": "a", "partition": "0"}, "partition"),
        ("refresh_active_stream", {"app_id": "a", "partition": True}, "partition"),
        ("refresh_active_stream", {"app_id": "a", "action_name": "close"}, "action_name"),
        ("refresh_active_stream", {"partition": 0}, "app_id"),
    ],
)
def test_wrong_arguments_are_named_and_refused_before_anything_is_sent(
    falcon: Emulator, operation: str, arguments: dict[str, Any], word: str
) -> None:
    with pytest.raises(ValueError, match=word):
        getattr(streams_of(falcon), operation)(**arguments)
    assert falcon.requests() == []


def test_discovery_gives_a_stream_for_each_partition(falcon: Emulator) -> None:
    discovery = input_of(falcon).discover()

    assert [stream.partition for stream in discovery.streams] == ["0", "1"]
    assert discovery.served_at is not None


@pytest.mark.parametrize("empty", ["null", "[]", "missing"])
@pytest.mark.parametrize("errors", ["absent", "null", "empty"])
def test_an_app_id_in_use_is_an_answer_without_streams(empty: str, errors: str) -> None:
    with Emulator(partitions=0, empty=empty, errors=errors) as falcon:
        assert input_of(falcon).discover().streams == ()


@pytest.mark.parametrize(
    "answer, words",
    [
        ({"status": 200, "body": ""}, "without a JSON object"),
        ({"status": 200, "body": "<html>maintenance</html>"}, "without a JSON object"),
        ({"status": 200, "body": '{"errors":[{"code":403,"message":"scope not permitted"}]}'}, "scope not permitted"),
        ({"status": 403, "body": "{}"}, "Event streams: Read"),
        ({"status": 500, "body": ""}, "answered 500"),
        ({"status": 308, "headers": {"Location": "https://evil.example/"}, "body": ""}, "answered 308"),
        ({"status": 200, "body": "x" * 1_100_000}, "larger than 1 MiB"),
    ],
)
def test_every_other_answer_to_discovery_is_retryable(falcon: Emulator, answer: dict[str, Any], words: str) -> None:
    falcon.add_faults([{"on": "discover", "answer": answer}])

    with pytest.raises(Retryable, match=words):
        input_of(falcon).discover()


def test_a_rate_limit_gives_the_servers_wait_on_the_servers_clock(falcon: Emulator) -> None:
    falcon.set_option("date_skew", 0)
    answer = {"status": 429, "headers": {"X-Ratelimit-Retryafter": "+30"}, "body": "{}"}
    falcon.add_faults([{"on": "discover", "answer": answer}])

    with pytest.raises(Retryable) as caught:
        input_of(falcon).discover()
    assert 28 <= caught.value.after <= 31
    assert caught.value.trace_id


def test_a_refused_bearer_is_replaced_once(falcon: Emulator) -> None:
    api = input_of(falcon)
    api.discover()
    falcon.revoke_bearers()

    assert len(api.discover().streams) == 2
    assert len(falcon.requests("token")) == 2


def test_a_revoked_bearer_is_replaced_although_others_have_used_up_the_limit_of_bad_ones(falcon: Emulator) -> None:
    streams, transport = input_of(falcon), Transport(SystemClock(), falcon.ca_file)
    assert len(streams.discover().streams) == 2
    falcon.revoke_bearers()
    url = f"{falcon.api_url}/sensors/entities/datafeed/v2?appId=another"
    stale = {"Authorization": "Bearer stale"}
    assert [transport.send("GET", url, stale).status for _ in range(16)][-1] == 429

    assert len(streams.discover().streams) == 2
    assert [request["status"] for request in falcon.requests()][-3:] == [429, 201, 200]


def test_a_refused_pair_says_so_and_is_read_anew_for_the_next_try(falcon: Emulator) -> None:
    right = Credentials(falcon.tenant.client_id, falcon.tenant.client_secret)
    clock = SystemClock()
    transport = Transport(clock, falcon.ca_file)
    origin = origin_of("custom", falcon.api_url)
    bearers = Bearers(transport, clock, origin, Credentials(right.client_id, "wrong"), lambda: right)

    with pytest.raises(CredentialsRefused, match="client_id and secret"):
        bearers.current()
    assert bearers.current()


def test_a_bearer_is_shared_renewed_two_minutes_early_and_by_one_at_a_time(falcon: Emulator) -> None:
    class Now(SystemClock):
        passed = 0.0

        def monotonic(self) -> float:
            return super().monotonic() + self.passed

    clock = Now()
    bearers = bearers_of(falcon, clock)
    threads = [threading.Thread(target=bearers.current) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(falcon.requests("token")) == 1

    clock.passed = 1799 - 125
    bearers.current()
    assert len(falcon.requests("token")) == 1
    clock.passed = 1799 - 115
    bearers.current()
    assert len(falcon.requests("token")) == 2


def test_a_refresh_posts_the_url_as_given_and_a_404_is_gone(falcon: Emulator) -> None:
    api = input_of(falcon)
    stream = api.discover().streams[1]

    with pytest.raises(SessionGone):
        api.refresh(stream)
    request = falcon.requests("refresh")[-1]
    assert stream.refresh_url.endswith(f"{request['path']}?{request['raw_query']}")
    assert request["content_type"] == "application/json"


def test_the_bearer_is_given_back(falcon: Emulator) -> None:
    api = input_of(falcon)
    api.discover()
    assert falcon.tenant.bearers
    api.revoke()

    assert not falcon.tenant.bearers
    assert falcon.requests("revoke")[-1]["form"] == ["token"]


def test_a_certificate_that_nobody_vouches_for_is_refused_with_a_remedy(falcon: Emulator) -> None:
    clock = SystemClock()
    origin = origin_of("custom", falcon.api_url)
    bearers = Bearers(Transport(clock), clock, origin, Credentials("a" * 32, "s"))

    with pytest.raises(Retryable, match=r"TLS verification failed.*ca_bundle"):
        bearers.current()
    assert falcon.requests() == []


def test_a_ca_bundle_that_cannot_be_read_is_refused() -> None:
    with pytest.raises(Fatal, match="ca_bundle"):
        Transport(SystemClock(), "/nonexistent.pem")


@pytest.mark.parametrize("wrong_cloud", ["redirect", "grant"])
def test_the_real_host_names_run_unmodified_through_a_proxy_and_the_home_region_is_found(wrong_cloud: str) -> None:
    login = ("us:er", "p@:/w")
    with Emulator(partitions=1, home_cloud="us-2", wrong_cloud=wrong_cloud, proxy_login=login) as falcon:
        port = int(falcon.proxy_url.rsplit(":", 1)[1])
        proxy = Proxy("http", "127.0.0.1", port, "us:er", "p@:/w")
        bearers = bearers_of(falcon, proxy=proxy, cloud="us-1")
        streams = EventStreams(Transport(SystemClock(), falcon.ca_file, proxy), bearers)
        discovery = EventStreamsInput(streams, bearers, SystemClock(), "app1", "json").discover()

        assert bearers.origin == origin_of("us-2")
        assert [stream.partition for stream in discovery.streams] == ["0"]
        assert set(falcon.proxy_targets()) == {"api.crowdstrike.com:443", "api.us-2.crowdstrike.com:443"}


def test_what_comes_through_the_tunnel_is_not_taken_for_the_proxys_answer() -> None:
    with Emulator(partitions=1) as falcon:
        proxy = Proxy("http", "127.0.0.1", int(falcon.proxy_url.rsplit(":", 1)[1]))
        falcon.add_faults([{"on": "token", "answer": {"status": 407, "headers": {"Proxy-Authenticate": "NTLM"}}}])

        with pytest.raises(Retryable, match=r"^api\.crowdstrike\.com gave no token \(407"):
            bearers_of(falcon, proxy=proxy, cloud="us-1").current()


def test_a_proxy_that_refuses_is_named_without_its_password() -> None:
    with Emulator(partitions=1, proxy_login=("user", "right")) as falcon:
        port = int(falcon.proxy_url.rsplit(":", 1)[1])
        bearers = bearers_of(falcon, proxy=Proxy("http", "127.0.0.1", port, "user", "wrong-secret"), cloud="us-1")

        with pytest.raises(Retryable, match="did not take the login") as caught:
            bearers.current()
        assert "wrong-secret" not in str(caught.value)


@pytest.mark.parametrize(
    "url, words",
    [("https://nowhere.invalid", "could not be resolved"), ("https://127.0.0.1:1", "refused")],
)
def test_a_host_that_cannot_be_reached_says_why(url: str, words: str) -> None:
    clock = SystemClock()
    bearers = Bearers(Transport(clock), clock, origin_of("custom", url), Credentials("a" * 32, "s"))

    with pytest.raises(Retryable, match=words):
        bearers.current()


def test_a_stream_of_a_foreign_host_is_never_contacted(falcon: Emulator) -> None:
    with Emulator(partitions=1) as foreign:
        elsewhere = {"dataFeedURL": foreign.feed_url.replace("127.0.0.1", "localhost") + "/v1/0?appId=app1"}
        falcon.set_option("resource_override", {"0": elsewhere})
        discovery = input_of(falcon).discover()

        assert [stream.partition for stream in discovery.streams] == ["1"]
        assert "outside the account's cloud" in discovery.refusals[0]
        assert foreign.requests() == []


def test_secrets_have_no_repr(falcon: Emulator) -> None:
    assert "s3cret" not in repr(Credentials("a", "s3cret")) + repr(Proxy("http", "h", 1, "u", "s3cret"))
    assert "t0ken" not in repr(Stream("0", "https://h", "https://h", "t0ken", 1))
