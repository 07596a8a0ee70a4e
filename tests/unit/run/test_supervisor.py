"""The supervisor never waits for its store: a store that hangs holds up neither the reading nor a stop. And what it
tells of trouble, from its beginning to what heals it."""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from queue import SimpleQueue
from typing import Callable, Dict, List, Optional, Sequence

import pytest

from falcon_streams.core.batch import read_batch
from falcon_streams.core.census import Census
from falcon_streams.core.discovery import Discovery, Stream
from falcon_streams.core.envelope import read_event
from falcon_streams.core.finish import Finish, StopAt
from falcon_streams.core.record import Owner, Record, StartPosition, first_record
from falcon_streams.core.resume import StartFrom
from falcon_streams.core.roster import ALL
from falcon_streams.core.session import Pulse
from falcon_streams.core.tenant_choice import TenantChoice
from falcon_streams.errors import RestartNeeded, Retryable, SplunkdGone
from falcon_streams.ports import Clock, StartThread
from falcon_streams.run.commits import Beginning, Commits
from falcon_streams.run.happenings import (
    Discovered,
    DiscoveryFailed,
    Ending,
    FeedEnded,
    FeedOpened,
    Happening,
    Stop,
    Written,
)
from falcon_streams.run.process import start_thread
from falcon_streams.run.supervisor import TICK, Supervisor
from falcon_streams.run.tally import Filters
from falcon_streams.run.tenancy import Tenancy
from falcon_streams.run.tenant import Access, Plan
from tests.fakes.clock import FakeClock, ScaledClock
from tests.fakes.memory import MemorySink, MemoryStore

STREAM = Stream("0", "https://f/0", "https://a/0", "t", 1800.0)
SCALE = 20.0


class Falcon:
    """One partition, whose feed brings an event whenever it is read, ten in a second of the world."""

    gathers = True

    needs_token = True
    token_limit: Optional[int] = None

    def __init__(self) -> None:
        self.offset = 0
        self.early_ends = 0
        self._over = threading.Event()

    def discover(self) -> Discovery:
        return Discovery((STREAM,), ())

    def refresh(self, stream: Stream) -> None: ...

    def revoke(self) -> None: ...

    def open(self, stream: Stream, position: str) -> Falcon:
        return self

    def read(self) -> bytes:
        if self._over.wait(0.1):
            return b""
        self.offset += 1
        return b'{"metadata":{"customerIDString":"c","offset":%d,"eventType":"A"},"event":{}}\n' % self.offset

    def share(self) -> Optional[int]:
        return None

    def disown(self, start: bytes) -> Retryable:
        return Retryable("no feed")

    def finish(self) -> None:
        self._over.set()

    abort = close = finish


class HangingStore(MemoryStore):
    """Takes what it is given only once it is let go."""

    def __init__(self) -> None:
        super().__init__()
        self.asked = threading.Event()
        self.let_go = threading.Event()
        self.savers: List[str] = []

    def save(self, records: Sequence[Record]) -> None:
        self.savers.append(threading.current_thread().name)
        self.asked.set()
        self.let_go.wait(30)
        super().save(records)


def supervise(
    store: MemoryStore,
    falcon: Falcon,
    sink: MemorySink,
    clock: Clock,
    inbox: SimpleQueue[Happening],
    start_thread: StartThread = start_thread,
    watch: Callable[[], None] = lambda: None,
    start_from: StartFrom = StartFrom(),  # noqa: B008 - frozen
    stop_at: Optional[StopAt] = None,
) -> Supervisor:
    """A supervisor of one input that reads all."""
    commits = Commits(Beginning("i", Owner("h", "a", ""), start_from, 30.0, 1.0, stop_at), store, clock)
    return Supervisor(
        Plan(None, Filters(), 600.0, "app"),
        tenancy=Tenancy(
            Census(TenantChoice(), frozenset(), lambda: 0.5), None, lambda tenant: Access(falcon, falcon), commits
        ),
        sink=sink,
        commits=commits,
        clock=clock,
        inbox=inbox,
        start_thread=start_thread,
        start_call=start_thread,
        shares_thread=False,
        jitter=lambda: 0.5,
        watch=watch,
        show=lambda *_: None,
        on_early_end=lambda: None,
    )


def begin(
    store: MemoryStore,
    falcon: Falcon,
    start_from: StartFrom = StartFrom(),  # noqa: B008 - frozen
) -> tuple[SimpleQueue[Happening], MemorySink, threading.Thread, List[Stop]]:
    """A supervisor at work in a thread; what it returns is in the list at its end."""
    clock, inbox, sink = ScaledClock(SCALE), SimpleQueue[Happening](), MemorySink()
    supervisor = supervise(store, falcon, sink, clock, inbox, start_from=start_from)
    ends: List[Stop] = []
    thread = threading.Thread(target=lambda: ends.append(supervisor.run()), name="supervisor")
    thread.start()
    return inbox, sink, thread, ends


def test_reading_goes_on_and_a_stop_gets_through_while_the_store_hangs() -> None:
    store, falcon = HangingStore(), Falcon()
    inbox, sink, thread, ends = begin(store, falcon)
    assert store.asked.wait(30)
    before = len(sink.lines())
    deadline = time.monotonic() + 30
    while len(sink.lines()) < before + 5 and time.monotonic() < deadline:
        time.sleep(0.01)
    assert len(sink.lines()) >= before + 5

    inbox.put(Stop(Ending.STOPPED))
    thread.join(30)
    assert [stop.ending for stop in ends] == [Ending.STOPPED]
    assert store.saves == []
    store.let_go.set()


def test_where_newest_begins_is_stored_in_a_thread_of_its_own() -> None:
    store = HangingStore()
    inbox, sink, thread, ends = begin(store, Falcon(), StartFrom(newest=True))
    assert store.asked.wait(30)

    inbox.put(Stop(Ending.STOPPED))
    thread.join(30)
    assert [stop.ending for stop in ends] == [Ending.STOPPED]
    assert sink.lines() == []
    assert "supervisor" not in store.savers
    store.let_go.set()


def test_a_store_that_answers_has_the_last_event_marked_clean() -> None:
    """The control of the former."""
    store, falcon = MemoryStore(), Falcon()
    inbox, _, thread, ends = begin(store, falcon)
    deadline = time.monotonic() + 30
    while not store.saves and time.monotonic() < deadline:
        time.sleep(0.01)
    inbox.put(Stop(Ending.STOPPED))
    thread.join(30)

    assert [stop.ending for stop in ends] == [Ending.STOPPED]
    assert store.saves[-1].clean
    assert store.saves[-1].offset is not None and store.saves[-1].offset <= falcon.offset


@pytest.mark.parametrize("ending", [Ending.STOPPED, Ending.UNCLEAN])
def test_the_end_of_a_run_leaves_a_line_of_what_was_delivered(ending: Ending, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    store, falcon = MemoryStore(), Falcon()
    inbox, _, thread, _ = begin(store, falcon)
    deadline = time.monotonic() + 30
    while not store.saves and time.monotonic() < deadline:
        time.sleep(0.01)
    inbox.put(Stop(ending))
    thread.join(30)

    (told,) = [dict(record.args) for record in caplog.records if record.msg == "delivered"]  # type: ignore[arg-type]
    assert told["first"] == 1
    assert told["last"] == told["sent"]
    assert (told["last"] == store.saves[-1].offset) if ending is Ending.STOPPED else told["last"]


class AskedSink(MemorySink):
    """Notes when it was asked what has been taken."""

    def __init__(self, clock: FakeClock) -> None:
        super().__init__()
        self.asked: List[float] = []
        self._clock = clock

    def taken(self) -> int:
        self.asked.append(self._clock.monotonic())
        return super().taken()


def test_receipts_are_taken_five_times_a_second_while_one_is_awaited_and_never_else() -> None:
    clock, store, falcon, inbox = FakeClock(), MemoryStore(), Falcon(), SimpleQueue[Happening]()
    sink = AskedSink(clock)
    works: Dict[str, Callable[[], None]] = {}
    supervisor = supervise(store, falcon, sink, clock, inbox, works.__setitem__)
    supervisor.step()
    works.pop("discovery")()
    supervisor.step()
    assert "reader-0" in works
    assert sink.asked == []

    sink.hold = True
    progress, began = supervisor.commits.progress["0"], clock.monotonic()
    event = read_event(b'{"metadata":{"offset":7}}')

    def write() -> None:
        assert progress.wrote(event, sink.write("0", read_batch([event.raw])), clock.monotonic())
        inbox.put(Written())

    clock.after(0.5, write)
    while clock.monotonic() < began + 1.1:
        supervisor.step()
    assert [at - began for at in sink.asked] == pytest.approx([0.5, 0.7, 0.9, 1.1])

    sink.hold = False
    while "commit" not in works:
        supervisor.step()
    asked = len(sink.asked)
    assert 2.1 < clock.monotonic() - began < 3.2
    works.pop("commit")()
    for _ in range(5):
        supervisor.step()

    assert store.saves[-1].offset == 7
    assert len(sink.asked) == asked


def test_the_first_discovery_is_asked_for_at_once_and_an_idle_input_waits_whole_ticks() -> None:
    clock, falcon, started = FakeClock(), Falcon(), []
    supervisor = supervise(
        MemoryStore(),
        falcon,
        MemorySink(),
        clock,
        SimpleQueue(),
        lambda name, work: started.append((name, clock.monotonic())),
    )
    began = clock.monotonic()
    for _ in range(4):
        supervisor.step()

    assert started == [("discovery", began)]
    assert clock.monotonic() - began == 3 * TICK


def test_nothing_is_stored_once_splunkd_is_gone_or_the_right_is_lost() -> None:
    """An orphan that wakes up looks at its parent before it commits what a dead splunkd had taken."""
    for error, ending in ((SplunkdGone("vanished"), Ending.UNCLEAN), (RestartNeeded("claim lost"), Ending.RESTART)):
        gone: List[Exception] = []

        def watch(gone: List[Exception] = gone) -> None:
            if gone:
                raise gone[0]

        clock, store, falcon, inbox = FakeClock(), MemoryStore(), Falcon(), SimpleQueue[Happening]()
        works: Dict[str, Callable[[], None]] = {}
        supervisor = supervise(store, falcon, MemorySink(), clock, inbox, works.__setitem__, watch)
        supervisor.step()
        works.pop("discovery")()
        supervisor.step()
        progress = supervisor.commits.progress["0"]
        progress.wrote(read_event(b'{"metadata":{"offset":7}}'), 0, clock.monotonic())
        clock.pause(40.0)
        gone.append(error)

        stop = supervisor.step()
        while stop is None:
            stop = supervisor.step()
        inline: Callable[[str, Callable[[], None]], None] = lambda name, work: work()  # noqa: E731
        supervisor._start_thread = inline
        assert supervisor._end(stop).ending is ending
        assert store.saves == []


@pytest.mark.parametrize("first", [Ending.STOPPED, Ending.RESTART, Ending.FATAL])
def test_the_worst_of_several_endings_counts(first: Ending) -> None:
    clock, store, falcon, inbox = FakeClock(), MemoryStore(), Falcon(), SimpleQueue[Happening]()
    supervisor = supervise(store, falcon, MemorySink(), clock, inbox, lambda name, work: work())
    inbox.put(Stop(first))
    inbox.put(Stop(Ending.UNCLEAN))

    assert supervisor.run().ending is Ending.UNCLEAN
    assert [record.clean for record in store.saves] == []


def test_each_trouble_is_told_until_what_heals_it_and_touches_no_other() -> None:
    clock, inbox = FakeClock(), SimpleQueue[Happening]()
    streams = (STREAM, Stream("1", "https://f/1", "https://a/1", "t", 1800.0))
    supervisor = supervise(MemoryStore(), Falcon(), MemorySink(), clock, inbox, start_thread=lambda name, work: None)

    def told(*happenings: Happening) -> List[str]:
        for happening in happenings:
            inbox.put(happening)
            supervisor.step()
        clock.pause(TICK)
        supervisor.step()
        return [supervisor.tenancy.tenants[""].last_errors.of(name) for name in (ALL, "0", "1")]

    def opened(partition: str, heartbeat: bool = True) -> FeedOpened:
        pulse = Pulse(clock.monotonic())
        pulse.heard(clock.monotonic(), heartbeat, event=False)
        return FeedOpened(partition, pulse)

    good = Discovered(Discovery(streams, ()))
    in_use = told(Discovered(Discovery((), ())))
    assert in_use[0].startswith("Falcon gives app ID app to another reader. ")
    assert told(good, opened("0"), opened("1")) == ["", "", ""]
    assert told(DiscoveryFailed(Retryable("no connection"))) == ["no connection", "", ""]
    cut = [FeedEnded(each, "feed_cut", 0.0, Retryable(f"{each} was cut")) for each in "01"]
    assert told(*cut) == ["no connection", "0 was cut", "1 was cut"]
    assert told(good, opened("1")) == ["", "0 was cut", ""]
    assert told(opened("0", heartbeat=False)) == ["", "0 was cut", ""]  # an answer of 200 may be a proxy's page
    told(FeedEnded("0", "feed_ended", 0.0, Retryable("a page")), good)
    assert told(opened("0")) == ["", "", ""]


class Quiet(Falcon):
    """Two partitions, of which Falcon offers those that are named; their feeds bring nothing."""

    def __init__(self, *offered: str) -> None:
        super().__init__()
        self._offered = offered
        self.opened: List[str] = []

    def discover(self) -> Discovery:
        streams = (Stream(each, f"https://f/{each}", f"https://a/{each}", "t", 1800.0) for each in self._offered)
        return Discovery(tuple(streams), ())

    def open(self, stream: Stream, position: str) -> Falcon:
        self.opened.append(stream.partition)
        return self


def finished_store(*partitions: str) -> MemoryStore:
    """A store that knows that these partitions have passed `stop_at = 9`."""
    store = MemoryStore()
    for each in partitions:
        record = first_record("i", each, Owner("h", "a", ""), StartPosition(), 1.0, 1.0)
        store.save([replace(record, finish=Finish("9", offset=9, passed=True))])
    return store


def seconds_of(store: MemoryStore, falcon: Quiet, seconds: int) -> List[Stop]:
    """What an input with `stop_at = 9` ends with in so many seconds; its readers run until they have opened."""
    clock, inbox = FakeClock(), SimpleQueue[Happening]()
    falcon.finish()  # each feed ends at once

    def run(name: str, work: Callable[[], None]) -> None:
        work()

    supervisor = supervise(store, falcon, MemorySink(), clock, inbox, run, stop_at=StopAt("9", offset=9))
    stops = (supervisor.step() for _ in range(seconds))
    return [stop for stop in stops if stop is not None][:1]


def test_an_input_whose_partitions_have_all_passed_stop_at_finishes_and_opens_nothing() -> None:
    falcon = Quiet("0", "1")

    assert [stop.ending for stop in seconds_of(finished_store("0", "1"), falcon, 5)] == [Ending.FINISHED]
    assert falcon.opened == []


def test_a_partition_of_which_no_record_is_known_is_read_before_the_input_finishes() -> None:
    falcon = Quiet("0", "1")

    assert seconds_of(finished_store("0"), falcon, 5) == []
    assert set(falcon.opened) == {"1"}


def test_an_input_does_not_finish_on_its_records_alone_while_falcon_offers_nothing() -> None:
    """Only an answer says that there is no other partition."""
    assert seconds_of(finished_store("0", "1"), Quiet(), 5) == []
