"""Many tenants of one input: what each does on its own, what they share, and whose trouble is whose."""

from __future__ import annotations

import logging
from collections.abc import Callable
from queue import SimpleQueue
from typing import Dict, FrozenSet, List, Optional

import pytest

from falcon_streams.core.census import LIST_EVERY, LOOK_AGAIN, Census
from falcon_streams.core.discovery import Discovery, Stream
from falcon_streams.core.partition_name import name_of
from falcon_streams.core.record import Owner, Record
from falcon_streams.core.resume import StartFrom
from falcon_streams.core.roster import ALL
from falcon_streams.core.tenant_choice import TenantChoice
from falcon_streams.core.token_budget import MINUTE
from falcon_streams.errors import Fatal, Retryable
from falcon_streams.run.commits import Beginning, Commits
from falcon_streams.run.happenings import Ending, FeedEnded, Happening, Stop
from falcon_streams.run.overview import counts, line_of, state_of, trouble_of, worst
from falcon_streams.run.supervisor import COMMIT_SECONDS, READERS_SECONDS, REVOKE_SECONDS, Supervisor
from falcon_streams.run.tally import Filters
from falcon_streams.run.tenancy import Tenancy
from falcon_streams.run.tenant import Access, Plan
from tests.fakes.clock import FakeClock
from tests.fakes.memory import MemorySink, MemoryStore, ScriptedFeed

CIDS = [f"{number:032x}" for number in range(1, 401)]
FIRST, SECOND, THIRD = CIDS[:3]
CHILDREN = TenantChoice(own=False, children=True)


class ChildApi:
    """Falcon's side of one tenant: one stream, unless `error` says otherwise. A token is needed until one was had."""

    def __init__(self, world: World, cid: str) -> None:
        self.needs_token = True
        self.token_limit: Optional[int] = None
        self.asked_at: List[float] = []
        self.revoked = 0
        self._world = world
        self._cid = cid

    def discover(self) -> Discovery:
        self.asked_at.append(self._world.clock.monotonic())
        error = self._world.errors.get(self._cid)
        if error is not None:
            raise error
        self.needs_token = False
        stream = Stream(name_of(self._cid, "0"), "https://f", "https://r", "t", 1800.0)
        return Discovery((stream,), ())

    def refresh(self, stream: Stream) -> None: ...

    def revoke(self) -> None:
        self._world.clock.pause(self._world.revoke_takes)
        self.revoked += 1


class OpenFeed(ScriptedFeed):
    """Stays open, and brings nothing; a test never reads it."""


class World:
    """A supervisor of an input with children, whose threads run at once and whose feeds nobody reads."""

    def __init__(self, children: List[str], choice: TenantChoice = CHILDREN, start: StartFrom = StartFrom()) -> None:  # noqa: B008
        self.clock = FakeClock()
        self.inbox: SimpleQueue[Happening] = SimpleQueue()
        self.listed: FrozenSet[str] = frozenset(children)
        self.errors: Dict[str, Exception] = {}
        self.list_error: Optional[Retryable] = None
        self.lists = 0
        self.revoke_takes = 0.0
        self.apis: Dict[str, ChildApi] = {}
        self.opened: List[str] = []
        self.store = MemoryStore()
        self.begin(choice, start)

    def begin(self, choice: TenantChoice, start: StartFrom) -> None:
        """As the composition root makes one."""
        owner = Owner("h", "client", "")
        commits = Commits(Beginning("i", owner, start, 30.0, 1.0), self.store, self.clock)
        census = Census(choice, frozenset(), lambda: 0.5)
        self.supervisor = Supervisor(
            Plan(None, Filters(), 600.0, "app"),
            tenancy=Tenancy(census, None if choice.only_own else self, self.access, commits),
            sink=MemorySink(),
            commits=commits,
            clock=self.clock,
            inbox=self.inbox,
            start_thread=self.start,
            start_call=self.start,
            shares_thread=False,
            jitter=lambda: 0.5,
            watch=lambda: None,
            show=lambda *_: None,
            on_early_end=lambda: None,
        )

    def start(self, name: str, work: Callable[[], None]) -> None:
        """A thread that is over at once; a reader's goes on for ever."""
        if name.startswith("reader-"):
            self.opened.append(name[len("reader-") :])
        else:
            work()

    def access(self, tenant: str) -> Access:
        self.apis[tenant] = ChildApi(self, tenant)
        return Access(self.apis[tenant], self)

    def open(self, stream: Stream, position: str) -> ScriptedFeed:
        return OpenFeed([])

    def children(self) -> FrozenSet[str]:
        self.lists += 1
        if self.list_error is not None:
            raise self.list_error
        return self.listed

    def live(self, seconds: float) -> Optional[Stop]:
        """So much time passes."""
        until = self.clock.monotonic() + seconds
        while self.clock.monotonic() < until:
            stop = self.supervisor.step()
            if stop is not None:
                return stop
        return None

    @property
    def tenants(self) -> List[str]:
        return sorted(self.supervisor.tenancy.tenants)


def test_a_stop_gives_back_the_bearers_that_it_can_within_a_second() -> None:
    world = World(CIDS[:100])
    world.live(3)
    world.revoke_takes = 0.1
    world.inbox.put(Stop(Ending.STOPPED))
    asked_at = world.clock.monotonic()
    world.supervisor.run()

    assert 10 <= sum(api.revoked for api in world.apis.values()) <= 11
    assert world.clock.monotonic() - asked_at < READERS_SECONDS + COMMIT_SECONDS + REVOKE_SECONDS


def test_children_are_found_at_the_start_and_each_is_opened() -> None:
    world = World([FIRST, SECOND])
    world.live(3)

    assert world.tenants == [FIRST, SECOND]
    assert sorted(world.opened) == [f"{FIRST}/0", f"{SECOND}/0"]


def test_a_new_child_is_read_within_a_quarter_of_an_hour_and_a_gone_one_is_left() -> None:
    world = World([FIRST, SECOND])
    world.live(3)
    world.listed = frozenset({FIRST, THIRD})
    world.live(LIST_EVERY)
    assert f"{THIRD}/0" in world.opened
    world.live(LOOK_AGAIN + 5)

    assert world.supervisor.tenancy.tenants[SECOND].is_left


def test_at_newest_a_child_of_a_later_list_is_read_from_when_the_input_began() -> None:
    world = World([FIRST, SECOND], start=StartFrom(newest=True))
    began = world.clock.now()
    world.live(3)
    world.listed = frozenset([FIRST, SECOND, THIRD])
    world.live(LIST_EVERY + 5)

    progress = world.supervisor.commits.progress
    first, second, third = (progress[name_of(cid, "0")].resume() for cid in (FIRST, SECOND, THIRD))
    assert (first.query, second.query, third.query) == ("whence=2", "whence=2", "whence=0")
    assert third.not_before is not None and began * 1000 <= third.not_before < (began + 3) * 1000


def test_a_child_that_comes_back_while_a_reader_of_it_still_opens_waits_for_that_reader() -> None:
    world = World([FIRST, SECOND])
    world.live(3)
    world.listed = frozenset({FIRST})
    world.live(LIST_EVERY + LOOK_AGAIN + 5)
    leaving = world.supervisor.tenancy.tenants[SECOND]
    world.listed = frozenset({FIRST, SECOND})
    world.live(LIST_EVERY)
    assert world.supervisor.tenancy.tenants[SECOND] is leaving, "two readers of one partition"

    world.inbox.put(FeedEnded(f"{SECOND}/0", "closed"))
    world.live(10)
    assert world.supervisor.tenancy.tenants[SECOND] is not leaving
    assert world.opened.count(f"{SECOND}/0") == 2


def test_a_list_that_fails_is_told_and_takes_nobody_away() -> None:
    world = World([FIRST])
    world.live(3)
    world.list_error = Retryable("no scope")
    world.live(LIST_EVERY + 5)
    assert (world.supervisor.tenancy.last_error, world.tenants) == ("no scope", [FIRST])

    world.list_error = None
    world.live(LIST_EVERY)
    assert world.supervisor.tenancy.last_error == ""


def test_no_minute_has_more_token_requests_than_falcon_gives_and_all_get_one() -> None:
    world = World(CIDS)
    world.live(2 * MINUTE + 10)
    asked = sorted(api.asked_at[0] for api in world.apis.values())

    assert len(asked) == len(CIDS)
    assert max(sum(begin <= at < begin + MINUTE for at in asked) for begin in asked) <= 285


def test_a_429_keeps_all_from_asking_until_its_time_has_come() -> None:
    world = World([FIRST, SECOND])
    world.errors[FIRST] = Retryable("too many", after=30.0, status=429)
    world.supervisor.tenancy._budget.follow(1)  # one at a time
    world.live(3)
    begun = world.clock.monotonic()
    world.live(25)
    assert world.apis[SECOND].asked_at == [] or world.apis[FIRST].asked_at == []
    world.errors.clear()
    world.live(200)
    assert all(api.asked_at for api in world.apis.values())
    assert max(api.asked_at[-1] for api in world.apis.values()) > begun + 25


def test_the_trouble_of_one_child_is_told_as_its_own(caplog: pytest.LogCaptureFixture) -> None:
    world = World([FIRST, SECOND])
    world.errors[SECOND] = Retryable("no token for it")
    with caplog.at_level(logging.INFO):
        world.live(3)

    tenants = world.supervisor.tenancy.tenants
    assert tenants[SECOND].last_errors.of(ALL) == "no token for it"
    assert tenants[FIRST].last_errors.of(ALL) == ""
    failed = [record.args for record in caplog.records if record.msg == "discovery_failed"]
    assert [each["partition"] for each in failed if isinstance(each, dict)] == [f"{SECOND}/*"]


class Damaged(MemoryStore):
    """One record must not be used."""

    def load(self, partition: str) -> Optional[Record]:
        if partition == f"{SECOND}/0":
            raise Fatal("the checkpoint is damaged")
        return super().load(partition)


def test_a_childs_damaged_record_ends_nothing_but_that_child(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World([FIRST, SECOND, THIRD])
    monkeypatch.setattr(world.supervisor.commits, "_store", Damaged())

    assert world.live(10) is None
    assert sorted(world.opened) == [f"{FIRST}/0", f"{THIRD}/0"]
    assert world.supervisor.tenancy.tenants[SECOND].last_errors.of(f"{SECOND}/0") == "the checkpoint is damaged"


def test_the_accounts_own_damaged_record_ends_the_input(monkeypatch: pytest.MonkeyPatch) -> None:
    """The control of the former: there is nothing else to read."""
    world = World([FIRST], TenantChoice())

    class Own(MemoryStore):
        def load(self, partition: str) -> Optional[Record]:
            raise Fatal("the checkpoint is damaged")

    monkeypatch.setattr(world.supervisor.commits, "_store", Own())
    stop = world.live(10)
    assert stop is not None and str(stop.error) == "the checkpoint is damaged"


def test_the_overview_counts_states_and_names_the_worst_first() -> None:
    world = World([FIRST, SECOND, THIRD])
    world.errors[SECOND] = Retryable("no token for it")
    world.live(3)
    tenants = world.supervisor.tenancy.tenants
    lines = {cid: line_of(tenant, world.supervisor.commits.progress) for cid, tenant in tenants.items()}

    assert counts(lines) == {"error": 1, "running": 2}
    assert worst(lines) == [SECOND]
    behind = {**lines, FIRST: lines[FIRST]._replace(lag_s=60.0), THIRD: lines[THIRD]._replace(lag_s=61.0)}
    assert worst(behind) == [SECOND, THIRD], "a minute is no lag worth a word"
    assert state_of(lines) == "running"
    assert trouble_of(lines) == f"1 of 3 tenants have a problem; {SECOND}: no token for it"
    assert trouble_of({FIRST: lines[FIRST]}) == ""
    assert state_of({SECOND: lines[SECOND]}) == "error"
