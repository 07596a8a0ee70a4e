"""A change of one secret around the change of its stanza: either both happen or neither.

Rules: the secret goes first, because a stanza without its secret would be a broken one, and its mark goes before it, so
that nobody finds the new secret without knowing where it may go. Where the stanza's change is refused the former secret
comes back with its mark, unless somebody else has stored another one meanwhile. Where splunkd did not answer the new
secret stays: the stanza may have its new destination by now, and the former was not entered for that. What cannot be
put back is said.
"""

from __future__ import annotations

from types import TracebackType
from typing import Mapping, Optional, Type

from falcon_streams.core.destination import Verdict
from falcon_streams.errors import Refused, Retryable, StreamsError, Unanswered, Undecipherable
from falcon_streams.pages.writable_splunkd import WritableSplunkd
from falcon_streams.splunk.splunkd import Splunkd
from falcon_streams.splunk.stored_secret import StoredSecret


class SecretChange:
    """A context manager: changes the secret on entry, takes that back where the body fails."""

    def __init__(
        self, splunkd: WritableSplunkd, stored: StoredSecret, secret: Optional[str], values: Mapping[str, object]
    ) -> None:
        """`secret` None leaves it as it is, empty removes it; `values` are the stanza's, which say where it goes."""
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
                self._put(self._stored.mark_user, self._mark)
            self._put(self._stored.user, self._secret)
            if not self._secret:
                self._put(self._stored.mark_user, "")
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
        found = self._read(user) or ""
        if found == ours and found != (former or ""):
            self._put(user, former)

    def _read(self, user: str) -> Optional[str]:
        """What is stored; None also where splunkd cannot decrypt it, and for a caller who may write secrets and not
        read them."""
        try:
            return self._splunkd.secret(self._stored.realm, user)
        except Undecipherable:
            return None
        except Retryable as error:
            if error.status == 403:
                return None
            raise

    def _put(self, user: str, text: Optional[str]) -> None:
        if text:
            self._splunkd.store_secret(self._stored.realm, user, text)
        else:
            self._splunkd.remove_secret(self._stored.realm, user)


def require_secret_again(
    splunkd: Splunkd, stored: StoredSecret, secret: str, before: Mapping[str, object], after: Mapping[str, object]
) -> None:
    """Refused 400 where the stored secret would be sent elsewhere than it was entered for, by the values of its stanza
    before and after a change."""
    verdict = stored.judge(splunkd, secret, after)
    changed = [each for each in stored.sent_to if before.get(each) != after.get(each)]
    if verdict is Verdict.HERE or (verdict is Verdict.UNKNOWN and not changed):
        return
    if not changed:  # the conf was edited, and not by a page
        raise Refused(400, stored.elsewhere)
    raise Refused(
        400,
        f"[{stored.stanza}] {stored.user} has to be entered again, because {', '.join(changed)} changes: a stored one "
        "is sent only where it was entered for",
    )
