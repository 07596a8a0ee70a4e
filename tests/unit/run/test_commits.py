"""The trail ages by the time that a process lives through: not while it is held up, nor by a clock that is set."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Mapping
from dataclasses import replace
from queue import SimpleQueue
from typing import Any, Callable, List, Optional, Sequence, Tuple, Type

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from falcon_streams.core.envelope import Event
from falcon_streams.core.finish import Finish, StopAt
from falcon_streams.core.moment import Moment
from falcon_streams.core.record import Owner, Record
from falcon_streams.core.resume import Resume, StartFrom
from falcon_streams.errors import Retryable
from falcon_streams.ports import Sink
from falcon_streams.run import commits
from falcon_streams.run.commits import Beginning, Commits
from falcon_streams.run.happenings import Committed
from falcon_streams.run.progress import Progress
from tests.fakes.batches import batch_of
from tests.fakes.clock import FakeClock
from tests.fakes.memory import MemorySink, MemoryStore
from tests.model.mutation import mutate
from tests.profile import trying

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


def test_a_record_of_a_child_tenant_says_whose_it_is_and_goes_on_under_the_same_account() -> None:
    clock, store = FakeClock(), MemoryStore()
    owner = Owner("h", "a", "f" * 32)
    child = "0123456789abcdef0123456789abcdef"
    for account in (owner, replace(owner, member_cid="")):  # what the account says is of no matter to a child
        commits = Commits(Beginning("i", account, StartFrom(), REPLAY, 1.0), store, clock)
        found = [commits.begin(name, None, first=True) for name in ("0", f"{child}/0")]
        assert [each.record.member_cid for each in found] == [account.member_cid, child]
        assert [each.record.tenant for each in found] == ["", child]
        store.save([each.record for each in found])
    assert [each.resume().customers for each in found] == [(), None]  # None: the account has not changed


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


class WalksAll(Commits):
    """Asks every partition at every look, as the rule says in its plainest form."""

    def receipt(self, sink: Sink, at: float) -> None:
        for progress in self.progress.values():
            progress.receipt(sink.taken(), at)

    def due(self, until: float) -> Tuple[Record, ...]:
        records = (progress.due(until, self._clock.now()) for progress in self.progress.values())
        return tuple(record for record in records if record is not None)


class Desk:
    """Commits of three partitions, whose readers write into one pipe."""

    def __init__(self, kind: Type[Commits] = Commits) -> None:
        self.clock, self.store, self.sink = FakeClock(), MemoryStore(), MemorySink()
        self.commits = kind(Beginning("i", Owner("h", "a", ""), StartFrom(), REPLAY, 1.0), self.store, self.clock)
        for partition in "012":
            self.commits.begin(partition, None, first=True)

    def write(self, partition: str) -> None:
        progress = self.commits.progress[partition]
        offset = (progress.written_offset or 0) + 1
        event = Event(b"%d" % offset, offset, "A", None, "c")
        progress.wrote(event, self.sink.write(partition, batch_of(event)), self.clock.monotonic())

    def look(self) -> List[Tuple[str, Optional[int]]]:
        """A receipt, a commit: the offsets that were due."""
        at = self.clock.monotonic()
        self.commits.receipt(self.sink, at)
        due = self.commits.due(at)
        self.commits.saved(self.commits.save(due))
        return [(record.partition, record.offset) for record in due]

    def act(self, act: str) -> List[Tuple[str, Optional[int]]]:
        if act == "pause":
            self.clock.pause(0.4)
        elif act in ("hold", "flow"):
            self.sink.hold = act == "hold"
        elif act in ("full", "room"):
            self.store.broken = act == "full"
        elif act == "look":
            return sorted(self.look())
        else:
            self.write(act)
        return []


ACTS = [*"012", "look", "pause", "look", "pause", "hold", "flow", "full", "room"]


examples = given(st.lists(st.sampled_from(ACTS), min_size=20, max_size=60))


@trying(100)
@examples
def test_what_is_due_does_not_depend_on_which_partitions_are_asked(acts: List[str]) -> None:
    compare(acts)


def compare(acts: List[str]) -> None:
    logging.disable(logging.CRITICAL)
    try:
        desk, other = Desk(), Desk(WalksAll)
        assert [desk.act(each) for each in acts] == [other.act(each) for each in acts]
    finally:
        logging.disable(logging.NOTSET)


@pytest.mark.parametrize(
    "change",
    [
        (Progress, "wrote", "self._announce(self)", "pass"),
        (Commits, "receipt", "progress.awaits_receipt", "False"),
        (Commits, "due", "progress.rests", "True"),
    ],
)
def test_a_partition_that_is_forgotten_is_found(monkeypatch: pytest.MonkeyPatch, change: Tuple[Any, ...]) -> None:
    mutate(monkeypatch, *change)
    limits = settings(trying(300), derandomize=True, phases=[Phase.generate])
    with pytest.raises(AssertionError):
        limits(examples(compare))()


def test_a_partition_that_rests_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    desk = Desk()
    desk.write("1")
    for _ in range(6):
        desk.clock.pause(0.4)
        desk.look()
    asked: List[str] = []
    for name in ("due", "receipt"):
        monkeypatch.setattr(Progress, name, noting(asked, getattr(Progress, name)))

    assert (desk.look(), asked, desk.commits.awaits_receipt) == ([], [], False)
    desk.write("2")
    assert desk.commits.awaits_receipt
    desk.look()
    assert asked == ["2", "2"]


def busy_looks(monkeypatch: pytest.MonkeyPatch) -> List[List[str]]:
    """The partitions that are due at each look while all of three write, of which a commit takes two."""
    monkeypatch.setattr(commits, "MOST_RECORDS", 2)
    desk, looks = Desk(), []
    for _ in range(12):
        for partition in "012":
            desk.write(partition)
        desk.clock.pause(1.1)
        looks.append([name for name, _ in desk.look()])
    return looks


def test_where_more_partitions_are_due_than_a_commit_takes_each_has_its_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    looks = busy_looks(monkeypatch)[2:]
    assert all(len(look) == 2 for look in looks)
    assert all({*look, *after} == set("012") for look, after in zip(looks, looks[1:]))


def test_a_partition_that_never_has_its_turn_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """The control of the former."""
    mutate(monkeypatch, Commits, "due", "del self._unsettled[progress.partition]", "pass")
    assert {name for look in busy_looks(monkeypatch) for name in look} != set("012")


def test_a_partition_that_waits_for_its_turn_keeps_one_event_and_stores_the_last(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(commits, "MOST_RECORDS", 0)
    desk = Desk()
    for _ in range(50):
        desk.write("1")
        desk.clock.pause(1.1)
        desk.look()
    assert len(desk.commits.progress["1"]._receipted) <= 1
    monkeypatch.setattr(commits, "MOST_RECORDS", 2)
    desk.clock.pause(1.1)
    assert desk.look() == [("1", 50)]


def noting(asked: List[str], function: Callable[..., Any]) -> Callable[..., Any]:
    def act(progress: Progress, *arguments: Any) -> Any:
        asked.append(progress.partition)
        return function(progress, *arguments)

    return act


@pytest.mark.parametrize("name", ["receipt", "due"])
@pytest.mark.parametrize("before", [True, False])
def test_what_a_reader_writes_in_the_midst_of_a_look_is_committed(
    monkeypatch: pytest.MonkeyPatch, name: str, before: bool
) -> None:
    desk = Desk()
    function = getattr(Progress, name)

    def interrupted(progress: Progress, *arguments: Any) -> Any:
        if before:
            desk.write(progress.partition)
        found = function(progress, *arguments)
        if not before:
            desk.write(progress.partition)
        return found

    desk.write("0")
    desk.look()
    with monkeypatch.context() as patch:
        patch.setattr(Progress, name, interrupted)
        desk.clock.pause(2.0)
        desk.write("1")
        desk.look()
    for _ in range(2):
        desk.clock.pause(2.0)
        desk.look()

    progress = desk.commits.progress.values()
    assert [each.record.offset for each in progress] == [each.written_offset for each in progress]
    assert not desk.commits.awaits_receipt


HOUR = 3_600_000


def starts(clock: FakeClock, store: MemoryStore, start_from: StartFrom, stop_at: StopAt | None = None) -> Commits:
    return Commits(Beginning("i", Owner("h", "a", ""), start_from, REPLAY, 1.0, stop_at), store, clock)


def first_save(commits: Commits, clock: FakeClock) -> None:
    """What the supervisor stores before the first open."""
    commits.save(commits.due(clock.monotonic()))


def test_a_relative_start_and_end_are_fixed_at_the_first_start_for_partitions_that_come_later_too() -> None:
    clock, store = FakeClock(), MemoryStore()
    start_from, stop_at = StartFrom(moment=Moment(ago=3 * HOUR)), StopAt("-1h", Moment(ago=HOUR))
    now_ms = int(clock.now() * 1000)
    first = starts(clock, store, start_from, stop_at)
    resume = first.begin("0", None, first=True).resume()
    assert (resume.query, resume.not_before) == ("whence=0", now_ms - 3 * HOUR)
    assert first.progress["0"].waits_for_store
    first_save(first, clock)

    clock.pause(7200.0)
    later = starts(clock, store, start_from, stop_at)
    for partition in ("0", "1"):
        progress = later.begin(partition, None, first=True)
        assert progress.resume() == Resume("whence=0", not_before=now_ms - 3 * HOUR)
        assert progress.finish == Finish("-1h", before=now_ms - HOUR)
        assert progress.over_at == clock.monotonic() - 7200.0 - 3600.0


def test_falcons_clock_decides_where_now_is() -> None:
    clock, store = FakeClock(), MemoryStore()
    served_at = clock.now() - 50.0
    progress = starts(clock, store, StartFrom(), StopAt("now", Moment())).begin("0", served_at, first=True)

    assert progress.finish == Finish("now", before=int(served_at * 1000))
    assert progress.over_at == clock.monotonic()


def test_another_text_of_stop_at_is_another_end_and_the_same_one_is_not() -> None:
    clock, store = FakeClock(), MemoryStore()
    begun = starts(clock, store, StartFrom(), StopAt("9", offset=9))
    begun.begin("0", None, first=True).has_reached_finish = True
    clock.pause(REPLAY)
    first_save(begun, clock)

    assert starts(clock, store, StartFrom(), StopAt("9", offset=9)).finished(["0", "1"]) == {"0"}
    moved = starts(clock, store, StartFrom(), StopAt("10", offset=10))
    assert moved.finished(["0"]) == frozenset()
    assert moved.begin("0", None, first=True).finish == Finish("10", offset=10)
    ended = starts(clock, store, StartFrom())
    assert (ended.finished(["0"]), ended.begin("0", None, first=True).finish) == (frozenset(), None)


@pytest.mark.parametrize("stop_at, asked", [("later", "offset=5"), ("t", "offset=6")])
def test_where_the_end_is_moved_reading_goes_on_at_the_first_event_that_was_left_out(stop_at: str, asked: str) -> None:
    """Offset 6 was created before the end, stood behind 5, and was read; 5 was not."""
    clock, store = FakeClock(), MemoryStore()
    commits = starts(clock, store, StartFrom(), StopAt("t", Moment(1_770_000_000_000)))
    progress = commits.begin("0", None, first=True)
    progress.leave_out(5)
    progress.wrote(Event(b"6", 6, "A", 1_769_999_999_999, "c"), 1, clock.monotonic())
    progress.receipt(1, clock.monotonic())
    clock.pause(2.0)
    commits.save(commits.final_records(clock.monotonic()))
    assert record(store).offset == 6

    again = starts(clock, store, StartFrom(), StopAt(stop_at, Moment(1_770_000_000_000)))
    assert again.begin("0", None, first=True).resume().query == asked


def test_a_partition_has_finished_when_its_last_commit_is_as_old_as_a_replay_goes_back_and_the_store_knows() -> None:
    clock, store = FakeClock(), MemoryStore()
    commits = starts(clock, store, StartFrom(), StopAt("9", offset=9))
    progress = commits.begin("0", None, first=True)
    progress.wrote(Event(b"9", 9, "A", 1_770_000_000_000, "c"), 1, clock.monotonic())
    progress.has_reached_finish = True

    def passes() -> bool:
        records = commits.due(clock.monotonic())
        return any(each.finish is not None and each.finish.passed for each in records)

    assert not passes()
    progress.receipt(1, clock.monotonic())
    assert not passes()
    clock.pause(2.0)
    assert not passes()
    clock.pause(REPLAY)
    assert passes()
    assert not commits.have_finished
    commits.saved(commits.save(commits.due(clock.monotonic())))
    assert commits.have_finished
    assert record(store).offset == 9


def test_a_part_of_each_of_many_short_pauses_does_not_count_either() -> None:
    run = Run(MemoryStore(), FakeClock())
    run.live(60)
    for _ in range(20):
        run.clock.pause(2.5)
        run.live(1)

    assert run.resumes_at() <= 80 - REPLAY + 2


class SlowStore(MemoryStore):
    """A store that is held up in its first save, until `free`; `batches` has the partitions of each."""

    def __init__(self) -> None:
        super().__init__()
        self.entered, self.free = threading.Event(), threading.Event()
        self.batches: List[List[str]] = []

    def save(self, records: Sequence[Record]) -> None:
        self.batches.append([record.partition for record in records])
        self.entered.set()
        assert self.free.wait(10.0)
        super().save(records)


def test_what_begins_while_the_store_is_busy_is_stored_at_once() -> None:
    store, clock = SlowStore(), FakeClock()
    commits = Commits(Beginning("i", Owner("h", "a", ""), StartFrom(newest=True), REPLAY, 1.0), store, clock)
    records = [commits.begin(str(number), None, first=True).record for number in range(20)]
    answers: SimpleQueue[Committed] = SimpleQueue()
    threads = [threading.Thread(target=lambda each=each: answers.put(commits.save_first(each))) for each in records]
    threads[0].start()
    assert store.entered.wait(10.0)
    for thread in threads[1:]:
        thread.start()
    while len(commits._first) < len(records) - 1:
        time.sleep(0.001)
    store.free.set()
    for thread in threads:
        thread.join(10.0)
        commits.saved(answers.get(timeout=10.0))

    assert [sorted(names, key=int) for names in store.batches] == [["0"], [str(number) for number in range(1, 20)]]
    assert not any(progress.waits_for_store for progress in commits.progress.values())
