"""One input under every order of faults, stops and kills: the true supervisor, readers, roster, progress, commits and
claimant.

The rules are what the world may do to an input; `Promise` knows what has to hold, and is asked after each step. Time
passes in the input's own turns. `heal_and_wait` says the rest: from any state, once the faults are over, every
partition is read again within `HEALED_WITHIN` seconds and all that is owed is in the index.
"""

from __future__ import annotations

import logging
import sys
from queue import SimpleQueue
from random import Random
from typing import Mapping, Optional, Sequence

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from falcon_streams.core.census import Census
from falcon_streams.core.claim import Claim, Claims
from falcon_streams.core.record import Owner, Record
from falcon_streams.core.resume import StartFrom
from falcon_streams.core.tenant_choice import TenantChoice
from falcon_streams.errors import Fatal, RestartNeeded, Retryable, SplunkdGone
from falcon_streams.run.claimant import Claimant, Right, Sole
from falcon_streams.run.commits import Beginning, Commits
from falcon_streams.run.happenings import Ending, Happening, Stop
from falcon_streams.run.supervisor import Supervisor
from falcon_streams.run.tally import Filters
from falcon_streams.run.tenancy import Tenancy
from falcon_streams.run.tenant import Access, Plan
from tests.fakes.memory import MemoryClaims
from tests.model.falcon import ModelFalcon
from tests.model.promise import REPLAY, Promise, WatchedStore
from tests.model.splunkd import ModelPipe
from tests.model.strands import StrandClock

# A vanished partition is looked for each 15 minutes; before that stand a start over and the longest app id lock.
HEALED_WITHIN = 2400.0
STOP_WITHIN = 5.0
PARTITIONS = 2
FIRST = 4  # the offset of a start that is neither at the oldest nor at the newest event
TAKEN_OVER_AFTER = 46.0

partitions = st.sampled_from([str(number) for number in range(PARTITIONS)])
pauses = st.sampled_from([0, 3, 400])
steps_of_the_clock = st.sampled_from([0.0, 0.0, -3600.0, 3600.0])
disturbances = st.sampled_from(["", "sleep", "naps", "reset", "restart", "-3600", "3600"])
starts = st.sampled_from([StartFrom(), StartFrom(newest=True), StartFrom(offset=FIRST)])


class Board:
    """The port `StateBoard`, at which nobody looks."""

    def show(self, state: Mapping[str, object]) -> None:
        """Show nothing."""


class InputMachine(RuleBasedStateMachine):
    """The rules are what the world may do to an input."""

    NAMES: Sequence[str] = [str(number) for number in range(PARTITIONS)]

    @initialize(seed=st.integers(0, 7), events=st.sampled_from([0, 1, 2, 12]), start=starts, shared=st.booleans())
    def begin(self, seed: int, events: int, start: StartFrom, shared: bool) -> None:
        """A first start, at partitions that hold so many events, alone or with another forwarder in waiting."""
        logging.disable(logging.CRITICAL)
        self.draw = Random(seed)
        self.clock = StrandClock()
        self.falcon = ModelFalcon(self.clock, self.NAMES)
        for partition in self.falcon.logs:
            self.falcon.produce(partition, events)
        self.start_from = start
        self.promise = Promise(self.falcon, start)
        self.pipe = ModelPipe(self.clock, self.promise.wrote)
        self.store = WatchedStore(self.saved)
        self.claims = MemoryClaims() if shared else None
        self.runs = self.children = 0
        self.client = "a"
        self.ends_badly = False
        self.splunkd_started = self.clock.now()
        self.start()

    # -- a run of the input ----------------------------------------------------------------------------------------

    def start(self) -> None:
        """splunkd starts the input."""
        self.runs += 1
        self.inbox: SimpleQueue[Happening] = SimpleQueue()
        self.ends_badly = False
        self.right = self.win_right()
        for partition in self.falcon.logs:
            record = self.store.load(partition)
            same_splunkd = record is not None and record.splunkd_started == self.splunkd_started
            self.promise.begin_run(partition, record is not None and record.clean and same_splunkd)
        self.pipe.may_write = self.right.holds
        owner = Owner("api.crowdstrike.com", self.client * 32, "")
        beginning = Beginning("i", owner, self.start_from, REPLAY, self.splunkd_started)
        commits = Commits(beginning, self.store, self.clock)
        self.supervisor = Supervisor(
            Plan(None, Filters(), 60.0, "app"),
            tenancy=self.tenancy(commits),
            sink=self.pipe,
            commits=commits,
            clock=self.clock,
            inbox=self.inbox,
            start_thread=self.clock.start,
            start_call=self.clock.start,
            shares_thread=False,
            jitter=self.draw.random,
            watch=self.watch,
            show=lambda *_: self.promise.look(self.clock.monotonic()),
            on_early_end=self.right.doubt,
        )

    def tenancy(self, commits: Commits) -> Tenancy:
        """The account's own tenant."""
        census = Census(TenantChoice(), frozenset(), self.draw.random)
        return Tenancy(census, None, lambda tenant: Access(self.falcon, self.falcon), commits)

    def named(self, partition: str) -> str:
        """The name that a partition of the rules has here."""
        return self.NAMES[int(partition)]

    def win_right(self) -> Right:
        """The right to read, once it is ours."""
        if self.claims is None:
            return Sole()
        claims = Claims(f"run {self.runs}", "here", "all", self.clock.monotonic())
        claimant = Claimant(claims, self.claims, self.clock, self.inbox, lambda *_: None)
        self.clock.start("claimant", claimant.run)
        assert claimant.stand_by(Board(), lambda: None) is None
        return claimant

    def watch(self) -> None:
        """What the composition root asks before anything is stored."""
        if self.pipe.is_gone:
            raise SplunkdGone("splunkd has vanished")
        if not self.right.holds():
            raise RestartNeeded("the claim is lost")

    def saved(self, records: Sequence[Record]) -> None:
        """Records were stored."""
        if self.pipe.is_gone:
            self.promise.breaches.append("something was stored after splunkd had died")
        if not self.right.holds():
            self.promise.breaches.append("something was stored after the claim was lost")
        for record in records:
            if self.ends_badly and record.clean:
                self.promise.breaches.append("a record was marked clean at an unclean end")
            self.promise.stored(record, self.pipe.receipted.get(record.partition, -1))

    def run_for(self, seconds: float, pace: float) -> None:
        """So much time in the input's own turns; splunkd takes all unless the pipe is blocked."""
        self.clock.pace = pace
        until = self.clock.monotonic() + seconds
        while self.clock.monotonic() < until:
            self.falcon.end_overdue()
            stop = self.supervisor.step()
            if stop is not None:
                self.take_end(stop)
            if not self.pipe.blocked:
                self.pipe.take(1000)
            self.check()
        self.clock.pace = 0.0

    def take_end(self, stop: Stop) -> None:
        """The input ends by itself, which only the loss of its claim explains; splunkd starts it again."""
        assert stop.ending is Ending.RESTART and not self.right.holds(), f"the input has ended: {stop}"
        self.inbox.put(stop)
        self.end(Ending.RESTART)
        self.again(False, 0)

    def end(self, *expected: Ending) -> None:
        """The input runs to an end that was asked for."""
        asked_at = self.clock.monotonic()
        self.clock.start("bound", self._end_by_force)
        stop = self.supervisor.run()
        assert stop.ending in expected, f"the input ends {stop}, not {expected}"
        assert self.clock.monotonic() - asked_at <= STOP_WITHIN
        self.right.release()

    def _end_by_force(self) -> None:
        """End an input that does not notice that it has to: the model ends, whatever the mistake in the input is."""
        self.clock.take(SimpleQueue(), STOP_WITHIN)
        self.inbox.put(Stop(Ending.FATAL, Fatal("the input goes on")))

    def again(self, splunkd_too: bool, away: float, step: float = 0.0, rotated: bool = False) -> None:
        """A new start, after a while, perhaps with the clock set meanwhile, and with another client of the API."""
        self.clock.kill()
        self.pipe.begin()
        self.clock.take(SimpleQueue(), away)
        self.clock.step_epoch(step)
        if splunkd_too:
            self.splunkd_started = self.clock.now()
        if rotated:
            self.client = "b" if self.client == "a" else "a"
        self.start()

    # -- Falcon ----------------------------------------------------------------------------------------------------

    @rule(partition=partitions, count=st.sampled_from([1, 2, 12]), unplaced=st.booleans())
    def events_arrive(self, partition: str, count: int, unplaced: bool) -> None:
        """A partition grows, perhaps by a line without an offset behind the events."""
        self.falcon.produce(self.named(partition), count, unplaced)

    @rule(partition=partitions, aged=st.booleans())
    def child_joins(self, partition: str, aged: bool) -> None:
        """The events of a new child begin, perhaps after all before them has aged out."""
        if aged:
            self.falcon.logs[self.named(partition)].age()
        self.children += 1
        self.falcon.join(self.named(partition), f"child {self.children}")

    @rule(partition=partitions)
    def events_age(self, partition: str) -> None:
        """Falcon gives up what it holds of a partition."""
        self.falcon.logs[self.named(partition)].age()

    @rule(partition=partitions, counts=st.sampled_from([(1,), (12,), (12, 2, 1)]))
    def sequence_is_reset(self, partition: str, counts: Sequence[int]) -> None:
        """Falcon begins new sequences, a quarter of an hour apart, of so many events when the input can see them."""
        for place, count in enumerate(counts):
            if place:
                self.run_for(900.0, 10.0)
            self.falcon.reset(self.named(partition), count)
            self.promise.note_sequence(self.named(partition))

    @rule(style=st.sampled_from([0, 1]))
    def events_look_otherwise(self, style: int) -> None:
        """A release of Falcon's: what is sent from now on is rendered otherwise."""
        self.falcon.style = style

    @rule(partition=partitions, how=st.sampled_from(["eof", "cut", "reset", "silent"]), unplaced=st.booleans())
    def feed_ends(self, partition: str, how: str, unplaced: bool) -> None:
        """A feed ends, or is dead without an end, perhaps soon after a line without an offset."""
        if unplaced:
            self.falcon.produce(self.named(partition), 1, unplaced)
            self.run_for(2.0, 0.0)
        feed = self.falcon.feeds.get(self.named(partition))
        if feed is not None and how == "silent":
            feed.silent_since = self.clock.monotonic()
        elif feed is not None:
            feed.ending = how

    @rule(
        mode=st.sampled_from(["all", "free", "null", "error", "never"]),
        missing=st.none() | partitions,
        shadow=st.sampled_from([0.0, 2.0, 60.0, 360.0]),
    )
    def discovery_answers(self, mode: str, missing: Optional[str], shadow: float) -> None:
        """How Falcon answers from now on, and how long an app id stays locked."""
        self.falcon.discovery, self.falcon.shadow = mode, shadow
        self.falcon.missing = None if missing is None else self.named(missing)

    @rule(mode=st.sampled_from(["200", "401", "404", "never"]))
    def refresh_answers(self, mode: str) -> None:
        """How Falcon answers refreshes from now on."""
        self.falcon.refreshing = mode

    # -- time and splunkd ------------------------------------------------------------------------------------------

    def be_busy(self, seconds: int) -> None:
        """So much time, in each second of which every partition gets an event."""
        for _ in range(seconds):
            for partition in self.falcon.logs:
                self.falcon.produce(partition, 1)
            self.run_for(1.0, 0.0)

    @rule(seconds=st.integers(1, 20), busy=st.booleans())
    def seconds_pass(self, seconds: int, busy: bool) -> None:
        """A short while, of events or of silence."""
        if busy:
            self.be_busy(seconds)
        else:
            self.run_for(seconds, 0.0)

    @rule(minutes=st.sampled_from([1, 5, 12, 35, 65, 130]))
    def time_passes(self, minutes: int) -> None:
        """Minutes or hours."""
        self.run_for(minutes * 60.0, 10.0)

    @rule(seconds=st.sampled_from([-3600.0, 3600.0]))
    def clock_is_set(self, seconds: float) -> None:
        """Somebody sets the machine's clock."""
        self.clock.step_epoch(seconds)

    @rule(seconds=st.sampled_from([5.0, 40.0, 400.0]))
    def machine_sleeps(self, seconds: float) -> None:
        """Input and splunkd stand still, in the middle of their work, and keep what they have in memory."""
        self.be_busy(3)
        self.clock.pause(seconds)
        self.pipe.sleep(seconds)
        self.falcon.excuse()

    @rule(blocked=st.booleans(), count=st.integers(0, 10))
    def pipe_takes(self, blocked: bool, count: int) -> None:
        """splunkd takes some, and is blocked from now on, or not."""
        self.pipe.take(count)
        self.pipe.blocked = blocked

    @rule(broken=st.booleans())
    def store_fails_or_heals(self, broken: bool) -> None:
        """The disk is full, or has room again."""
        self.store.broken = broken

    @rule(seconds=st.sampled_from([5.0, 35.0, 60.0]), rival=st.booleans())
    def claims_are_out_of_reach(self, seconds: float, rival: bool) -> None:
        """The store of the claims does not answer us; the other forwarder may claim what has stood still too long."""
        claims = self.claims
        if claims is None or claims.broken is not None:
            return
        claims.broken = Retryable("503")
        seen = claims.claims[max(claims.claims)]

        def take_over() -> None:
            if seen == claims.claims[max(claims.claims)]:
                claims.claims[seen.generation + 1] = Claim(seen.generation + 1, "rival", "elsewhere", "all")

        def heal() -> None:
            claims.broken = None

        if rival and seconds > TAKEN_OVER_AFTER:
            self.clock.after(TAKEN_OVER_AFTER, take_over)
        self.clock.after(seconds, heal)

    # -- ends ------------------------------------------------------------------------------------------------------

    @rule(splunkd_too=st.booleans(), away=pauses, step=steps_of_the_clock, rotated=st.booleans())
    def stop_and_start(self, splunkd_too: bool, away: float, step: float, rotated: bool) -> None:
        """SIGTERM; an orderly stop of splunkd indexes what it holds, but for its last half second."""
        lost = not self.right.holds()
        self.inbox.put(Stop(Ending.STOPPED))
        self.end(Ending.STOPPED, *[Ending.RESTART] * lost)
        self.pipe.begin()
        if splunkd_too:
            self.pipe.flush()
        self.again(splunkd_too, away, step, rotated)

    @rule(splunkd_too=st.booleans(), away=pauses, step=steps_of_the_clock, rotated=st.booleans(), before=disturbances)
    def kill_and_start(self, splunkd_too: bool, away: float, step: float, rotated: bool, before: str) -> None:
        """SIGKILL of the input, or of splunkd with all that it holds in memory, soon after something else."""
        self.be_busy(5)
        if before == "sleep":
            self.machine_sleeps(400.0)
        elif before == "naps":
            for _ in range(8):
                self.machine_sleeps(5.0)
        elif before == "reset":
            self.sequence_is_reset("0", [1])
            self.run_for(660.0, 10.0)  # until the input has found that its offset lies beyond the head
        elif before == "restart":
            self.stop_and_start(splunkd_too=False, away=0, step=3600.0, rotated=False)
        elif before:
            self.clock_is_set(float(before))
        self.be_busy(3)
        if splunkd_too:
            self.pipe.die()
        self.again(splunkd_too, away, step, rotated)

    @rule(away=pauses)
    def splunkd_dies_during_a_stop(self, away: float) -> None:
        """The pipe breaks, or a thread of the input's fails, while a stop is under way."""
        self.inbox.put(Stop(Ending.STOPPED))
        self.inbox.put(Stop(Ending.UNCLEAN, SplunkdGone("nobody reads the pipe")))
        self.ends_badly = True
        self.end(Ending.UNCLEAN)
        self.pipe.die()
        self.again(True, away)

    @rule(seconds=st.sampled_from([0.0, 5.0, 40.0, 400.0]), away=pauses)
    def splunkd_dies_while_the_input_is_held_up(self, seconds: float, away: float) -> None:
        """SIGSTOP of the input, then SIGKILL of splunkd; the input goes on as an orphan."""
        self.be_busy(3)
        self.ends_badly = True
        self.pipe.die()
        self.clock.pause(seconds)
        self.falcon.excuse()
        self.end(Ending.UNCLEAN)
        self.again(True, away)

    # -- what has to hold ------------------------------------------------------------------------------------------

    @invariant()
    def check(self) -> None:
        """No promise of ours and no rule of Falcon's is broken."""
        breaches = self.promise.breaches + self.falcon.breaches
        assert not breaches, f"breaches: {breaches}"

    @rule()
    def heal_and_wait(self) -> None:
        """All faults are over: everything is read, and in the index."""
        self.falcon.discovery, self.falcon.missing, self.falcon.refreshing = "free", None, "200"
        self.pipe.blocked = self.store.broken = False
        if self.claims is not None:
            self.claims.broken = None
        begun = self.clock.monotonic()
        self.run_for(40.0, 1.0)  # what is about to end by itself does
        while not self.all_is_read() and self.clock.monotonic() - begun < HEALED_WITHIN:
            self.run_for(30.0, 5.0)
        assert set(self.falcon.feeds) == set(self.falcon.logs), f"only {set(self.falcon.feeds)} are read"
        for partition, log in self.falcon.logs.items():
            owed = {entry.serial for entry in log.entries if self.promise.owes(partition, entry)}
            assert owed <= self.pipe.index, f"lost of {partition}: {sorted(owed - self.pipe.index)}"

    def all_is_read(self) -> bool:
        """Whether every partition has a feed that lives, and all that is owed is in the index."""
        feeds, logs = self.falcon.feeds, self.falcon.logs
        if not all(name in feeds and not (feeds[name].silent_since or feeds[name].ending) for name in logs):
            return False
        owed = (entry.serial for name, log in logs.items() for entry in log.entries if self.promise.owes(name, entry))
        return all(serial in self.pipe.index for serial in owed)

    def teardown(self) -> None:
        """Every example ends healed, and once more after an orderly stop."""
        try:
            if hasattr(self, "supervisor") and sys.exc_info()[0] is None:  # else this would hide what was found
                self.heal_and_wait()
                self.stop_and_start(splunkd_too=False, away=0, step=0.0, rotated=False)
                self.heal_and_wait()
        finally:
            self.clock.kill()
            logging.disable(logging.NOTSET)
