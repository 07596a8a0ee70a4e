"""A secret and its stanza change together or not at all."""

from __future__ import annotations

import pytest

from falcon_streams.errors import Refused, Retryable, Unanswered
from falcon_streams.pages.secret_change import SecretChange, require_secret_again
from falcon_streams.splunk.stored_secret import checkpoint_token
from falcon_streams.splunk.writable_splunkd import WritableSplunkd

STORED = checkpoint_token()
VALUES = {"management_uri": "https://new.example:8089"}
ELSEWHERE = {"management_uri": "https://old.example:8089"}


class Safe(WritableSplunkd):
    """splunkd's secrets in memory; `jammed` refuses every write, `refused` those of one user."""

    def __init__(self, former: str | None) -> None:
        self.kept: dict[str, str] = {}
        if former is not None:
            self.kept = {STORED.user: former, STORED.mark_user: STORED.mark(former, ELSEWHERE)}
        self.before = dict(self.kept)
        self.jammed = self.unreadable = False
        self.refused = ""
        self.order: list[str] = []

    @property
    def held(self) -> str | None:
        return self.kept.get(STORED.user)

    def secret(self, realm: str, user: str) -> str | None:
        if self.unreadable:
            raise Retryable("splunkd answered 403", status=403)
        return self.kept.get(user)

    def store_secret(self, realm: str, user: str, secret: str, replaces: bool = False) -> None:
        self._refuse(user)
        self.kept[user] = secret

    def remove_secret(self, realm: str, user: str) -> None:
        self._refuse(user)
        self.kept.pop(user, None)

    def _refuse(self, user: str) -> None:
        if self.jammed or user == self.refused:
            raise Refused(503, "busy")
        self.order.append(user)


def change(safe: Safe, secret: str | None) -> SecretChange:
    return SecretChange(safe, STORED, secret, VALUES)


@pytest.mark.parametrize("former", [None, "old"])
@pytest.mark.parametrize(("secret", "after"), [("new", "new"), ("", None), (None, "same")])
def test_it_holds_the_new_secret_where_the_body_succeeds(former: str | None, secret: str | None, after: str) -> None:
    safe = Safe(former)
    with change(safe, secret):
        pass

    assert safe.held == (former if after == "same" else after)
    marks = {None: None, "same": safe.before.get(STORED.mark_user), "new": STORED.mark("new", VALUES)}
    assert safe.kept.get(STORED.mark_user) == marks[after]


@pytest.mark.parametrize("former", [None, "old"])
@pytest.mark.parametrize("secret", ["new", "", None])
def test_it_holds_the_former_secret_where_the_body_fails(former: str | None, secret: str | None) -> None:
    safe = Safe(former)
    with pytest.raises(Refused, match="conf"), change(safe, secret):
        raise Refused(409, "conf")

    assert safe.kept == safe.before


def test_it_says_what_cannot_be_put_back() -> None:
    safe = Safe("old")
    sentence = r"conf\. The secret under realm TA_falcon_event_streams#checkpoint could not be put back either \(busy\)"
    with pytest.raises(Refused, match=sentence), change(safe, "new"):
        safe.jammed = True
        raise Refused(409, "conf")


def test_another_ones_secret_is_left_alone() -> None:
    safe = Safe(None)
    with pytest.raises(Refused, match="twice"), change(safe, "mine"):
        safe.kept[STORED.user] = "theirs"
        raise Refused(409, "twice")

    assert safe.held == "theirs"


def test_where_splunkd_does_not_answer_the_former_secret_does_not_meet_a_new_destination() -> None:
    safe = Safe("old")
    with pytest.raises(Unanswered), change(safe, "new"):
        raise Unanswered(503, "silence")

    assert safe.held == "new"


def test_a_caller_who_may_not_read_secrets_may_still_write_one() -> None:
    safe = Safe(None)
    safe.unreadable = True
    with change(safe, "new"):
        pass

    assert safe.held == "new"


def test_a_secret_that_nobody_can_read_is_removed_and_one_that_is_not_there_is_left_alone() -> None:
    safe, empty = Safe("old"), Safe(None)
    safe.unreadable = True
    for each in (safe, empty):
        with change(each, ""):
            pass

    assert (safe.kept, safe.order) == ({}, [STORED.user, STORED.mark_user])
    assert empty.order == []


def test_the_body_is_not_run_where_the_secret_is_refused() -> None:
    safe = Safe("old")
    safe.jammed = True
    ran = False
    with pytest.raises(Refused, match="busy"), change(safe, "new"):
        ran = True

    assert not ran


def test_nobody_finds_a_new_secret_before_the_mark_that_says_where_it_may_go() -> None:
    safe = Safe("old")
    with change(safe, "new"):
        assert safe.order == [STORED.mark_user, STORED.user]


@pytest.mark.parametrize("refused", [STORED.user, STORED.mark_user])
def test_a_secret_and_its_mark_change_together(refused: str) -> None:
    safe = Safe("old")
    safe.refused = refused
    with pytest.raises(Refused), change(safe, "new"):
        pass

    assert safe.kept == safe.before


@pytest.mark.parametrize(
    ("marked_for", "before", "after", "sentence"),
    [
        (VALUES, VALUES, VALUES, ""),
        (VALUES, ELSEWHERE, VALUES, ""),  # the conf was led astray, and is put right
        (VALUES, VALUES, ELSEWHERE, "entered again, because management_uri changes"),
        (VALUES, ELSEWHERE, ELSEWHERE, "was entered for another address: enter it again"),  # led astray by its conf
        (VALUES, {}, ELSEWHERE, "entered again, because management_uri changes"),
        (None, VALUES, VALUES, ""),
        (None, VALUES, ELSEWHERE, "entered again, because management_uri changes"),
    ],
)
def test_a_stored_secret_is_asked_for_again_where_it_would_go_elsewhere(
    marked_for: dict[str, str] | None, before: dict[str, str], after: dict[str, str], sentence: str
) -> None:
    safe = Safe("s3cret")
    safe.kept.pop(STORED.mark_user)
    if marked_for is not None:
        safe.kept[STORED.mark_user] = STORED.mark("s3cret", marked_for)
    said = ""
    try:
        require_secret_again(safe, STORED, "s3cret", before, after)
    except Refused as refused:
        said = str(refused)

    assert sentence in said
    assert bool(sentence) == bool(said)
