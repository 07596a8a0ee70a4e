"""The supervisor of one input: it reads the input's tenants, and commits what has settled.

Theory. One loop runs in the main thread and waits for its inbox alone: discovery, refreshes, commits, and readers run
in threads of their own and report happenings to the inbox, as signals do. At least once a second the loop checks that
splunkd lives, asks each tenant's roster for its intents, and commits what splunkd has taken and what has settled for a
second. Where there are many tenants, a quiet one is asked every five seconds: its timers run for minutes.

Rules: each partition has one reader; if one partition fails, the others read on. Before anything is stored,
`watch` checks that splunkd lives and that the right to read is still ours: a process that was held up must not commit
what a dead splunkd had taken. An orderly stop ends the feeds, commits what had settled when the stop was asked for, and
marks the records clean. An unclean end leaves them as they are, so that the next start replays. If several things end
an input, the worst ending counts. Fatal ends the input with its sentence; splunkd tries again after `interval`.
Discoveries that need a token wait for their turn (`core/token_budget.py`), in the order in which they were wanted.

An input with `stop_at` ends when the store knows that all its partitions have passed it, and a discovery of this run
has offered no other.
"""

from __future__ import annotations

import logging
from collections import deque
from functools import partial
from queue import SimpleQueue
from typing import Callable, Deque, Dict, FrozenSet, List, Mapping, Optional, Set, Tuple

from falcon_streams.core.census import MOST_TENANTS, Census
from falcon_streams.core.partition_name import split
from falcon_streams.core.last_error import NO_ERROR
from falcon_streams.core.record import Record
from falcon_streams.core.token_budget import TokenBudget
from falcon_streams.errors import Fatal, RestartNeeded, Retryable, SplunkdGone, StreamsError
from falcon_streams.ports import Clock, Directory, Sink, StartThread
from falcon_streams.run.commits import Commits
from falcon_streams.run.feed_loop import FeedLoop
from falcon_streams.run.happenings import (
    Committed,
    DiscoveryFailed,
    Ending,
    FeedEnded,
    Happening,
    Listed,
    Stop,
    TenantHappening,
    Written,
    complaint,
    stop_for,
    tenant_of,
    worst,
)
from falcon_streams.run.ledger import tell_delivered
from falcon_streams.run.progress import Progress
from falcon_streams.run.reader import Reader
from falcon_streams.run.tenant import FIN_SECONDS, Access, Means, Plan, Tenant, Work

LOG = logging.getLogger(__name__)
TICK = 1.0
TOO_MANY = 429
# After a stop, events repeat if nobody saw them leave the pipe, so we look soon after a write. We do not look after
# each write: a reader at full speed would share its interpreter with us for every batch.
RECEIPT_TICK = 0.2
FEW_TENANTS, QUIET_TICK = 20, 5.0
# Shares of the five seconds that a stop may take: all readers, the last commit, the revocation of the bearers.
READERS_SECONDS, COMMIT_SECONDS, REVOKE_SECONDS = 1.5, 1.5, 1.0

Show = Callable[[Mapping[str, Tenant], Mapping[str, Progress], str], None]


class Supervisor:
    """Runs one input until it is stopped."""

    def __init__(
        self,
        plan: Plan,
        *,
        census: Census,
        directory: Optional[Directory],
        access: Callable[[str], Access],
        sink: Sink,
        commits: Commits,
        clock: Clock,
        inbox: SimpleQueue[Happening],
        start_thread: StartThread,
        shares_thread: bool,
        jitter: Callable[[], float],
        watch: Callable[[], None],
        show: Show,
        on_early_end: Callable[[], None],
    ) -> None:
        """`access` gives what a tenant is read by; with `shares_thread`, one thread reads all feeds. Several threads
        call `watch`, before they store anything and about once a second; it raises SplunkdGone if splunkd has died,
        RestartNeeded if the right to read is lost. `show` is called about once a second with what statistics are made
        of, and with what keeps the input as a whole from reading. `on_early_end` is called when a feed ends soon after
        it opened, because another reader may use the stream.
        """
        self.commits = commits
        self.tenants: Dict[str, Tenant] = {}
        self._census = census
        self._directory = directory
        self._access = access
        self._sink = sink
        self._clock = clock
        self._inbox = inbox
        self._start_thread = start_thread
        self._watch = watch
        self._show = show
        self._budget = TokenBudget()
        self._waiting: Deque[Tenant] = deque()
        self._due: Dict[str, float] = {}
        self._committing: Tuple[Record, ...] = ()
        self._next_tick = self._next_receipt = clock.monotonic()
        self._last_error = ""
        self._loop = FeedLoop(sink, clock, self._leave) if shares_thread else None
        self._means = Means(
            plan=plan,
            commits=commits,
            sink=sink,
            clock=clock,
            report=inbox.put,
            spawn=self._spawn,
            wants_discovery=self._wants_discovery,
            read=self._read,
            save=lambda record: self._save((record,)),
            jitter=jitter,
            on_early_end=on_early_end,
        )
        self._begin(census.tenants)

    def run(self) -> Stop:
        """Run to the end, and return the stop that ended the input. Raises none of our errors."""
        if self._loop is not None:
            self._spawn("feeds", self._loop.run, stop_for)
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
        if isinstance(happening, Committed):
            if happening.records is self._committing:
                self._committing = ()
            self.commits.saved(happening)
        elif isinstance(happening, Listed):
            self._take_list(happening, at)
        elif not isinstance(happening, (Written, Stop)):
            self._take_for(self.tenants.get(tenant_of(happening)), happening, at)
        self._discover_in_turn(at)

    def _take_for(self, tenant: Optional[Tenant], happening: TenantHappening, at: float) -> None:
        if tenant is None:
            return  # it was left before its call was answered
        if isinstance(happening, DiscoveryFailed) and happening.error.status == TOO_MANY:
            self._budget.refused(at, happening.error.after)
        tenant.take(happening, at)
        self._due[tenant.cid] = at

    def _take_list(self, answer: Listed, at: float) -> None:
        if answer.error is not None:
            self._census.failed(at, answer.error.after)
            self._last_error = str(answer.error)
            LOG.warning("children_not_listed", complaint(answer.error))
            return
        change = self._census.listed(answer.children, at)
        self._last_error = _too_many(self._census.beyond)
        fields = {"children": len(answer.children), "begun": len(change.begun), "left": len(change.left)}
        LOG.info("children_listed", {**fields, "trouble": self._last_error or NO_ERROR})
        for cid in sorted(change.left):
            self.tenants[cid].leave()
        self._begin(change.begun)

    def _begin(self, tenants: FrozenSet[str]) -> None:
        """Read these tenants; one that was left and comes back goes on at its offsets."""
        known: Dict[str, Set[str]] = {}
        for name in self.commits.known | set(self.commits.progress):
            known.setdefault(split(name)[0], set()).add(name)
        for cid in sorted(tenants):
            self.tenants[cid] = Tenant(cid, self._access(cid), self._means, frozenset(known.get(cid, ())))
            self._due[cid] = self._clock.monotonic()

    # -- tokens in turn --------------------------------------------------------------------------------------------

    def _wants_discovery(self, tenant: Tenant) -> None:
        if tenant.api.needs_token:
            self._waiting.append(tenant)
        else:
            tenant.discover()

    def _discover_in_turn(self, at: float) -> None:
        while self._waiting and (self._waiting[0].is_left or self._budget.admits(at)):
            tenant = self._waiting.popleft()
            if not tenant.is_left:
                tenant.discover()

    # -- once a second ---------------------------------------------------------------------------------------------

    def _tick(self, at: float) -> None:
        self._watch()
        self.commits.follow_clock(at)
        if self._directory is not None and self._census.is_due(at):
            self._spawn("children", partial(self._list, self._directory), partial(Listed, frozenset()))
        self._tick_tenants(at)
        self._discover_in_turn(at)
        self._commit(at)
        if self._has_finished():
            self._inbox.put(Stop(Ending.FINISHED))
        self._show(self.tenants, self.commits.progress, self._last_error)

    def _tick_tenants(self, at: float) -> None:
        spacing = TICK if len(self.tenants) <= FEW_TENANTS else QUIET_TICK
        for cid in [cid for cid, due in self._due.items() if due <= at]:
            tenant = self.tenants[cid]
            tenant.tick(at)
            self._due[cid] = at + (TICK if tenant.is_busy else spacing) - TICK / 2
            if tenant.has_gone:
                del self.tenants[cid], self._due[cid]

    def _has_finished(self) -> bool:
        tenants = self.tenants.values()
        if not all(tenant.discoveries and tenant.roster.has_finished for tenant in tenants):
            return False
        if not self.tenants or not self.commits.have_finished:
            return False
        for tenant in tenants:
            tenant.all_finished()
        return True

    def _commit(self, at: float) -> None:
        """Start a commit unless one is running; the next commit takes what comes meanwhile."""
        records = () if self._committing else self.commits.due(at)
        if records:
            self._committing = records
            self._spawn("commit", partial(self._save, records), partial(Committed, records))

    # -- in threads ------------------------------------------------------------------------------------------------

    def _save(self, records: Tuple[Record, ...]) -> Committed:
        """Store records, unless the right to do so was lost meanwhile."""
        self._watch()
        return self.commits.save(records)

    def _list(self, directory: Directory) -> Happening:
        try:
            return Listed(directory.children())
        except Retryable as error:
            return Listed(frozenset(), error)

    def _read(self, reader: Reader, report: Callable[[Happening], None]) -> Optional[FeedEnded]:
        """Read a feed to its end, or leave that to the loop of all feeds."""
        if self._loop is None:
            return reader.run(report)
        ended = reader.open(report)
        if ended is None and reader.share(self._loop.blockage):
            self._loop.add(reader)
            return None
        try:
            return ended or reader.go_on()
        finally:
            reader.leave()

    def _leave(self, reader: Reader, ended: FeedEnded) -> None:
        """Close a feed that the loop has read to its end."""

        def leave() -> Happening:
            reader.leave()
            return ended

        self._spawn("leave", leave, lambda error: leave())

    def _spawn(self, name: str, work: Work, failed: Callable[[Retryable], Happening]) -> None:
        """Run the work in a thread and report its happening; `failed` makes one if no thread is left."""

        def report() -> None:
            try:
                happening = work()
                if happening is not None:
                    self._inbox.put(happening)
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
        self._revoke()
        return stop

    def _close_feeds(self, asked_at: float) -> List[Stop]:
        """Stop the sink, end the feeds, then end the event stream. Return the stops that were asked for meanwhile,
        because one of them may have a worse ending than the first."""
        self._sink.stop()
        for reader in self._readers():
            reader.close()
        stops = self._await_readers(asked_at + FIN_SECONDS)
        for reader in self._readers():
            reader.abort()
        stops += self._await_readers(asked_at + READERS_SECONDS)
        self._sink.close()
        return stops

    def _readers(self) -> List[Reader]:
        return [reader for tenant in self.tenants.values() for reader in tenant.readers.values()]

    def _revoke(self) -> None:
        """Give back the bearers; what cannot be given back within a second runs out by itself."""
        until = self._clock.monotonic() + REVOKE_SECONDS
        done = [self._begin_briefly("revoke", tenant.api.revoke) for tenant in self.tenants.values()]
        for each in done:
            self._clock.take(each, max(until - self._clock.monotonic(), 0.0))

    def _await_readers(self, deadline: float) -> List[Stop]:
        """Wait until all readers have ended or the deadline has passed; return the stops that came meanwhile."""
        stops: List[Stop] = []
        while True:
            # Without a reader there is nothing to wait for, but happenings already in the inbox count.
            left = deadline - self._clock.monotonic() if self._readers() else 0.0
            happening = self._clock.take(self._inbox, max(left, 0.0))
            if isinstance(happening, Stop):
                stops.append(happening)
            elif isinstance(happening, FeedEnded):
                self.tenants[tenant_of(happening)].readers.pop(happening.partition, None)
                if isinstance(happening.error, SplunkdGone):
                    stops.append(stop_for(happening.error))
            elif happening is None and left <= 0.0:
                return stops

    def _commit_at_stop(self, until: float) -> None:
        self._watch()
        self.commits.saved(self.commits.save(self.commits.final_records(until)))

    def _run_briefly(self, name: str, work: Callable[[], None], seconds: float) -> None:
        """Run the work in a thread, wait for it at most this long, and log its error."""
        self._clock.take(self._begin_briefly(name, work), seconds)

    def _begin_briefly(self, name: str, work: Callable[[], None]) -> SimpleQueue[bool]:
        """Run the work in a thread, and log its error; what is returned has an item once it is done."""
        done: SimpleQueue[bool] = SimpleQueue()

        def run() -> None:
            try:
                work()
            except StreamsError as error:
                LOG.warning("left_undone", {"what": name, **complaint(error)})
            done.put(True)

        try:
            self._start_thread(name, run)
        except Retryable:
            run()
        return done


def _too_many(beyond: int) -> str:
    if not beyond:
        return ""
    return (
        f"Flight Control lists {beyond} children more than the {MOST_TENANTS} that an input reads: they are not read. "
        "Share the children among several inputs by the setting shard"
    )
