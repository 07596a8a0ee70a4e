"""A secret and its stanza change together or not at all."""

from __future__ import annotations

import pytest

from falcon_streams.errors import Refused
from falcon_streams.splunk.editor import Editor
from falcon_streams.splunk.secret_change import SecretChange


class Safe(Editor):
    """splunkd's secrets in memory; `jammed` refuses every write."""

    def __init__(self, former: str | None) -> None:
        self.held = former
        self.jammed = False

    def secret(self, realm: str, user: str) -> str | None:
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


def test_the_body_is_not_run_where_the_secret_is_refused() -> None:
    safe = Safe("old")
    safe.jammed = True
    ran = False
    with pytest.raises(Refused, match="busy"), SecretChange(safe, "r", "u", "new"):
        ran = True

    assert not ran
