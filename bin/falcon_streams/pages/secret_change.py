"""A change of one secret around the change of its stanza: either both happen or neither.

Rules:

- The mark changes first, then the secret, then the stanza. So no reader finds a stanza without its secret, or a new
  secret without the mark that says where it may go.
- If splunkd refuses the stanza, the former secret and its mark come back, unless somebody else has stored another
  secret in the meantime. If they cannot be put back, the refusal says so.
- If splunkd does not answer, the new secret stays: the stanza may already have its new destination, and the former
  secret was not entered for that.
"""

from __future__ import annotations

from types import TracebackType
from typing import Callable, Mapping, Optional, Type

from falcon_streams.core.destination import Verdict
from falcon_streams.errors import Fatal, Refused, Retryable, StreamsError, Unanswered, Undecipherable
from falcon_streams.splunk.settings import Values
from falcon_streams.splunk.splunkd import Splunkd
from falcon_streams.splunk.stored_secret import StoredSecret
from falcon_streams.splunk.writable_splunkd import WritableSplunkd


class SecretChange:
    """A context manager that changes the secret on entry, and takes that back if the body fails."""

    def __init__(
        self, splunkd: WritableSplunkd, stored: StoredSecret, secret: Optional[str], values: Mapping[str, object]
    ) -> None:
        """`secret` None keeps the stored one, empty removes it. `values` are the stanza's: they say where it goes."""
        self._splunkd = splunkd
        self._stored = stored
        self._secret = secret
        self._mark = stored.mark(secret, values) if secret else ""
        self._former: Optional[str] = None
        self._former_mark: Optional[str] = None

    def __enter__(self) -> None:
        if self._secret is None:
            return
        self._former, self._former_mark = self._read(self._stored.user), self._read(self._stored.mark_user)
        try:
            if self._secret:
                self._put(self._stored.mark_user, self._mark, self._former_mark)
            self._put(self._stored.user, self._secret, self._former)
            if not self._secret:
                self._put(self._stored.mark_user, "", self._former_mark)
        except Refused as refused:
            self._take_back(refused)
            raise

    def __exit__(
        self, kind: Optional[Type[BaseException]], error: Optional[BaseException], trace: Optional[TracebackType]
    ) -> None:
        if error is not None and self._secret is not None and not isinstance(error, Unanswered):
            self._take_back(error)

    def _take_back(self, error: BaseException) -> None:
        try:
            self._put_back(self._stored.user, self._secret or "", self._former)
            self._put_back(self._stored.mark_user, self._mark, self._former_mark)
        except StreamsError as again:
            raise Refused(
                500,
                f"{error}. The secret under realm {self._stored.realm} could not be put back either ({again}): enter "
                "it again",
            ) from None

    def _put_back(self, user: str, ours: str, former: Optional[str]) -> None:
        found = self._read(user)
        if (found or "") == ours and ours != (former or ""):
            self._put(user, former, found)

    def _read(self, user: str) -> Optional[str]:
        """What is stored, None if there is nothing. Empty if splunkd cannot decrypt it, or if the caller may write
        secrets but not read them."""
        try:
            return self._splunkd.secret(self._stored.realm, user)
        except Undecipherable:
            return ""
        except Retryable as error:
            if error.status == 403:
                return ""
            raise

    def _put(self, user: str, text: Optional[str], found: Optional[str]) -> None:
        """Store or remove a text, over what `_read` found."""
        if text:
            self._splunkd.store_secret(self._stored.realm, user, text, replaces=bool(found))
        elif found is not None:
            self._splunkd.remove_secret(self._stored.realm, user)


def values_before(check: Callable[[str, Mapping[str, str]], Values], name: str, former: Mapping[str, str]) -> Values:
    """The values of a stanza before a change; none if somebody edited the conf by hand and `check` refuses it, because
    then we do not know where the secret went."""
    try:
        return check(name, former)
    except Fatal:
        return {}


def require_secret_again(
    splunkd: Splunkd, stored: StoredSecret, secret: str, before: Mapping[str, object], after: Mapping[str, object]
) -> None:
    """Refused 400 if a change of the stanza, from values `before` to values `after`, would send the stored secret
    elsewhere than it was entered for."""
    verdict = stored.judge(splunkd, secret, after)
    changed = [each for each in stored.sent_to if before.get(each) != after.get(each)]
    if verdict is Verdict.HERE or (verdict is Verdict.UNKNOWN and not changed):
        return
    if not changed:  # somebody edited the conf by hand
        raise Refused(400, stored.elsewhere)
    raise Refused(
        400,
        f"[{stored.stanza}] {stored.user} has to be entered again, because {', '.join(changed)} changes: a stored one "
        "is sent only where it was entered for",
    )
