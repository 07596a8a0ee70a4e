"""The service collection as an input uses it: what is said of a refusal, and how often a bad bearer is sent."""

from __future__ import annotations

import json
from collections.abc import Mapping

import pytest

from falcon_streams.core.account import Credentials
from falcon_streams.core.answer import Answer
from falcon_streams.core.clouds import origin_of
from falcon_streams.core.roster import Discover, Roster
from falcon_streams.errors import Retryable
from falcon_streams.falcon.auth import Bearers
from falcon_streams.falcon.event_streams import EventStreams, EventStreamsInput
from falcon_streams.falcon.transport import ANSWER_SECONDS, Form, Transport
from falcon_streams.run.happenings import complaint
from tests.fakes.clock import FakeClock
from tests.unit.falcon.scripted import ScriptedTransport, answered

GRANTED = answered(201, {"access_token": "bearer"})
LONG = "x" * 10_000
ALLOWED_A_MINUTE = 15  # calls with bad bearers from one address, by Falcon's limits


def input_over(transport: Transport, clock: FakeClock) -> EventStreamsInput:
    bearers = Bearers(transport, clock, origin_of("us-1"), Credentials("client", "s3cret"))
    return EventStreamsInput(EventStreams(transport, bearers), bearers, clock, "app", "json")


def refusal(*script: Answer) -> Retryable:
    with pytest.raises(Retryable) as caught:
        input_over(ScriptedTransport(*script), FakeClock()).discover()
    return caught.value


def failed(status: int, message: str = "no", **headers: str) -> Answer:
    return answered(status, {"errors": [{"code": status, "message": message}]}, **headers)


@pytest.mark.parametrize(
    ("script", "remedy"),
    [
        ([failed(403, LONG)], "check both, the cloud, and the API client's IP allow-list"),
        ([GRANTED, failed(401, LONG), GRANTED, failed(401, LONG)], "the bearer was refused, check the account's cloud"),
        (
            [GRANTED, failed(403, LONG)],
            'give the API client the scope "Event streams: Read", and check its IP allow-list',
        ),
        ([GRANTED, failed(500, LONG)], "because without them Falcon answers 500"),
    ],
    ids=["token 403", "discovery 401", "discovery 403", "discovery 500"],
)
def test_what_falcon_said_is_cut_and_the_remedy_behind_it_is_not(script: list[Answer], remedy: str) -> None:
    told = str(complaint(refusal(*script))["error"])

    assert told.endswith(remedy)
    assert "x" * 100 in told and len(told) < 500


def test_a_500_for_the_discovery_says_what_it_may_mean_and_whom_to_ask() -> None:
    assert str(refusal(GRANTED, answered(500))) == (
        "api.crowdstrike.com answered 500 to the discovery (no reason given): if this goes on, ask CrowdStrike support "
        "whether event streams are enabled for the tenant, because without them Falcon answers 500"
    )


def test_a_bearer_that_is_refused_in_another_cloud_is_told_with_the_name_of_that_cloud() -> None:
    abroad = GRANTED._replace(headers={"x-cs-region": "us-gov-1"})
    told = str(refusal(abroad, answered(401), abroad, answered(401)))

    assert told.endswith("check the account's cloud (Falcon says that this API client lives in us-gov-1)")


def test_a_refused_bearer_is_not_tried_again_before_the_window_of_the_limit_is_over() -> None:
    assert refusal(GRANTED, answered(401), GRANTED, answered(401)).after == 60.0
    assert (
        refusal(GRANTED, answered(401, **{"retry-after": "90"}), GRANTED, answered(401, **{"retry-after": "90"})).after
        == 90.0
    )


class RefusingFalcon(Transport):
    """Grants every token and refuses every bearer; the instants of the calls with one are kept."""

    def __init__(self, clock: FakeClock) -> None:
        self._clock = clock
        self.bad_calls: list[float] = []

    def send(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        form: Form | None = None,
        seconds: float = ANSWER_SECONDS,
    ) -> Answer:
        if url.endswith("/oauth2/token"):
            return Answer(201, {}, json.dumps({"access_token": f"t{self._clock.monotonic()}"}).encode())
        self.bad_calls.append(self._clock.monotonic())
        return answered(401)


@pytest.mark.parametrize("draw", [0.0, 0.5, 0.999])
def test_four_inputs_behind_one_address_stay_within_what_falcon_allows_with_bad_bearers(draw: float) -> None:
    clock = FakeClock()
    falcon = RefusingFalcon(clock)
    inputs = [(Roster(None, 60.0, lambda: draw), input_over(falcon, clock)) for _ in range(4)]
    for _ in range(600):
        for roster, api in inputs:
            if any(isinstance(intent, Discover) for intent in roster.intents(clock.monotonic())):
                with pytest.raises(Retryable) as caught:
                    api.discover()
                roster.discovery_failed(clock.monotonic(), caught.value.after, "discovery_failed")
        clock.pause(1.0)

    busiest = max(sum(at <= other < at + 60.0 for other in falcon.bad_calls) for at in falcon.bad_calls)
    assert len(falcon.bad_calls) >= 4 * 2 * 4, "they go on asking"
    assert busiest <= ALLOWED_A_MINUTE


def test_the_callers_of_one_input_send_no_more_bad_calls_than_one_does() -> None:
    clock = FakeClock()
    falcon = RefusingFalcon(clock)
    api = input_over(falcon, clock)
    for _ in range(20):  # a discovery, and the refreshes of many partitions
        with pytest.raises(Retryable):
            api.discover()

    assert len(falcon.bad_calls) == 2
