"""The claimant: from a look to a claim, through a store that fails, to the loss or the release of it."""

from __future__ import annotations

import logging
from queue import SimpleQueue
from typing import Any, Callable, List, Mapping

import pytest

from falcon_streams.core.claim import Claim, Claims, Trace
from falcon_streams.errors import Fatal, RestartNeeded, Retryable, SplunkdGone
from falcon_streams.run.claimant import Claimant, Sole, await_lock
from falcon_streams.run.happenings import Claimed, Ending, Happening, Stop
from tests.fakes.clock import FakeClock
from tests.fakes.memory import MemoryClaims

READS = "api client a member none partitions all"


class Board:
    """Keeps what was shown."""

    def __init__(self) -> None:
        self.shown: List[Mapping[str, Any]] = []

    def show(self, state: Mapping[str, object]) -> None:
        self.shown.append(state)


class Stage:
    """A claimant over a store in memory, on a clock that moves by waiting; `run` is called by the test itself."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.store = MemoryClaims()
        self.inbox: SimpleQueue[Happening] = SimpleQueue()
        self.generations: List[int] = []
        self.claims = Claims("h1", "hf1/guid", READS, self.clock.monotonic())
        self.reading = 0  # calls of the store that reading the records takes, five seconds each
        self.breaks_after = -1  # the call after which the store is gone
        self.claimant = Claimant(self.claims, self.store, self.clock, self.inbox, self.read)

    def read(self, generation: int, between: Callable[[], None]) -> None:
        for call in range(self.reading):
            between()
            self.clock.pause(5.0)
            if call == self.breaks_after:
                self.store.broken = Retryable("the KV store answered 503", status=503)
        self.generations.append(generation)

    def reported(self) -> List[Happening]:
        found = []
        while not self.inbox.empty():
            found.append(self.inbox.get())
        return found


@pytest.fixture
def stage() -> Stage:
    return Stage()


def test_it_claims_reads_the_records_confirms_and_gives_back(stage: Stage) -> None:
    stage.clock.after(100.0, stage.claimant.release)
    held: List[bool] = []
    stage.clock.after(99.0, lambda: held.append(stage.claimant.holds()))
    stage.claimant.run()

    assert stage.reported() == [Claimed(1)]
    assert stage.generations == [1]
    assert held == [True]
    newest = stage.store.look().newest
    assert newest is not None and newest.released and newest.beat >= 9
    assert not stage.claimant.holds()


def test_records_that_take_minutes_to_read_do_not_cost_the_claim(stage: Stage) -> None:
    stage.reading = 40
    stage.clock.after(250.0, stage.claimant.release)
    stage.claimant.run()

    assert stage.reported() == [Claimed(1)]
    newest = stage.store.look().newest
    assert newest is not None and newest.released and newest.beat >= 19


def test_whoever_loses_the_claim_while_it_reads_the_records_does_not_begin(stage: Stage) -> None:
    stage.reading, stage.breaks_after = 40, 12
    stage.claimant.run()

    (stop,) = stage.reported()
    assert isinstance(stop, Stop) and stop.ending is Ending.RESTART
    assert stage.generations == []


def test_a_store_that_is_gone_for_40_seconds_costs_the_claim(stage: Stage) -> None:
    def break_it() -> None:
        stage.store.broken = Retryable("the KV store answered 503", status=503)

    stage.clock.after(20.0, break_it)
    stage.claimant.run()

    claimed, stop = stage.reported()
    assert claimed == Claimed(1)
    assert isinstance(stop, Stop) and stop.ending is Ending.RESTART
    assert "could not be confirmed for 30 s" in str(stop.error) and "standby" in str(stop.error)


def test_a_store_that_is_gone_for_20_seconds_costs_nothing(stage: Stage, caplog: pytest.LogCaptureFixture) -> None:
    def break_it() -> None:
        stage.store.broken = Retryable("the KV store answered 503", status=503)

    def mend_it() -> None:
        stage.store.broken = None

    stage.clock.after(21.0, break_it)
    stage.clock.after(41.0, mend_it)
    stage.clock.after(100.0, stage.claimant.release)
    stage.claimant.run()

    assert stage.reported() == [Claimed(1)]
    complaints = [record for record in caplog.records if record.getMessage() == "claim_failed"]
    assert len(complaints) == 1  # the same sentence once


def test_an_outage_is_told_with_its_remedy_however_long_the_sentence(
    stage: Stage, caplog: pytest.LogCaptureFixture
) -> None:
    stage.store.broken = Retryable(f"the KV store of {'x' * 300} answered 503: look at it")
    stage.clock.after(30.0, stage.claimant.release)
    stage.claimant.run()

    (told,) = [record.args for record in caplog.records if record.getMessage() == "claim_failed"]
    assert isinstance(told, Mapping) and str(told["error"]).endswith(": look at it")


def test_a_session_key_that_is_refused_ends_the_input_for_a_fresh_one(stage: Stage) -> None:
    stage.store.broken = RestartNeeded("splunkd no longer accepts this input's session key")
    stage.claimant.run()

    (stop,) = stage.reported()
    assert isinstance(stop, Stop) and stop.ending is Ending.RESTART


def test_a_live_reader_of_something_else_is_fatal_and_named(stage: Stage) -> None:
    claim = Claim(1, "other", "hf2/guid", "api client b member none partitions 0")
    stage.store.insert(claim)
    stage.clock.after(7.0, lambda: stage.store.replace(claim._replace(beat=1)))
    stage.claimant.run()

    (stop,) = stage.reported()
    assert isinstance(stop, Stop) and isinstance(stop.error, Fatal)
    assert "hf2/guid reads an input of this name" in str(stop.error) and "client b" in str(stop.error)


def test_yielding_is_written_into_the_claim(stage: Stage) -> None:
    def be_cut() -> None:
        stage.store.traces = frozenset({Trace(0, "0", 1.0)})
        stage.claimant.doubt()

    stage.clock.after(25.0, be_cut)
    stage.claimant.run()

    newest = stage.store.look().newest
    assert newest is not None and newest.yielded
    assert isinstance(stage.reported()[-1], Stop)


def test_a_standby_shows_who_reads_and_goes_on_when_it_is_its_turn(
    stage: Stage, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    board = Board()
    stage.store.insert(Claim(1, "other", "hf2/guid", READS))
    stage.claims.saw(stage.store.look(), stage.clock.monotonic(), stage.clock.monotonic())
    stage.clock.after(10.0, lambda: stage.inbox.put(Claimed(2)))

    assert stage.claimant.stand_by(board, lambda: None) is None
    assert {(each["state"], each["trouble"]) for each in board.shown} == {("standby", "hf2/guid reads this input")}
    assert [record.getMessage() for record in caplog.records].count("state_changed") == 1


def statistics(caplog: pytest.LogCaptureFixture) -> List[Any]:
    """The fields of the statistics lines."""
    return [record.args for record in caplog.records if record.getMessage() == "stream_stats"]


def test_a_standby_tells_of_itself_once_a_minute(stage: Stage, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    stage.store.insert(Claim(1, "other", "hf2/guid", READS))
    stage.claims.saw(stage.store.look(), stage.clock.monotonic(), stage.clock.monotonic())
    stage.clock.after(150.0, lambda: stage.inbox.put(Claimed(2)))
    stage.claimant.stand_by(Board(), lambda: None)

    line = {"partition": "*", "state": "standby", "trouble": "hf2/guid reads this input"}
    assert statistics(caplog) == [line, line]


class HeldLock:
    """A lock that another process has for a while."""

    def __init__(self, looks: int) -> None:
        self._looks = looks

    def take(self) -> str:
        self._looks -= 1
        return "process 7 reads this input" if self._looks > 0 else ""


def test_an_input_that_waits_for_another_process_tells_of_itself_once_a_minute(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    assert await_lock(HeldLock(100), FakeClock(), SimpleQueue(), lambda: None) is None

    line = {"partition": "*", "state": "standby", "trouble": "process 7 reads this input"}
    assert statistics(caplog) == [line]


def test_a_standby_ends_by_a_stop_or_with_splunkd(stage: Stage) -> None:
    stage.inbox.put(Stop(Ending.STOPPED))
    stop = stage.claimant.stand_by(Board(), lambda: None)
    assert stop is not None and stop.ending is Ending.STOPPED

    def vanish() -> None:
        raise SplunkdGone("splunkd has vanished")

    stop = stage.claimant.stand_by(Board(), vanish)
    assert stop is not None and stop.ending is Ending.UNCLEAN


def test_an_input_of_its_own_never_waits() -> None:
    right = Sole()
    right.doubt()
    right.release()

    assert right.stand_by(Board(), lambda: None) is None
    assert right.holds()
