"""One tenant of an input: it carries out what the tenant's roster intends, and starts its readers.

Theory. Most inputs read their account's own tenant and no other; an input of a Flight Control parent reads up to a
thousand. Each has a roster, an API with a bearer, and readers of its own. What goes wrong with a child is the child's
alone: its sentence, its state, its backoff. Of the account's own tenant, what no retry can heal ends the input.

Rules: only the supervisor calls. Names of partitions hold the tenant (`core/partition_name.py`). A tenant that is left
opens nothing more, and has gone once its readers have ended.
"""

from __future__ import annotations

import logging
from functools import partial
from typing import Callable, Dict, FrozenSet, List, NamedTuple, Optional, Set

from falcon_streams.core.backoff import LONGEST_FLOOR
from falcon_streams.core.discovery import Discovery, Stream
from falcon_streams.core.last_error import LastErrors
from falcon_streams.core.partition_name import name_of
from falcon_streams.core.record import Record
from falcon_streams.core.roster import (
    ALL,
    FINISHED,
    MOST_PARTITIONS,
    RUNNING,
    Changed,
    CloseOf,
    Discover,
    Exceed,
    Intent,
    Open,
    RefreshOf,
    Roster,
)
from falcon_streams.errors import Fatal, Retryable, SessionGone, SplunkdGone
from falcon_streams.ports import Clock, EventStreamsApi, Feeds, Sink
from falcon_streams.run.commits import Commits
from falcon_streams.run.happenings import (
    Discovered,
    DiscoveryFailed,
    FeedEnded,
    FeedOpened,
    Happening,
    Refreshed,
    TenantHappening,
    complaint,
)
from falcon_streams.run.reader import Reader
from falcon_streams.run.tally import Filters

LOG = logging.getLogger(__name__)
BEYOND_HEAD_AFTER = 600.0  # design decision 5
EARLY = 60.0
FIN_SECONDS = 1.0  # how long Falcon may take to answer our FIN

Work = Callable[[], Optional[Happening]]


class Access(NamedTuple):
    """What a tenant is read by."""

    api: EventStreamsApi
    feeds: Feeds


class Plan(NamedTuple):
    """What the settings say about one run. `wanted` holds Falcon's ids of partitions, None for all."""

    wanted: Optional[FrozenSet[str]]
    filters: Filters
    idle_timeout: float
    app_id: str


class Means(NamedTuple):
    """What all tenants of an input share.

    `spawn` runs work in a thread and reports its happening if there is one; its last argument makes one if no thread is
    left. `wants_discovery` has a tenant discover once it may. `read` reads a feed, and returns how it ended or leaves
    that to another thread. `save_first` stores a record before its partition is opened. `on_early_end` is called when a
    feed ends soon after it opened, because another reader may use the stream.
    """

    plan: Plan
    commits: Commits
    sink: Sink
    clock: Clock
    report: Callable[[Happening], None]
    spawn: Callable[[str, Work, Callable[[Retryable], Happening]], None]
    wants_discovery: Callable[[Tenant], None]
    read: Callable[[Reader, Callable[[Happening], None]], Optional[FeedEnded]]
    save_first: Callable[[Record], Happening]
    jitter: Callable[[], float]
    on_early_end: Callable[[], None]


class Tenant:
    """Reads the streams of one tenant."""

    def __init__(self, cid: str, access: Access, means: Means, known: FrozenSet[str], at_start: bool = True) -> None:
        """`cid` is empty for the account's own tenant; `known` are the names of its partitions with a record;
        `at_start` says whether it was there when the input began, and not only later."""
        plan = means.plan
        wanted = None if plan.wanted is None else frozenset(name_of(cid, id) for id in plan.wanted)
        self.cid = cid
        self.api = access.api
        self.roster = Roster(wanted, plan.idle_timeout, means.jitter, known)
        self.last_errors = LastErrors(plan.app_id)
        self.readers: Dict[str, Reader] = {}
        self.discoveries = 0
        self.is_left = False
        self._at_start = at_start
        self._feeds = access.feeds
        self._means = means
        self._closing: Dict[str, float] = {}
        self._served_at: Optional[float] = None
        self._beyond_head: Set[str] = set()
        for partition in sorted(means.commits.finished(self.roster.members)):
            self._carry_out(self.roster.finished(partition))

    @property
    def has_gone(self) -> bool:
        """Whether it was left, and its last reader has ended."""
        return self.is_left and not self.readers

    @property
    def is_busy(self) -> bool:
        """Whether something of it is due soon."""
        return bool(self._closing) or self.is_left

    def all_finished(self) -> None:
        """The input has committed all that stands before `stop_at`."""
        self._carry_out(self.roster.all_finished())

    def tick(self, at: float) -> None:
        """Do what is due."""
        if not self.is_left:
            self._carry_out(self.roster.intents(at))
        for partition, reader in list(self.readers.items()):
            self._watch_head(partition, reader, at)
            if at >= self._closing.get(partition, at + 1):
                reader.abort()

    def discover(self) -> None:
        """Start the discovery that the roster wants."""
        self._means.spawn(f"discovery {self.cid}".strip(), self._discover, partial(DiscoveryFailed, tenant=self.cid))

    def leave(self) -> None:
        """Open nothing more, and end all feeds."""
        self.is_left = True
        for partition, reader in self.readers.items():
            reader.close()
            self._closing[partition] = self._means.clock.monotonic() + FIN_SECONDS

    # -- happenings ------------------------------------------------------------------------------------------------

    def take(self, happening: TenantHappening, at: float) -> None:
        """Take a happening of this tenant."""
        if isinstance(happening, FeedEnded):
            self._take_end(happening, at)
        elif self.is_left:
            return
        elif isinstance(happening, Discovered):
            self._take_discovery(happening.discovery, at)
        elif isinstance(happening, DiscoveryFailed):
            LOG.warning("discovery_failed", {**self._whose(), **complaint(happening.error)})
            self.last_errors.note(ALL, str(happening.error))
            self._carry_out(self.roster.discovery_failed(at, happening.error.after, "discovery_failed"))
        elif isinstance(happening, FeedOpened):
            self.roster.opened(happening.partition, at, happening.pulse)
        else:
            self._take_refresh(happening, at)

    def _take_discovery(self, discovery: Discovery, at: float) -> None:
        self.discoveries += bool(discovery.streams)
        self._served_at = discovery.served_at
        for refusal in discovery.refusals:
            LOG.error("discovery_refused", {**self._whose(), "reason": refusal})
        names = [stream.partition for stream in discovery.streams]
        LOG.info("discovered", {"partitions": ",".join(names[:MOST_PARTITIONS]), "count": len(names)})
        intents = self.roster.discovered(discovery, at)
        self.last_errors.discovered(discovery, self.roster.connected, self.roster.missing)
        self._carry_out(intents)

    def _take_end(self, ended: FeedEnded, at: float) -> None:
        reader = self.readers.pop(ended.partition, None)
        self._closing.pop(ended.partition, None)
        fields = {"partition": ended.partition, "reason": ended.reason, **complaint(ended.error)}
        LOG.log(logging.WARNING if ended.error else logging.INFO, "feed_ended", fields)
        after = ended.after
        if isinstance(ended.error, SplunkdGone) or (isinstance(ended.error, Fatal) and not self.cid):
            raise ended.error
        if isinstance(ended.error, Fatal):
            after = LONGEST_FLOOR
        if ended.error is not None:
            self.last_errors.note(ended.partition, str(ended.error))
        if reader is not None:
            progress = self._means.commits.progress[ended.partition]
            if progress.has_reached_finish:
                self._carry_out(self.roster.finished(ended.partition))
                return
            progress.counters.reconnects += 1
        session = self.roster.members[ended.partition].session
        if session is not None and at - session.opened_at < EARLY:
            self._means.on_early_end()
        self._carry_out(self.roster.ended(ended.partition, at, after, ended.reason))

    def _take_refresh(self, answer: Refreshed, at: float) -> None:
        partition = answer.stream.partition
        if answer.error is None:
            self.roster.refreshed(answer.stream, at)
            self._means.commits.progress[partition].counters.refreshes += 1
            LOG.info("session_refreshed", {"partition": partition})
        else:
            gone = isinstance(answer.error, SessionGone)
            self.roster.refresh_failed(answer.stream, at, answer.error.after, gone)
            LOG.warning("refresh_failed", {"partition": partition, **complaint(answer.error)})

    def _watch_head(self, partition: str, reader: Reader, at: float) -> None:
        """A feed that lives but brings no event from the offset asked for may have been reset to lower offsets."""
        session, asked = self.roster.members[partition].session, reader.asked_offset
        if session is not None and asked is None:
            self._beyond_head.discard(partition)  # its first event has come: a later silence is a new one
        if session is None or asked is None or partition in self._beyond_head:
            return
        if session.waits_in_vain(at, BEYOND_HEAD_AFTER):
            self._beyond_head.add(partition)
            LOG.warning("offset_beyond_head", {"partition": partition, "asked": asked})
            if not self._means.plan.filters.event_types:  # a filter explains the silence
                self._means.commits.progress[partition].read_from_oldest()
                self._carry_out(self.roster.close(partition, "offset_beyond_head"))

    # -- intents ---------------------------------------------------------------------------------------------------

    def _carry_out(self, intents: List[Intent]) -> None:
        for intent in intents:
            if isinstance(intent, Discover):
                self._means.wants_discovery(self)
            elif isinstance(intent, Open):
                self._open(intent.stream)
            elif isinstance(intent, RefreshOf):
                name, stream = f"refresh-{intent.stream.partition}", intent.stream
                self._means.spawn(name, partial(self._refresh, stream), partial(Refreshed, stream))
            elif isinstance(intent, CloseOf):
                LOG.info("feed_closing", {"partition": intent.partition, "reason": intent.reason})
                self.readers[intent.partition].close()
                self._closing[intent.partition] = self._means.clock.monotonic() + FIN_SECONDS
            elif isinstance(intent, Exceed):
                LOG.error("partitions_exceeded", {**self._whose(), "count": intent.beyond, "reason": str(intent)})
                self.last_errors.note(ALL, str(intent))
            elif isinstance(intent, Changed):
                self._tell(intent)

    def _tell(self, change: Changed) -> None:
        whole = change.partition == ALL
        level = logging.INFO if change.state in (RUNNING, FINISHED) else logging.WARNING
        named = change._replace(partition=name_of(self.cid, ALL)) if whole else change
        LOG.log(level, "state_changed", named._asdict())
        if change.state in (RUNNING, FINISHED) and not whole:
            self.last_errors.heal(change.partition)

    def _open(self, stream: Stream) -> None:
        partition, means = stream.partition, self._means
        try:
            first = self._at_start and self.discoveries == 1
            progress = means.commits.begin(partition, self._served_at, first)
        except Fatal as error:
            if not self.cid:
                raise
            means.report(FeedEnded(partition, "refused", error=error))
            return
        reader = Reader(stream, progress, self._feeds, means.sink, means.clock, means.plan.filters)
        self.readers[partition] = reader
        run: Work = partial(means.read, reader, means.report)
        if progress.waits_for_store:
            run = partial(self._store_first, progress.record, run)
        means.spawn(f"reader-{partition}", run, partial(FeedEnded, partition, "no_thread", 0.0))

    def _store_first(self, record: Record, run: Work) -> Optional[Happening]:
        """Store the time at which `newest` begins before the first open; if that fails, the next commit stores it."""
        self._means.report(self._means.save_first(record))
        return run()

    def _discover(self) -> Happening:
        try:
            return Discovered(self.api.discover(), self.cid)
        except Retryable as error:
            return DiscoveryFailed(error, self.cid)

    def _refresh(self, stream: Stream) -> Happening:
        try:
            self.api.refresh(stream)
        except Retryable as error:
            return Refreshed(stream, error)
        return Refreshed(stream)

    def _whose(self) -> Dict[str, object]:
        """The fields of a log line that concerns the whole of a child."""
        return {"partition": name_of(self.cid, ALL)} if self.cid else {}
