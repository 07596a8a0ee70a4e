"""An answer of Falcon's API, read with suspicion."""

from __future__ import annotations

import time

import pytest

from falcon_streams.core.answer import Answer
from falcon_streams.core.backoff import LONGEST_FLOOR
from falcon_streams.core.text import tidy

DATE = "Mon, 23 Nov 2026 10:00:00 GMT"
AT = 1795428000
VENDORS, STANDARD = "x-ratelimit-retryafter", "retry-after"
ABSENT = 60.0  # the window of a limit, where a 429 names no wait

# What a header says, and how long that is; every form is read in either header.
FORMS: dict[str, tuple[str, float]] = {
    "seconds": ("30", 30.0),
    "seconds with a fraction": ("30.5", 30.5),
    "no seconds": ("0", 0.0),
    "seconds that are over": ("-5", 0.0),
    "more seconds than are waited for": ("86400", LONGEST_FLOOR),
    "the most that is read as seconds": ("999999999", LONGEST_FLOOR),
    "epoch seconds": (f"{AT + 30}", 30.0),
    "epoch seconds with a fraction": (f"{AT + 30}.25", 30.25),
    "epoch seconds as a float is printed": ("1.79542803e+09", 30.0),
    "epoch seconds in the past": (f"{AT - 30}", 0.0),
    "epoch seconds of next year": (f"{AT + 31_536_000}", LONGEST_FLOOR),
    "epoch milliseconds": (f"{AT + 30}000", 30.0),
    "epoch milliseconds with a fraction": (f"{AT + 30}500.0", 30.5),
    "epoch milliseconds in the past": (f"{AT - 30}000", 0.0),
    "epoch milliseconds of next year": (f"{AT + 31_536_000}000", LONGEST_FLOOR),
    "a date": ("Mon, 23 Nov 2026 10:00:20 GMT", 20.0),
    "a date in the past": ("Mon, 23 Nov 2026 09:00:00 GMT", 0.0),
    "a date of next year": ("Tue, 23 Nov 2027 10:00:00 GMT", LONGEST_FLOOR),
    "blanks around it": (" 30 ", 30.0),
    "the header twice": ("7, 30", 30.0),
    "nothing": ("", ABSENT),
    "a word": ("soon", ABSENT),
    "no number": ("nan", ABSENT),
    "without an end": ("inf", ABSENT),
    "in hex": ("0x1e", ABSENT),
    "digits of another alphabet": ("\u0663\u0660", ABSENT),
    "more digits than a time has": ("9" * 400, ABSENT),
}


@pytest.mark.parametrize("header", [VENDORS, STANDARD])
@pytest.mark.parametrize("form", FORMS)
def test_a_wait_is_read_in_every_form_and_measured_on_the_servers_clock(form: str, header: str) -> None:
    text, wait = FORMS[form]
    an_hour_off = AT + 3600.0

    assert Answer(429, {header: text, "date": DATE}, b"").wait(an_hour_off) == wait


def test_a_date_without_a_zone_is_of_greenwich_wherever_this_machine_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    try:
        assert Answer(429, {STANDARD: "Mon, 23 Nov 2026 10:00:20", "date": DATE}, b"").wait(AT) == 20.0
    finally:
        monkeypatch.undo()
        time.tzset()


@pytest.mark.parametrize(
    "vendors, standard, wait",
    [
        (f"{AT + 30}", "7", 30.0),
        ("7", "30", 30.0),
        (f"{AT - 30}", "7", 7.0),
        ("soon", "7", 7.0),
        ("7", "Mon, 23 Nov 2026 10:00:20 GMT", 20.0),
        (f"{AT + 31_536_000}", "7", LONGEST_FLOOR),
        ("soon", "never", ABSENT),
    ],
)
def test_of_several_waits_the_longest_holds(vendors: str, standard: str, wait: float) -> None:
    assert Answer(429, {VENDORS: vendors, STANDARD: standard, "date": DATE}, b"").wait(AT) == wait


def test_without_a_date_a_wait_is_measured_on_our_clock() -> None:
    assert Answer(429, {VENDORS: f"{AT + 30}"}, b"").wait(AT + 10.0) == 20.0


@pytest.mark.parametrize("status, wait", [(429, ABSENT), (503, 0.0), (500, 0.0), (401, 0.0), (403, 0.0)])
def test_a_rate_limit_that_names_no_wait_means_a_minute_and_other_answers_none(status: int, wait: float) -> None:
    assert Answer(status, {}, b"").wait(AT) == wait


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
