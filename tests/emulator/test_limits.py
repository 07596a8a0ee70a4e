"""Rate limits: sliding windows, headers, and when to come back (Event Streams reference 1.4)."""

from __future__ import annotations

import pytest

from tests.emulator.conftest import DISCOVERY, PATIENCE, Client, Falcon
from tests.emulator.limits import LIMITS, WAIT_FORMS, RateLimits, wait_headers


def test_a_window_slides_and_refused_calls_do_not_count() -> None:
    limits = RateLimits()
    verdicts = [limits.count("bad bearer", "a", at) for at in range(15)]

    assert [verdict.remaining for verdict in verdicts] == list(range(14, -1, -1))
    assert limits.count("bad bearer", "a", 20.5) == (15, 0, 60)
    assert limits.count("bad bearer", "b", 20.5).retry_at is None
    assert limits.count("bad bearer", "a", 60.0).retry_at is None
    assert limits.count("bad bearer", "a", 60.0).retry_at == 61


def test_the_sixteenth_call_with_a_bad_bearer_in_a_minute_is_told_when_to_come_back(falcon: Falcon) -> None:
    emulator = falcon(time_scale=0)
    client = Client(emulator)
    url = f"{emulator.api_url}{DISCOVERY}?appId=app1"
    statuses = [client.session.get(url, timeout=PATIENCE).status_code for _ in range(15)]
    answer = client.session.get(url, timeout=PATIENCE)

    assert statuses == [401] * 15
    assert answer.status_code == 429
    assert answer.json()["errors"][0]["code"] == 429
    assert 59 < int(answer.headers["X-Ratelimit-Retryafter"]) - emulator.now() <= 61
    assert client.discover().status_code == 200
    emulator.skip(60)
    assert client.session.get(url, timeout=PATIENCE).status_code == 401


def test_good_calls_count_for_the_customer_and_tokens_for_the_address(falcon: Falcon) -> None:
    client = Client(falcon())
    headers = client.discover().headers

    assert (headers["X-Ratelimit-Limit"], headers["X-Ratelimit-Remaining"]) == ("6000", "5999")
    assert LIMITS == {"customer": 6000, "bad bearer": 15, "token": 300}
    assert client.token().headers["X-Ratelimit-Remaining"] == "298"


def test_the_limits_can_be_switched_off(falcon: Falcon) -> None:
    emulator = falcon(rate_limits=False)
    client = Client(emulator)
    url = f"{emulator.api_url}{DISCOVERY}?appId=app1"

    assert {client.session.get(url, timeout=PATIENCE).status_code for _ in range(20)} == {401}


AT = 1_795_428_000.5
FORMS = {
    "epoch": {"X-Ratelimit-Retryafter": "1795428031"},
    "fraction": {"X-Ratelimit-Retryafter": "1795428030.75"},
    "milliseconds": {"X-Ratelimit-Retryafter": "1795428031000"},
    "delta": {"X-Ratelimit-Retryafter": "31"},
    "past": {"X-Ratelimit-Retryafter": "1795427999"},
    "retry-after": {"Retry-After": "31"},
    "date": {"Retry-After": "Mon, 23 Nov 2026 10:00:31 GMT"},
    "both": {"X-Ratelimit-Retryafter": "1795428031", "Retry-After": "31"},
    "none": {},
}


@pytest.mark.parametrize("form", WAIT_FORMS)
def test_a_wait_is_named_in_the_form_that_is_asked_for(falcon: Falcon, form: str) -> None:
    assert wait_headers(form, 1_795_428_031, AT) == FORMS[form]

    emulator = falcon(time_scale=0, wait_header=form)
    url = f"{emulator.api_url}{DISCOVERY}?appId=app1"
    client = Client(emulator)
    answers = [client.session.get(url, timeout=PATIENCE) for _ in range(16)]
    assert answers[-1].status_code == 429
    sent = set(map(str.lower, answers[-1].headers)) & {"x-ratelimit-retryafter", "retry-after"}
    assert sent == set(map(str.lower, FORMS[form]))
