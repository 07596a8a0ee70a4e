"""A replay beside a live input, under every order of kills, stops, cuts and full disks: it reads all that stands before
its end and nothing behind it, finishes once, and never touches a checkpoint of the live one.

The replay is the true supervisor, over the true store of files, in the folder in which the live input has its own.
"""

from __future__ import annotations

import logging
from pathlib import Path
from queue import SimpleQueue
from tempfile import TemporaryDirectory
from typing import Dict, List, Optional, Sequence, Set, Tuple

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from falcon_streams.core.census import Census
from falcon_streams.core.discovery import Discovery, Stream
from falcon_streams.core.finish import Finish, StopAt
from falcon_streams.core.moment import Moment
from falcon_streams.core.record import Owner, Record, StartPosition, first_record
from falcon_streams.core.resume import StartFrom
from falcon_streams.core.tenant_choice import TenantChoice
from falcon_streams.errors import Retryable
from falcon_streams.run.commits import Beginning, Commits
from falcon_streams.run.happenings import Ending, Happening, Stop
from falcon_streams.run.progress import Progress
from falcon_streams.run.reader import Reader
from falcon_streams.run.supervisor import Supervisor
from falcon_streams.run.tally import Filters
from falcon_streams.run.tenancy import Tenancy
from falcon_streams.run.tenant import Access, Plan, Tenant
from falcon_streams.store.files import FileStore, folder_of
from tests.model.falcon import ModelFalcon, ModelFeed
from tests.model.log import Entry
from tests.model.mutation import mutate
from tests.model.promise import REPLAY
from tests.model.splunkd import ModelPipe
from tests.model.strands import StrandClock
from tests.profile import trying

EXAMPLES = 60
EVENTS = 12
FINISHED_WITHIN = 3600.0
LATER = 1_770_000_000_000 + 500_000  # five minutes after the replay's start
ENDS = ["offset", "offsets", "time", "now", "-1m", "later"]
STARTS = ["oldest", "time", "-2m", "offset"]
ACTS = ["kill", "kill splunkd", "stop", "grow", "cut", "full", "room", "blocked", "free", "second", "minute"]


class CountedFalcon(ModelFalcon):
    """Counts the feeds that were opened, and notes when the discovery before the first of them was answered."""

    opens = 0
    discovered_at: Optional[float] = None
    started_at: Optional[float] = None

    def discover(self) -> Discovery:
        found = super().discover()
        self.discovered_at = found.served_at
        return found

    def open(self, stream: Stream, position: str) -> ModelFeed:
        self.opens += 1
        self.started_at = self.discovered_at if self.started_at is None else self.started_at
        return super().open(stream, position)


class FullDisk(FileStore):
    """The true store, on a disk that can be full."""

    is_full = False

    def save(self, records: Sequence[Record]) -> None:
        if self.is_full:
            raise Retryable("the disk is full")
        super().save(records)


class Replay:
    """A tenant of two partitions, a live input's checkpoints, and a replay that runs, is killed, and runs again."""

    def __init__(self, folder: Path, start: str, end: str, at: int) -> None:
        self.clock = StrandClock()
        self.falcon = CountedFalcon(self.clock, ["0", "1"])
        for _ in range(EVENTS):
            self.clock.pause(15.0)
            for partition in self.falcon.logs:
                self.falcon.produce(partition, 1)
        self.folder = folder
        entry = self.falcon.logs["0"].entries[at]
        self.start_from, self.stop_at = starting(start), ending(end, entry)
        self.written: List[int] = []
        self.pipe = ModelPipe(self.clock, lambda partition, serial: self.written.append(serial))
        self.store = FullDisk(folder_of(str(folder), "replay"), "replay", lambda: True)
        self.splunkd_started = self.clock.now()
        self.live = self._live()
        self.begin()

    def _live(self) -> Dict[Path, bytes]:
        """The live input's checkpoints, as files."""
        owner = Owner("api.crowdstrike.com", "a" * 32, "")
        store = FileStore(folder_of(str(self.folder), "live"), "live", lambda: True)
        store.save([first_record("live", each, owner, StartPosition(), 1.0, None) for each in "01"])
        return self.live_files()

    def live_files(self) -> Dict[Path, bytes]:
        """What is in the live input's folder now."""
        return {path: path.read_bytes() for path in folder_of(str(self.folder), "live").iterdir()}

    def begin(self) -> None:
        """splunkd starts the replay."""
        self.inbox: SimpleQueue[Happening] = SimpleQueue()
        owner = Owner("api.crowdstrike.com", "a" * 32, "")
        beginning = Beginning("replay", owner, self.start_from, REPLAY, self.splunkd_started, self.stop_at)
        commits = Commits(beginning, self.store, self.clock)
        self.supervisor = Supervisor(
            Plan(None, Filters(), 60.0, "app"),
            tenancy=Tenancy(
                Census(TenantChoice(), frozenset(), lambda: 0.5),
                None,
                lambda tenant: Access(self.falcon, self.falcon),
                commits,
            ),
            sink=self.pipe,
            commits=commits,
            clock=self.clock,
            inbox=self.inbox,
            start_thread=self.clock.start,
            start_call=self.clock.start,
            shares_thread=False,
            jitter=lambda: 0.5,
            watch=lambda: None,
            show=lambda *_: None,
            on_early_end=lambda: None,
        )

    def run_for(self, seconds: float) -> bool:
        """So much time in the replay's own turns; whether it has finished."""
        until = self.clock.monotonic() + seconds
        while self.clock.monotonic() < until:
            self.clock.pace = 1.0 if seconds > 5 else 0.0
            self.falcon.end_overdue()
            stop = self.supervisor.step()
            if not self.pipe.blocked:
                self.pipe.take(1000)
            if stop is not None:
                assert stop.ending is Ending.FINISHED, stop
                return self.end(stop)
        return False

    def end(self, stop: Stop) -> bool:
        """The replay runs to an end; whether that is its finish. splunkd, which nobody asks to read anything again
        after that, is killed then; after a stop it keeps what it holds."""
        self.inbox.put(stop)
        has_finished = self.supervisor.run().ending is Ending.FINISHED
        if has_finished:
            self.pipe.take(1000)
            self.pipe.die()
        self.pipe.begin()
        self.pipe.flush()
        return has_finished

    def again(self, splunkd_too: bool = False) -> None:
        """A new process, perhaps under a new splunkd."""
        self.clock.kill()
        if splunkd_too:
            self.pipe.die()
            self.splunkd_started = self.clock.now()
        self.pipe.begin()
        self.begin()

    def act(self, act: str) -> bool:
        """Something happens; whether the replay has finished meanwhile."""
        if act in ("kill", "kill splunkd"):
            self.again(splunkd_too=act == "kill splunkd")
        elif act == "stop":
            self.end(Stop(Ending.STOPPED))
            self.again()
        elif act == "grow":
            for partition in self.falcon.logs:
                self.falcon.produce(partition, 2)
        elif act == "cut":
            for feed in self.falcon.feeds.values():
                feed.ending = "cut"
        elif act in ("full", "room"):
            self.store.is_full = act == "full"
        elif act in ("blocked", "free"):
            self.pipe.blocked = act == "blocked"
        finished = self.run_for(70.0 if act == "minute" else 1.0 if act == "second" else 0.3)
        assert self.live_files() == self.live
        return finished

    def finish_at_last(self) -> bool:
        """The faults are over: whether the replay finishes in time."""
        self.store.is_full = self.pipe.blocked = False
        return self.run_for(FINISHED_WITHIN)

    def keeps_its_times(self) -> bool:
        """Whether the times that count from the first start still do."""
        started_ms = int((self.falcon.started_at or 0.0) * 1000)
        records = [record for record in map(self.store.load, self.falcon.logs) if record is not None]
        return {(each.origin.not_before, each.finish.before) for each in records if each.finish is not None} == {
            (
                None if self.start_from.moment is None else self.start_from.moment.resolve(started_ms),
                None if self.stop_at.moment is None else self.stop_at.moment.resolve(started_ms),
            )
        }

    def judge(self) -> Tuple[Set[int], Set[int]]:
        """The serials that the replay owes, and those that stand behind its end."""
        owed, behind = set(), set()
        for partition, log in self.falcon.logs.items():
            record = self.store.load(partition)
            assert record is not None and record.finish is not None and record.finish.passed
            assert (record.finish.before or 0) <= self.falcon.now() * 1000, "finished too early"
            for entry in log.entries:
                if is_behind(record.finish, entry):
                    behind.add(entry.serial)
                elif not is_before(record.origin, entry):
                    owed.add(entry.serial)
        return owed, behind


def starting(start: str) -> StartFrom:
    """Where the replay begins."""
    if start == "offset":
        return StartFrom(offset=2)
    if start == "time":
        return StartFrom(moment=Moment(1_770_000_060_000))
    return StartFrom(moment=Moment(ago=120_000)) if start == "-2m" else StartFrom()


def ending(end: str, entry: Entry) -> StopAt:
    """Where the replay ends; `entry` is one of the events that there are at its start."""
    assert entry.offset is not None
    if end == "offset":
        return StopAt(end, offset=entry.offset)
    if end == "offsets":
        return StopAt(end, offsets=(("0", entry.offset), ("1", 0)))
    moments = {"time": Moment(entry.created), "later": Moment(LATER), "now": Moment(), "-1m": Moment(ago=60_000)}
    return StopAt(end, moments[end])


def is_behind(finish: Finish, entry: Entry) -> bool:
    """Whether an event stands behind the end."""
    if finish.offset is not None:
        return entry.offset is not None and entry.offset > finish.offset
    return finish.before is not None and entry.created >= finish.before


def is_before(origin: StartPosition, entry: Entry) -> bool:
    """Whether an event stands before the start."""
    if origin.offset is not None:
        return entry.offset is not None and entry.offset < origin.offset
    return origin.not_before is not None and entry.created // 1000 < origin.not_before // 1000


examples = given(
    st.sampled_from(STARTS),
    st.sampled_from(ENDS),
    st.integers(0, EVENTS - 1),
    st.lists(st.sampled_from(ACTS), max_size=12),
)


def prove(start: str, end: str, at: int, acts: List[str]) -> None:
    """One replay, to its end and once more."""
    logging.disable(logging.CRITICAL)
    try:
        with TemporaryDirectory() as folder:
            replay = Replay(Path(folder), start, end, at)
            finished = any(replay.act(act) for act in acts)  # what comes after the finish does not happen
            assert finished or replay.finish_at_last(), "it never finishes"
            owed, behind = replay.judge()
            assert owed <= replay.pipe.index, "lost"
            assert behind.isdisjoint(replay.written), "read behind its end"
            if "full" not in acts:  # on a full disk, what counts from the first start may have to be found again
                assert replay.keeps_its_times(), "its times moved"

            opens = replay.falcon.opens
            replay.falcon.produce("0", 3)
            replay.again()
            assert replay.run_for(600.0), "it does not finish again"
            assert replay.falcon.opens == opens, "it reads again"
            assert replay.live_files() == replay.live, "the live checkpoint moved"
            replay.clock.kill()
    finally:
        logging.disable(logging.NOTSET)


@trying(EXAMPLES)
@examples
def test_a_replay_that_is_killed_at_any_instant_finishes_once_with_all_and_moves_no_other_checkpoint(
    start: str, end: str, at: int, acts: List[str]
) -> None:
    prove(start, end, at, acts)


MISTAKES = {
    "what stands behind the end is read": ("read behind", (Reader, "_before", "return kept.batch", "return batch")),
    "an end is passed while splunkd may still lose what stands before it": (
        "lost",
        (Progress, "due", "now - self.record.updated_at >= self._replay_seconds", "True"),
    ),
    "a time that counts from the start is not stored": (
        "its times moved",
        (Commits, "_anew", "progress.must_store()", "pass"),
    ),
    "silence before the time is taken for the end": (
        "finished too early",
        (Reader, "_is_over", "max(over_at, self._opened_at, self.pulse.event_at or self._opened_at)", "0.0"),
    ),
    "what has finished is opened again": (
        "reads again",
        (Tenant, "__init__", "means.commits.finished(self.roster.members)", "frozenset()"),
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", MISTAKES)
def test_the_property_finds_a_mistake_made_on_purpose(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    sentence, change = MISTAKES[name]
    mutate(monkeypatch, *change)
    limits = settings(trying(EXAMPLES), max_examples=5 * EXAMPLES, derandomize=True, phases=[Phase.generate])
    with pytest.raises(AssertionError, match=sentence):
        limits(examples(prove))()
