"""Falcon's bearer: OAuth2 client credentials, renewed early, shared by all partitions, given back at the end.

Theory. Each tenant has a bearer of its own, but an account has one pair of client id and secret (`_Keyring`). Whoever
learns that Falcon refuses the pair keeps all others from sending it, and a new secret is read once for all. A 400 or
403 for a child may mean the child or the pair. So the account asks for a bearer of its own with the same pair, once a
minute at most: if it gets one, the child alone is refused.

Rules: at most one renewal runs at a time; the others wait for it and use its result. A refused pair (400, 401, 403) is
read from splunkd again before the next try, so a rotated secret needs no restart; the same pair is not sent again at
once, whoever asks. A refused bearer is replaced at once. If the replacement is refused too, nobody asks with another
bearer for a minute, because Falcon allows an address few calls with bad bearers. A wrong cloud answers 308, or names
the right one in `X-Cs-Region`. That cloud is then the account's home; a request that was not granted, which holds the
secret, is sent again there, and to known API hosts of Falcon only. The bearer and the secret leave this module only in
the request that needs them.
"""

from __future__ import annotations

import base64
import copy
import re
import threading
from typing import Callable, Mapping, NamedTuple, Optional

from falcon_streams.core.account import Credentials
from falcon_streams.core.answer import Answer
from falcon_streams.core.clouds import CLOUDS, Origin, cloud_at, home_after_redirect, home_in
from falcon_streams.errors import CredentialsRefused, Retryable
from falcon_streams.falcon.transport import Form, Transport
from falcon_streams.ports import Clock

RENEW_BEFORE = 120.0
USUAL_LIFE, LONGEST_LIFE = 1799.0, 86_400.0
REVOKE_SECONDS = 1.0
REFUSED_CHILD_REST = 60.0
SAME_PAIR_AFTER = 5.0  # the longest first wait of an input after a failure
BAD_BEARER_REST = 60.0  # the window of Falcon's limit: 15 calls with bad bearers for all inputs behind one address
_REFUSED = (400, 401, 403)
_MAY_MEAN_CHILD = (400, 403)
_LIMIT_HEADER = "x-ratelimit-limit"
_BEARER = re.compile(r"[!-~]+")


class _Bearer:
    def __init__(self, token: str, renew_at: float) -> None:
        self.token = token
        self.renew_at = renew_at


class _Refusal(NamedTuple):
    credentials: Credentials
    until: float
    error: CredentialsRefused


class _Keyring:
    """The credentials of one account, and whether Falcon has refused them. Threads share it."""

    def __init__(self, credentials: Credentials, read_again: Callable[[], Credentials]) -> None:
        self._credentials: Optional[Credentials] = credentials
        self._read_again = read_again
        self._refusal: Optional[_Refusal] = None
        self._lock = threading.Lock()

    @property
    def known(self) -> Optional[Credentials]:
        """The credentials if Falcon has not refused them."""
        return self._credentials

    def take(self, at: float) -> Credentials:
        """The credentials to use now. Raises CredentialsRefused while they rest, and what `read_again` raises."""
        with self._lock:
            credentials = self._credentials = self._credentials or self._read_again()
            refusal = self._refusal
            if refusal is not None and credentials == refusal.credentials and at < refusal.until:
                self._credentials = None
                error = refusal.error
                raise CredentialsRefused(
                    str(error), after=refusal.until - at, status=error.status, trace_id=error.trace_id
                )
            return credentials

    def refuse(self, credentials: Credentials, until: float, error: CredentialsRefused) -> None:
        """Falcon has refused these credentials: they rest until then, unless somebody enters others."""
        with self._lock:
            self._credentials = None
            self._refusal = _Refusal(credentials, until, error)


class Bearers:
    """The bearer of one account, or of one of its children."""

    def __init__(
        self,
        transport: Transport,
        clock: Clock,
        origin: Origin,
        credentials: Credentials,
        read_again: Optional[Callable[[], Credentials]] = None,
    ) -> None:
        """`read_again` reads the account's credentials from splunkd after Falcon has refused these; it may raise any of
        our errors. Without it the credentials stay the same."""
        self.origin = origin
        self.token_limit: Optional[int] = None
        self._transport = transport
        self._clock = clock
        self._keyring = _Keyring(credentials, read_again or (lambda: credentials))
        self._child = ""
        self._account = self
        self._bearer: Optional[_Bearer] = None
        self._replaced_at = self._rests_until = self._proven_at = float("-inf")
        self._named_cloud = ""
        self._lock = threading.Lock()

    def of_child(self, cid: str) -> Bearers:
        """The bearer of a child tenant of this account, with the same credentials."""
        child = copy.copy(self)
        child._child, child._bearer, child._lock = cid, None, threading.Lock()
        child._replaced_at = child._rests_until = float("-inf")
        return child

    def prove(self) -> Optional[Credentials]:
        """Make sure that Falcon takes the credentials, and return them. Raises CredentialsRefused if it does not,
        Retryable if it does not say."""
        with self._lock:
            if self._clock.monotonic() >= self._proven_at + REFUSED_CHILD_REST:
                self._bearer = self._renew()
                self._proven_at = self._clock.monotonic()
            return self._keyring.known

    @property
    def needs_token(self) -> bool:
        """Whether the next call asks Falcon for a bearer first."""
        bearer = self._bearer
        return bearer is None or self._clock.monotonic() >= bearer.renew_at

    def current(self) -> str:
        """A bearer to use now. Raises Retryable, or what `read_again` raises."""
        with self._lock:
            at, bearer = self._clock.monotonic(), self._bearer
            if at < self._rests_until:
                raise Retryable(
                    f"{self.origin.api_host} refused two bearers in a row, so the add-on asks for no other for a "
                    f"minute: check the account's cloud{self.cloud_hint}",
                    after=self._rests_until - at,
                )
            if bearer is None or at >= bearer.renew_at:
                bearer = self._bearer = self._renew()
            return bearer.token

    def instead_of(self, refused: str) -> Optional[str]:
        """A bearer to use instead of the one that Falcon just refused. None if that one was a replacement itself; then
        `current` gives no bearer for BAD_BEARER_REST. Raises what `current` raises."""
        with self._lock:
            at = self._clock.monotonic()
            if at < self._rests_until:
                return None
            if self._bearer is None or self._bearer.token == refused:
                self._bearer = None
                if at < self._replaced_at + BAD_BEARER_REST:
                    self._rests_until = at + BAD_BEARER_REST
                    return None
                self._bearer = self._renew()
                self._replaced_at = self._clock.monotonic()
            return self._bearer.token

    @property
    def cloud_hint(self) -> str:
        """The right cloud, as text in brackets to follow the word "cloud"; empty if Falcon names none or this one."""
        if self._named_cloud in ("", cloud_at(self.origin.api_host)):
            return ""
        return f" (Falcon says that this API client lives in {self._named_cloud})"

    def rest_after(self, answer: Answer) -> float:
        """Seconds to wait after an answer that refuses a call."""
        return max(answer.wait(self._clock.now()), BAD_BEARER_REST if answer.refuses_bearer else 0.0)

    def revoke(self) -> None:
        """Give the bearer back within a second; ignore failures."""
        bearer, credentials = self._bearer, self._keyring.known
        if bearer is None or credentials is None:
            return
        pair = f"{credentials.client_id}:{credentials.client_secret}".encode()
        headers = {"Authorization": "basic " + base64.b64encode(pair).decode("ascii")}
        try:
            url = f"{self.origin.base_url}/oauth2/revoke"
            self._transport.send("POST", url, headers, {"token": bearer.token}, seconds=REVOKE_SECONDS)
        except Retryable:
            pass
        self._bearer = None

    def _renew(self) -> _Bearer:
        asked_at = self._clock.monotonic()
        credentials = self._keyring.take(asked_at)
        answer = self._ask(credentials)
        token, life = self._token_of(answer, credentials)
        return _Bearer(token, asked_at + max(life - RENEW_BEFORE, life / 2))

    def _ask(self, credentials: Credentials) -> Answer:
        form = {"client_id": credentials.client_id, "client_secret": credentials.client_secret}
        if self._child or credentials.member_cid:
            form["member_cid"] = self._child or credentials.member_cid
        answer = self._post_token(form)
        home = self._home_by(answer)
        if home == self.origin:
            return answer
        self.origin = home
        return answer if answer.ok else self._post_token(form)

    def _home_by(self, answer: Answer) -> Origin:
        """The account's home, according to the answer to its token request. Raises Retryable for a redirect that must
        not be followed."""
        if answer.ok or answer.status in _REFUSED:
            return home_in(self.origin, answer.region) or self.origin
        if answer.status != 308:
            return self.origin
        home = home_after_redirect(self.origin, answer.headers.get("location", ""))
        if home is None:
            raise Retryable(
                f"{self.origin.api_host}: the token request was redirected to a host that is not a known Falcon API: "
                f"check the account's cloud{self.cloud_hint}",
                status=308,
                trace_id=answer.trace_id,
            )
        return home

    def _post_token(self, form: dict[str, str]) -> Answer:
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        answer = self._transport.send("POST", f"{self.origin.base_url}/oauth2/token", headers, form)
        self._named_cloud = answer.region if answer.region in CLOUDS else ""
        self.token_limit = _limit(answer.headers.get(_LIMIT_HEADER, ""))
        return answer

    def _token_of(self, answer: Answer, credentials: Credentials) -> tuple[str, float]:
        host = self.origin.api_host
        complaint = answer.complaint()
        if self._child and answer.status in _MAY_MEAN_CHILD:
            proven = self._account.prove()
            if proven is not None and proven != credentials:  # it was the pair, and somebody has entered another
                return self._token_of(self._ask(proven), proven)
            raise Retryable(
                f"{host} gives no token for child {self._child} ({answer.status}, {complaint or 'no reason given'}): "
                "check that Flight Control lists it, and that its API access is not restricted",
                after=max(answer.wait(self._clock.now()), REFUSED_CHILD_REST),
                status=answer.status,
                trace_id=answer.trace_id,
            )
        if answer.status in _REFUSED:
            wait = answer.wait(self._clock.now())
            error = CredentialsRefused(
                f"{host} refused the account's client_id and secret ({answer.status}, {complaint or 'no reason given'}"
                f"): check both, the cloud{self.cloud_hint}, and the API client's IP allow-list",
                after=wait,
                status=answer.status,
                trace_id=answer.trace_id,
            )
            self._keyring.refuse(credentials, self._clock.monotonic() + max(wait, SAME_PAIR_AFTER), error)
            raise error
        tree = answer.tree()
        token = tree.get("access_token")
        if not answer.ok or complaint or not isinstance(token, str) or not _BEARER.fullmatch(token):
            raise Retryable(
                f"{host} gave no token ({answer.status}, {complaint or 'no reason given'}){answer.usual_remedy()}",
                after=answer.wait(self._clock.now()),
                status=answer.status,
                trace_id=answer.trace_id,
            )
        return token, _life(tree.get("expires_in"))


def call(
    transport: Transport,
    bearers: Bearers,
    method: str,
    url: str,
    headers: Mapping[str, str],
    form: Optional[Form] = None,
) -> Answer:
    """Send a request with a bearer, and again with another as long as Falcon refuses it and `bearers` gives one. `url`
    may be a path at the account's API host. Raises what `Bearers.current` and `Transport.send` raise."""
    # Get the bearer first: its renewal may move the account to its home cloud.
    bearer = bearers.current()
    if url.startswith("/"):
        url = bearers.origin.base_url + url
    while True:
        answer = transport.send(method, url, {**headers, "Authorization": f"Bearer {bearer}"}, form)
        another = bearers.instead_of(bearer) if answer.refuses_bearer else None
        if another is None:
            return answer
        bearer = another


def _limit(text: str) -> Optional[int]:
    """The limit that an answer names, None for none that makes sense."""
    return int(text) if text.isascii() and text.isdigit() and 0 < len(text) < 10 and int(text) else None


def _life(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 < value <= LONGEST_LIFE:
        return USUAL_LIFE
    return float(value)
