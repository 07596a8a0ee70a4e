"""What can go wrong, sorted by what the caller must do about it.

Rules: an error asks the caller to end (`Fatal`), to wait and try again (`Retryable`), or to start anew
(`RestartNeeded`). A bad line is not an error: it is counted and delivered as it is. A stop is not an error either.
Messages are for an admin and say what to do next. They are made of names, statuses, and hosts only, so that they cannot
reveal a secret, a token, or a query string.
"""

from __future__ import annotations

from typing import Optional


class StreamsError(Exception):
    """The base of our errors; never raised itself."""

    def __init__(self, message: str) -> None:
        if type(self) is StreamsError:
            raise TypeError("raise one of its kinds: Fatal, Retryable, Refused, RestartNeeded, SplunkdGone")
        super().__init__(message)


class Fatal(StreamsError):
    """The configuration is wrong: say so in one clear sentence and end. splunkd tries again after `interval`."""


class Retryable(StreamsError):
    """Time or an admin solves it: keep trying again, each time after at least `after` seconds.

    `status` is the HTTP status if there was an answer; Falcon's support asks for `trace_id`.
    """

    def __init__(
        self, message: str, *, after: float = 0.0, status: Optional[int] = None, trace_id: Optional[str] = None
    ) -> None:
        super().__init__(message)
        self.after = after
        self.status = status
        self.trace_id = trace_id


class CredentialsRefused(Retryable):
    """The token endpoint answered 400, 401, or 403: read account and secret again before the next try."""


class SessionGone(Retryable):
    """A refresh found no active stream session (404): discover again, and do not retry the refresh."""


class Undecipherable(Retryable):
    """splunkd cannot decrypt a stored secret, because it was stored under another splunk.secret: an admin must enter it
    again."""


class Refused(StreamsError):
    """A page's request is refused: answer it with this HTTP status and sentence."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class Unanswered(Refused):
    """splunkd did not answer a request to change something: it is not known whether it made the change."""


class RestartNeeded(StreamsError):
    """Something has changed that only a new start can read (session key, account): end cleanly."""


class SplunkdGone(StreamsError):
    """splunkd has closed our pipe or is no longer our parent: an unclean end, because it had our events in memory."""


class Stopped(StreamsError):
    """Not an error: a stop has cut this call short."""
