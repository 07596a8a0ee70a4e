"""One call to Falcon: what is sent, which way it goes, what bounds its answer, and what is said when there is none.

Which certificates are trusted, and what is said of one that is not, stands in the tests of trust.
"""

from __future__ import annotations

import base64
import socket
import ssl
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import requests

from falcon_streams import __version__
from falcon_streams.clock import SystemClock
from falcon_streams.core.account import Proxy
from falcon_streams.errors import Retryable
from falcon_streams.falcon.explanation import explain
from falcon_streams.falcon.transport import BODY_LIMIT, Transport
from tests.unit.falcon.host import Host, answer

SHORT = 0.05


def transport_of(ca_file: str, proxy: Proxy | None = None) -> Transport:
    return Transport(SystemClock(), ca_file, proxy)


def proxy_at(port: int, *no_proxy: str) -> Proxy:
    return Proxy("http", "127.0.0.1", port, "us:er", "s3cret", no_proxy)


def port_of(listener: socket.socket) -> int:
    return int(listener.getsockname()[1])


def closed_port() -> int:
    """A port where nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as gone:
        return port_of(gone)


def response_of(raw: Any) -> requests.Response:
    response = requests.Response()
    response.status_code, response.raw = 502, raw
    return response


def refusal(call: Callable[[], object]) -> str:
    """The sentence of the Retryable that a call ends in."""
    with pytest.raises(Retryable) as caught:
        call()
    return str(caught.value)


def test_an_answer_comes_back_whole_with_its_headers_in_lower_case(host: Host, ca_file: str) -> None:
    host.says(answer(429, b'{"a":1}', "X-Ratelimit-RetryAfter: 7"))
    got = transport_of(ca_file).send("GET", f"{host.url}/x?appId=a", {})

    assert (got.status, got.body, got.headers["x-ratelimit-retryafter"]) == (429, b'{"a":1}', "7")
    assert host.requests[0].line == "GET /x?appId=a HTTP/1.1"


def test_a_call_names_the_add_on_and_asks_for_plain_json(host: Host, ca_file: str) -> None:
    transport_of(ca_file).send("GET", host.url, {"Authorization": "Bearer b"})
    headers = host.requests[0].headers

    assert headers["user-agent"] == f"TA_falcon_event_streams/{__version__}"
    assert (headers["accept-encoding"], headers["accept"]) == ("identity", "application/json")
    assert headers["authorization"] == "Bearer b"


def test_a_header_of_the_call_wins_over_the_usual_one(host: Host, ca_file: str) -> None:
    transport_of(ca_file).send("GET", host.url, {"Accept": "text/plain"})

    assert host.requests[0].headers["accept"] == "text/plain"


def test_a_form_is_sent_encoded(host: Host, ca_file: str) -> None:
    transport_of(ca_file).send("POST", host.url, {}, {"client_secret": "a&b=ż"})

    assert host.requests[0].body == b"client_secret=a%26b%3D%C5%BC"
    assert host.requests[0].headers["content-type"] == "application/x-www-form-urlencoded"


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_an_answer_and_not_followed(host: Host, ca_file: str, status: int) -> None:
    host.says(answer(status, b"", f"Location: {host.url}/elsewhere"))
    got = transport_of(ca_file).send("POST", host.url, {}, {"client_secret": "s3cret"})

    assert (got.status, got.headers["location"]) == (status, f"{host.url}/elsewhere")
    assert len(host.requests) == 1


def test_the_environment_gives_neither_a_proxy_nor_a_login(
    host: Host, ca_file: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login stranger password stranger\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/nonexistent")

    assert transport_of(ca_file).send("GET", host.url, {}).status == 200
    assert "authorization" not in host.requests[0].headers


def test_a_call_goes_through_the_proxy_with_its_login(plain_host: Host) -> None:
    plain_host.says(answer(502))
    refusal(lambda: transport_of("", proxy_at(plain_host.port)).send("GET", "https://falcon.invalid/x", {}))

    (request,) = plain_host.requests
    assert request.line.startswith("CONNECT falcon.invalid:443 HTTP/1.")  # Python 3.9 says 1.0 to a proxy
    assert request.headers["proxy-authorization"] == "Basic dXM6ZXI6czNjcmV0"  # us:er:s3cret


@pytest.mark.parametrize(("password", "coding"), [("\u00df", "latin-1"), ("\u0142\u20ac", "utf-8")])
def test_a_login_in_any_letters_reaches_the_proxy(plain_host: Host, password: str, coding: str) -> None:
    plain_host.says(answer(502))
    proxy = Proxy("http", "127.0.0.1", plain_host.port, "us", password)
    refusal(lambda: transport_of("", proxy).send("GET", "https://falcon.invalid/x", {}))

    sent = plain_host.requests[0].headers["proxy-authorization"].partition(" ")[2]
    assert base64.b64decode(sent).decode(coding) == f"us:{password}"


def test_a_host_that_the_proxy_is_not_for_is_reached_directly(host: Host, plain_host: Host, ca_file: str) -> None:
    transport = transport_of(ca_file, proxy_at(plain_host.port, "127.0.0.1"))

    assert transport.send("GET", host.url, {}).status == 200
    assert plain_host.requests == []


def test_a_proxy_that_refuses_is_told_by_its_answer_and_without_its_password(plain_host: Host) -> None:
    plain_host.says(answer(407))
    said = refusal(
        lambda: transport_of("", proxy_at(plain_host.port)).send("GET", "https://falcon.invalid/x?t=s3cret", {})
    )

    assert said == (
        f"Proxy 127.0.0.1:{plain_host.port} (Configuration > Proxy) did not take the login (407). Enter its user name "
        "and password. Falcon was not reached"
    )


@pytest.mark.parametrize(
    ("offers", "told"),
    [
        (["NTLM"], "NTLM"),
        (["Negotiate"], "Negotiate"),
        (["NTLM TlRMTVNTUAACAAAA"], "NTLM"),
        (["Negotiate", "NTLM"], "Negotiate, NTLM"),
        (["Negotiate, NTLM"], "Negotiate, NTLM"),
        (['Digest realm="a, Basic", nonce="x"'], "Digest"),
    ],
)
def test_a_proxy_whose_login_we_do_not_speak_is_told_with_what_to_do(
    plain_host: Host, offers: list[str], told: str
) -> None:
    plain_host.says(answer(407, b"", *(f"Proxy-Authenticate: {offer}" for offer in offers)))
    said = refusal(lambda: transport_of("", proxy_at(plain_host.port)).send("GET", "https://falcon.invalid/", {}))

    assert said == (
        f"Proxy 127.0.0.1:{plain_host.port} (Configuration > Proxy) wants a login by {told}, and this add-on speaks "
        "Basic only. Allow Basic there, or let this machine through without a login. Falcon was not reached"
    )


@pytest.mark.parametrize("offers", [["NTLM", 'Basic realm="a"'], ["Negotiate, basic realm=a"], ["Strange"], []])
def test_a_proxy_that_speaks_basic_too_or_says_nothing_refused_the_login_itself(
    plain_host: Host, offers: list[str]
) -> None:
    plain_host.says(answer(407, b"", *(f"Proxy-Authenticate: {offer}" for offer in offers)))
    said = refusal(lambda: transport_of("", proxy_at(plain_host.port)).send("GET", "https://falcon.invalid/", {}))

    assert "did not take the login (407). Enter its user name and password." in said


@pytest.mark.parametrize(
    ("offer", "told"),
    [
        ("NTLM", "wants a login by NTLM"),
        ("Basic", "did not take the login (407)"),
    ],
)
def test_a_proxy_that_keeps_the_connection_after_asking_for_a_login_is_told_at_once(
    plain_host: Host, offer: str, told: str
) -> None:
    asking = answer(407, b"", f"Proxy-Authenticate: {offer}")
    plain_host.act = lambda sock: (sock.sendall(asking), plain_host.ended.wait())
    transport = transport_of("", proxy_at(plain_host.port))

    assert told in refusal(lambda: transport.send("GET", "https://falcon.invalid/", {}, seconds=5.0))


@pytest.mark.parametrize("status", [403, 502])
def test_of_what_a_proxy_says_nothing_but_the_status_is_told(plain_host: Host, status: int) -> None:
    banner = f"HTTP/1.1 {status} build 7 of proxy3.corp.example\r\nServer: squid/3.5 at 10.9.8.7\r\n"
    plain_host.says(f"{banner}Content-Length: 9\r\n\r\n<b>no</b>".encode())
    said = refusal(lambda: transport_of("", proxy_at(plain_host.port)).send("GET", "https://falcon.invalid/", {}))

    assert said == (
        f"Proxy 127.0.0.1:{plain_host.port} (Configuration > Proxy) refused the way to falcon.invalid ({status}). "
        "Allow that host there. Falcon was not reached"
    )


def test_a_proxy_that_is_not_there_is_named_and_not_falcon() -> None:
    port = closed_port()
    said = refusal(lambda: transport_of("", proxy_at(port)).send("GET", "https://falcon.invalid/", {}))

    assert said == (
        f"Proxy 127.0.0.1:{port} (Configuration > Proxy) refused the connection. Check that it runs, and its port. "
        "Falcon was not reached"
    )


def test_a_proxy_whose_name_no_server_knows_is_named_with_its_stanza() -> None:
    proxy = Proxy("http", "proxy.invalid", 3128, name="dmz")
    said = refusal(lambda: transport_of("", proxy).send("GET", "https://falcon.invalid/", {}))

    assert said == (
        "Proxy proxy.invalid:3128 (stanza [proxy:dmz]) cannot be resolved. Check its host name, and DNS. Falcon was "
        "not reached"
    )


def test_a_proxy_that_wants_a_login_where_none_was_entered_says_so(plain_host: Host) -> None:
    plain_host.says(answer(407))
    proxy = Proxy("http", "127.0.0.1", plain_host.port)
    said = refusal(lambda: transport_of("", proxy).send("GET", "https://falcon.invalid/", {}))

    assert "wants a login (407). Enter its user name and password." in said


def test_a_proxy_that_takes_no_connection_is_told(ca_file: str) -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=0) as full, socket.create_connection(full.getsockname()):
        transport = transport_of(ca_file, Proxy("http", "127.0.0.1", port_of(full)))
        said = refusal(lambda: transport.send("GET", "https://falcon.invalid/", {}, seconds=SHORT))

    assert "did not answer in time. Check that it runs, its port, and the firewall." in said


def test_a_proxy_that_breaks_off_is_told(plain_host: Host) -> None:
    plain_host.act = lambda sock: None
    said = refusal(lambda: transport_of("", proxy_at(plain_host.port)).send("GET", "https://falcon.invalid/", {}))

    assert "broke the connection off. Check its type, host, and port." in said


def test_an_https_proxy_with_a_certificate_of_nobody_we_trust_is_told_as_the_proxy(host: Host) -> None:
    transport = transport_of("", Proxy("https", "127.0.0.1", host.port))
    said = refusal(lambda: transport.send("GET", "https://falcon.invalid/", {}))

    assert said.startswith(f"Proxy 127.0.0.1:{host.port} (Configuration > Proxy) was not trusted: ")


def test_an_answer_of_exactly_one_mebibyte_is_read(host: Host, ca_file: str) -> None:
    host.says(answer(200, b"x" * BODY_LIMIT))

    assert len(transport_of(ca_file).send("GET", host.url, {}).body) == BODY_LIMIT == 2**20


@pytest.mark.parametrize("framing", ["Content-Length: 9999999999", "Connection: close"])
def test_a_larger_answer_is_refused_before_its_end(host: Host, ca_file: str, framing: str) -> None:
    def send(sock: Any) -> None:
        sock.sendall(f"HTTP/1.1 200 OK\r\n{framing}\r\n\r\n".encode() + b"x" * (BODY_LIMIT + 1))
        host.ended.wait()  # the client must not wait for more

    host.act = send
    said = refusal(lambda: transport_of(ca_file).send("GET", host.url, {}))

    assert said == "127.0.0.1: the answer is larger than 1 MiB"


@pytest.mark.parametrize("begun", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab"], ids=["no head", "a part"])
def test_a_host_that_falls_silent_is_told(host: Host, ca_file: str, begun: bytes) -> None:
    host.act = lambda sock: (sock.sendall(begun), host.ended.wait())

    said = refusal(lambda: transport_of(ca_file).send("GET", host.url, {}, seconds=SHORT))
    assert said == "127.0.0.1: no answer in time"


def test_a_host_that_takes_no_connection_is_told(ca_file: str) -> None:
    """Linux drops what asks for a connection while the queue of a listener is full."""
    with socket.create_server(("127.0.0.1", 0), backlog=0) as full, socket.create_connection(full.getsockname()):
        url = f"https://127.0.0.1:{port_of(full)}"
        said = refusal(lambda: transport_of(ca_file).send("GET", url, {}, seconds=SHORT))

    assert said == ("127.0.0.1: no connection in time: check the firewall, or set a proxy for this account")


def test_a_port_where_nobody_listens_is_told(ca_file: str) -> None:
    said = refusal(lambda: transport_of(ca_file).send("GET", f"https://127.0.0.1:{closed_port()}", {}))

    assert said == "127.0.0.1: the connection was refused: check the host and port"


def test_a_name_that_no_server_knows_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def resolve(*args: Any) -> Any:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    said = refusal(lambda: transport_of("").send("GET", "https://falcon.invalid/x?token=s3cret", {}))

    assert said == "falcon.invalid: the host name could not be resolved: check DNS, or set a proxy for this account"


def test_a_host_that_speaks_no_tls_is_told() -> None:
    def speak(listener: socket.socket) -> None:
        with listener.accept()[0] as sock:
            sock.recv(65536)
            sock.sendall(answer(400))

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=speak, args=(listener,))
        thread.start()
        said = refusal(lambda: transport_of("").send("GET", f"https://127.0.0.1:{port_of(listener)}", {}))
        thread.join()

    assert said.startswith("127.0.0.1: TLS failed (")
    assert said.endswith("): look for a proxy that inspects TLS")


def test_a_tls_failure_without_a_reason_is_told_as_a_closed_connection() -> None:
    nameless = ssl.SSLError()
    nameless.reason = None  # type: ignore[assignment] # as _ssl.c sets it where OpenSSL gives none

    for error in (nameless, ssl.SSLError("raised by Python, without the attribute")):
        assert explain(error) == "TLS failed (connection closed): look for a proxy that inspects TLS"


def reset(sock: Any) -> None:
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    socket.close(sock.detach())


@pytest.mark.parametrize(
    "act",
    [
        lambda sock: None,
        reset,
        lambda sock: sock.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab"),
        lambda sock: sock.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab"),
        lambda sock: sock.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nno size\r\n"),
    ],
    ids=["no answer", "reset", "cut", "cut chunk", "no chunk"],
)
def test_an_answer_that_ends_early_is_told(host: Host, ca_file: str, act: Callable[[Any], object]) -> None:
    host.act = act

    assert refusal(lambda: transport_of(ca_file).send("GET", host.url, {})) == "127.0.0.1: the connection ended early"


def test_a_failure_that_nobody_foresaw_is_told_by_its_kind_and_not_by_its_words() -> None:
    assert explain(KeyError("s3cret")) == "the connection failed (KeyError)"


def test_the_deepest_cause_is_found_wherever_the_libraries_have_put_it() -> None:
    deepest = ConnectionRefusedError()
    wrapped = requests.ConnectionError(OSError("outer", OSError(deepest)))
    wrapped.__context__ = wrapped.args[0]

    assert explain(wrapped) == "the connection was refused: check the host and port"


def test_causes_that_go_round_in_a_circle_end() -> None:
    one, other = ValueError("one"), OSError("other")
    one.__cause__, other.__context__ = other, one

    assert explain(one) == "the connection failed (OSError)"


def test_threads_share_one_transport(host: Host, ca_file: str) -> None:
    transport = transport_of(ca_file)
    statuses: list[int] = []
    threads = [
        threading.Thread(target=lambda: statuses.append(transport.send("GET", host.url, {}).status)) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert statuses == [200] * 4
