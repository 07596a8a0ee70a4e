"""Faults of Falcon's API: the token, the discovery, the refresh."""

from __future__ import annotations

import time

from tests.faults.row import Row
from tests.integration.scene import Scene

PRETTY = '{\n  "errors": [\n    {"code": 401, "message": "access denied"}\n  ]\n}'
HTML = "<html><body>maintenance</body></html>"
QUICK_REFRESH = {"refresh_interval": 30, "session_life": 45.0}
REFRESHED = 25.0


def answered(status: int, **more: object) -> dict[str, object]:
    return {"answer": {"status": status, **more}}


def live_past_a_refresh(scene: Scene) -> None:
    """Long enough for a refresh that fails and one that works, with events of both partitions all the while."""
    until = time.monotonic() + REFRESHED
    while time.monotonic() < until:
        scene.falcon.generate(2)
        time.sleep(0.5)


TOKEN = [
    Row("token", "400", "refused the account's client_id", [{"on": "token", **answered(400)}]),
    Row("token", "401", "refused the account's client_id", [{"on": "token", **answered(401)}]),
    Row("token", "403", "refused the account's client_id", [{"on": "token", **answered(403)}]),
    Row("token", "429 with Retry-After", "wait_s=2", [{"on": "token", **answered(429, headers={"Retry-After": "2"})}]),
    Row(
        "token",
        "429 with an epoch header",
        "status=429",
        [{"on": "token", **answered(429, headers={"X-Ratelimit-Retryafter": str(int(time.time()) + 2)})}],
    ),
    Row(
        "token",
        "429 with a clock one hour off",
        "status=429",
        [{"on": "token", **answered(429, headers={"X-Ratelimit-Retryafter": str(int(time.time()) + 3602)})}],
        options={"date_skew": 3600.0},
    ),
    Row("token", "500", "gave no token (500", [{"on": "token", "times": 2, **answered(500)}]),
    Row("token", "HTML", "gave no token (200", [{"on": "token", **answered(200, body=HTML)}]),
    Row("token", "truncated JSON", "gave no token", [{"on": "token", **answered(201, body='{"access_token": "ab')}]),
    Row("token", "the connection is closed", "ended early", [{"on": "token", "do": "close"}]),
    Row("token", "wrong expires_in", "feed_opened", [{"on": "token", "times": 3, "merge": {"expires_in": -5}}]),
    Row("token", "timeout", "no answer in time", [{"on": "token", "do": "hang", "seconds": 40}]),
]

DISCOVERY = [
    Row("discovery", "empty 200", "no JSON object", [{"on": "discover", **answered(200, body="")}]),
    Row("discovery", "resources null", "waiting_app_id", [{"on": "discover", "merge": {"resources": None}}]),
    Row("discovery", "resources missing", "waiting_app_id", [{"on": "discover", "remove": ["resources"]}]),
    Row("discovery", "resources []", "waiting_app_id", [{"on": "discover", "merge": {"resources": []}}]),
    Row(
        "discovery",
        "errors with 200",
        "discovery was answered 200",
        [{"on": "discover", "merge": {"errors": [{"code": 500, "message": "broken"}]}}],
    ),
    Row("discovery", "403", "Event streams: Read", [{"on": "discover", **answered(403)}]),
    Row("discovery", "429", "status=429", [{"on": "discover", **answered(429, headers={"Retry-After": "1"})}]),
    Row("discovery", "500", "status=500", [{"on": "discover", "times": 2, **answered(500)}]),
    Row("discovery", "HTML", "no JSON object", [{"on": "discover", **answered(200, body=HTML)}]),
    Row(
        "discovery",
        "siblings all",
        "feed_opened",
        [{"on": "feed", "do": "cut", "after_events": 5}],
        options={"siblings": "all"},
    ),
    *(
        Row(
            "discovery",
            f"interval {name}",
            "feed_opened",
            [{"on": "discover", "resource": {"refreshActiveSessionInterval": value}}],
        )
        for name, value in (("0", 0), ("negative", -5), ("huge", 10**12), ("text", "soon"))
    ),
    *(
        Row(
            "discovery",
            f"URL {name}",
            "discovery_refused",
            [{"on": "discover", "times": 2, "resource": {"dataFeedURL": url}}],
        )
        for name, url in (
            ("foreign", "https://evil.example/feed"),
            ("plain http", "http://127.0.0.1:9/feed"),
            ("look-alike", "https://127.0.0.1.evil.example/feed"),
        )
    ),
]

REFRESH = [
    *(
        Row(
            "refresh",
            str(status),
            "refresh_failed",
            [{"on": "refresh", "partition": "0", **answered(status)}],
            act=live_past_a_refresh,
            options=QUICK_REFRESH,
            repeats=2,
        )
        for status in (401, 404, 415, 429, 500)
    ),
    Row(
        "refresh",
        "timeout",
        "refresh_failed",
        [{"on": "refresh", "partition": "0", "do": "close"}],
        act=live_past_a_refresh,
        options=QUICK_REFRESH,
        repeats=2,
    ),
]
