"""What can go wrong, sorted by what the caller must do about it.

Rules: an error asks the caller to end (`Fatal`), to wait and try again (`Retryable`), or to start anew
(`RestartNeeded`). A bad line is no error: it is counted and delivered as it is. A stop is no error either. Messages are
written for an admin, say what to do next, and are composed from names, statuses and hosts only, so that no secret,
token or query string can ride in them.
"""

from __future__ import annotations

from typing import Optional


class StreamsError(Exception):
    """The root of all errors of ours; never raised itself."""

    def __init__(self, message: str) -> None:
        if type(self) is StreamsError:
            raise TypeError("raise one of its kinds: Fatal, Retryable, Refused, RestartNeeded, SplunkdGone")
        super().__init__(message)


class Fatal(StreamsError):
    """The configuration is wrong: say one clear sentence and end. splunkd's `interval` brings the next try."""


class Retryable(StreamsError):
    """Time or an admin heals it: try again, not before `after` seconds, for ever.

    `status` is the HTTP status where there was an answer, `trace_id` what Falcon's support asks for.
    """

    def __init__(
        self, message: str, *, after: float = 0.0, status: Optional[int] = None, trace_id: Optional[str] = None
    ) -> None:
        super().__init__(message)
        self.after = after
        self.status = status
        self.trace_id = trace_id


class CredentialsRefused(Retryable):
    """The token endpoint said 400, 401 or 403: account and secret are read anew before the next try."""


class SessionGone(Retryable):
    """A refresh found no active stream session (404): rediscover, do not retry the refresh."""


class Undecipherable(Retryable):
    """splunkd has a stored secret and cannot decrypt it: it was stored under another splunk.secret. An admin enters it
    again."""


class Refused(StreamsError):
    """A page's request that is not granted: answered with this HTTP status and its sentence."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class Unanswered(Refused):
    """splunkd was asked to change something and did not answer: whether it did is not known."""


class RestartNeeded(StreamsError):
    """Only a new start brings what has changed, a fresh session key or a changed account: end cleanly."""


class SplunkdGone(StreamsError):
    """splunkd has closed our pipe or is no longer our parent: an unclean end, with events of ours in its memory."""


class Stopped(StreamsError):
    """No error, but the way out of a call that a stop has cut short."""
