"""Which partitions there are, which feed each has, and what has to be done next: happenings in, intents out.

Theory. A partition is idle, open (from the intent to open it until its reader has ended), and nothing else. A session
token opens a feed for about five minutes only, so every open is preceded by a discovery, and there is at most one
discovery under way. What a discovery offers is opened at once, unless that partition has a feed (never two on one app
id and partition) or still has to wait. While siblings are connected, Falcon may offer only the free partitions, all, or
none (reference 8, row 4): when one that was read before is missing for ten minutes, all close and start over; when it
is still missing although nothing of ours is connected, it has vanished, and is only waited for.

A feed can live and withhold its events: heartbeats come, refreshes are answered, and nothing else for days. From
outside that looks like a quiet tenant. So where a partition has brought events, and its feed has brought none for
hours, the feed is opened anew at its own offset; a quiet tenant pays one reconnect in that time.

Rules: times are monotonic seconds; only the supervisor calls. An app id in use is a wait, not an error. Of what a
discovery offers, no more partitions become members than `MOST_PARTITIONS`; those that the settings name, or that were
read before, always do. The rest is reported and not read.
"""

from __future__ import annotations

from typing import Callable, Dict, FrozenSet, List, NamedTuple, Optional, Tuple, Union

from falcon_streams.core.backoff import LONGEST_FLOOR, Backoff
from falcon_streams.core.discovery import Discovery, Stream
from falcon_streams.core.session import Close, Pulse, Refresh, Session

FIRST_RETRY, LONGEST_RETRY = 5.0, 60.0
HEALTHY_AFTER = 120.0  # reference 8.1: a feed that was read this long has proven itself
# Reference 8, row 6: a lock of up to six minutes, asked for again every 10 to 30 s. It begins with less, because after
# a clean close the app id is free almost at once, and a restarted input should not be deaf for long.
SOONEST_APP_ID_WAIT, FIRST_APP_ID_WAIT, LONGEST_APP_ID_WAIT = 1.0, 2.0, 30.0
MISSING_TOO_LONG = 600.0
# A partition that Falcon adds while all feeds are healthy would otherwise wait for the next failure (row 12).
REDISCOVERY = 900.0
# A partition is a thread, a connection and a record. Tenants have a handful; an answer may name thousands.
MOST_PARTITIONS = 64

STARTING, RUNNING, WAITING_APP_ID, ERROR = "starting", "running", "waiting_app_id", "error"
ALL = "*"


class Discover(NamedTuple):
    """Ask Falcon for its streams."""


class Open(NamedTuple):
    """Start a reader for this stream."""

    stream: Stream


class RefreshOf(NamedTuple):
    """Post this stream's refresh URL."""

    stream: Stream


class CloseOf(NamedTuple):
    """End this partition's feed."""

    partition: str
    reason: str


class Changed(NamedTuple):
    """The state of a partition (`*`: of the input as a whole) is another one now."""

    partition: str
    state: str
    reason: str


class Exceed(NamedTuple):
    """So many partitions were offered beyond those that an input reads."""

    beyond: int

    def __str__(self) -> str:
        return (
            f"Falcon offers {self.beyond} partitions more than the {MOST_PARTITIONS} that an input reads: they are not "
            "read. If they are yours, name the partitions of each input in its setting partitions"
        )


Intent = Union[Discover, Open, RefreshOf, CloseOf, Changed, Exceed]


class Member:
    """One partition over all its feeds."""

    def __init__(self, partition: str, backoff: Backoff) -> None:
        self.partition = partition
        self.backoff = backoff
        self.stream: Optional[Stream] = None
        self.session: Optional[Session] = None
        self.closing = False
        self.floor_at = 0.0
        self.retry_at = 0.0
        self.missing_since: Optional[float] = None
        self.started_over = False
        self.vanished = False
        self.has_brought_events = False
        self.state = STARTING

    @property
    def is_open(self) -> bool:
        """Whether a reader of this partition may be alive."""
        return self.stream is not None


class Roster:
    """All partitions of one input."""

    def __init__(
        self,
        wanted: Optional[FrozenSet[str]],
        idle_timeout: float,
        jitter: Callable[[], float],
        known: FrozenSet[str] = frozenset(),
    ) -> None:
        """`wanted` None for all partitions; `known` were read in an earlier run; `jitter` gives 0 to 1."""
        self._wanted = wanted
        self._idle_timeout = idle_timeout
        self._jitter = jitter
        self._backoff = Backoff(FIRST_RETRY, LONGEST_RETRY, jitter)
        self._app_id_waits = Backoff(FIRST_APP_ID_WAIT, LONGEST_APP_ID_WAIT, jitter)
        self._discovering = False
        self._alone = True
        self._not_before = 0.0
        self._rediscover_at = 0.0
        self._state = STARTING
        self._starting_over = False
        self.members: Dict[str, Member] = {}
        for partition in sorted((known if wanted is None else known & wanted) | (wanted or frozenset())):
            self._member(partition).has_brought_events = partition in known

    # -- happenings ------------------------------------------------------------------------------------------------

    def discovered(self, discovery: Discovery, at: float) -> List[Intent]:
        """Falcon answered; returns what to open."""
        self._discovering = False
        if self._starting_over:
            return []  # asked before all have closed, so it says nothing
        offered = [stream for stream in discovery.streams if self._wanted is None or stream.partition in self._wanted]
        if not offered and self._alone:
            return self._nothing_offered(discovery, at)
        self._rediscover_at = at + REDISCOVERY
        self._backoff.reset()
        intents: List[Intent] = []
        taken = [stream for stream in offered if self._admits(stream.partition)]
        for stream in taken:
            intents += self._offer(stream, at)
        if intents:
            self._app_id_waits.reset()
        if len(taken) < len(offered):
            intents.append(Exceed(len(offered) - len(taken)))
        names = {stream.partition for stream in offered}
        for member in self.members.values():
            if not member.is_open and member.partition not in names:
                intents += self._miss(member, at)
        return intents + self._input_state(RUNNING, "reading")

    def discovery_failed(self, at: float, after: float, reason: str) -> List[Intent]:
        """Discovery failed; `after` is the server's wait in seconds."""
        self._discovering = False
        self._not_before = at + self._backoff.next(after)
        return self._input_state(ERROR, reason) if self._alone else []

    def opened(self, partition: str, at: float, pulse: Pulse) -> None:
        """The feed answered 200. What it brings says whether it is one."""
        member = self.members[partition]
        assert member.stream is not None  # noqa: S101 - it is opened by its stream
        member.session = Session(member.stream.interval, self._idle_timeout, at, pulse)
        member.started_over = member.vanished = False

    def ended(self, partition: str, at: float, after: float, reason: str) -> List[Intent]:
        """The reader of this partition has ended and its connection is closed."""
        member = self.members[partition]
        if member.session is not None and at - member.session.opened_at >= HEALTHY_AFTER:
            member.backoff.reset()
        member.floor_at = at + min(max(after, 0.0), LONGEST_FLOOR)
        member.retry_at = at + member.backoff.next(after)
        member.stream = member.session = None
        member.closing = False
        return self._state_of(member, ERROR, reason)

    def refreshed(self, stream: Stream, at: float) -> None:
        """The refresh of this stream was answered 200."""
        session = self._session_of(stream)
        if session is not None:
            session.refreshed(at)

    def refresh_failed(self, stream: Stream, at: float, after: float, gone: bool) -> None:
        """The refresh of this stream failed."""
        session = self._session_of(stream)
        if session is not None:
            session.refresh_failed(at, after, gone)

    # -- intents ---------------------------------------------------------------------------------------------------

    def intents(self, at: float) -> List[Intent]:
        """What has to be done now. Each intent is given once and counts as under way."""
        intents: List[Intent] = []
        for member in self.members.values():
            intents += self._session_intents(member, at)
        for member in self.members.values():
            if self._missing_too_long(member, at):
                self._starting_over = member.started_over = True
        alone = not any(member.is_open for member in self.members.values())
        if self._starting_over and not alone:
            return intents + self._start_over()
        self._starting_over = False
        if not self._discovering and at >= self._not_before and self._discovery_due(at):
            self._discovering, self._alone = True, alone
            intents.append(Discover())
        return intents

    def close(self, partition: str, reason: str) -> List[Intent]:
        """The supervisor wants this feed ended."""
        return self._close(self.members[partition], reason)

    # -- inside ----------------------------------------------------------------------------------------------------

    def _admits(self, partition: str) -> bool:
        """Whether this is a member, or there was room to make it one."""
        if partition in self.members or len(self.members) < MOST_PARTITIONS:
            self._member(partition)
        return partition in self.members

    def _offer(self, stream: Stream, at: float) -> List[Intent]:
        member = self._member(stream.partition)
        member.missing_since = None
        if member.is_open or at < member.floor_at:
            return []
        member.stream = stream
        return [Open(stream)]

    def _member(self, partition: str) -> Member:
        member = self.members.get(partition)
        if member is None:
            member = self.members[partition] = Member(partition, Backoff(FIRST_RETRY, LONGEST_RETRY * 2, self._jitter))
        return member

    def _nothing_offered(self, discovery: Discovery, at: float) -> List[Intent]:
        if discovery.refusals:
            self._not_before = at + self._backoff.next()
            return self._input_state(ERROR, "discovery_refused")
        self._not_before = at + self._app_id_wait()
        reason = "not_offered" if discovery.streams else "no_streams_offered"
        intents = self._input_state(WAITING_APP_ID, reason)
        for member in self.members.values():
            if discovery.streams and member.missing_since is None:
                member.missing_since = at
            intents += self._state_of(member, WAITING_APP_ID, reason)
        return intents

    def _miss(self, member: Member, at: float) -> List[Intent]:
        if member.missing_since is None:
            member.missing_since = at
        if self._alone and at - member.missing_since >= MISSING_TOO_LONG:
            member.vanished = True
        member.retry_at = max(member.retry_at, at + (REDISCOVERY if member.vanished else self._app_id_wait()))
        return self._state_of(member, WAITING_APP_ID, "vanished" if member.vanished else "not_offered")

    def _app_id_wait(self) -> float:
        return self._app_id_waits.next(SOONEST_APP_ID_WAIT)

    def _missing_too_long(self, member: Member, at: float) -> bool:
        waiting = member.missing_since is not None and not member.vanished and not member.started_over
        return waiting and member.missing_since is not None and at - member.missing_since >= MISSING_TOO_LONG

    def _start_over(self) -> List[Intent]:
        # Discovery waits until all have closed: only an answer given to nobody's siblings says what has vanished. A
        # feed that is just being opened is closed as soon as it has answered.
        intents: List[Intent] = []
        for member in self.members.values():
            if member.session is not None:
                intents += self._close(member, "start_over")
        return intents

    def _session_intents(self, member: Member, at: float) -> List[Intent]:
        if member.session is None or member.stream is None or member.closing:
            return []
        member.has_brought_events = member.has_brought_events or member.session.has_brought_events
        intent = member.session.intent(at)
        if isinstance(intent, Close):
            return self._close(member, intent.reason)
        intents = self._state_of(member, RUNNING, "feed_opened") if member.session.is_alive(at) else []
        if isinstance(intent, Refresh):
            return [*intents, RefreshOf(member.stream)]
        if member.has_brought_events and member.session.is_eventless(at):
            return intents + self._close(member, "no_events")
        return intents

    def _close(self, member: Member, reason: str) -> List[Intent]:
        if not member.is_open or member.closing:
            return []
        member.closing = True
        return [CloseOf(member.partition, reason)]

    def _discovery_due(self, at: float) -> bool:
        idle = [member.retry_at for member in self.members.values() if not member.is_open]
        return at >= min([self._rediscover_at, *idle])

    def _session_of(self, stream: Stream) -> Optional[Session]:
        member = self.members.get(stream.partition)
        # a late answer to the refresh of an earlier feed says nothing about this one
        return member.session if member is not None and member.stream is stream else None

    def _input_state(self, state: str, reason: str) -> List[Intent]:
        if state == self._state:
            return []
        self._state = state
        return [Changed(ALL, state, reason)]

    def _state_of(self, member: Member, state: str, reason: str) -> List[Intent]:
        if state == member.state:
            return []
        member.state = state
        return [Changed(member.partition, state, reason)]

    def session_left(self, partition: str, at: float) -> Optional[float]:
        """Seconds the session of a partition has left, None without a feed."""
        session = self.members[partition].session
        return session.left(at) if session is not None else None

    @property
    def connected(self) -> List[str]:
        """The partitions that may have a feed."""
        return [name for name, member in self.members.items() if member.is_open]

    @property
    def missing(self) -> List[str]:
        """The partitions that have no feed because Falcon does not offer them, although it offers others."""
        members = self.members.items()
        return [name for name, member in members if not member.is_open and member.missing_since is not None]

    def states(self) -> Tuple[str, Dict[str, str]]:
        """The input's state and each partition's."""
        return self._state, {name: member.state for name, member in self.members.items()}
