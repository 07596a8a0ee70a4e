"""One input under every order of faults, stops and kills: the true supervisor, readers, roster, progress and commits.

The model is three numbers per partition beside Falcon's log: the highest offset sent, written and receipted, over all
runs; and the first offset that a run may write. Time passes in the input's own turns. What has to hold is said by
`check` after each step, and by `heal_and_wait`: from any state, once the faults are over, every partition is read again
within `HEALED_WITHIN` seconds and every event is in the index.
"""

from __future__ import annotations

import logging
from queue import SimpleQueue
from random import Random
from typing import Dict, Optional

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from falcon_streams.commits import Beginning, Commits
from falcon_streams.core.record import Owner
from falcon_streams.core.resume import StartFrom
from falcon_streams.happenings import Ending, Happening, Stop
from falcon_streams.supervisor import Plan, Supervisor
from falcon_streams.tally import Filters
from tests.fakes.memory import MemoryStore
from tests.model.falcon import ModelFalcon
from tests.model.splunkd import ModelPipe
from tests.model.strands import StrandClock

# A vanished partition is looked for each 15 minutes; before that stand a start over and the longest app id lock.
HEALED_WITHIN = 2400.0
REPLAY = 30.0
STOP_WITHIN = 5.0
PARTITIONS = 2

partitions = st.sampled_from([str(number) for number in range(PARTITIONS)])


class InputMachine(RuleBasedStateMachine):
    """The rules are what the world may do to an input."""

    @initialize(seed=st.integers(0, 7), events=st.integers(0, 2))
    def begin(self, seed: int, events: int) -> None:
        """A first start, at partitions that hold so many events."""
        logging.disable(logging.CRITICAL)
        self.draw = Random(seed)
        self.clock = StrandClock()
        self.falcon = ModelFalcon(self.clock, PARTITIONS)
        for partition in self.falcon.logs:
            self.falcon.produce(partition, events)
        self.pipe = ModelPipe(self.clock, self.wrote)
        self.store = MemoryStore()
        self.written: Dict[str, int] = {}
        self.last_of_run: Dict[str, int] = {}
        self.done: Dict[str, int] = {}
        self.splunkd_started = self.clock.now()
        self.start()

    def start(self) -> None:
        """splunkd starts the input."""
        self.inbox: SimpleQueue[Happening] = SimpleQueue()
        self.last_of_run = {}
        self.done = {}
        for partition in self.store.partitions():
            record = self.store.load(partition)
            if record is not None and record.clean and record.splunkd_started == self.splunkd_started:
                self.done[partition] = -1 if record.offset is None else record.offset
        owner = Owner("api.crowdstrike.com", "a" * 32, "")
        beginning = Beginning("i", owner, StartFrom(), REPLAY, self.splunkd_started)
        self.supervisor = Supervisor(
            Plan(None, Filters(), 60.0, "app"),
            api=self.falcon,
            feeds=self.falcon,
            sink=self.pipe,
            commits=Commits(beginning, self.store, self.clock),
            clock=self.clock,
            inbox=self.inbox,
            start_thread=self.clock.start,
            draw=self.draw.random,
            watch=lambda: None,
            on_tick=lambda supervisor: None,
            on_early_end=lambda: None,
        )

    def wrote(self, partition: str, offset: int) -> None:
        """An event goes into the pipe: in order, and after a clean stop nothing that was committed."""
        last = self.last_of_run.get(partition)
        if last is not None and offset != last + 1:
            self.falcon.breaches.append(f"{offset} of {partition} was written after {last}")
        if offset <= self.done.get(partition, -1):
            self.falcon.breaches.append(f"{offset} of {partition} was committed before a clean stop")
        self.last_of_run[partition] = offset
        self.written[partition] = max(self.written.get(partition, -1), offset)

    def run_for(self, seconds: float, pace: float) -> None:
        """So much time in the input's own turns; splunkd takes all unless the pipe is blocked."""
        self.clock.pace = pace
        until = self.clock.monotonic() + seconds
        while self.clock.monotonic() < until:
            self.falcon.end_overdue()
            stop = self.supervisor.step()
            assert stop is None, f"the input has ended: {stop}"
            if not self.pipe.blocked:
                self.pipe.take(1000)
            self.check()
        self.clock.pace = 0.0

    # -- Falcon ----------------------------------------------------------------------------------------------------

    @rule(partition=partitions, count=st.sampled_from([1, 2, 12]))
    def events_arrive(self, partition: str, count: int) -> None:
        """A partition grows."""
        self.falcon.produce(partition, count)

    @rule(partition=partitions, how=st.sampled_from(["eof", "cut", "reset", "silent"]))
    def feed_ends(self, partition: str, how: str) -> None:
        """A feed ends, or is dead without an end."""
        feed = self.falcon.feeds.get(partition)
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
        self.falcon.discovery, self.falcon.missing, self.falcon.shadow = mode, missing, shadow

    @rule(mode=st.sampled_from(["200", "401", "404", "never"]))
    def refresh_answers(self, mode: str) -> None:
        """How Falcon answers refreshes from now on."""
        self.falcon.refreshing = mode

    # -- time and splunkd ------------------------------------------------------------------------------------------

    @rule(seconds=st.integers(1, 20))
    def seconds_pass(self, seconds: int) -> None:
        """A short while."""
        self.run_for(seconds, 0.0)

    @rule(minutes=st.sampled_from([1, 5, 12, 35, 65, 130]))
    def time_passes(self, minutes: int) -> None:
        """Minutes or hours."""
        self.run_for(minutes * 60.0, 10.0)

    @rule(seconds=st.sampled_from([-3600.0, 3600.0]))
    def clock_is_set(self, seconds: float) -> None:
        """Somebody sets the machine's clock."""
        self.clock.step_epoch(seconds)

    @rule(blocked=st.booleans(), count=st.integers(0, 10))
    def pipe_takes(self, blocked: bool, count: int) -> None:
        """splunkd takes some, and is blocked from now on, or not."""
        self.pipe.take(count)
        self.pipe.blocked = blocked

    @rule(broken=st.booleans())
    def store_fails_or_heals(self, broken: bool) -> None:
        """The disk is full, or has room again."""
        self.store.broken = broken

    # -- ends ------------------------------------------------------------------------------------------------------

    @rule(splunkd_too=st.booleans(), away=st.sampled_from([0, 3, 400]))
    def stop_and_start(self, splunkd_too: bool, away: int) -> None:
        """SIGTERM; an orderly stop of splunkd indexes what it holds, but for its last half second."""
        asked_at = self.clock.monotonic()
        self.inbox.put(Stop(Ending.STOPPED))
        self.supervisor.run()
        assert self.clock.monotonic() - asked_at <= STOP_WITHIN
        self.pipe.lose(splunkd_too=False)
        if splunkd_too:
            self.pipe.flush()
        self.again(splunkd_too, away)

    @rule(splunkd_too=st.booleans(), away=st.sampled_from([0, 3, 400]))
    def kill_and_start(self, splunkd_too: bool, away: int) -> None:
        """SIGKILL of the input, or of splunkd with all that it holds in memory."""
        self.clock.kill()
        self.pipe.lose(splunkd_too)
        self.again(splunkd_too, away)

    def again(self, splunkd_too: bool, away: int) -> None:
        """A new start, after a while."""
        self.clock.kill()
        self.clock.take(SimpleQueue(), away)
        if splunkd_too:
            self.splunkd_started = self.clock.now()
        self.start()

    # -- what has to hold ------------------------------------------------------------------------------------------

    @invariant()
    def check(self) -> None:
        """committed <= receipted <= written <= received; no rule of Falcon's is broken."""
        assert not self.falcon.breaches, f"breaches: {self.falcon.breaches}"
        for partition, received in self.falcon.sent.items():
            record = self.store.load(partition)
            committed = -1 if record is None or record.offset is None else record.offset
            receipted, written = self.pipe.receipted.get(partition, -1), self.written.get(partition, -1)
            chain = (committed, receipted, written, received)
            assert committed <= receipted <= written <= received, f"partition {partition}: {chain}"

    @rule()
    def heal_and_wait(self) -> None:
        """All faults are over: everything is read, and in the index."""
        self.falcon.discovery, self.falcon.missing, self.falcon.refreshing = "free", None, "200"
        self.pipe.blocked = self.store.broken = False
        begun = self.clock.monotonic()
        while not self.all_is_read() and self.clock.monotonic() - begun < HEALED_WITHIN:
            self.run_for(30.0, 1.0)
        self.run_for(40.0, 1.0)
        assert set(self.falcon.feeds) == set(self.falcon.logs), f"only {set(self.falcon.feeds)} are read"
        for partition, log in self.falcon.logs.items():
            missing = set(range(len(log))) - set(self.pipe.index.get(partition, []))
            assert not missing, f"lost of {partition}: {sorted(missing)}"

    def all_is_read(self) -> bool:
        """Whether every partition has a feed that lives, and is at its head."""
        feeds = self.falcon.feeds
        alive = all(name in feeds and not (feeds[name].silent_since or feeds[name].ending) for name in self.falcon.logs)
        heads = {name: len(log) - 1 for name, log in self.falcon.logs.items()}
        return alive and heads == {name: self.written.get(name, -1) for name in heads}

    def teardown(self) -> None:
        """Every example ends healed, and once more after an orderly stop."""
        try:
            if hasattr(self, "supervisor"):
                self.heal_and_wait()
                self.stop_and_start(splunkd_too=False, away=0)
                self.heal_and_wait()
        finally:
            self.clock.kill()
            logging.disable(logging.NOTSET)
