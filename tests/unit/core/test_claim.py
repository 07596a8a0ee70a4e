"""The right to read: however processes pause and answers dally, two never have it at once, and one always gets it."""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random
from typing import Any, Callable, Optional

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from falcon_streams.core import claim as claims
from falcon_streams.core.claim import Claim, Claims, Confirm, Look, Take, Trace, View

READS = "api.example client a member none partitions all"


class Store:
    """What the KV store promises: a key is inserted once, a document replaced whole."""

    def __init__(self) -> None:
        self.documents: dict[int, Claim] = {}
        self.traces: set[Trace] = set()

    def look(self) -> View:
        newest = self.documents[max(self.documents)] if self.documents else None
        return View(newest, frozenset(self.traces))

    def insert(self, claim: Claim) -> bool:
        return self.documents.setdefault(claim.generation, claim) is claim


@dataclass
class Call:
    """A request under way: when it takes effect, when it is answered (None: never), and what it does."""

    sent_at: float
    applied_at: float
    answered_at: Optional[float]
    work: Callable[[], Any]
    take: Callable[[Any, float], None]
    result: Any = None
    applied: bool = False


@dataclass
class Process:
    """A process with one thread that asks the store; paused, it does nothing, and its clock runs on."""

    name: str
    store: Store
    claims: Claims
    paused_until: float = 0.0
    call: Optional[Call] = None
    history: list[float] = field(default_factory=list)

    def step(self, at: float, delays: Callable[[], tuple[float, Optional[float]]]) -> None:
        if self.call is not None and not self.call.applied and at >= self.call.applied_at:
            self.call.result, self.call.applied = self.call.work(), True
        if at < self.paused_until:
            return
        if self.call is not None:
            self._await(self.call, at)
        if self.call is None:
            intent = self.claims.intent(at)
            if intent is not None:
                self.call = self._begin(intent, at, *delays())

    def _await(self, call: Call, at: float) -> None:
        if call.answered_at is None and at - call.sent_at >= 9.0:
            self.claims.failed(at)
            self.call = None
        elif call.applied and call.answered_at is not None and at >= call.answered_at:
            call.take(call.result, at)
            self.call = None

    def _begin(self, intent: Any, at: float, there: float, back: Optional[float]) -> Call:
        applied = at + there
        answered = None if back is None else applied + back
        if isinstance(intent, Look):
            return Call(at, applied, answered, self.store.look, lambda view, now: self.claims.saw(view, at, now))
        if isinstance(intent, Take):
            claim = intent.claim
            return Call(
                at,
                applied,
                answered,
                lambda: self.store.insert(claim),
                lambda inserted, now: self.claims.took(claim, inserted, at),
            )
        assert isinstance(intent, Confirm)
        confirmed = intent.claim
        return Call(
            at,
            applied,
            answered,
            lambda: self.store.documents.__setitem__(confirmed.generation, confirmed),
            lambda _, now: self.claims.confirmed(confirmed, at, now),
        )


def process(name: str, store: Store, at: float = 0.0, reads: str = READS) -> Process:
    return Process(name, store, Claims(f"{name}-1", name, reads, at))


def promptly() -> tuple[float, Optional[float]]:
    return 0.0, 0.0


def run(processes: list[Process], until: float, begin: float = 0.0) -> float:
    at = begin
    while at < until:
        for each in processes:
            each.step(at, promptly)
        at += 0.5
    return at


def holders(processes: list[Process], at: float) -> list[str]:
    return [each.name for each in processes if each.claims.valid(at)]


def live(seed: int, steps: int) -> tuple[list[list[str]], float]:
    """A random life of three processes with pauses, slow and lost answers, and new starts: who held, at each half
    second, and for how long nobody did in a row."""
    draw = Random(seed)
    store = Store()
    processes = [process(name, store) for name in "abc"]
    told, at, idle, longest = [], 0.0, 0.0, 0.0

    def delays() -> tuple[float, Optional[float]]:
        there = draw.choice((0.0, 0.0, 0.5, 2.0, 4.0))
        return there, draw.choice((0.0, 0.0, 0.5, 4.0, None))

    for _ in range(steps):
        at += 0.5
        for index, each in enumerate(processes):
            if draw.random() < 0.003:
                each.paused_until = at + draw.choice((5.0, 31.0, 44.0, 300.0))
            if draw.random() < 0.001 or each.claims.lost:  # it died, and splunkd starts it anew on the same forwarder
                fresh = Claims(f"{each.name}-{at}", each.name, READS, at)
                processes[index] = Process(each.name, store, fresh, each.paused_until)
            processes[index].step(at, delays)
        told.append(holders(processes, at))
        idle = 0.0 if told[-1] else idle + 0.5
        longest = max(longest, idle)
    return told, longest


@settings(deadline=None, max_examples=60)
@given(st.integers(min_value=0))
def test_two_never_hold_it_at_once_whatever_pauses_and_dallies(seed: int) -> None:
    told, _ = live(seed, 2_000)
    assert [names for names in told if len(names) > 1] == []


def test_somebody_holds_it_most_of_the_time_even_so() -> None:
    told, longest = live(7, 20_000)
    assert sum(1 for names in told if names) > 0.5 * len(told)
    assert longest < 600


def test_with_a_shorter_patience_two_would_hold_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(claims, "STILL_FOR", 20.0)
    assert any(len(names) > 1 for seed in range(40) for names in live(seed, 2_000)[0])


def test_the_first_one_takes_it_and_the_others_stand_by() -> None:
    store = Store()
    one, other = process("a", store), process("b", store)
    at = run([one, other], 200.0)

    assert holders([one, other], at) in (["a"], ["b"])
    assert max(store.documents) == 1


def test_a_dead_holder_is_followed_after_45_seconds_and_not_before() -> None:
    store = Store()
    one, other = process("a", store), process("b", store)
    at = run([one], 20.0)
    at = run([one, other], 40.0, at)
    assert holders([one, other], at) == ["a"]
    died = at
    at = run([other], died + 40.0, died)
    assert not other.claims.valid(at)
    at = run([other], died + 70.0, at)
    assert other.claims.valid(at)
    assert max(store.documents) == 2


def test_a_released_claim_is_taken_at_the_next_look() -> None:
    store = Store()
    one, other = process("a", store), process("b", store)
    at = run([one], 20.0)
    at = run([one, other], 40.0, at)
    assert one.claims.claim is not None
    store.documents[1] = one.claims.claim._replace(released=True)
    at = run([other], at + 8.0, at)

    assert other.claims.valid(at)


def test_the_same_forwarder_goes_on_at_once_after_a_crash_and_another_does_not() -> None:
    store = Store()
    at = run([process("a", store)], 20.0)
    again = Process("a", store, Claims("a-2", "a", READS, at))
    at = run([again], at + 3.0, at)
    assert again.claims.valid(at)
    other = Process("b", store, Claims("b-1", "b", READS, at))
    at = run([other], at + 3.0, at)
    assert not other.claims.valid(at)


def test_a_holder_that_slept_has_lost_it_even_if_nobody_took_it() -> None:
    store = Store()
    one = process("a", store)
    at = run([one], 20.0)
    one.step(at + 300.0, promptly)

    assert not one.claims.valid(at + 300.0)
    assert "could not be confirmed" in one.claims.lost


def test_an_overtaken_holder_says_by_whom() -> None:
    store = Store()
    one = process("a", store)
    at = run([one], 20.0)
    store.documents[2] = Claim(2, "b-1", "forwarder-b", READS)
    run([one], at + 15.0, at)

    assert one.claims.lost == "forwarder-b has claimed this input"


def test_an_insert_whose_answer_was_lost_is_not_trusted() -> None:
    store = Store()
    one = process("a", store)
    one.step(0.0, promptly)
    one.step(0.0, lambda: (0.0, None))
    at = run([one], 40.0)

    assert one.claims.valid(at)
    assert sorted(store.documents) == [1, 2]


def test_a_process_that_slept_between_its_insert_and_the_look_after_it_watches_from_then_on() -> None:
    store = Store()
    one = process("a", store)
    for at in (0.0, 0.5, 1.0):
        one.step(at, promptly)
    assert max(store.documents) == 1  # inserted, and asleep before it could look
    other = process("b", store)
    at = run([other], 120.0)
    assert other.claims.valid(at)
    before = store.look()
    one.step(at, promptly)
    one.step(at + 1.0, promptly)
    one.step(at + 6.0, promptly)
    assert store.look() == before
    at = run([one, other], at + 20.0, at + 6.0)
    assert holders([one, other], at) == ["b"]


def test_a_cut_while_another_writer_advances_makes_a_standby_until_all_is_still() -> None:
    store = Store()
    one = process("a", store)
    at = run([one], 20.0)
    one.claims.doubt(at)
    store.traces.add(Trace(0, "0", at))
    at = run([one], at + 6.0, at)

    assert "although the claim is ours" in one.claims.lost
    assert one.claims.claim is not None and one.claims.claim.yielded
    store.documents[1] = one.claims.claim
    again = Process("a", store, Claims("a-2", "a", READS, at))
    for _ in range(20):  # the other one stores a record every 5 s
        store.traces.add(Trace(0, "0", at))
        at = run([again], at + 5.0, at)
        assert not again.claims.valid(at)
    at = run([again], at + 60.0, at)
    assert again.claims.valid(at)


def test_a_cut_while_nobody_else_advances_changes_nothing() -> None:
    store = Store()
    one = process("a", store)
    at = run([one], 20.0)
    store.traces.add(Trace(1, "0", at))
    one.claims.doubt(at)
    at = run([one], at + 60.0, at)

    assert one.claims.valid(at)


def test_a_reader_of_something_else_under_the_same_name_is_told_apart_while_it_lives() -> None:
    store = Store()
    one = process("a", store)
    at = run([one], 20.0)
    other = process("b", store, at, reads="another tenant")
    at = run([one, other], at + 20.0, at)

    found = other.claims.other_reader()
    assert found is not None and found.forwarder == "a"
    assert one.claims.other_reader() is None
    run([other], at + 60.0, at)
    assert other.claims.other_reader() is None
    assert other.claims.valid(at + 55.0)
