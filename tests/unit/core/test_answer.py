"""An answer of Falcon's API, read with suspicion."""

from __future__ import annotations

import pytest

from falcon_streams.core.answer import Answer, tidy

DATE = "Mon, 23 Nov 2026 10:00:00 GMT"
AT = 1795428000.0


@pytest.mark.parametrize(
    "headers, wait",
    [
        ({}, 0),
        ({"x-ratelimit-retryafter": f"{int(AT) + 30}", "date": DATE}, 30),
        ({"x-ratelimit-retryafter": f"{int(AT) + 30}", "retry-after": "7", "date": DATE}, 30),
        ({"retry-after": "7"}, 7),
        ({"retry-after": "Mon, 23 Nov 2026 10:00:20 GMT", "date": DATE}, 20),
        ({"x-ratelimit-retryafter": "soon", "retry-after": "never"}, 0),
        ({"x-ratelimit-retryafter": "1", "date": DATE}, 0),
    ],
)
def test_the_servers_wait_is_measured_on_the_servers_clock(headers: dict[str, str], wait: float) -> None:
    an_hour_off = AT + 3600

    assert Answer(429, headers, b"").wait(an_hour_off) == wait


@pytest.mark.parametrize("body", [b"", b"{}", b'{"errors":null}', b'{"errors":[]}', b"<html>", b"[]", b"{", b"\xff"])
def test_no_errors_is_no_complaint(body: bytes) -> None:
    assert Answer(200, {}, body).complaint() is None


def test_errors_beside_a_good_status_are_a_complaint() -> None:
    body = b'{"errors":[{"code":403,"message":"access denied, scope not permitted"}]}'

    assert Answer(200, {}, body).complaint() == "403: access denied, scope not permitted"
    assert Answer(200, {}, b'{"errors":["x"]}').complaint() == "error: no message"


def test_the_trace_id_comes_from_the_header_or_the_body() -> None:
    assert Answer(200, {"x-cs-traceid": "t1"}, b"").trace_id == "t1"
    assert Answer(200, {}, b'{"meta":{"trace_id":"t2"}}').trace_id == "t2"
    assert Answer(200, {}, b'{"meta":[]}').trace_id is None


def test_texts_from_outside_are_shortened_and_made_printable() -> None:
    assert tidy("a\nb\x1b[31mc" + "x" * 1000).startswith("a b [31mc")
    assert len(tidy("x" * 1000)) == 200
