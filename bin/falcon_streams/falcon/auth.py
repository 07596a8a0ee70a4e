"""Falcon's bearer: OAuth2 client credentials, renewed early, shared by all partitions, given back at the end.

Rules: at most one renewal at a time; the others wait for it and use what it brought. A refused pair (400, 401, 403) is
read anew from splunkd before the next try, so a rotated secret heals by itself. A wrong region answers 308: the
request, which holds the secret, is sent again to known API hosts of Falcon only, and that cloud is the account's home
from then on. The bearer and the secret never leave this module but in the request that needs them.
"""

from __future__ import annotations

import base64
import re
import threading
from typing import Callable, Optional

from falcon_streams.core.account import Credentials
from falcon_streams.core.answer import Answer
from falcon_streams.core.clouds import Origin, home_after_redirect
from falcon_streams.errors import CredentialsRefused, Retryable
from falcon_streams.falcon.transport import Transport
from falcon_streams.ports import Clock

RENEW_BEFORE = 120.0
USUAL_LIFE, LONGEST_LIFE = 1799.0, 86_400.0
REVOKE_SECONDS = 1.0
_REFUSED = (400, 401, 403)
_BEARER = re.compile(r"[!-~]+")


class _Bearer:
    def __init__(self, token: str, renew_at: float) -> None:
        self.token = token
        self.renew_at = renew_at


class Bearers:
    """The bearer of one account."""

    def __init__(self, transport: Transport, clock: Clock, origin: Origin, read: Callable[[], Credentials]) -> None:
        """`read` reads the account's credentials from splunkd; it may raise any error of ours."""
        self.origin = origin
        self._transport = transport
        self._clock = clock
        self._read = read
        self._credentials: Optional[Credentials] = None
        self._bearer: Optional[_Bearer] = None
        self._lock = threading.Lock()

    def current(self, refused: Optional[str] = None) -> str:
        """A bearer to use now; `refused` is one that Falcon just refused. Raises Retryable, or what `read` raises."""
        with self._lock:
            bearer = self._bearer
            if bearer is None or bearer.token == refused or self._clock.monotonic() >= bearer.renew_at:
                bearer = self._bearer = self._renew()
            return bearer.token

    def revoke(self) -> None:
        """Give the bearer back, within a second; whether that works is nobody's concern any more."""
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
        credentials = self._credentials = self._credentials or self._read()
        asked_at = self._clock.monotonic()
        answer = self._ask(credentials)
        token, life = self._token_of(answer)
        return _Bearer(token, asked_at + max(life - RENEW_BEFORE, life / 2))

    def _ask(self, credentials: Credentials) -> Answer:
        form = {"client_id": credentials.client_id, "client_secret": credentials.client_secret}
        if credentials.member_cid:
            form["member_cid"] = credentials.member_cid
        answer = self._post_token(form)
        if answer.status == 308:
            location = answer.headers.get("location", "")
            home = home_after_redirect(self.origin, location)
            if home is None:
                raise Retryable(
                    f"{self.origin.api_host}: the token request was redirected to a host that is no known Falcon API: "
                    "check the account's cloud",
                    status=308,
                    trace_id=answer.trace_id,
                )
            self.origin = home
            answer = self._post_token(form)
        return answer

    def _post_token(self, form: dict[str, str]) -> Answer:
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        return self._transport.send("POST", f"{self.origin.base_url}/oauth2/token", headers, form)

    def _token_of(self, answer: Answer) -> tuple[str, float]:
        host = self.origin.api_host
        complaint = answer.complaint()
        if answer.status in _REFUSED:
            self._credentials = None
            raise CredentialsRefused(
                f"{host} refused the account's client_id and secret ({answer.status}, {complaint or 'no reason given'}"
                "): check both, the cloud, and the API client's IP allow-list",
                after=answer.wait(self._clock.now()),
                status=answer.status,
                trace_id=answer.trace_id,
            )
        tree = answer.tree()
        token = tree.get("access_token")
        if not answer.ok or complaint or not isinstance(token, str) or not _BEARER.fullmatch(token):
            raise Retryable(
                f"{host} gave no token ({answer.status}, {complaint or 'no reason given'})",
                after=answer.wait(self._clock.now()),
                status=answer.status,
                trace_id=answer.trace_id,
            )
        return token, _life(tree.get("expires_in"))


def _life(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 < value <= LONGEST_LIFE:
        return USUAL_LIFE
    return float(value)
