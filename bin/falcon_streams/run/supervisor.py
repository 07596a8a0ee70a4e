"""The supervisor of one input: it reads the input's tenants, and commits what has settled.

Theory. One loop runs in the main thread and waits for its inbox alone: discovery, refreshes, commits, and readers run
in threads of their own and report happenings to the inbox, as signals do. At least once a second the loop checks that
splunkd lives, asks the tenants for what is due (`run/tenancy.py`), and commits what splunkd has taken and what has
settled for a second.

Rules: each partition has one reader; if one partition fails, the others read on. Before anything is stored, `watch`
checks that splunkd lives and that the right to read is still ours: a process that was held up must not commit what a
dead splunkd had taken. An orderly stop ends the feeds, commits what had settled when the stop was asked for, and marks
the records clean. An unclean end leaves them as they are, so that the next start replays. If several things end an
input, the worst ending counts. Fatal ends the input with its sentence; splunkd tries again after `interval`.

An input with `stop_at` ends when the store knows that all its partitions have passed it, and a discovery of this run
has offered no other.
"""

from __future__ import annotations

import logging
from functools import partial
from queue import SimpleQueue
from typing import Callable, List, Mapping, Optional, Tuple

from falcon_streams.core.record import Record
from falcon_streams.errors import Fatal, RestartNeeded, Retryable, SplunkdGone, StreamsError
from falcon_streams.ports import Clock, Sink, StartThread
from falcon_streams.run.commits import Commits
from falcon_streams.run.feed_loop import FeedLoop
from falcon_streams.run.happenings import (
    Committed,
    Discovered,
    DiscoveryFailed,
    Ending,
    FeedEnded,
    FeedOpened,
    Happening,
    Listed,
    Refreshed,
    Stop,
    complaint,
    stop_for,
    worst,
)
from falcon_streams.run.ledger import tell_delivered
from falcon_streams.run.progress import Progress
from falcon_streams.run.reader import Reader
from falcon_streams.run.tenancy import Tenancy
from falcon_streams.run.tenant import FIN_SECONDS, Means, Plan, Tenant, Work

LOG = logging.getLogger(__name__)
TICK = 1.0
# After a stop, events repeat if nobody saw them leave the pipe, so we look soon after a write. We do not look after
# each write: a reader at full speed would share its interpreter with us for every batch.
RECEIPT_TICK = 0.2
# Shares of the five seconds that a stop may take: all readers, the last commit, the revocation of the bearers.
READERS_SECONDS, COMMIT_SECONDS, REVOKE_SECONDS = 1.5, 1.5, 1.0
REVOKED_AT_ONCE = 8

Show = Callable[[Mapping[str, Tenant], Mapping[str, Progress], str], None]


class Supervisor:
    """Runs one input until it is stopped."""

    def __init__(
        self,
        plan: Plan,
        *,
        tenancy: Tenancy,
        sink: Sink,
        commits: Commits,
        clock: Clock,
        inbox: SimpleQueue[Happening],
        start_thread: StartThread,
        start_call: StartThread,
        shares_thread: bool,
        jitter: Callable[[], float],
        watch: Callable[[], None],
        show: Show,
        on_early_end: Callable[[], None],
    ) -> None:
        """`start_call` runs what asks Falcon, or reads a feed with a thread of its own; with `shares_thread`, one
        thread reads all feeds. Several threads call `watch`, before they store anything and about once a second; it
        raises SplunkdGone if splunkd has died, RestartNeeded if the right to read is lost. `show` is called about once
        a second with what statistics are made of, and with what keeps the input as a whole from reading. `on_early_end`
        is called when a feed ends soon after it opened, because another reader may use the stream.
        """
        self.commits = commits
        self.tenancy = tenancy
        self._sink = sink
        self._clock = clock
        self._inbox = inbox
        self._start_thread = start_thread
        self._start_call = start_call
        self._watch = watch
        self._show = show
        self._committing: Tuple[Record, ...] = ()
        self._next_tick = self._next_receipt = clock.monotonic()
        self._loop = FeedLoop(sink, clock, self._leave, inbox.put) if shares_thread else None
        tenancy.begin(
            Means(
                plan=plan,
                commits=commits,
                sink=sink,
                clock=clock,
                report=inbox.put,
                spawn=partial(self._spawn, start_call),
                wants_discovery=tenancy.wants_discovery,
                read=self._read,
                save_first=self._save_first,
                jitter=jitter,
                on_early_end=on_early_end,
            )
        )

    def run(self) -> Stop:
        """Run to the end, and return the stop that ended the input. Raises none of our errors."""
        if self._loop is not None:
            self._spawn(self._start_thread, "feeds", self._loop.run, stop_for)
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
            self.tenancy.take_list(happening, at)
        elif isinstance(happening, (FeedOpened, FeedEnded, Discovered, DiscoveryFailed, Refreshed)):
            self.tenancy.take(happening, at)
        self.tenancy.discover_in_turn(at)

    # -- once a second ---------------------------------------------------------------------------------------------

    def _tick(self, at: float) -> None:
        self._watch()
        self.commits.follow_clock(at)
        if self.tenancy.wants_list(at):
            self._spawn(self._start_thread, "children", self.tenancy.ask, partial(Listed, frozenset()))
        self.tenancy.tick(at)
        self.tenancy.discover_in_turn(at)
        self._commit(at)
        if self.tenancy.finish():
            self._inbox.put(Stop(Ending.FINISHED))
        self._show(self.tenancy.tenants, self.commits.progress, self.tenancy.last_error)

    def _commit(self, at: float) -> None:
        """Start a commit unless one is running; the next commit takes what comes meanwhile."""
        records = () if self._committing else self.commits.due(at)
        if records:
            self._committing = records
            self._spawn(self._start_thread, "commit", partial(self._save, records), partial(Committed, records))

    # -- in threads ------------------------------------------------------------------------------------------------

    def _save(self, records: Tuple[Record, ...]) -> Committed:
        """Store records, unless the right to do so was lost meanwhile."""
        self._watch()
        return self.commits.save(records)

    def _save_first(self, record: Record) -> Committed:
        self._watch()
        return self.commits.save_first(record)

    def _read(self, reader: Reader, report: Callable[[Happening], None]) -> Optional[FeedEnded]:
        """Read a feed to its end, or leave that to the loop of all feeds."""
        if self._loop is None:
            return reader.run(report)
        ended = reader.open(report)
        if ended is None and self._loop.add(reader):
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

        self._spawn(self._start_call, "leave", leave, lambda error: leave())

    def _spawn(
        self, start: StartThread, name: str, work: Work, failed: Callable[[Retryable], Optional[Happening]]
    ) -> None:
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
            start(name, report)
        except Retryable as error:
            happening = failed(error)
            if happening is not None:
                self._inbox.put(happening)

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
        for reader in self.tenancy.readers:
            reader.close()
        stops = self._await_readers(asked_at + FIN_SECONDS)
        for reader in self.tenancy.readers:
            reader.abort()
        stops += self._await_readers(asked_at + READERS_SECONDS)
        self._sink.close()
        return stops

    def _revoke(self) -> None:
        """Give back the bearers; what cannot be given back within a second runs out by itself."""
        until = self._clock.monotonic() + REVOKE_SECONDS
        tenants = [*self.tenancy.tenants.values()]
        left = iter(tenants)  # the threads share it

        def revoke() -> None:
            for tenant in left:
                if self._clock.monotonic() >= until:
                    return
                tenant.api.revoke()

        # A thread for each tenant would do less: each call keeps the interpreter for some milliseconds, and this
        # thread, which has to be in time, would wait behind all of them.
        at_once = min(len(tenants), REVOKED_AT_ONCE)
        for done in [self._begin_briefly("revoke", revoke) for _ in range(at_once)]:
            self._clock.take(done, max(until - self._clock.monotonic(), 0.0))

    def _await_readers(self, deadline: float) -> List[Stop]:
        """Wait until all readers have ended or the deadline has passed; return the stops that came meanwhile."""
        stops: List[Stop] = []
        while True:
            # Without a reader there is nothing to wait for, but happenings already in the inbox count.
            left = deadline - self._clock.monotonic() if self.tenancy.has_readers else 0.0
            happening = self._clock.take(self._inbox, max(left, 0.0))
            if isinstance(happening, Stop):
                stops.append(happening)
            elif isinstance(happening, FeedEnded):
                self.tenancy.forget_reader(happening.partition)
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
