"""The children of a parent: all of them or an error, whatever Falcon's pages look like, and no name that does harm."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from falcon_streams.core.account import Credentials
from falcon_streams.core.answer import Answer
from falcon_streams.core.clouds import origin_of
from falcon_streams.core.tenants import Child
from falcon_streams.errors import Retryable
from falcon_streams.falcon.auth import Bearers
from falcon_streams.falcon.flight_control import CHUNK, FlightControl
from falcon_streams.falcon.transport import ANSWER_SECONDS, Form, Transport
from tests.fakes.clock import FakeClock
from tests.unit.falcon.scripted import ScriptedTransport, answered

GRANTED = answered(201, {"access_token": "bearer"})


def flight_control(transport: Transport) -> FlightControl:
    return FlightControl(transport, Bearers(transport, FakeClock(), origin_of("us-1"), Credentials("client", "s3cret")))


def cid(number: int) -> str:
    return f"{number:032x}"


class Parent(Transport):
    """A parent's API: `cids` are listed `most` a page at most, and `total` is Falcon's count of them."""

    def __init__(self, cids: list[str], most: int = 5000, total: int | None = -1) -> None:
        self.cids = cids
        self.most = most
        self.total = len(cids) if total == -1 else total
        self.entities: dict[str, dict[str, Any]] = {}
        self.asked: list[tuple[str, str, Any]] = []

    def send(
        self,
        method: str,
        url: str,
        headers: Any,
        form: Form | None = None,
        seconds: float = ANSWER_SECONDS,
    ) -> Answer:
        parts = urlsplit(url)
        if parts.path == "/oauth2/token":
            return GRANTED
        assert headers["Authorization"] == "Bearer bearer"
        if method == "POST":
            assert isinstance(form, bytes) and headers["Content-Type"] == "application/json"
            ids = json.loads(form)["ids"]
            self.asked.append((method, parts.path, ids))
            return answered(200, {"resources": [self.entity(id) for id in ids]})
        query = {name: int(values[0]) for name, values in parse_qs(parts.query).items()}
        self.asked.append((method, parts.path, query))
        return self.page(query["offset"], query["limit"])

    def page(self, offset: int, limit: int) -> Answer:
        meta = {} if self.total is None else {"pagination": {"offset": offset, "limit": limit, "total": self.total}}
        return answered(200, {"meta": meta, "resources": self.cids[offset : offset + min(limit, self.most)]})

    def entity(self, id: str) -> dict[str, Any]:
        plain = id[:32].lower()
        return {"child_cid": plain, "name": f"Child {int(plain, 16)}", "status": "Active", **self.entities.get(id, {})}


def test_every_child_is_listed_with_its_name_and_state() -> None:
    parent = Parent([cid(2), cid(1)])

    assert flight_control(parent).children() == [Child(cid(1), "Child 1", "Active"), Child(cid(2), "Child 2", "Active")]
    assert parent.asked == [
        ("GET", "/mssp/queries/children/v1", {"limit": 500, "offset": 0}),
        ("POST", "/mssp/entities/children/GET/v2", [cid(1), cid(2)]),
    ]


def test_a_parent_without_children_has_none_and_asks_for_no_names() -> None:
    parent = Parent([])

    assert flight_control(parent).children() == []
    assert len(parent.asked) == 1


@pytest.mark.parametrize("most", [5000, 77], ids=["as asked", "fewer than asked"])
@pytest.mark.parametrize("total", [-1, None], ids=["counted", "not counted"])
def test_a_thousand_children_are_paged_through_however_many_a_page_holds(most: int, total: int | None) -> None:
    parent = Parent([cid(number) for number in range(1003)], most, total)

    children = flight_control(parent).children()

    assert [child.cid for child in children] == sorted(parent.cids)
    assert children[-1].name == "Child 1002"
    assert max(len(ids) for method, _, ids in parent.asked if method == "POST") == CHUNK


class Shifting(Parent):
    """While the first reading goes on, a child that was not read yet moves to the front: newest changes come first."""

    shifts = 1

    def page(self, offset: int, limit: int) -> Answer:
        if offset and self.shifts:
            self.shifts -= 1
            self.cids.insert(0, self.cids.pop())
        return super().page(offset, limit)


def test_a_child_that_moves_between_the_pages_is_not_lost() -> None:
    parent = Shifting([cid(number) for number in range(600)])

    assert len(flight_control(parent).children()) == 600
    assert sum(method == "GET" for method, _, _ in parent.asked) == 4, "a second reading"


def test_a_list_that_changes_in_each_reading_is_an_error_and_no_shorter_list() -> None:
    parent = Shifting([cid(number) for number in range(600)])
    parent.shifts = 9

    with pytest.raises(Retryable, match="changed while the add-on read it"):
        flight_control(parent).children()


def test_a_count_beyond_what_falcon_lists_is_believed_once_only() -> None:
    parent = Parent([cid(1), cid(2)], total=3)

    assert len(flight_control(parent).children()) == 2


def test_a_server_that_sends_the_same_page_for_ever_is_left() -> None:
    class Endless(Parent):
        def page(self, offset: int, limit: int) -> Answer:
            return answered(200, {"resources": self.cids})

    with pytest.raises(Retryable, match="lists more than 20000 children"):
        flight_control(Endless([cid(number) for number in range(500)])).children()


def test_a_cid_counts_in_any_form_and_what_is_none_is_left_out() -> None:
    parent = Parent([cid(10).upper() + "-F1", "../" + cid(1), "", cid(3), 7, None], total=None)  # type: ignore[list-item]

    assert [child.cid for child in flight_control(parent).children()] == [cid(3), cid(10)]


def test_a_name_is_made_fit_for_a_line_and_one_that_is_none_is_empty() -> None:
    parent = Parent([cid(number) for number in range(3)])
    parent.entities = {
        cid(0): {"name": "a\nb\u202ec\x00" + "x" * 10_000},
        cid(1): {"name": {"a": 1}, "status": None},
        cid(2): {"child_cid": cid(9), "name": "of another"},
    }
    first, second, third = flight_control(parent).children()

    assert first.name.startswith("a b c x") and len(first.name) == 200
    assert second == Child(cid(1), "", "")
    assert third == Child(cid(2), "", ""), "an answer for a child that was not asked for"


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (
            answered(403, {"errors": [{"code": 403, "message": "access denied"}]}),
            "api.crowdstrike.com answered 403 to the question for the children (access denied): give the API client of "
            'the parent tenant the scope "Flight Control: Read"',
        ),
        (
            answered(200, {"resources": [], "errors": [{"code": 500, "message": "no"}]}),
            "api.crowdstrike.com answered 200 to the question for the children (500: no): the add-on asks again. If "
            "this goes on, look for a proxy or a maintenance page in between",
        ),
        (
            answered(200, {"resources": "all"}),
            "api.crowdstrike.com answered 200 to the question for the children (no reason given): the add-on asks "
            "again. If this goes on, look for a proxy or a maintenance page in between",
        ),
        (
            Answer(200, {}, b"<html>"),
            "api.crowdstrike.com answered 200 to the question for the children (no reason given): the add-on asks "
            "again. If this goes on, look for a proxy or a maintenance page in between",
        ),
    ],
    ids=["scope", "errors beside 200", "no list", "a page"],
)
def test_whatever_else_falcon_answers_is_one_sentence(answer: Answer, sentence: str) -> None:
    with pytest.raises(Retryable) as caught:
        flight_control(ScriptedTransport(GRANTED, answer)).children()

    assert str(caught.value) == sentence
    assert caught.value.status == answer.status


def test_a_limit_is_waited_for_and_a_refused_bearer_is_replaced_once() -> None:
    with pytest.raises(Retryable) as caught:
        flight_control(ScriptedTransport(GRANTED, answered(429, **{"retry-after": "90"}))).children()
    assert caught.value.after == 90.0

    transport = ScriptedTransport(GRANTED, answered(401), GRANTED, answered(200, {"resources": []}))
    assert flight_control(transport).children() == []


def test_a_failure_for_the_names_is_an_error_too() -> None:
    listed = answered(200, {"resources": [cid(1)], "meta": {"pagination": {"total": 1}}})
    with pytest.raises(Retryable, match="Flight Control: Read"):
        flight_control(ScriptedTransport(GRANTED, listed, answered(403))).children()
