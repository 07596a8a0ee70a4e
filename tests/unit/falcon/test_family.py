"""The bearers of an account's children: one pair of credentials, a token each, and no child's trouble is another's."""

from __future__ import annotations

from dataclasses import replace

import pytest

from falcon_streams.core.account import Credentials
from falcon_streams.core.answer import Answer
from falcon_streams.core.clouds import origin_of
from falcon_streams.errors import CredentialsRefused, Retryable
from falcon_streams.falcon.auth import REFUSED_CHILD_REST, SAME_PAIR_AFTER, Bearers
from falcon_streams.falcon.event_streams import EventStreams, EventStreamsInput
from tests.fakes.clock import FakeClock
from tests.unit.falcon.scripted import ScriptedTransport, answered

FIRST, SECOND = "a" * 32, "b" * 32
PAIR = Credentials("client", "s3cret")
NEW = replace(PAIR, client_secret="n3w")


def token(name: str, **headers: str) -> Answer:
    return answered(201, {"access_token": name, "expires_in": 1799}, **headers)


def failed(status: int) -> Answer:
    return answered(status, {"errors": [{"code": status, "message": "no"}]})


class Family:
    """The bearers of an account and of two children, over a script of answers."""

    def __init__(self, *script: Answer | Retryable) -> None:
        self.transport = ScriptedTransport(*script)
        self.clock = FakeClock()
        self.readings = 0
        self.stored = PAIR
        self.parent = Bearers(self.transport, self.clock, origin_of("us-1"), PAIR, self.read_again)
        self.first, self.second = self.parent.of_child(FIRST), self.parent.of_child(SECOND)

    def read_again(self) -> Credentials:
        self.readings += 1
        return self.stored


def test_each_child_has_a_token_of_its_own_that_is_bound_to_it() -> None:
    family = Family(token("p"), token("f"), token("s"))

    assert [each.current() for each in (family.parent, family.first, family.second)] == ["p", "f", "s"]
    assert [sent.form.get("member_cid") for sent in family.transport.sent] == [None, FIRST, SECOND]
    assert [each.current() for each in (family.first, family.second)] == ["f", "s"]


@pytest.mark.parametrize("status", [400, 403])
def test_a_refused_child_rests_a_minute_and_takes_nobodys_credentials_away(status: int) -> None:
    family = Family(failed(status), token("p"), token("s"))
    with pytest.raises(Retryable, match=f"gives no token for child {FIRST}") as refused:
        family.first.current()

    assert not isinstance(refused.value, CredentialsRefused)
    assert refused.value.after == REFUSED_CHILD_REST
    assert family.second.current() == "s"
    assert family.readings == 0


def test_of_many_refused_children_one_asks_whether_it_is_the_pair() -> None:
    family = Family(failed(403), token("p"), failed(403))
    for child in (family.first, family.second):
        with pytest.raises(Retryable, match="gives no token for child"):
            child.current()

    assert [sent.form.get("member_cid") for sent in family.transport.sent] == [FIRST, None, SECOND]
    assert family.parent.current() == "p"


@pytest.mark.parametrize("status", [400, 403])
def test_a_refusal_that_means_the_pair_is_none_of_the_childs(status: int) -> None:
    """A rotated secret is answered so, too."""
    family = Family(failed(status), failed(status), token("f"))
    with pytest.raises(CredentialsRefused):
        family.first.current()
    family.stored = NEW

    assert family.first.current() == "f"
    assert family.transport.sent[-1].form["client_secret"] == "n3w"


def test_a_childs_403_for_a_pair_that_was_replaced_meanwhile_is_forgotten() -> None:
    family = Family(token("p"), failed(403), token("f"))
    family.parent.prove()
    family.parent._keyring._credentials = NEW  # another child has had it read while this one's request was under way

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(family.parent._keyring, "take", lambda at: PAIR)
        assert family.first.current() == "f"
    assert [sent.form["client_secret"] for sent in family.transport.sent] == ["s3cret", "s3cret", "n3w"]


def test_a_refused_pair_is_sent_by_nobody_for_a_while_and_a_new_one_is_read_once_for_all() -> None:
    family = Family(failed(401), token("f"), token("s"))
    with pytest.raises(CredentialsRefused):
        family.first.current()
    with pytest.raises(CredentialsRefused):
        family.second.current()
    assert len(family.transport.sent) == 1, "the second child sent the same pair"

    family.stored = NEW
    assert [family.first.current(), family.second.current()] == ["f", "s"]
    assert [sent.form["client_secret"] for sent in family.transport.sent] == ["s3cret", "n3w", "n3w"]
    assert family.readings == 2  # once to find the same pair, once to find the new one


def test_the_same_pair_is_tried_again_after_its_rest() -> None:
    """The control of the former: the pair may have been refused by mistake."""
    family = Family(failed(401), token("s"))
    with pytest.raises(CredentialsRefused):
        family.first.current()
    family.clock.pause(SAME_PAIR_AFTER)

    assert family.second.current() == "s"


def test_a_child_needs_a_token_until_it_has_one_and_again_when_that_is_old() -> None:
    family = Family(token("f"))
    assert family.first.needs_token
    family.first.current()
    assert not family.first.needs_token
    assert family.second.needs_token
    family.clock.pause(1799)
    assert family.first.needs_token


@pytest.mark.parametrize(
    ("said", "limit"), [("300", 300), ("6000", 6000), ("", None), ("0", None), ("many", None), ("1" * 99, None)]
)
def test_the_limit_that_falcon_names_is_known(said: str, limit: int | None) -> None:
    family = Family(token("f", **{"x-ratelimit-limit": said}))
    family.first.current()
    assert family.first.token_limit == limit


def test_the_partitions_of_a_child_bear_its_cid_and_are_asked_for_with_its_bearer() -> None:
    url = "https://firehose.crowdstrike.com/sensors/entities/datafeed/v1/0?appId=app"
    refresh = "https://api.crowdstrike.com/sensors/entities/datafeed-actions/v1/0?appId=app&action_name=r"
    offer = {
        "dataFeedURL": url,
        "refreshActiveSessionURL": refresh,
        "refreshActiveSessionInterval": 1800,
        "sessionToken": {"token": "t"},
    }
    family = Family(token("f"), answered(200, {"resources": [offer]}), answered(200, {}))
    streams = EventStreams(family.transport, family.first)
    api = EventStreamsInput(streams, family.first, family.clock, "app", "json", FIRST)
    (stream,) = api.discover().streams
    api.refresh(stream)

    assert stream.partition == f"{FIRST}/0"
    assert family.transport.sent[-1].url == refresh
    assert {sent.headers.get("Authorization") for sent in family.transport.sent[1:]} == {"Bearer f"}
