"""Faults of single answers: those that never come to their end, and those that only look like a feed."""

from __future__ import annotations

from tests.faults.feeds import meet
from tests.faults.machine import proxied
from tests.faults.row import Row, Step

PAGE = "<html>\n\n<p>Please log in to the proxy</p>\n\n</html>\n"
TEXT = "upstream error\n\nreset before headers\n\n"
ERRORS = {"errors": [{"code": 500, "message": "try again later"}], "resources": []}
JSON = "application/json"
PROXY = "look for a proxy .*log in"
OPEN, END = "open_failed", "feed_ended"
ELSEWHERE = "https://elsewhere.example/feed"


def on_feed(status: int = 200, body: object = "", **headers: str) -> Step:
    """Partition 0's feed is answered so."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return {"on": "feed", "partition": "0", "answer": {"status": status, "body": body, "headers": named}}


ANSWERS = [
    *(
        Row("answer", f"discovery, {name} without end", "discovery_failed .*no answer in time", [step], scale=20.0)
        for name, step in (
            ("a status line", {"on": "discover", "times": 2, "do": "endless_status"}),
            ("a head", {"on": "discover", "times": 2, "do": "endless_head"}),
            ("100 Continue", {"on": "discover", "times": 2, "do": "endless_continue"}),
            ("a body", {"on": "discover", "times": 2, "do": "endless_body"}),
        )
    ),
    Row(
        "answer",
        "proxy, a head to CONNECT without end",
        "discovery_failed .*(no connection in time|no answer in time|Proxy )",
        [{"on": "proxy", "times": 2, "do": "endless_head"}],
        prepare=proxied(login=False),
        scale=10.0,
    ),
    *(
        Row("feed", name, f"partition=0 reason={reason} .*{says}", act=meet(step, reason=reason), scale=scale)
        for reason, name, says, step, scale in (
            (
                OPEN,
                "a head without end",
                "no answer in time",
                {"on": "feed", "partition": "0", "do": "endless_head"},
                60.0,
            ),
            (
                OPEN,
                "a proxy's page at 200",
                rf"\(text/html\): {PROXY}",
                on_feed(body=PAGE, Content_Type="text/html"),
                1.0,
            ),
            (END, "a page called JSON", rf"\(application/json\): {PROXY}", on_feed(body=PAGE, Content_Type=JSON), 1.0),
            (END, "a text with blank lines", r"not an event stream .*It said: upstream error", on_feed(body=TEXT), 1.0),
            (END, "an error at 200", r"not an event stream .*It said: 500: try again later", on_feed(body=ERRORS), 1.0),
            (OPEN, "coded as br", "encodes the feed as br", on_feed(body="x", Content_Encoding="br"), 1.0),
            (
                OPEN,
                "redirected",
                "redirects to elsewhere.example",
                on_feed(302, Location=ELSEWHERE),
                1.0,
            ),
        )
    ),
    *(
        Row("feed", name, "state_changed .*partition=0 state=running", [{"on": "feed", **step}], scale=scale)
        for name, step, scale in (
            ("103 before the 200", {"hints": True, "times": 2}, 1.0),
            ("the head after 45 s", {"partition": "0", "delay": 45.0}, 10.0),
        )
    ),
]
