"""The bearer: how long it is used, when it and the credentials are replaced, and where the secret is sent."""

from __future__ import annotations

import base64
from dataclasses import replace
from typing import Any

import pytest

from falcon_streams.core.account import Credentials
from falcon_streams.core.answer import Answer
from falcon_streams.core.clouds import Origin, origin_of
from falcon_streams.errors import CredentialsRefused, Fatal, Retryable
from falcon_streams.falcon.auth import Bearers
from falcon_streams.falcon.transport import ANSWER_SECONDS, Transport
from tests.fakes.clock import FakeClock
from tests.unit.falcon.scripted import ScriptedTransport, Sent, answered

HOME = "https://api.us-2.crowdstrike.com"


class Account:
    """Credentials in splunkd: every reading is counted and brings the next secret."""

    def __init__(self, member_cid: str = "") -> None:
        self.first = Credentials("client", "s3cret1", member_cid)
        self.readings = 0

    def read_again(self) -> Credentials:
        self.readings += 1
        return replace(self.first, client_secret=f"s3cret{self.readings + 1}")


def token(name: str, expires_in: Any = 1799) -> Answer:
    return answered(201, {"access_token": name, "expires_in": expires_in})


def redirect(location: str) -> Answer:
    return answered(308, location=location)


def bearers_of(
    transport: Transport, account: Account | None = None, clock: FakeClock | None = None, origin: Origin | None = None
) -> Bearers:
    account = account or Account()
    return Bearers(transport, clock or FakeClock(), origin or origin_of("us-1"), account.first, account.read_again)


def test_a_token_is_asked_for_with_the_accounts_credentials() -> None:
    transport = ScriptedTransport(token("one"))

    assert bearers_of(transport).current() == "one"
    assert transport.sent == [
        Sent(
            "POST",
            "https://api.crowdstrike.com/oauth2/token",
            {"Content-Type": "application/x-www-form-urlencoded"},
            {"client_id": "client", "client_secret": "s3cret1"},
            ANSWER_SECONDS,
        )
    ]


def test_a_child_tenants_cid_is_sent_where_the_account_names_one() -> None:
    transport = ScriptedTransport(token("one"))
    bearers_of(transport, Account(member_cid="child")).current()

    assert transport.sent[0].form["member_cid"] == "child"


@pytest.mark.parametrize(
    ("expires_in", "used_for"),
    [(1799, 1679.0), (86_400, 86_280.0), (240, 120.0), (100, 50.0)],
    ids=["usual", "longest", "two reserves", "short, to its half"],
)
def test_a_bearer_is_used_until_shortly_before_its_expiry(expires_in: int, used_for: float) -> None:
    clock, transport = FakeClock(), ScriptedTransport(token("one", expires_in), token("two"))
    bearers = bearers_of(transport, clock=clock)
    bearers.current()

    clock.pause(used_for - 0.5)
    assert bearers.current() == "one"
    clock.pause(0.5)
    assert bearers.current() == "two"


@pytest.mark.parametrize("expires_in", [None, True, "60", 0, -60, 86_401, float("nan")])
def test_an_expiry_that_makes_no_sense_counts_as_half_an_hour(expires_in: Any) -> None:
    clock, transport = FakeClock(), ScriptedTransport(token("one", expires_in), token("two"))
    bearers = bearers_of(transport, clock=clock)
    bearers.current()

    clock.pause(1678.0)
    assert bearers.current() == "one"
    clock.pause(1.0)
    assert bearers.current() == "two"


def test_the_time_that_falcon_takes_to_answer_counts_as_life() -> None:
    clock = FakeClock()

    class Slow(ScriptedTransport):
        def send(self, *args: Any, **named: Any) -> Answer:
            clock.pause(20.0)
            return super().send(*args, **named)

    bearers = bearers_of(Slow(token("one"), token("two")), clock=clock)
    bearers.current()
    clock.pause(1659.0)

    assert bearers.current() == "two"


def test_a_bearer_that_falcon_refuses_is_replaced_with_the_same_credentials() -> None:
    transport, account = ScriptedTransport(token("one"), token("two")), Account()
    bearers = bearers_of(transport, account)

    assert bearers.instead_of(bearers.current()) == "two"
    assert account.readings == 0


def test_a_bearer_that_somebody_has_replaced_already_is_not_replaced_again() -> None:
    transport = ScriptedTransport(token("one"), token("two"))
    bearers = bearers_of(transport)
    first = bearers.current()

    assert [bearers.instead_of(first) for _ in range(2)] == ["two", "two"]
    assert len(transport.sent) == 2


@pytest.mark.parametrize("status", [400, 401, 403])
def test_credentials_that_falcon_refuses_are_read_anew_for_the_next_try(status: int) -> None:
    refusal = answered(status, {"errors": [{"code": status, "message": "access denied"}]})
    transport, account = ScriptedTransport(refusal, token("one")), Account()
    bearers = bearers_of(transport, account)

    with pytest.raises(CredentialsRefused, match=rf"refused the account's client_id and secret \({status}, access d"):
        bearers.current()
    assert bearers.current() == "one"
    assert [sent.form["client_secret"] for sent in transport.sent] == ["s3cret1", "s3cret2"]


def test_a_refusal_tells_the_status_the_trace_and_the_wait_and_no_secret() -> None:
    headers = {"x-cs-traceid": "trace", "retry-after": "7"}
    bearers = bearers_of(ScriptedTransport(answered(403, **headers)))

    with pytest.raises(CredentialsRefused) as caught:
        bearers.current()
    assert (caught.value.status, caught.value.trace_id, caught.value.after) == (403, "trace", 7.0)
    assert str(caught.value) == (
        "api.crowdstrike.com refused the account's client_id and secret (403, no reason given): "
        "check both, the cloud, and the API client's IP allow-list"
    )


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (answered(500), "500, no reason given"),
        (answered(429, **{"retry-after": "7"}), "429, no reason given"),
        (answered(429), "429, no reason given"),
        (answered(201, {"access_token": "t", "errors": [{"code": 1, "message": "no"}]}), "201, 1: no"),
        (answered(201, {}), "201, no reason given"),
        (answered(201, {"access_token": 7}), "201, no reason given"),
        (answered(201, {"access_token": ""}), "201, no reason given"),
        (answered(201, {"access_token": "to\r\nken"}), "201, no reason given"),
        (answered(201, {"access_token": "token\n"}), "201, no reason given"),
        (Answer(200, {}, b"<html>"), "200, no reason given"),
        (answered(500, {"access_token": "t"}), "500, no reason given"),
    ],
)
def test_an_answer_without_a_fit_token_is_tried_again_with_the_same_credentials(answer: Answer, reason: str) -> None:
    account = Account()
    bearers = bearers_of(ScriptedTransport(answer, token("one")), account)

    with pytest.raises(Retryable) as caught:
        bearers.current()
    told = str(caught.value)
    assert told.startswith(f"api.crowdstrike.com gave no token ({reason}): the add-on asks again")
    assert "If this goes on" in told
    assert type(caught.value) is Retryable
    assert caught.value.after == answer.wait(0.0)
    assert bearers.current() == "one"
    assert account.readings == 0


def test_what_the_reading_of_the_credentials_raises_passes_and_the_next_try_reads_again() -> None:
    outages, pair = [Fatal("no such account")], Credentials("client", "s3cret")

    def read_again() -> Credentials:
        if outages:
            raise outages.pop()
        return pair

    transport = ScriptedTransport(answered(403), token("one"))
    bearers = Bearers(transport, FakeClock(), origin_of("us-1"), Credentials("client", "old"), read_again)
    with pytest.raises(CredentialsRefused):
        bearers.current()
    with pytest.raises(Fatal, match="no such account"):
        bearers.current()
    assert bearers.current() == "one"


def test_a_redirect_to_another_cloud_is_followed_and_that_cloud_is_home_from_then_on() -> None:
    transport = ScriptedTransport(redirect(f"{HOME}/oauth2/token"), token("one"), token("two"))
    bearers = bearers_of(transport)

    assert bearers.current() == "one"
    assert bearers.origin == origin_of("us-2")
    assert bearers.instead_of("one") == "two"
    hosts = ["https://api.crowdstrike.com", HOME, HOME]
    assert [sent.url for sent in transport.sent] == [f"{host}/oauth2/token" for host in hosts]
    assert transport.sent[0].form == transport.sent[1].form


@pytest.mark.parametrize(
    "location",
    [
        "",
        "/oauth2/token",
        "https://evil.example/oauth2/token",
        "https://api.us-2.crowdstrike.com.evil.example/",
        "https://firehose.us-2.crowdstrike.com/",
        "https://api.laggar.gcw.crowdstrike.com/",
        "http://api.us-2.crowdstrike.com/",
        "https://api.us-2.crowdstrike.com:8443/",
        "https://user@api.us-2.crowdstrike.com/",
    ],
)
def test_the_secret_is_sent_to_no_host_but_the_api_of_a_known_cloud(location: str) -> None:
    transport = ScriptedTransport(redirect(location))
    bearers = bearers_of(transport)

    with pytest.raises(Retryable, match="to a host that is not a known Falcon API: check the account's cloud"):
        bearers.current()
    assert len(transport.sent) == 1
    assert bearers.origin == origin_of("us-1")


@pytest.mark.parametrize("origin", [origin_of("us-gov-1"), origin_of("custom", "https://falcon.example")])
def test_an_account_in_a_closed_cloud_follows_no_redirect(origin: Origin) -> None:
    transport = ScriptedTransport(redirect(f"{HOME}/oauth2/token"))

    with pytest.raises(Retryable, match="check the account's cloud") as caught:
        bearers_of(transport, origin=origin).current()
    assert caught.value.status == 308
    assert len(transport.sent) == 1


def test_a_second_redirect_is_not_followed() -> None:
    transport = ScriptedTransport(redirect(f"{HOME}/oauth2/token"), redirect("https://api.eu-1.crowdstrike.com/"))

    with pytest.raises(Retryable, match=r"api\.us-2\.crowdstrike\.com gave no token \(308"):
        bearers_of(transport).current()
    assert len(transport.sent) == 2


def in_region(region: str, answer: Answer) -> Answer:
    return answer._replace(headers={**answer.headers, "x-cs-region": region})


def test_a_token_that_another_cloud_granted_is_used_there_and_renewed_there() -> None:
    transport = ScriptedTransport(in_region("us-2", token("one")), in_region("us-2", token("two")))
    bearers = bearers_of(transport)

    assert bearers.current() == "one"
    assert bearers.origin == origin_of("us-2")
    assert bearers.instead_of("one") == "two"
    hosts = ["https://api.crowdstrike.com", HOME]
    assert [sent.url for sent in transport.sent] == [f"{host}/oauth2/token" for host in hosts]


def test_a_refusal_that_names_another_cloud_is_asked_again_there_once() -> None:
    transport = ScriptedTransport(in_region("us-2", answered(403)), in_region("eu-1", answered(403)))
    bearers = bearers_of(transport)

    with pytest.raises(CredentialsRefused, match=r"^api\.us-2\.crowdstrike\.com refused") as caught:
        bearers.current()
    assert "check both, the cloud (Falcon says that this API client lives in eu-1), and" in str(caught.value)
    hosts = ["https://api.crowdstrike.com", HOME]
    assert [sent.url for sent in transport.sent] == [f"{host}/oauth2/token" for host in hosts]


@pytest.mark.parametrize("status", [429, 500, 503])
def test_an_answer_that_judges_no_credentials_moves_no_account(status: int) -> None:
    transport = ScriptedTransport(in_region("us-2", answered(status)))
    bearers = bearers_of(transport)

    with pytest.raises(Retryable):
        bearers.current()
    assert (len(transport.sent), bearers.origin) == (1, origin_of("us-1"))


@pytest.mark.parametrize(
    ("origin", "region", "hint"),
    [
        (origin_of("us-1"), "us-gov-1", " (Falcon says that this API client lives in us-gov-1)"),
        (origin_of("us-gov-1"), "us-1", " (Falcon says that this API client lives in us-1)"),
        (origin_of("custom", "https://falcon.example"), "us-2", " (Falcon says that this API client lives in us-2)"),
        (origin_of("us-1"), "us-1", ""),
        (origin_of("us-1"), "US-1 ", ""),
        (origin_of("us-1"), "evil.example", ""),
        (origin_of("us-1"), "", ""),
    ],
)
def test_a_cloud_that_is_not_followed_is_named_where_it_is_a_known_one(origin: Origin, region: str, hint: str) -> None:
    transport = ScriptedTransport(in_region(region, token("one")), in_region(region, answered(403)))
    bearers = bearers_of(transport, origin=origin)

    assert bearers.current() == "one"
    assert (bearers.origin, bearers.cloud_hint) == (origin, hint)
    with pytest.raises(CredentialsRefused) as caught:
        bearers.instead_of("one")
    assert f"check both, the cloud{hint}, and" in str(caught.value)
    assert {sent.url for sent in transport.sent} == {f"{origin.base_url}/oauth2/token"}


def test_a_redirect_that_is_not_followed_names_the_right_cloud() -> None:
    bearers = bearers_of(ScriptedTransport(in_region("us-gov-1", redirect("https://api.laggar.gcw.crowdstrike.com/"))))

    with pytest.raises(Retryable, match=r"account's cloud \(Falcon says that this API client lives in us-gov-1\)$"):
        bearers.current()


def test_a_refused_pair_is_not_sent_again_at_once_whoever_asks() -> None:
    clock, pair = FakeClock(), Credentials("client", "s3cret")
    transport = ScriptedTransport(answered(403, **{"x-cs-traceid": "trace"}), token("one"))
    bearers = Bearers(transport, clock, origin_of("us-1"), pair)

    caught = []
    for _ in range(4):
        with pytest.raises(CredentialsRefused) as each:
            bearers.current()
        caught.append(each.value)
        clock.pause(1.0)
    assert len(transport.sent) == 1
    assert {(str(error), error.status, error.trace_id) for error in caught} == {(str(caught[0]), 403, "trace")}
    assert [error.after for error in caught] == [0.0, 4.0, 3.0, 2.0]
    clock.pause(1.0)
    assert bearers.current() == "one"


def test_a_pair_that_was_corrected_is_sent_at_once() -> None:
    transport = ScriptedTransport(answered(403), token("one"))
    bearers = bearers_of(transport)

    with pytest.raises(CredentialsRefused):
        bearers.current()
    assert bearers.current() == "one"


def test_a_bearer_that_replaced_a_refused_one_and_is_refused_too_leaves_nobody_one_for_a_minute() -> None:
    clock, transport = FakeClock(), ScriptedTransport(token("one"), token("two"), token("three"))
    bearers = bearers_of(transport, clock=clock)
    bearers.current()

    assert bearers.instead_of("one") == "two"
    assert [bearers.instead_of(refused) for refused in ("two", "one", "two")] == [None] * 3
    clock.pause(59.0)
    with pytest.raises(Retryable, match=r"refused two bearers in a row.*: check the account's cloud$") as caught:
        bearers.current()
    assert caught.value.after == 1.0
    assert len(transport.sent) == 2
    clock.pause(1.0)
    assert bearers.current() == "three"


def test_a_refused_bearer_is_not_used_again_although_no_other_could_be_had() -> None:
    transport = ScriptedTransport(token("one"), answered(503), token("two"))
    bearers = bearers_of(transport)
    bearers.current()

    with pytest.raises(Retryable, match="gave no token"):
        bearers.instead_of("one")
    assert bearers.current() == "two"


def test_a_bearer_that_is_refused_a_minute_after_the_last_one_was_is_replaced_at_once() -> None:
    clock, transport = FakeClock(), ScriptedTransport(token("one"), token("two"), token("three"))
    bearers = bearers_of(transport, clock=clock)
    bearers.current()
    bearers.instead_of("one")
    clock.pause(60.0)

    assert bearers.instead_of("two") == "three"


def test_the_bearer_is_given_back_at_its_home_within_a_second() -> None:
    transport = ScriptedTransport(redirect(f"{HOME}/oauth2/token"), token("one"), answered(200))
    bearers = bearers_of(transport)
    bearers.current()
    bearers.revoke()

    login = base64.b64encode(b"client:s3cret1").decode()
    expected = Sent("POST", f"{HOME}/oauth2/revoke", {"Authorization": f"basic {login}"}, {"token": "one"}, 1.0)
    assert transport.sent[-1] == expected


@pytest.mark.parametrize("outcome", [answered(200), answered(500), Retryable("no answer in time")])
def test_a_bearer_is_given_back_once_whatever_comes_of_it(outcome: Answer | Retryable) -> None:
    transport = ScriptedTransport(token("one"), outcome, token("two"))
    bearers = bearers_of(transport)
    bearers.current()
    bearers.revoke()
    bearers.revoke()

    assert len(transport.sent) == 2
    assert bearers.current() == "two"


def test_where_there_is_no_bearer_nothing_is_given_back() -> None:
    transport, account = ScriptedTransport(), Account()
    bearers_of(transport, account).revoke()

    assert (transport.sent, account.readings) == ([], 0)
