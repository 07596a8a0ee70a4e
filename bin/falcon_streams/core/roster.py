"""Which partitions there are, which feed each has, and what has to be done next: happenings in, intents out.

Theory. A session token opens a feed for about five minutes only, so every open is preceded by a discovery, and there is
at most one discovery under way. What a discovery offers is opened at once, unless that partition has a reader (never
two feeds on one app id and partition) or still has to wait; `Member` knows which. While siblings are connected, Falcon
may offer only the free partitions, all, or none (reference 8, row 4): when one that was read before is missing for ten
minutes, all close and start over; when it is still missing although nothing of ours is connected, it has vanished, and
is only waited for.

A feed can live and withhold its events: heartbeats come, refreshes are answered, and nothing else for days. From
outside that looks like a quiet tenant. So where a partition has brought events, and its feed has brought none for
hours, the feed is opened anew at its own offset; a quiet tenant pays one reconnect in that time.

Rules: times are monotonic seconds; only the supervisor calls. If another reader uses the app id, the roster waits; that
is no error. Discoveries fill the roster up to `MOST_PARTITIONS` members; a partition that the settings name, or that an
earlier run read, is a member in any case. The roster reports the others and does not read them.

The *state* of a partition is what logs and pages show: what happened last. Its *phase* is what the roster decides by.
"""

from __future__ import annotations

from typing import Callable, Dict, FrozenSet, List, NamedTuple, Optional, Tuple, Union

from falcon_streams.core.backoff import Backoff
from falcon_streams.core.discovery import Discovery, Stream
from falcon_streams.core.member import Member, Phase, Search
from falcon_streams.core.session import Close, Pulse, Refresh, Session

FIRST_RETRY, LONGEST_RETRY = 5.0, 60.0
# Falcon locks an app id for up to six minutes, and wants to be asked every 10 to 30 s (reference 8, row 6). The first
# waits are shorter: after a clean close the app id is free almost at once, and a restarted input should read on soon.
SOONEST_APP_ID_WAIT, FIRST_APP_ID_WAIT, LONGEST_APP_ID_WAIT = 1.0, 2.0, 30.0
# Without this, a partition that Falcon adds while all feeds are healthy would wait for the next failure (row 12).
REDISCOVERY = 900.0
# Each partition costs a thread, a connection, and a record. Tenants have a handful; an answer may name thousands.
MOST_PARTITIONS = 64

STARTING, RUNNING, WAITING_APP_ID, ERROR, FINISHED = "starting", "running", "waiting_app_id", "error", "finished"
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
    """A partition, or the input as a whole (`*`), has another state now."""

    partition: str
    state: str
    reason: str


class Exceed(NamedTuple):
    """Falcon offers so many partitions more than an input reads."""

    beyond: int

    def __str__(self) -> str:
        return (
            f"Falcon offers {self.beyond} partitions more than the {MOST_PARTITIONS} that an input reads: they are not "
            "read. If they are yours, name the partitions of each input in its setting partitions"
        )


Intent = Union[Discover, Open, RefreshOf, CloseOf, Changed, Exceed]


class Roster:
    """All partitions of one input."""

    def __init__(
        self,
        wanted: Optional[FrozenSet[str]],
        idle_timeout: float,
        jitter: Callable[[], float],
        known: FrozenSet[str] = frozenset(),
    ) -> None:
        """`wanted` is None for all partitions; an earlier run read the `known` ones; `jitter` returns 0 to 1."""
        self._wanted = wanted
        self._idle_timeout = idle_timeout
        self._jitter = jitter
        self._backoff = Backoff(FIRST_RETRY, LONGEST_RETRY, jitter)
        self._app_id_waits = Backoff(FIRST_APP_ID_WAIT, LONGEST_APP_ID_WAIT, jitter)
        self._discovering = False
        self._alone = True  # no reader of ours was alive when the last discovery began
        self._starting_over = False  # all feeds have to end before the next discovery begins
        self._not_before = 0.0
        self._rediscover_at = 0.0
        self._states = {ALL: STARTING}
        self.members: Dict[str, Member] = {}
        for partition in sorted((known if wanted is None else known & wanted) | (wanted or frozenset())):
            self._member(partition).has_brought_events = partition in known

    # -- happenings ------------------------------------------------------------------------------------------------

    def discovered(self, discovery: Discovery, at: float) -> List[Intent]:
        """Falcon answered a discovery; returns what to open."""
        self._discovering = False
        if self._starting_over:
            return []  # the question was asked while feeds were connected, so the answer does not say what is missing
        offered = [stream for stream in discovery.streams if self._wanted is None or stream.partition in self._wanted]
        if not offered and self._alone:
            return self._nothing_offered(discovery, at)
        self._rediscover_at = at + REDISCOVERY
        self._backoff.reset()
        taken = [stream for stream in offered if self._admits(stream.partition)]
        intents: List[Intent] = [Open(stream) for stream in taken if self.members[stream.partition].offered(stream, at)]
        if intents:
            self._app_id_waits.reset()
        if len(taken) < len(offered):
            intents.append(Exceed(len(offered) - len(taken)))
        names = {stream.partition for stream in offered}
        for member in self.members.values():
            if member.is_waiting and member.partition not in names:
                intents += self._miss(member, at)
        return intents + self._change(ALL, RUNNING, "reading")

    def discovery_failed(self, at: float, after: float, reason: str) -> List[Intent]:
        """The discovery failed; `after` is the server's wait in seconds."""
        self._discovering = False
        self._not_before = at + self._backoff.next(after)
        return self._change(ALL, ERROR, reason) if self._alone else []

    def opened(self, partition: str, at: float, pulse: Pulse) -> None:
        """Falcon answered 200. Whether that is a feed, only what it brings can show."""
        member = self.members[partition]
        assert member.stream is not None  # noqa: S101 - it is opened by its stream
        member.opened(Session(member.stream.interval, self._idle_timeout, at, pulse))

    def ended(self, partition: str, at: float, after: float, reason: str) -> List[Intent]:
        """The reader of this partition has ended, and its connection is closed."""
        self.members[partition].ended(at, after)
        return self._change(partition, ERROR, reason)

    def finished(self, partition: str) -> List[Intent]:
        """This partition has passed `stop_at`, and has no reader any more."""
        self.members[partition].finished()
        return self._change(partition, FINISHED, "stop_at")

    def all_finished(self) -> List[Intent]:
        """The input has committed all that stands before `stop_at`."""
        return self._change(ALL, FINISHED, "stop_at")

    def refreshed(self, stream: Stream, at: float) -> None:
        """Falcon answered the refresh of this stream with 200."""
        session = self._session_of(stream)
        if session is not None:
            session.refreshed(at)

    def refresh_failed(self, stream: Stream, at: float, after: float, gone: bool) -> None:
        """The refresh of this stream failed; `after` is the server's wait in seconds, `gone` a 404."""
        session = self._session_of(stream)
        if session is not None:
            session.refresh_failed(at, after, gone)

    # -- intents ---------------------------------------------------------------------------------------------------

    def intents(self, at: float) -> List[Intent]:
        """What has to be done now. The roster gives each intent once, and counts it as under way."""
        intents: List[Intent] = []
        for member in self.members.values():
            intents += self._session_intents(member, at)
        for member in self.members.values():
            if member.search is Search.UNTRIED and member.is_missing_too_long(at):
                member.searched("missing too long")
                self._starting_over = True
        alone = not self.connected
        if self._starting_over and not alone:
            return intents + self._start_over()
        self._starting_over = False
        if not self._discovering and at >= self._not_before and self._discovery_due(at):
            self._discovering, self._alone = True, alone
            intents.append(Discover())
        return intents

    def close(self, partition: str, reason: str) -> List[Intent]:
        """The supervisor wants this feed to end."""
        return self._close(self.members[partition], reason)

    @property
    def has_finished(self) -> bool:
        """Whether there are partitions, and all have passed `stop_at`."""
        return bool(self.members) and all(each.phase is Phase.FINISHED for each in self.members.values())

    # -- what is shown ---------------------------------------------------------------------------------------------

    @property
    def connected(self) -> List[str]:
        """The partitions that may have a feed."""
        return [name for name, member in self.members.items() if member.has_reader]

    @property
    def missing(self) -> List[str]:
        """The partitions that are missing."""
        return [name for name, member in self.members.items() if member.phase is Phase.MISSING]

    def states(self) -> Tuple[str, Dict[str, str]]:
        """The input's state, and each partition's."""
        return self._states[ALL], {name: self._states[name] for name in self.members}

    def session_left(self, partition: str, at: float) -> Optional[float]:
        """How many seconds the session of a partition has left; None without a session."""
        session = self.members[partition].session
        return session.left(at) if session is not None else None

    # -- inside ----------------------------------------------------------------------------------------------------

    def _admits(self, partition: str) -> bool:
        """Whether this partition is a member, or becomes one because there is room."""
        if partition in self.members or len(self.members) < MOST_PARTITIONS:
            self._member(partition)
        return partition in self.members

    def _member(self, partition: str) -> Member:
        if partition not in self.members:
            self.members[partition] = Member(partition, Backoff(FIRST_RETRY, LONGEST_RETRY * 2, self._jitter))
            self._states[partition] = STARTING
        return self.members[partition]

    def _nothing_offered(self, discovery: Discovery, at: float) -> List[Intent]:
        if discovery.refusals:
            self._not_before = at + self._backoff.next()
            return self._change(ALL, ERROR, "discovery_refused")
        self._not_before = at + self._app_id_wait()
        reason = "not_offered" if discovery.streams else "no_streams_offered"
        intents = self._change(ALL, WAITING_APP_ID, reason)
        for member in self.members.values():
            if not member.is_waiting:
                continue
            if discovery.streams:
                member.not_offered(at)
            intents += self._change(member.partition, WAITING_APP_ID, reason)
        return intents

    def _miss(self, member: Member, at: float) -> List[Intent]:
        member.not_offered(at)
        if self._alone and member.is_missing_too_long(at):
            member.searched("missing with no feed connected")
        has_vanished = member.search is Search.VANISHED
        member.retry_at = max(member.retry_at, at + (REDISCOVERY if has_vanished else self._app_id_wait()))
        return self._change(member.partition, WAITING_APP_ID, "vanished" if has_vanished else "not_offered")

    def _app_id_wait(self) -> float:
        return self._app_id_waits.next(SOONEST_APP_ID_WAIT)

    def _start_over(self) -> List[Intent]:
        # The next discovery waits until all feeds have ended: only an answer that Falcon gives while none is connected
        # says what has vanished. A feed that is opening is closed once it is open.
        return [close for member in self.members.values() for close in self._close(member, "start_over")]

    def _session_intents(self, member: Member, at: float) -> List[Intent]:
        if member.phase is not Phase.OPEN or member.session is None or member.stream is None:
            return []
        member.has_brought_events = member.has_brought_events or member.session.has_brought_events
        intent = member.session.intent(at)
        if isinstance(intent, Close):
            return self._close(member, intent.reason)
        intents = self._change(member.partition, RUNNING, "feed_opened") if member.session.is_alive(at) else []
        if isinstance(intent, Refresh):
            return [*intents, RefreshOf(member.stream)]
        if member.has_brought_events and member.session.is_eventless(at):
            return intents + self._close(member, "no_events")
        return intents

    def _close(self, member: Member, reason: str) -> List[Intent]:
        return [CloseOf(member.partition, reason)] if member.told_to_close() else []

    def _discovery_due(self, at: float) -> bool:
        waits = [member.retry_at for member in self.members.values() if member.is_waiting]
        return at >= min([self._rediscover_at, *waits])

    def _session_of(self, stream: Stream) -> Optional[Session]:
        member = self.members.get(stream.partition)
        # a late answer to the refresh of an earlier feed says nothing about this one
        return member.session if member is not None and member.stream is stream else None

    def _change(self, partition: str, state: str, reason: str) -> List[Intent]:
        if state == self._states[partition]:
            return []
        self._states[partition] = state
        return [Changed(partition, state, reason)]
