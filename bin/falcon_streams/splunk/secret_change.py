"""A change of one secret around the change of its stanza: either both happen or neither.

Rules: the secret goes first, because a stanza without its secret would be a broken one. Where the stanza's change is
refused the former secret comes back, unless somebody else has stored another one meanwhile. Where splunkd did not
answer the new secret stays: the stanza may have its new destination by now, and the former was not entered for that.
What cannot be put back is said.
"""

from __future__ import annotations

from types import TracebackType
from typing import Optional, Type

from falcon_streams.errors import Refused, Retryable, StreamsError, Unanswered, Undecipherable
from falcon_streams.splunk.editor import Editor


class SecretChange:
    """A context manager: changes the secret on entry, takes that back where the body fails."""

    def __init__(self, editor: Editor, realm: str, user: str, secret: Optional[str]) -> None:
        """`secret` None leaves it as it is, empty removes it."""
        self._editor = editor
        self._address = (realm, user)
        self._secret = secret
        self._former: Optional[str] = None

    def __enter__(self) -> None:
        if self._secret is None:
            return
        self._former = self._read()
        try:
            self._put(self._secret)
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
            if (self._read() or "") == self._secret:
                self._put(self._former)
        except StreamsError as again:
            raise Refused(
                500,
                f"{error}. The secret under realm {self._address[0]} could not be put back either ({again}): enter it "
                "again",
            ) from None

    def _read(self) -> Optional[str]:
        """The stored secret; None also where splunkd cannot decrypt it, and for a caller who may write secrets and not
        read them."""
        try:
            return self._editor.secret(*self._address)
        except Undecipherable:
            return None
        except Retryable as error:
            if error.status == 403:
                return None
            raise

    def _put(self, secret: Optional[str]) -> None:
        if secret:
            self._editor.store_secret(*self._address, secret)
        else:
            self._editor.remove_secret(*self._address)
