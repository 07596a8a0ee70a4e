"""Audit events: who did what in the console, over the API and on a host (events reference 5.9-5.11 and 6)."""

from __future__ import annotations

from typing import Any, Mapping

from tests.emulator.events.cast import Cast
from tests.emulator.events.template import iso_nanos, millis, seconds, serial

Body = dict[str, Any]
STREAMING = "Crowdstrike Streaming API"
_API_PAIRS = [
    "status_code",
    "request_path",
    "request_method",
    "scopes",
    "trace_id",
    "elapsed_microseconds",
    "user_agent",
    "received_time",
]


def pairs(attributes: Mapping[str, Any]) -> list[Body]:
    """Attributes as the older list of keys and values."""
    return [{"Key": key, "ValueString": value} for key, value in attributes.items()]


def audit(user: str, address: str, operation: str, service: str, attributes: Mapping[str, Any], **more: Any) -> Body:
    """The frame of an audit event; the order of the pairs is Falcon's, which is none."""
    return {
        "UserId": user,
        "UserIp": address,
        "OperationName": operation,
        "ServiceName": service,
        **more,
        "AuditKeyValues": pairs(attributes),
        "Attributes": dict(attributes),
    }


def authentication(cast: Cast) -> Body:
    """AuthActivityAuditEvent: logins, accounts, roles, API clients."""
    user, target = cast.analyst(), cast.analyst()
    spelling = cast.one(("CrowdStrike Authentication", "Crowdstrike Authentication"))
    operations: list[tuple[str, str, Body]] = [
        ("userAuthenticate", spelling, {"target_name": user, "trace_id": cast.uuid()}),
        ("twoFactorAuthenticate", spelling, {"target_name": user, "trace_id": cast.uuid()}),
        ("grantUserRoles", spelling, {"target_name": target, "roles": "falconhost_admin,remote_responder_three"}),
        ("createUser", spelling, {"target_name": target, "actor_user": user, "actor_user_uuid": cast.uuid()}),
        ("deleteUser", spelling, {"target_name": target, "actor_user": user, "target_user_uuid": cast.uuid()}),
        ("selfAcceptEula", spelling, {"target_name": user, "actor_user": ""}),
        (
            "CreateAPIClient",
            "Crowdstrike API Client",
            {"id": cast.hex(32), "name": "siem & soar", "scope(s)": "streaming:read,hosts:write", "description": ""},
        ),
        (
            "UpdateAllowlistGroup",
            "Crowdstrike Allowlist Management",
            {"group_name": "offices", "cidrs": "192.0.2.0/24", "active": "false", "old_active": "true"},
        ),
    ]
    operation, service, attributes = cast.one(operations)
    in_millis = cast.rng.random() < 0.2
    when = {"Success": cast.rng.random() < 0.9, "UTCTimestamp": millis() if in_millis else seconds()}
    return audit(user, cast.outside(), operation, service, attributes, **when)


def user_activity(cast: Cast) -> Body:
    """UserActivityAuditEvent: what analysts and automation do in the console."""
    host = cast.host()
    composite = f"{cast.customer}:ind:{host.aid}:{cast.process(host)}-10197-{serial(600000)}"
    file_id = f"{host.aid}_{cast.hex(64)}"
    operations: list[tuple[str, str, Body]] = [
        ("detection_update", "detections", {"composite_id": composite, "update_status": "closed", "assigned_to": ""}),
        ("detection_update", "detections", {"detection_id": f"ldt:{host.aid}:{serial()}", "new_state": "in_progress"}),
        ("quarantined_file_update", "quarantined_files", {"quarantined_file_id": file_id, "action_taken": "release"}),
        ("update_group", "groups", {"group_id": cast.hex(32), "action_name": "add-hosts", "device_id": host.aid}),
        ("reveal_token", "sensor_update_policy", {"device_id": host.aid, "message": "needs <uninstall>"}),
        (
            "update_policy",
            "prevention_policy",
            {"policy_id": cast.hex(32), "policy_name": "Workstations", "policy_type": "prevention"},
        ),
    ]
    operation, service, attributes = cast.one(operations)
    automatic = cast.rng.random() < 0.15
    user, address = ("Crowdstrike", "") if automatic else (cast.analyst(), cast.outside())
    attributes = {**attributes, "trace_id": cast.uuid()}
    return audit(user, address, operation, service, attributes, UTCTimestamp=seconds())


def api_activity(cast: Cast) -> Body:
    """APIActivityAuditEvent: one call of the API."""
    method, path, status = cast.one(
        (
            ("POST", "/oauth2/token", "201"),
            ("GET", "/devices/queries/devices-scroll/v1", "200"),
            ("GET", "/sensors/entities/datafeed/v2", "200"),
            ("POST", "/alerts/entities/alerts/v2", "200"),
            ("PATCH", "/alerts/entities/alerts/v3", "404"),
            ("GET", "/policy/combined/prevention/v1", "429"),
            ("POST", "/oauth2/token", "403"),
        )
    )
    return api_call(cast.one(cast.api_clients), cast.customer, cast.outside(), method, path, status, cast)


def api_call(client_id: str, customer: str, address: str, method: str, path: str, status: str, cast: Cast) -> Body:
    """The audit of this call of the API."""
    elapsed = cast.rng.randrange(2, 900)
    scopes = "alerts:read,alerts:write,devices:read,event-streams:read,policy-prevention:read"
    attributes = {
        "APIClientID": client_id,
        "cid": customer,
        "consumes": "application/json",
        "elapsed_microseconds": f"{elapsed}744",
        "elapsed_time": f"{elapsed}.744ms",
        "produces": "application/json",
        "received_time": iso_nanos(-elapsed),
        "request_accept": "application/json",
        "request_content_type": "application/json",
        "request_host": "api.crowdstrike.com",
        "request_method": method,
        "request_path": path,
        "request_query": "limit=100&sort=timestamp.desc" if method == "GET" else "",
        "request_uri_length": str(len(path)),
        "scopes": scopes,
        "status_code": status,
        "sub_component_1": "gateway",
        "sub_component_2": path.split("/")[1],
        "sub_component_3": "",
        "trace_id": cast.uuid(),
        "user_agent": "example-client/1.0 (+https://example.com)",
        "user_ip": address,
    }
    more = {"Success": True, "UTCTimestamp": seconds()}
    body = audit("", address, "logged", "api_request", attributes, **more)
    body["AuditKeyValues"] = pairs({name: attributes[name] for name in _API_PAIRS})
    return {**body, "Message": "", "Source": "api_request", "SourceIp": address}


def rtr_start(cast: Cast) -> Body:
    """RemoteResponseSessionStartEvent."""
    host = cast.host()
    return {
        "SessionId": cast.uuid(),
        "HostnameField": host.name,
        "UserName": cast.analyst(),
        "StartTimestamp": seconds(),
        "AgentIdString": host.aid,
    }


def rtr_end(cast: Cast, commands: int = 3) -> Body:
    """RemoteResponseSessionEndEvent; an empty session has no Commands."""
    host = cast.host()
    known = ("ls .", "reg query HKLM\\SOFTWARE\\Example", "get C:\\Temp\\a.bin", 'runscript -Raw=```echo "<é>"```')
    body: Body = {
        "SessionId": cast.uuid(),
        "HostnameField": host.name,
        "UserName": cast.analyst(),
        "EndTimestamp": seconds(),
    }
    if commands:
        body["Commands"] = [known[number % len(known)] for number in range(commands)]
    return {**body, "AgentIdString": host.aid}


def stream_activity(operation: str, app_id: str, client_id: str, partition: str, offset: str, types: str) -> Body:
    """AuthActivityAuditEvent streamStarted or streamStopped: what the client asked for when it opened the feed."""
    attributes = {
        "APIClientID": client_id,
        "appId": app_id,
        "eventType": types,
        "offset": offset,
        "partition": partition,
    }
    more = {"Success": True, "UTCTimestamp": seconds()}
    return audit(f"api-client-id:{client_id}", "127.0.0.1", operation, STREAMING, attributes, **more)


def nested(cast: Cast) -> Body:
    """AuditLogV3Event: the record of an older type once more, its details nested; only these fields are known."""
    return {
        "Category": "api",
        "Action": "api_request",
        "ActorIP": cast.outside(),
        "TraceID": cast.uuid(),
        "Extensions": {"status_code": cast.one(("200", "403")), "success": "true", "user_ip": cast.outside()},
    }
