"""Falcon's bearer: OAuth2 client credentials, renewed early, shared by all partitions, given back at the end.

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
SAME_PAIR_AFTER = 5.0  # the longest first wait of an input after a failure
BAD_BEARER_REST = 60.0  # the window of Falcon's limit: 15 calls with bad bearers for all inputs behind one address
_REFUSED = (400, 401, 403)
_BEARER = re.compile(r"[!-~]+")


class _Bearer:
    def __init__(self, token: str, renew_at: float) -> None:
        self.token = token
        self.renew_at = renew_at


class _Refusal(NamedTuple):
    credentials: Credentials
    until: float
    error: CredentialsRefused


class Bearers:
    """The bearer of one account."""

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
        self._transport = transport
        self._clock = clock
        self._credentials: Optional[Credentials] = credentials
        self._read_again = read_again or (lambda: credentials)
        self._bearer: Optional[_Bearer] = None
        self._refusal: Optional[_Refusal] = None
        self._replaced_at = self._rests_until = float("-inf")
        self._named_cloud = ""
        self._lock = threading.Lock()

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
        bearer, credentials = self._bearer, self._credentials
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
        credentials = self._credentials = self._credentials or self._read_again()
        asked_at, refusal = self._clock.monotonic(), self._refusal
        if refusal is not None and credentials == refusal.credentials and asked_at < refusal.until:
            self._credentials = None
            error = refusal.error
            after = refusal.until - asked_at
            raise CredentialsRefused(str(error), after=after, status=error.status, trace_id=error.trace_id)
        answer = self._ask(credentials)
        token, life = self._token_of(answer, credentials)
        return _Bearer(token, asked_at + max(life - RENEW_BEFORE, life / 2))

    def _ask(self, credentials: Credentials) -> Answer:
        form = {"client_id": credentials.client_id, "client_secret": credentials.client_secret}
        if credentials.member_cid:
            form["member_cid"] = credentials.member_cid
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
        return answer

    def _token_of(self, answer: Answer, credentials: Credentials) -> tuple[str, float]:
        host = self.origin.api_host
        complaint = answer.complaint()
        if answer.status in _REFUSED:
            self._credentials = None
            wait = answer.wait(self._clock.now())
            error = CredentialsRefused(
                f"{host} refused the account's client_id and secret ({answer.status}, {complaint or 'no reason given'}"
                f"): check both, the cloud{self.cloud_hint}, and the API client's IP allow-list",
                after=wait,
                status=answer.status,
                trace_id=answer.trace_id,
            )
            until = self._clock.monotonic() + max(wait, SAME_PAIR_AFTER)
            self._refusal = _Refusal(credentials, until, error)
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


def _life(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 < value <= LONGEST_LIFE:
        return USUAL_LIFE
    return float(value)
