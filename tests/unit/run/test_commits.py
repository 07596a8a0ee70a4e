"""The trail ages by the time that a process lives through: not while it is held up, nor by a clock that is set."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from falcon_streams.core.envelope import Event
from falcon_streams.core.record import Owner, Record
from falcon_streams.core.resume import StartFrom
from falcon_streams.errors import Retryable
from falcon_streams.run.commits import Beginning, Commits
from falcon_streams.run.happenings import Committed
from falcon_streams.run.progress import Progress
from tests.fakes.clock import FakeClock
from tests.fakes.memory import MemoryStore

REPLAY = 30.0


class Run:
    """One run of an input over a store, driven second by second."""

    def __init__(self, store: MemoryStore, clock: FakeClock) -> None:
        beginning = Beginning("i", Owner("h", "a", ""), StartFrom(), REPLAY, 1.0)
        self.store, self.clock = store, clock
        self.commits = Commits(beginning, store, clock)
        self.progress: Progress = self.commits.begin("0", None, first=True)
        self.offset = self.progress.record.offset or 0
        self.tickets = 0

    def live(self, seconds: int) -> None:
        """An event and a look each second, and what has settled is stored."""
        for _ in range(seconds):
            self.clock.pause(1.0)
            self.offset += 1
            self.tickets += 1
            at = self.clock.monotonic()
            event = Event(b"%d" % self.offset, self.offset, "A", 1_770_000_000_000 + self.offset, "c")
            self.progress.wrote(event, self.tickets, at)
            self.progress.receipt(self.tickets, at)
            self.look()

    def look(self) -> None:
        self.commits.follow_clock(self.clock.monotonic())
        self.store.save(self.commits.due(self.clock.monotonic()))

    def resumes_at(self) -> int:
        """Where the next run begins after an unclean end."""
        after = Run(self.store, self.clock).progress.resume()
        return after.offset or 0


def record(store: MemoryStore) -> Record:
    found = store.load("0")
    assert found is not None
    return found


def test_a_commit_that_fails_is_told_with_its_remedy_however_long_the_sentence(
    caplog: pytest.LogCaptureFixture,
) -> None:
    run = Run(MemoryStore(), FakeClock())
    run.commits.saved(Committed((run.progress.record,), Retryable(f"checkpoints in {'x' * 300}: see to that folder")))

    (told,) = [entry.args for entry in caplog.records if entry.getMessage() == "commit_failed"]
    assert isinstance(told, Mapping) and str(told["error"]).endswith(": see to that folder")


def test_a_process_that_lives_on_goes_back_by_the_replay_seconds() -> None:
    run = Run(MemoryStore(), FakeClock())
    run.live(100)

    assert record(run.store).offset == 99
    assert 66 <= run.resumes_at() <= 70


def test_the_seconds_in_which_it_was_held_up_do_not_count() -> None:
    run = Run(MemoryStore(), FakeClock())
    run.live(60)
    run.clock.pause(40.0)  # SIGSTOP, or a machine that sleeps
    run.live(3)

    assert run.resumes_at() <= 63 - REPLAY + 2


def test_the_time_between_two_runs_does_not_count() -> None:
    run = Run(MemoryStore(), FakeClock())
    run.live(60)
    run.clock.pause(3600.0)
    again = Run(run.store, run.clock)
    again.offset = 60
    again.live(5)

    assert again.resumes_at() <= 65 - REPLAY + 2


def test_a_clock_set_back_between_two_runs_does_not_freeze_the_trail() -> None:
    run = Run(MemoryStore(), FakeClock())
    run.live(60)
    run.clock.step_epoch(-3600.0)
    again = Run(run.store, run.clock)
    again.offset = 60
    again.live(120)

    assert again.resumes_at() >= 180 - REPLAY - 4


def test_a_reset_leaves_nothing_of_the_former_sequence_in_the_trail() -> None:
    run = Run(MemoryStore(), FakeClock())
    run.live(40)
    run.progress.begin_sequence(None)
    run.offset = -1
    run.live(60)  # beyond the former sequence within the replay's reach

    trail = record(run.store).trail
    assert [step.offset for step in trail] == sorted(step.offset or 0 for step in trail)
    assert run.resumes_at() <= 60 - REPLAY + 2
