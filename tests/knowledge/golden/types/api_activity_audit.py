"""What is expected of APIActivityAuditEvent, typed by hand: see `tests/knowledge/golden`."""

from __future__ import annotations

from tests.knowledge.case import Case
from tests.knowledge.golden.audit import FALCON

CASES = [
    Case(
        "a token asked for",
        "APIActivityAuditEvent",
        {
            "UserId": "",
            "UserIp": "198.51.100.10",
            "OperationName": "logged",
            "ServiceName": "api_request",
            "Success": True,
            "UTCTimestamp": 1769008003,
            "Attributes": {
                "APIClientID": "bb" * 16,
                "elapsed_microseconds": "80744",
                "request_method": "POST",
                "request_path": "/oauth2/token",
                "status_code": "403",
                "user_agent": "example-client/1.0",
            },
            "SourceIp": "198.51.100.10",
            "AuditKeyValues": [{"Key": "status_code", "ValueString": "403"}],
        },
        "crowdstrike_es_auth",
        "authentication",
        {
            "action": "failure",
            "app": FALCON,
            "dest": FALCON,
            "duration": "0.080744",
            "http_method": "POST",
            "src": "198.51.100.10",
            "status": "403",
            "uri_path": "/oauth2/token",
            "user": "api-client-id:" + "bb" * 16,
            "user_agent": "example-client/1.0",
        },
    ),
    Case(
        "a request to the API that is no login, and not successful whatever it says",
        "APIActivityAuditEvent",
        {
            "UserId": "api-client-id:" + "cc" * 16,
            "UserIp": "198.51.100.10",
            "OperationName": "logged",
            "ServiceName": "api_request",
            "Success": True,
            "UTCTimestamp": 1769008003,
            "Attributes": {"request_path": "/alerts/v3", "status_code": "404", "request_method": "PATCH"},
        },
        "crowdstrike_es_api",
        "",
        {"action": None, "status": "404", "uri_path": "/alerts/v3", "user_type": "service"},
    ),
]
