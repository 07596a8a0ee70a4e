"""The supervisor of one input: it carries out what the roster intends, and commits what has settled.

Theory. One loop runs in the main thread and waits for its inbox alone: discovery, refreshes, commits, and readers run
in threads of their own and report happenings to the inbox, as signals do. At least once a second the loop checks that
splunkd lives, asks the roster for its intents, and commits what splunkd has taken and what has settled for a second.

Rules: each partition has one reader thread; if one partition fails, the others read on. Before anything is stored,
`watch` checks that splunkd lives and that the right to read is still ours: a process that was held up must not commit
what a dead splunkd had taken. An orderly stop ends the feeds, commits what had settled when the stop was asked for, and
marks the records clean. An unclean end leaves them as they are, so that the next start replays. If several things end
an input, the worst ending counts. Fatal ends the input with its sentence; splunkd tries again after `interval`.

An input with `stop_at` ends when the store knows that all its partitions have passed it, and a discovery of this run
has offered no other.
"""

from __future__ import annotations

import logging
from functools import partial
from queue import SimpleQueue
from typing import Callable, Dict, FrozenSet, List, Mapping, NamedTuple, Optional, Set, Tuple

from falcon_streams.core.discovery import Discovery, Stream
from falcon_streams.core.last_error import LastErrors
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
from falcon_streams.errors import Fatal, RestartNeeded, Retryable, SessionGone, SplunkdGone, StreamsError
from falcon_streams.ports import Clock, EventStreamsApi, Feeds, Sink, StartThread
from falcon_streams.run.commits import Commits
from falcon_streams.run.happenings import (
    Committed,
    Discovered,
    DiscoveryFailed,
    Ending,
    FeedEnded,
    FeedOpened,
    Happening,
    Refreshed,
    Stop,
    complaint,
    stop_for,
    worst,
)
from falcon_streams.run.ledger import tell_delivered
from falcon_streams.run.progress import Progress
from falcon_streams.run.reader import Reader
from falcon_streams.run.tally import Filters

LOG = logging.getLogger(__name__)
TICK = 1.0
# After a stop, events repeat if nobody saw them leave the pipe, so we look soon after a write. We do not look after
# each write: a reader at full speed would share its interpreter with us for every batch.
RECEIPT_TICK = 0.2
BEYOND_HEAD_AFTER = 600.0  # design decision 5
EARLY = 60.0
FIN_SECONDS = 1.0  # how long Falcon may take to answer our FIN
# Shares of the five seconds that a stop may take: all readers, the last commit, the revocation of the bearer.
READERS_SECONDS, COMMIT_SECONDS, REVOKE_SECONDS = 1.5, 1.5, 1.0

Show = Callable[[Roster, Mapping[str, Progress], LastErrors], None]


class Plan(NamedTuple):
    """What the settings say about one run."""

    wanted: Optional[FrozenSet[str]]
    filters: Filters
    idle_timeout: float
    app_id: str


class Supervisor:
    """Runs one input until it is stopped."""

    def __init__(
        self,
        plan: Plan,
        *,
        api: EventStreamsApi,
        feeds: Feeds,
        sink: Sink,
        commits: Commits,
        clock: Clock,
        inbox: SimpleQueue[Happening],
        start_thread: StartThread,
        jitter: Callable[[], float],
        watch: Callable[[], None],
        show: Show,
        on_early_end: Callable[[], None],
    ) -> None:
        """Several threads call `watch`, before they store anything and about once a second; it raises SplunkdGone if
        splunkd has died, RestartNeeded if the right to read is lost. `show` is called about once a second with what
        statistics are made of. `on_early_end` is called when a feed ends soon after it opened, because another reader
        may use the stream.
        """
        self.roster = Roster(plan.wanted, plan.idle_timeout, jitter, commits.known)
        self.commits = commits
        self.last_errors = LastErrors(plan.app_id)
        self._plan = plan
        self._api = api
        self._feeds = feeds
        self._sink = sink
        self._clock = clock
        self._inbox = inbox
        self._start_thread = start_thread
        self._watch = watch
        self._show = show
        self._on_early_end = on_early_end
        self._committing: Tuple[Record, ...] = ()
        self._readers: Dict[str, Reader] = {}
        self._closing: Dict[str, float] = {}
        self._discoveries = 0
        self._served_at: Optional[float] = None
        self._beyond_head: Set[str] = set()
        self._next_tick = self._next_receipt = clock.monotonic()
        for partition in sorted(commits.finished() & set(self.roster.members)):
            self._carry_out(self.roster.finished(partition))

    def run(self) -> Stop:
        """Run to the end, and return the stop that ended the input. Raises none of our errors."""
        stop: Optional[Stop] = None
        while stop is None:
            stop = self.step()
        return self._end(stop)

    def step(self) -> Optional[Stop]:
        """Wait for one happening and do what is due; return the stop once the input must end."""
        due = min(self._next_receipt, self._next_tick) if self.commits.awaits_receipt else self._next_tick
        happening = self._clock.take(self._inbox, due - self._clock.monotonic())
        asked = [happening] if isinstance(happening, Stop) else []
        try:
            if happening is not None:
                self._take(happening)
            at = self._clock.monotonic()
            if at >= self._next_receipt:
                self.commits.receipt(self._sink, at)
                self._next_receipt = at + RECEIPT_TICK
            if at >= self._next_tick:
                self._tick(at)
                self._next_tick = at + TICK
        except (Fatal, RestartNeeded, SplunkdGone) as error:
            asked.append(stop_for(error))
        except Exception as error:
            LOG.exception("unexpected_error")
            asked.append(stop_for(error))
        return worst(asked) if asked else None

    # -- happenings ------------------------------------------------------------------------------------------------

    def _take(self, happening: Happening) -> None:
        at = self._clock.monotonic()
        if isinstance(happening, Discovered):
            self._take_discovery(happening.discovery, at)
        elif isinstance(happening, DiscoveryFailed):
            LOG.warning("discovery_failed", complaint(happening.error))
            self.last_errors.note(ALL, str(happening.error))
            self._carry_out(self.roster.discovery_failed(at, happening.error.after, "discovery_failed"))
        elif isinstance(happening, FeedOpened):
            self.roster.opened(happening.partition, at, happening.pulse)
        elif isinstance(happening, FeedEnded):
            self._take_end(happening, at)
        elif isinstance(happening, Refreshed):
            self._take_refresh(happening, at)
        elif isinstance(happening, Committed):
            if happening.records is self._committing:
                self._committing = ()
            self.commits.saved(happening)

    def _take_discovery(self, discovery: Discovery, at: float) -> None:
        self._discoveries += bool(discovery.streams)
        self._served_at = discovery.served_at
        for refusal in discovery.refusals:
            LOG.error("discovery_refused", {"reason": refusal})
        names = [stream.partition for stream in discovery.streams]
        LOG.info("discovered", {"partitions": ",".join(names[:MOST_PARTITIONS]), "count": len(names)})
        intents = self.roster.discovered(discovery, at)
        self.last_errors.discovered(discovery, self.roster.connected, self.roster.missing)
        self._carry_out(intents)

    def _take_end(self, ended: FeedEnded, at: float) -> None:
        del self._readers[ended.partition]
        self._closing.pop(ended.partition, None)
        fields = {"partition": ended.partition, "reason": ended.reason, **complaint(ended.error)}
        LOG.log(logging.WARNING if ended.error else logging.INFO, "feed_ended", fields)
        if isinstance(ended.error, (Fatal, SplunkdGone)):
            raise ended.error
        if ended.error is not None:
            self.last_errors.note(ended.partition, str(ended.error))
        progress = self.commits.progress[ended.partition]
        if progress.has_reached_finish:
            self._carry_out(self.roster.finished(ended.partition))
            return
        progress.counters.reconnects += 1
        session = self.roster.members[ended.partition].session
        if session is not None and at - session.opened_at < EARLY:
            self._on_early_end()
        self._carry_out(self.roster.ended(ended.partition, at, ended.after, ended.reason))

    def _take_refresh(self, answer: Refreshed, at: float) -> None:
        partition = answer.stream.partition
        if answer.error is None:
            self.roster.refreshed(answer.stream, at)
            self.commits.progress[partition].counters.refreshes += 1
            LOG.info("session_refreshed", {"partition": partition})
        else:
            gone = isinstance(answer.error, SessionGone)
            self.roster.refresh_failed(answer.stream, at, answer.error.after, gone)
            LOG.warning("refresh_failed", {"partition": partition, **complaint(answer.error)})

    # -- once a second ---------------------------------------------------------------------------------------------

    def _tick(self, at: float) -> None:
        self._watch()
        self.commits.follow_clock(at)
        self._carry_out(self.roster.intents(at))
        for partition, reader in list(self._readers.items()):
            self._watch_head(partition, reader, at)
            if at >= self._closing.get(partition, at + 1):
                reader.abort()
        self._commit(at)
        if self._discoveries and self.roster.has_finished and self.commits.have_finished:
            self._carry_out(self.roster.all_finished())
            self._inbox.put(Stop(Ending.FINISHED))
        self._show(self.roster, self.commits.progress, self.last_errors)

    def _commit(self, at: float) -> None:
        """Start a commit unless one is running; the next commit takes what comes meanwhile."""
        records = () if self._committing else self.commits.due(at)
        if records:
            self._committing = records
            self._spawn("commit", partial(self._save, records), partial(Committed, records))

    def _save(self, records: Tuple[Record, ...]) -> Committed:
        """Store records, in a thread, unless the right to do so was lost meanwhile."""
        self._watch()
        return self.commits.save(records)

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
            if not self._plan.filters.event_types:  # a filter explains the silence
                self.commits.progress[partition].read_from_oldest()
                self._carry_out(self.roster.close(partition, "offset_beyond_head"))

    # -- intents ---------------------------------------------------------------------------------------------------

    def _carry_out(self, intents: List[Intent]) -> None:
        for intent in intents:
            if isinstance(intent, Discover):
                self._spawn("discovery", self._discover, DiscoveryFailed)
            elif isinstance(intent, Open):
                self._open(intent.stream)
            elif isinstance(intent, RefreshOf):
                name, stream = f"refresh-{intent.stream.partition}", intent.stream
                self._spawn(name, partial(self._refresh, stream), partial(Refreshed, stream))
            elif isinstance(intent, CloseOf):
                LOG.info("feed_closing", {"partition": intent.partition, "reason": intent.reason})
                self._readers[intent.partition].close()
                self._closing[intent.partition] = self._clock.monotonic() + FIN_SECONDS
            elif isinstance(intent, Exceed):
                LOG.error("partitions_exceeded", {"count": intent.beyond, "reason": str(intent)})
                self.last_errors.note(ALL, str(intent))
            elif isinstance(intent, Changed):
                level = logging.INFO if intent.state in (RUNNING, FINISHED) else logging.WARNING
                LOG.log(level, "state_changed", intent._asdict())
                if intent.state in (RUNNING, FINISHED) and intent.partition != ALL:
                    self.last_errors.heal(intent.partition)

    def _open(self, stream: Stream) -> None:
        partition = stream.partition
        progress = self.commits.begin(partition, self._served_at, first=self._discoveries == 1)
        reader = Reader(stream, progress, self._feeds, self._sink, self._clock, self._plan.filters)
        self._readers[partition] = reader
        run: Callable[[], Happening] = partial(reader.run, self._inbox.put)
        if progress.waits_for_store:
            run = partial(self._store_first, progress.record, run)
        self._spawn(f"reader-{partition}", run, partial(FeedEnded, partition, "no_thread", 0.0))

    def _store_first(self, record: Record, run: Callable[[], Happening]) -> Happening:
        """Store the time at which `newest` begins before the first open; if that fails, the next commit stores it."""
        self._inbox.put(self._save((record,)))
        return run()

    def _discover(self) -> Happening:
        try:
            return Discovered(self._api.discover())
        except Retryable as error:
            return DiscoveryFailed(error)

    def _refresh(self, stream: Stream) -> Happening:
        try:
            self._api.refresh(stream)
        except Retryable as error:
            return Refreshed(stream, error)
        return Refreshed(stream)

    def _spawn(self, name: str, work: Callable[[], Happening], failed: Callable[[Retryable], Happening]) -> None:
        """Run the work in a thread and report its happening; `failed` makes one if no thread is left."""

        def report() -> None:
            try:
                self._inbox.put(work())
            except (Fatal, RestartNeeded, SplunkdGone) as error:
                self._inbox.put(stop_for(error))
            except Exception as error:  # a bug of ours: end, so that splunkd starts us anew and the records replay
                LOG.exception("unexpected_error", {"thread": name})
                self._inbox.put(Stop(Ending.UNCLEAN, error))

        try:
            self._start_thread(name, report)
        except Retryable as error:
            self._inbox.put(failed(error))

    # -- the end ---------------------------------------------------------------------------------------------------
    #
    # A stop refuses further writes and ends all feeds: first with a FIN, then at once. It takes five seconds at most,
    # whatever disk and network do: it does not wait longer for a thread that hangs.

    def _end(self, stop: Stop) -> Stop:
        """End the feeds and commit what may be committed; return the worst of the stops that were asked for."""
        asked_at = self._clock.monotonic()
        stop = worst([stop, *self._close_feeds(asked_at)])
        if stop.ending is not Ending.UNCLEAN:
            self._run_briefly("commit", partial(self._commit_at_stop, asked_at), COMMIT_SECONDS)
        tell_delivered(self.commits.progress.values())
        self._run_briefly("revoke", self._api.revoke, REVOKE_SECONDS)
        return stop

    def _close_feeds(self, asked_at: float) -> List[Stop]:
        """Stop the sink, end the feeds, then end the event stream. Return the stops that were asked for meanwhile,
        because one of them may have a worse ending than the first."""
        self._sink.stop()
        for reader in self._readers.values():
            reader.close()
        stops = self._await_readers(asked_at + FIN_SECONDS)
        for reader in self._readers.values():
            reader.abort()
        stops += self._await_readers(asked_at + READERS_SECONDS)
        self._sink.close()
        return stops

    def _await_readers(self, deadline: float) -> List[Stop]:
        """Wait until all readers have ended or the deadline has passed; return the stops that came meanwhile."""
        stops: List[Stop] = []
        while True:
            # Without a reader there is nothing to wait for, but happenings already in the inbox count.
            left = deadline - self._clock.monotonic() if self._readers else 0.0
            happening = self._clock.take(self._inbox, max(left, 0.0))
            if isinstance(happening, Stop):
                stops.append(happening)
            elif isinstance(happening, FeedEnded):
                self._readers.pop(happening.partition, None)
                if isinstance(happening.error, SplunkdGone):
                    stops.append(stop_for(happening.error))
            elif happening is None and left <= 0.0:
                return stops

    def _commit_at_stop(self, until: float) -> None:
        self._watch()
        self.commits.saved(self.commits.save(self.commits.final_records(until)))

    def _run_briefly(self, name: str, work: Callable[[], None], seconds: float) -> None:
        """Run the work in a thread, wait for it at most this long, and log its error."""
        done: SimpleQueue[bool] = SimpleQueue()

        def run() -> None:
            try:
                work()
            except StreamsError as error:
                LOG.warning("left_undone", {"what": name, **complaint(error)})
            done.put(True)

        try:
            self._start_thread(name, run)
            self._clock.take(done, seconds)
        except Retryable:
            run()
