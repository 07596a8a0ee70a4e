"""Faults of the token endpoint."""

from __future__ import annotations

from typing import Any

from tests.faults.row import Row, Step
from tests.integration.scene import Scene

HTML = "<html><body>maintenance</body></html>"
REFUSED = r"discovery_failed .*refused the account's client_id .*status="
HOUR = 3600
# For a child a 400 or 403 says nothing of the account's client, and is not asked again soon.
FOR_MINUTES: dict[str, Any] = {"says": r"discovery_failed .*gives no token for child .*status=40[03]", "scale": 60.0}


def answered(status: int, on: str = "token", times: int = 1, **more: object) -> Step:
    """The next answers, from outside."""
    return {"on": on, "times": times, "answer": {"status": status, **more}}


def limited(**headers: str) -> list[Step]:
    """429 with these headers."""
    return [answered(429, headers={name.replace("_", "-"): value for name, value in headers.items()})]


def renew_in_time(scene: Scene) -> None:
    """A life that makes no sense is taken for the usual half hour, not for none."""
    scene.wait_until_open()
    scene.falcon.drop_feeds()
    scene.wait(lambda: len(scene.falcon.feeds()) == 4, 30.0, "both feeds anew")
    assert len(scene.falcon.requests("token")) == 1, "the bearer was renewed at once"


TOKEN = [
    Row("token", "400", REFUSED + "400", [answered(400)], as_childs=FOR_MINUTES),
    Row("token", "401", REFUSED + "401", [answered(401)]),
    Row("token", "403", REFUSED + "403", [answered(403)], as_childs=FOR_MINUTES),
    Row("token", "429 with an epoch header", "status=429 .*wait_s=[123]$", limited(X_Ratelimit_RetryAfter="+3")),
    Row("token", "429 with Retry-After", "status=429 .*wait_s=2$", limited(Retry_After="2")),
    Row("token", "429 with seconds in Falcon's header", "status=429 .*wait_s=3$", limited(X_Ratelimit_RetryAfter="3")),
    Row("token", "429 with a fraction", "status=429 .*wait_s=3$", limited(Retry_After="2.75")),
    Row("token", "429 that names the past", r"status=429 trace_id=\S+$", limited(X_Ratelimit_RetryAfter="-3")),
    Row(
        "token",
        "429 with several headers",
        "status=429 .*wait_s=2$",
        limited(X_Ratelimit_RetryAfter="-3", Retry_After="2"),
    ),
    *(
        Row("token", f"429 {name}", f"status=429 .*wait_s={wait}$", limited(**headers), scale=60.0)
        for name, wait, headers in (
            ("without a header", 60, {}),
            ("with epoch milliseconds of the next century", 900, {"X_Ratelimit_RetryAfter": "4102444800000"}),
            ("with a date of the next century", 900, {"Retry_After": "Fri, 01 Jan 2100 00:00:00 GMT"}),
        )
    ),
    Row(
        "token",
        "429 with a clock one hour ahead",
        "status=429 .*wait_s=[123]$",
        limited(X_Ratelimit_RetryAfter=f"+{HOUR + 3}"),
        options={"date_skew": float(HOUR)},
    ),
    Row(
        "token",
        "429 with a clock one hour behind",
        "status=429 .*wait_s=[123]$",
        limited(X_Ratelimit_RetryAfter=f"-{HOUR - 3}"),
        options={"date_skew": -float(HOUR)},
    ),
    Row("token", "500", r"gave no token \(500", [answered(500, times=2)]),
    Row("token", "timeout", "no answer in time", [{"on": "token", "do": "hang", "seconds": 40}]),
    Row("token", "connection closed", "ended early", [{"on": "token", "do": "close"}]),
    Row("token", "HTML", r"gave no token \(200", [answered(200, body=HTML)]),
    Row("token", "truncated JSON", r"gave no token \(201", [answered(201, body='{"access_token": "ab')]),
    *(
        Row(
            "token",
            f"wrong expires_in: {value}",
            "feed_opened",
            [{"on": "token", "times": 100, "merge": {"expires_in": value}}],
            act=renew_in_time,
        )
        for value in (-5, 0, 10**12, "soon")
    ),
]
