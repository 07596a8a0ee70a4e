"""HTTP over TLS, as every call to Falcon uses it: one session per call, verified, bounded, never redirected.

Rules: one context verifies TLS for all sessions (`trust`); nothing switches that off. `trust_env` is off, so proxies
come from our settings only. No redirect is followed here. Every answer has a size limit and one deadline for the whole
of it, a proxy's answer and each interim answer included (`bounded`).
Errors of requests, urllib3, and ssl end here. What leaves is a Retryable whose sentence names the host, the hop that
failed, and the remedy, but never a URL's query, a header, or a proxy's password.
"""

from __future__ import annotations

import base64
import http.client
import re
import socket
import ssl
from typing import Any, Dict, List, Mapping, NamedTuple, Optional, Tuple, Type, Union
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPSConnectionPool
from urllib3.connection import HTTPSConnection
from urllib3.exceptions import HTTPError, ProxyError

from falcon_streams import __version__
from falcon_streams.bounded import bound
from falcon_streams.core.account import Proxy
from falcon_streams.core.answer import Answer
from falcon_streams.errors import Retryable
from falcon_streams.falcon.explanation import LoginUnspoken, explain, explain_proxy
from falcon_streams.ports import Clock
from falcon_streams.trust import make_trust

CONNECT_SECONDS = 10.0
ANSWER_SECONDS = 30.0
BODY_LIMIT = 1024 * 1024
# The login schemes that a proxy offers: each a word at the start or after a comma, maybe followed by parameters
_QUOTED = re.compile(r'"[^"]*"')
_SCHEME = re.compile(r"(?:^|,)\s*(NTLM|Negotiate|Kerberos|Basic|Digest|Bearer)\b", re.IGNORECASE)
Form = Union[Mapping[str, str], bytes]  # the fields of a form, or a body as it goes out
USER_AGENT = f"TA_falcon_event_streams/{__version__}"


class Handshake(NamedTuple):
    """What TLS agreed on: the protocol, and the verified chain in DER, the host's own certificate first. Before Python
    3.13 only that one is known."""

    protocol: str
    chain: Tuple[bytes, ...]


class Transport:
    """Sends requests for one account. Threads may share it: each call has a session of its own."""

    def __init__(self, clock: Clock, ca_bundle: Optional[str] = None, proxy: Optional[Proxy] = None) -> None:
        """`ca_bundle` is a file of CA certificates that are trusted besides certifi's. Raises Fatal if unusable."""
        self._clock = clock
        self._proxy = proxy
        self._trust = make_trust(ca_bundle or "")

    def send(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        form: Optional[Form] = None,
        seconds: float = ANSWER_SECONDS,
    ) -> Answer:
        """Send one request and return the whole answer. Raises Retryable if there is none within `seconds`."""
        with self.session(url) as session:
            response = self.request(session, method, url, headers, form, seconds)
            with response:
                return Answer(response.status_code, lower_headers(response), self.body(response, url))

    def session(self, url: str) -> requests.Session:
        """A session that verifies TLS, ignores the environment, and uses the proxy if the host needs it."""
        session = requests.Session()
        session.trust_env = False
        address = self._proxy.url_for(urlsplit(url).hostname or "") if self._proxy is not None else None
        session.mount("https://", _TrustingAdapter(self._trust, self._proxy if address else None))
        if address is not None:
            session.proxies = {"https": address}
        return session

    def request(
        self,
        session: requests.Session,
        method: str,
        url: str,
        headers: Mapping[str, str],
        form: Optional[Form] = None,
        seconds: float = ANSWER_SECONDS,
    ) -> requests.Response:
        """Send one request and return its open answer. Raises Retryable."""
        all_headers = {"User-Agent": USER_AGENT, "Accept-Encoding": "identity", "Accept": "application/json"}
        timeout = (self._clock.real(min(CONNECT_SECONDS, seconds)), self._clock.real(seconds))
        try:
            return session.request(
                method,
                url,
                headers={**all_headers, **headers},
                data=form,
                timeout=timeout,
                allow_redirects=False,
                stream=True,
            )
        except (requests.RequestException, HTTPError, OSError, ValueError) as error:
            raise Retryable(self.told(url, error)) from None

    def told(self, url: str, error: BaseException) -> str:
        """What went wrong on the way to a host, or at the proxy before it, and what to do."""
        host = _host(url)
        proxy = self._proxy if self._proxy is not None and self._proxy.url_for(host) else None
        return (explain_proxy(error, proxy, host) if proxy else "") or f"{host}: {explain(error)}"

    def connect(self, url: str, seconds: float = CONNECT_SECONDS) -> Handshake:
        """Connect to a host, by the proxy if it needs one, and ask it for nothing. Raises Retryable."""
        with self.session(url) as session:
            adapter: Any = session.get_adapter(url)
            request = requests.Request("GET", url).prepare()
            try:
                pool = adapter.get_connection_with_tls_context(request, True, session.proxies)
                found: Handshake = pool.handshake(self._clock.real(seconds))
                return found
            except (requests.RequestException, HTTPError, OSError, ValueError) as error:
                raise Retryable(self.told(url, error)) from None

    def body(self, response: requests.Response, url: str) -> bytes:
        """The body of an open answer, decompressed. Raises Retryable if it is too large, too slow, cut, or damaged."""
        parts: List[bytes] = []
        size = 0
        try:
            while True:
                part = response.raw.read1(BODY_LIMIT, decode_content=True)
                if not part:
                    return b"".join(parts)
                parts.append(part)
                size += len(part)
                if size > BODY_LIMIT:
                    raise Retryable(f"{_host(url)}: the answer is larger than 1 MiB", status=response.status_code)
        except (HTTPError, OSError) as error:
            raise Retryable(self.told(url, error)) from None


def lower_headers(response: requests.Response) -> Dict[str, str]:
    """The answer's headers with their names in lower case."""
    return {name.lower(): value for name, value in response.headers.items()}


def _basic(username: str, password: str) -> str:
    text = f"{username}:{password}"
    try:
        login = text.encode("latin-1")  # as requests encodes it
    except UnicodeEncodeError:
        login = text.encode("utf-8")  # RFC 7617
    return f"Basic {base64.b64encode(login).decode()}"


def _host(url: str) -> str:
    return urlsplit(url).hostname or "none"


class _TunnelAnswer(http.client.HTTPResponse):
    """A proxy's answer to CONNECT. http.client drops its headers, which say what login the proxy asks for."""

    def _read_status(self) -> Tuple[str, int, str]:
        version, status, reason = super()._read_status()  # type: ignore[misc]
        if status == http.client.PROXY_AUTHENTICATION_REQUIRED:
            offers = http.client.parse_headers(self.fp).get_all("Proxy-Authenticate", [])
            words = [word for offer in offers for word in _SCHEME.findall(_QUOTED.sub("", offer))]
            if words and "basic" not in map(str.lower, words):
                raise LoginUnspoken(", ".join(words))
            # In http.client's words. From Python 3.12 on, http.client itself would wait for the headers we have read.
            raise OSError(f"Tunnel connection failed: {status}")
        return version, status, reason


class _FinalAnswer(http.client.HTTPResponse):
    """Skips interim answers: http.client itself skips 100, but not 103 (RFC 8297)."""

    def _read_status(self) -> Tuple[str, int, str]:
        while True:
            version, status, reason = super()._read_status()  # type: ignore[misc]
            if not http.client.SWITCHING_PROTOCOLS < status < http.client.OK:
                return version, status, reason
            http.client.parse_headers(self.fp)


class _Connection(HTTPSConnection):  # type: ignore[misc]
    response_class: Type[http.client.HTTPResponse] = _FinalAnswer

    def _new_conn(self) -> socket.socket:
        return bound(super()._new_conn())

    def _tunnel(self) -> None:
        self.response_class = _TunnelAnswer
        try:
            super()._tunnel()
        except OSError:
            self.close()  # tells urllib3 that the proxy refused
            raise
        del self.response_class  # answers through the tunnel are not the proxy's


class _Pool(HTTPSConnectionPool):  # type: ignore[misc]
    ConnectionCls = _Connection

    def handshake(self, seconds: float) -> Handshake:
        """Open a connection as a request would, and close it."""
        connection = self._new_conn()
        connection.timeout = seconds
        try:
            if self.proxy is not None:
                self._prepare_proxy(connection)
            else:
                connection.connect()
            return _handshake_of(connection.sock)
        except OSError as error:
            if self.proxy is not None and not connection.has_connected_to_proxy:
                raise ProxyError("the proxy refused", error) from error  # as urllib3 has it of a request
            raise
        finally:
            connection.close()


def _handshake_of(sock: ssl.SSLSocket) -> Handshake:
    own = sock.getpeercert(binary_form=True) or b""
    verified = getattr(sock, "get_verified_chain", lambda: [own])()
    return Handshake(sock.version() or "TLS", tuple(verified))


def _use_our_connections(manager: Any) -> None:
    manager.pool_classes_by_scheme = {**manager.pool_classes_by_scheme, "https": _Pool}


class _TrustingAdapter(HTTPAdapter):
    """requests' adapter with our trust, for the host and for an https proxy."""

    def __init__(self, trust: ssl.SSLContext, proxy: Optional[Proxy]) -> None:
        self._trust = trust
        self._proxy = proxy
        super().__init__(max_retries=0)

    def proxy_headers(self, proxy: str) -> Dict[str, str]:
        """The login at the proxy. requests would read it from the proxy's URL, where no password belongs."""
        known = self._proxy
        return {"Proxy-Authorization": _basic(known.username, known.password)} if known and known.username else {}

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs, ssl_context=self._trust)  # type: ignore[no-untyped-call]
        _use_our_connections(self.poolmanager)

    def proxy_manager_for(self, *args: Any, **kwargs: Any) -> Any:
        manager = super().proxy_manager_for(  # type: ignore[no-untyped-call]
            *args, **kwargs, ssl_context=self._trust, proxy_ssl_context=self._trust
        )
        _use_our_connections(manager)
        return manager

    def cert_verify(self, conn: Any, url: str, verify: Any, cert: Any) -> None:
        """Demand a verified certificate, whatever `verify` says. requests would load certifi's file again, 15 ms for
        each connection, although the context has it already."""
        conn.cert_reqs = "CERT_REQUIRED"
