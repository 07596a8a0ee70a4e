"""A secret and its stanza change together or not at all."""

from __future__ import annotations

import pytest

from falcon_streams.errors import Refused, Retryable, Unanswered
from falcon_streams.splunk.editor import Editor
from falcon_streams.splunk.secret_change import SecretChange


class Safe(Editor):
    """splunkd's secrets in memory; `jammed` refuses every write."""

    def __init__(self, former: str | None) -> None:
        self.held = former
        self.jammed = self.unreadable = False

    def secret(self, realm: str, user: str) -> str | None:
        if self.unreadable:
            raise Retryable("splunkd answered 403", status=403)
        return self.held

    def store_secret(self, realm: str, user: str, secret: str) -> None:
        self._refuse()
        self.held = secret

    def remove_secret(self, realm: str, user: str) -> None:
        self._refuse()
        self.held = None

    def _refuse(self) -> None:
        if self.jammed:
            raise Refused(503, "busy")


@pytest.mark.parametrize("former", [None, "old"])
@pytest.mark.parametrize(("secret", "after"), [("new", "new"), ("", None), (None, "same")])
def test_it_holds_the_new_secret_where_the_body_succeeds(former: str | None, secret: str | None, after: str) -> None:
    safe = Safe(former)
    with SecretChange(safe, "r", "u", secret):
        pass

    assert safe.held == (former if after == "same" else after)


@pytest.mark.parametrize("former", [None, "old"])
@pytest.mark.parametrize("secret", ["new", "", None])
def test_it_holds_the_former_secret_where_the_body_fails(former: str | None, secret: str | None) -> None:
    safe = Safe(former)
    with pytest.raises(Refused, match="conf"), SecretChange(safe, "r", "u", secret):
        raise Refused(409, "conf")

    assert safe.held == former


def test_it_says_what_cannot_be_put_back() -> None:
    safe = Safe("old")
    sentence = r"conf\. The secret under realm r could not be put back either \(busy\)"
    with pytest.raises(Refused, match=sentence), SecretChange(safe, "r", "u", "new"):
        safe.jammed = True
        raise Refused(409, "conf")


def test_another_ones_secret_is_left_alone() -> None:
    safe = Safe(None)
    with pytest.raises(Refused, match="twice"), SecretChange(safe, "r", "u", "mine"):
        safe.held = "theirs"
        raise Refused(409, "twice")

    assert safe.held == "theirs"


def test_where_splunkd_does_not_answer_the_former_secret_does_not_meet_a_new_destination() -> None:
    safe = Safe("old")
    with pytest.raises(Unanswered), SecretChange(safe, "r", "u", "new"):
        raise Unanswered(503, "silence")

    assert safe.held == "new"


def test_a_caller_who_may_not_read_secrets_may_still_write_one() -> None:
    safe = Safe(None)
    safe.unreadable = True
    with SecretChange(safe, "r", "u", "new"):
        pass

    assert safe.held == "new"


def test_the_body_is_not_run_where_the_secret_is_refused() -> None:
    safe = Safe("old")
    safe.jammed = True
    ran = False
    with pytest.raises(Refused, match="busy"), SecretChange(safe, "r", "u", "new"):
        ran = True

    assert not ran
