"""What makes two lines at one offset the same event: the rows of the table at the module's head."""

from __future__ import annotations

from typing import Optional

import pytest

from falcon_streams.core.envelope import Event
from falcon_streams.core.identity import Identity, fingerprint, identify

CREATED = 1_770_000_000_000


def event(body: str = "", customer: str = "c", kind: str = "A", created: Optional[int] = CREATED) -> Event:
    return Event(body.encode(), 7, kind, created, customer)


@pytest.mark.parametrize(
    ("before", "again", "same"),
    [
        (event("x"), event("x"), True),
        (event("x"), event("x, with a key added"), True),
        (event('"CompositeId":"1","DetectId":"2"'), event('"DetectId":"2", "CompositeId" : "1"'), True),
        (event('"CompositeId":"1"'), event('"CompositeId":"2"'), False),
        (event('"DetectId":"1"'), event('"CompositeId":"2","DetectId":"1"'), True),
        (event("x"), event('"CompositeId":"2"'), True),
        (event("x"), event("y", customer="d"), False),
        (event("x"), event("y", kind="B"), False),
        (event("x"), event("y", created=CREATED + 1), False),
        (event("x", created=None), event("y", created=None), False),
        (event("x", customer=""), event("y", customer=""), False),
        (event("x", kind=""), event("y", kind=""), False),
        (event("x", created=None), event("x", created=None), True),
    ],
)
def test_two_lines_at_one_offset_are_the_same_event_or_not(before: Event, again: Event, same: bool) -> None:
    assert identify(before).is_of(again) is same


def test_of_a_record_of_revision_1_the_bytes_alone_are_known() -> None:
    known = Identity(fingerprint(b"x"))

    assert known.is_of(event("x"))
    assert not known.is_of(event("y"))


def test_an_id_is_the_first_of_its_key_and_keys_have_their_order_whatever_the_lines() -> None:
    assert identify(event('"DetectId":"d","CompositeId":"1","CompositeId":"2"')).id == "CompositeId:1"
    assert identify(event('"SessionId" :  "s"')).id == "SessionId:s"
    assert identify(event('"CompositeId":5')).id == ""
