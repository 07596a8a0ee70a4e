"""Falcon's API host: token, revoke, discovery, refresh (reference sections 1, 2 and 4)."""

from __future__ import annotations

import base64
import time
import uuid
from email.utils import formatdate
from typing import Any, Dict, Mapping, Optional
from urllib.parse import parse_qsl, urlsplit

from tests.emulator.authority import CLOUDS
from tests.emulator.server import Exchange
from tests.emulator.tenant import Tenant

_DISCOVERABLE = ("us-1", "us-2", "us-3", "eu-1")
_ACTION = "/sensors/entities/datafeed-actions/v1/"


def cloud_of(host: str) -> str:
    """The cloud that a Host header names; `custom` for the emulator's own address."""
    name = host.rpartition(":")[0] or host
    for cloud, domain in CLOUDS.items():
        if name in (f"api.{domain}", f"firehose.{domain}"):
            return cloud
    return "custom"


class ApiExchange(Exchange):
    """One call of the API."""

    tenant: Tenant
    feed_port: int

    def do_GET(self) -> None:
        """Discovery."""
        if self._fault("discover" if self.route == "/sensors/entities/datafeed/v2" else "other", b""):
            return
        if self.route != "/sensors/entities/datafeed/v2":
            self._refuse(404, "not found")
        elif self._bearer_ok():
            self._discover()

    def do_POST(self) -> None:
        """Token, revoke, refresh."""
        body = self.read_body()
        kinds = {"/oauth2/token": "token", "/oauth2/revoke": "revoke"}
        kind = kinds.get(self.route, "refresh" if self.route.startswith(_ACTION) else "other")
        partition = self.route[len(_ACTION) :] if kind == "refresh" else None
        if self._fault(kind, body, partition):
            return
        if kind == "token":
            self._token(dict(parse_qsl(body.decode())))
        elif kind == "revoke":
            self._revoke(dict(parse_qsl(body.decode())))
        elif kind == "refresh":
            if self._bearer_ok():
                self._refresh(str(partition))
        else:
            self._refuse(404, "not found")

    # -- the four calls --------------------------------------------------------------------------------------------

    def _token(self, form: Mapping[str, str]) -> None:
        tenant, cloud = self.tenant, cloud_of(self.headers.get("Host", ""))
        home = tenant.home(cloud)
        pair = _pair(form, self.headers.get("Authorization", ""))
        if home != cloud:
            if cloud in _DISCOVERABLE and home in _DISCOVERABLE:
                location = f"https://api.{CLOUDS[home]}/oauth2/token"
                self.answer(308, b"", self._headers({"Location": location, "X-Cs-Region": home}))
            else:
                self._refuse(400, f"Failed to generate access token for clientID={pair[0]}")
        elif pair != (tenant.client_id, tenant.client_secret) or not tenant.has_member(form.get("member_cid")):
            self._refuse(403, "access denied, authorization failed")
        else:
            token = tenant.issue_bearer(cloud, form.get("member_cid", ""))
            tree = {"access_token": token, "expires_in": int(tenant.options.token_life), "token_type": "bearer"}
            self.answer_json(201, tree, self._headers({"X-Cs-Region": home}))

    def _revoke(self, form: Mapping[str, str]) -> None:
        self.tenant.bearers.pop(form.get("token", ""), None)
        self._accept()

    def _discover(self) -> None:
        tenant, query = self.tenant, self.query
        app_id = query.get("appId", "").lower()
        if not app_id or query.get("format", "json") not in ("json", "flatjson"):
            self._refuse(400, "Invalid appId or format")
            return
        resources = [self._resource(app_id, part.name, query) for part in tenant.offered(app_id)]
        tree: Dict[str, Any] = {"meta": self._meta("FalconHose")}
        if tenant.options.errors != "absent":
            tree["errors"] = None if tenant.options.errors == "null" else []
        if resources or tenant.options.empty != "missing":
            tree["resources"] = resources or (None if tenant.options.empty == "null" else [])
        self.answer_json(200, tree, self._headers({}))

    def _resource(self, app_id: str, partition: str, query: Mapping[str, str]) -> Dict[str, Any]:
        tenant = self.tenant
        host = self.headers.get("Host", "")
        cloud = cloud_of(host)
        feed_host = f"127.0.0.1:{self.feed_port}" if cloud == "custom" else f"firehose.{CLOUDS[cloud]}"
        token, expires = tenant.issue_lease(app_id, partition)
        suffix = "&format=flatjson" if query.get("format") == "flatjson" else ""
        whole = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(expires))
        resource = {
            "dataFeedURL": f"https://{feed_host}/sensors/entities/datafeed/v1/{partition}?appId={app_id}{suffix}",
            "sessionToken": {"token": token, "expiration": f"{whole}.{int(expires % 1 * 1e9):09d}Z"},
            "refreshActiveSessionURL": f"https://{host}{_ACTION}{partition}?appId={app_id}"
            "&action_name=refresh_active_stream_session",
            "refreshActiveSessionInterval": tenant.options.refresh_interval,
        }
        return {**resource, **tenant.options.resource_override.get(partition, {})}

    def _refresh(self, partition: str) -> None:
        query = self.query
        if self.headers.get("Content-Type", "").partition(";")[0].strip() != "application/json":
            self._refuse(415, "415: Unsupported Media Type")
        elif query.get("action_name") != "refresh_active_stream_session" or not query.get("appId"):
            self._refuse(400, "Invalid action_name or appId")
        elif self.tenant.refresh(query["appId"].lower(), partition):
            self._accept()
        else:
            self._refuse(404, "no active stream session found")

    # -- shared ----------------------------------------------------------------------------------------------------

    def _bearer_ok(self) -> bool:
        if self.tenant.bearer_ok(self.headers.get("Authorization", ""), cloud_of(self.headers.get("Host", ""))):
            return True
        self._refuse(401, "access denied, invalid bearer token")
        return False

    def _accept(self) -> None:
        self.answer_json(200, {"meta": self._meta("crowdstrike-api-gateway"), "errors": []}, self._headers({}))

    def _refuse(self, status: int, message: str) -> None:
        tree = {"meta": self._meta("crowdstrike-api-gateway"), "errors": [{"code": status, "message": message}]}
        self.answer_json(status, tree, self._headers({}))

    def _meta(self, powered_by: str) -> Dict[str, Any]:
        return {"query_time": 1.7e-07, "powered_by": powered_by, "trace_id": str(uuid.uuid4())}

    def _headers(self, more: Mapping[str, str]) -> Dict[str, str]:
        return {
            "X-Cs-Traceid": str(uuid.uuid4()),
            "X-Ratelimit-Limit": "6000",
            "X-Ratelimit-Remaining": "5999",
            **more,
        }

    def date_time_string(self, timestamp: Optional[float] = None) -> str:
        """The `Date` header, in emulated time."""
        return formatdate(self.tenant.clock.now() + self.tenant.options.date_skew, usegmt=True)

    def _fault(self, kind: str, body: bytes, partition: Optional[str] = None) -> bool:
        """Record the request; answer by a scripted fault where one waits."""
        form = dict(parse_qsl(body.decode("utf-8", "replace"))) if kind in ("token", "revoke") else {}
        self.tenant.record(
            kind=kind,
            method=self.command,
            host=self.headers.get("Host", ""),
            path=self.route,
            query=self.query,
            raw_query=urlsplit(self.path).query,
            authorization=self.headers.get("Authorization", "").partition(" ")[0],
            content_type=self.headers.get("Content-Type", ""),
            form=sorted(form),
        )
        step = self.tenant.faults.take(kind, self.tenant.clock.now(), partition)
        if step is None:
            return False
        answer_fault(self, self.tenant, step["answer"], self._headers({}))
        return True


def answer_fault(exchange: Exchange, tenant: Tenant, answer: Mapping[str, Any], headers: Mapping[str, str]) -> None:
    """Give a scripted answer."""
    time.sleep(tenant.clock.real(answer.get("delay", 0)))
    now = int(tenant.clock.now())
    scripted = {
        name: str(now + int(value[1:])) if str(value).startswith("+") else str(value)
        for name, value in answer.get("headers", {}).items()
    }
    body = answer.get("body", "")
    exchange.answer(answer.get("status", 200), body.encode(), {**headers, **scripted})


def _pair(form: Mapping[str, str], authorization: str) -> tuple[str, str]:
    kind, _, value = authorization.partition(" ")
    if kind.lower() == "basic":
        client_id, _, secret = base64.b64decode(value).decode().partition(":")
        return client_id, secret
    return form.get("client_id", ""), form.get("client_secret", "")
