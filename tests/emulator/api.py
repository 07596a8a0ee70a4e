"""Falcon's API host: token, revoke, discovery and refresh (Event Streams reference 1, 2 and 4), and Flight Control.

Rules: the Host decides which cloud is asked. A commercial cloud redirects a token request to the tenant's home with
308, or grants a token that is good there, and names it in `X-Cs-Region`; a government cloud neither redirects nor is
redirected to. A child tenant is known by its CID in lower case and without checksum, to its parent's clients alone. A
bearer is good for the streams of the one tenant that it was given for. The token service refuses in a body of its own.
An app id is folded to lower case. Discovery issues session tokens, the refresh none.
"""

from __future__ import annotations

import base64
import binascii
import time
from typing import Any, Optional

from tests.emulator.clouds import COMMERCIAL, DOMAINS, LOCAL, cloud_of, firehose_of
from tests.emulator.envelope import NOT_ALLOWED, TOKEN_SERVICE, meta, refuse
from tests.emulator.exchange import Exchange
from tests.emulator.flight_control import PATHS, FlightControl
from tests.emulator.limits import Verdict
from tests.emulator.listener import Connection
from tests.emulator.tenant import Tenant
from tests.emulator.tokens import Bearer
from tests.emulator.wire import Answer, Request, json_answer

DISCOVERY = "/sensors/entities/datafeed/v2"
ACTIONS = "/sensors/entities/datafeed-actions/v1/"
ACTION = "refresh_active_stream_session"


class Api:
    """The API of a tenant and its children."""

    def __init__(self, tenant: Tenant, feed_port: int) -> None:
        self._tenant = tenant
        self._flight_control = FlightControl(tenant)
        self._feed_port = feed_port

    def serve(self, connection: Connection) -> None:
        """Answer the requests of one connection."""
        exchange = Exchange(self._tenant, connection)
        for request in exchange.requests():
            self._exchange(exchange, request)

    def _exchange(self, exchange: Exchange, request: Request) -> None:
        kind, partition = kind_of(request)
        app_id = request.query.get("appId", "").lower() or None
        whose = exchange.tenant = self._whose(kind, request)
        fault = self._tenant.faults.take(kind, self._tenant.clock.now(), partition, app_id, whose) or {}
        verdict, refusal = self._count(kind, request)
        base = self._tenant.headers(request.host, verdict)
        if not exchange.is_spoiled(kind, request, fault, base):
            answer = refusal or self._answer(kind, request, partition)
            exchange.answer(kind, request, answer, fault, base)

    # -- the operations --------------------------------------------------------------------------------------------

    def _answer(self, kind: str, request: Request, partition: Optional[str]) -> Answer:
        if kind == "token":
            return self._token(request)
        if kind == "revoke":
            return self._revoke(request)
        if kind == "unknown":
            return refuse(404, "404: Page Not Found")
        bearer = self._bearer(request)
        if bearer is None:
            return refuse(401, "access denied, invalid bearer token")
        tenant = self._tenant.member(bearer.member_cid)
        if kind in ("query_children", "get_children"):
            return self._flight_control.answer(kind, request, tenant)
        if kind == "discover":
            return self._discover(request, bearer, tenant)
        return self._refresh(request, str(partition), tenant)

    def _token(self, request: Request) -> Answer:
        tenant, asked, form = self._tenant, cloud_of(request.host), request.form
        home = tenant.home(request.host)
        client_id, secret = credentials_of(request)
        if home != asked and asked != LOCAL:
            if not (home in COMMERCIAL and asked in COMMERCIAL):
                return refuse(400, f"Failed to generate access token for clientID={client_id}", TOKEN_SERVICE)
            if tenant.options.wrong_cloud == "redirect":
                location = f"https://api.{DOMAINS[home]}/oauth2/token"
                return Answer(308, {"Location": location, "X-Cs-Region": home}, b"")
        if client_id not in tenant.tokens.clients:
            return refuse(400, f"Failed to generate access token for clientID={client_id}", TOKEN_SERVICE)
        if not tenant.tokens.is_client(client_id, secret):
            return refuse(403, "Failed to issue access token - Client authentication failed", TOKEN_SERVICE)
        member_cid = form.get("member_cid", "")
        if member_cid and not self._may_act_for(member_cid, client_id):
            return refuse(403, f"Failed to generate access token for customer ID={member_cid}.", TOKEN_SERVICE)
        member_cid = member_cid or tenant.tokens.homes.get(client_id, "")
        life = tenant.member(member_cid).options.token_life
        token = tenant.tokens.mint_bearer(client_id, home, member_cid, life)
        return json_answer(201, {"access_token": token, "expires_in": int(life), "token_type": "bearer"})

    def _may_act_for(self, member_cid: str, client_id: str) -> bool:
        tenant = self._tenant
        if client_id in tenant.tokens.homes:  # a child's own client, which is nobody's parent
            return False
        return tenant.listed(member_cid) or member_cid == without_checksum(tenant.options.member_cid)

    def _revoke(self, request: Request) -> Answer:
        if not self._tenant.tokens.is_client(*credentials_of(request)):
            return refuse(403, "access denied, authorization failed")
        self._tenant.tokens.revoke(request.form.get("token", ""))
        return json_answer(200, {"meta": meta(), "errors": []})

    def _discover(self, request: Request, bearer: Bearer, tenant: Tenant) -> Answer:
        options, occupancy = tenant.options, tenant.occupancy
        app_id, style = request.query.get("appId", "").lower(), request.query.get("format") or "json"
        if not app_id or style not in ("json", "flatjson"):
            return refuse(400, "Invalid appId" if not app_id else "Invalid format")
        partitions = tenant.offered()
        free = [each for each in partitions if occupancy.is_free(app_id, each.name)]
        if options.siblings == "all" and free:
            free = partitions
        elif options.siblings == "null" and len(free) < len(partitions):
            free = []
        tree: dict[str, Any] = {"meta": meta("FalconHose")}
        if options.errors != "absent":
            tree["errors"] = None if options.errors == "null" else []
        if free or options.empty != "missing":
            flat = style == "flatjson"
            found = [self._resource(request, bearer.client_id, tenant, app_id, each.name, flat) for each in free]
            tree["resources"] = found or ([] if options.empty == "[]" else None)
        return json_answer(200, tree)

    def _resource(
        self, request: Request, client_id: str, tenant: Tenant, app_id: str, partition: str, flat: bool
    ) -> dict[str, Any]:
        life, mark = tenant.options.session_token_life, f"&ref={tenant.mark}" if tenant.mark else ""
        token, expires = tenant.tokens.mint_pass(app_id, partition, client_id, flat, tenant.member_cid, life)
        firehose, actions = firehose_of(request.host, self._feed_port), f"https://{request.host}{ACTIONS}"
        resource = {
            "dataFeedURL": f"https://{firehose}/sensors/entities/datafeed/v1/{partition}?appId={app_id}{mark}",
            "sessionToken": {"token": token, "expiration": nanoseconds(expires)},
            "refreshActiveSessionURL": f"{actions}{partition}?appId={app_id}&action_name={ACTION}{mark}",
            "refreshActiveSessionInterval": tenant.options.refresh_interval,
        }
        return {**resource, **tenant.options.resource_override.get(partition, {})}

    def _refresh(self, request: Request, partition: str, tenant: Tenant) -> Answer:
        if request.content_type != "application/json":
            return refuse(415, "415: Unsupported Media Type")
        if request.query.get("action_name") != ACTION or not request.query.get("appId"):
            return refuse(400, "Invalid action_name or appId")
        if self._tenant.crosses("refresh", request, tenant):
            return refuse(403, NOT_ALLOWED)
        if not tenant.occupancy.refresh(request.query["appId"].lower(), partition):
            return refuse(404, "no active stream session found")
        return json_answer(200, {"meta": meta(), "errors": []})

    # -- who calls -------------------------------------------------------------------------------------------------

    def _bearer(self, request: Request) -> Optional[Bearer]:
        kind, token = request.authorization
        return self._tenant.tokens.bearer(token, cloud_of(request.host)) if kind.lower() == "bearer" else None

    def _whose(self, kind: str, request: Request) -> str:
        """The CID of the tenant whose token the request bears, or asks for; "" where nobody's."""
        tokens, root = self._tenant.tokens, self._tenant
        if kind == "token":
            return request.form.get("member_cid") or tokens.homes.get(credentials_of(request)[0], root.cid)
        token = request.form.get("token", "") if kind == "revoke" else request.authorization[1]
        holder = tokens.holder(token)
        return "" if holder is None else root.member(holder).cid

    def _count(self, kind: str, request: Request) -> tuple[Optional[Verdict], Optional[Answer]]:
        options = self._tenant.options
        if not options.rate_limits or (kind == "token" and not options.token_limit):
            return None, None
        if kind == "token":
            limit, caller = "token", request.peer
        else:
            limit = "customer" if kind == "revoke" or self._bearer(request) else "bad bearer"
            caller = options.customer if limit == "customer" else request.peer
        most = options.token_limit if kind == "token" else None
        verdict = self._tenant.limits.count(limit, caller, self._tenant.clock.now(), most)
        return verdict, refuse(429, "API rate limit exceeded.") if verdict.retry_at is not None else None


def kind_of(request: Request) -> tuple[str, Optional[str]]:
    """Which operation this is, and on which partition."""
    if request.method == "POST" and request.path in ("/oauth2/token", "/oauth2/revoke"):
        return request.path.rpartition("/")[2], None
    if request.method == "GET" and request.path == DISCOVERY:
        return "discover", None
    if (request.method, request.path) in PATHS:
        return PATHS[request.method, request.path], None
    if request.method == "POST" and request.path.startswith(ACTIONS):
        return "refresh", request.path[len(ACTIONS) :]
    return "unknown", None


def credentials_of(request: Request) -> tuple[str, str]:
    """Id and secret, from Basic authorization or from the form."""
    kind, value = request.authorization
    if kind.lower() == "basic":
        try:
            client_id, _, secret = base64.b64decode(value).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            return "", ""
        return client_id, secret
    return request.form.get("client_id", ""), request.form.get("client_secret", "")


def without_checksum(cid: str) -> str:
    """A CID as events bear it: lower case, without the console's checksum suffix."""
    return cid.partition("-")[0].lower()


def nanoseconds(at: float) -> str:
    """RFC 3339 with nine fractional digits, as Falcon writes an expiration."""
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(at)) + f".{int(at % 1 * 1_000_000_000):09d}Z"
