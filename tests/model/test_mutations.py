"""The model is not blind: mistakes in the product, and each is found with an example that shows it.

The rows are those of the list of ways to lose or repeat events; the mend of each is undone in turn, in the number of
examples that the machine's own test tries. Not seen by the model, because it has neither threads nor files: the pipe's
history under two threads (tests/unit/splunk/test_pipe.py), the lock of a folder (test_process_lock.py) and the names of
temporary files (test_checkpoint.py).
"""

from __future__ import annotations

from typing import NamedTuple, Optional, Tuple, Type, Union

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from falcon_streams.core.admission import Admission
from falcon_streams.core.census import Census
from falcon_streams.core.identity import Identity
from falcon_streams.core.record import Record
from falcon_streams.core.roster import Roster
from falcon_streams.run import commits
from falcon_streams.run.commits import Commits
from falcon_streams.run.reader import Reader
from falcon_streams.run.supervisor import Supervisor
from falcon_streams.run.tenant import Tenant
from tests.model.family import FamilyMachine
from tests.model.machine import InputMachine
from tests.model.mutation import mutate
from tests.model.test_machine import EXAMPLES, STEPS

LIMITS = settings(
    max_examples=2 * EXAMPLES,  # a mistake ends the search, and some are rare
    stateful_step_count=STEPS,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


class Change(NamedTuple):
    """One piece of a function, and what stands in its place."""

    place: Union[type, object]
    function: str
    before: str
    after: str


class Mistake(NamedTuple):
    """The changes that make it, and what the model must say (a pattern). `draws` chooses other examples for a mistake
    that the usual ones find late; `machine` is the model that finds it."""

    sentence: str
    changes: Tuple[Change, ...]
    draws: Optional[int] = None
    machine: Type[InputMachine] = InputMachine


MISTAKES = {
    "commit before write": Mistake(
        "committed, receipted, written, sent are|came again",
        (
            Change(
                Reader,
                "_deliver",
                "ticket = self._sink.write(self.stream.partition, wanted)",
                "last and self._progress.wrote(last, 0, self._clock.monotonic())\n"
                "ticket = self._sink.write(self.stream.partition, wanted)",
            ),
        ),
    ),
    "refresh timer of the wrong partition": Mistake(
        "was not refreshed",
        (
            Change(
                Roster,
                "_session_intents",
                "RefreshOf(member.stream)",
                "RefreshOf(next(each.stream for each in self.members.values() if each.stream))",
            ),
        ),
    ),
    "offset 0 taken for none": Mistake(
        "came again",
        (Change(commits, "resume_at_step", "step.offset is None", "not step.offset"),),
    ),
    "row 1: a reset keeps the origin of the former sequence": Mistake(
        "lost of",
        (
            Change(
                Record,
                "reset",
                "replace(self, origin=StartPosition(None, not_before), trail=(Step(None, None, began),))",
                "replace(self, trail=(Step(None, None, began),))",
            ),
        ),
        draws=13,
    ),
    "row 2: an event is known by its bytes alone": Mistake(
        "was written after|came again",
        (
            Change(
                Identity,
                "is_of",
                "if not (self.customer and self.type) or self.created is None: return False",
                "return False",
            ),
        ),
        draws=3,
    ),
    "row 3: one unknown customer tells another tenant": Mistake(
        "belongs to another tenant",
        (
            Change(
                Admission,
                "_look_for_customer",
                "self._knows_customer or any(read_event(line).customer in customers for line in lines)",
                "self._knows_customer",
            ),
            Change(Admission, "_decide", "waited or full", "True"),
        ),
        draws=5,
    ),
    "row 4: only the first reset of a run is healed": Mistake(
        "lost of|never",
        (Change(Tenant, "_watch_head", "self._beyond_head.discard(partition)", "pass"),),
        draws=11,
    ),
    "row 5: what is stored in a thread is stored under a lost claim": Mistake(
        "stored after (splunkd had died|the claim was lost)",
        (Change(Supervisor, "_save", "self._watch()", "pass"),),
    ),
    "row 5: the commit of a stop is stored under a lost claim": Mistake(
        "stored after the claim was lost",
        (Change(Supervisor, "_commit_at_stop", "self._watch()", "pass"),),
    ),
    "row 6: what comes during a stop is dropped": Mistake(
        "not .<Ending.UNCLEAN",
        (Change(Supervisor, "_await_readers", "stops.append(happening)", "pass"),),
    ),
    "row 8a: an orphan commits before it looks at its parent": Mistake(
        "stored after (splunkd had died|the claim was lost)|not .<Ending.UNCLEAN",
        (
            Change(Supervisor, "_tick", "self._watch()", "pass"),
            Change(Supervisor, "_save", "self._watch()", "pass"),
        ),
    ),
    "row 8a: time that was not lived through ages the trail": Mistake(
        "lost of",
        (Change(Commits, "follow_clock", "passed if passed <= LONGEST_LOOK else 0.0", "passed"),),
    ),
    "row 8a: a part of each pause ages the trail": Mistake(
        "lost of",
        (Change(Commits, "follow_clock", "passed if passed <= LONGEST_LOOK else 0.0", "min(passed, LONGEST_LOOK)"),),
    ),
    "row 8b: the clock that was set between two runs": Mistake(
        "came again|lost of",
        (
            Change(
                Commits,
                "_again",
                "stored.resumed_at(step).shifted(self._clock.now() - stored.updated_at)",
                "stored.resumed_at(step)",
            ),
        ),
        draws=0,
    ),
    "row 8b: the clock that is set within a run": Mistake(
        "came again|lost of",
        (Change(Commits, "follow_clock", "progress.shift(jump)", "pass"),),
    ),
    "row 8c: lines without an offset are not recognised": Mistake(
        "was written after",
        (Change(Reader, "open", "self._progress.unplaced", "()"),),
        draws=3,
    ),
    "a child that comes back is not read again": Mistake(
        "only .* are read|is asked for",
        (Change(Census, "listed", "self.tenants - left | frozenset(begun[:room])", "self.tenants"),),
        machine=FamilyMachine,
    ),
    "a child that has gone is asked for all the same": Mistake(
        "is asked for",
        (Change(Tenant, "leave", "self.is_left = True", "pass"),),
        machine=FamilyMachine,
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", MISTAKES)
def test_the_model_finds_a_mistake_made_on_purpose(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    mistake = MISTAKES[name]
    for change in mistake.changes:
        mutate(monkeypatch, *change)  # type: ignore[arg-type]
    machine = mistake.machine
    if mistake.draws is not None:
        machine = seed(mistake.draws)(type("Machine", (machine,), {}))
    with pytest.raises(AssertionError, match=mistake.sentence) as found:
        run_state_machine_as_test(machine, settings=LIMITS)  # type: ignore[no-untyped-call]
    notes = getattr(found.value, "__notes__", [])  # where hypothesis leaves the example
    print("\n".join([f"{name}: {str(found.value).splitlines()[0]}", *notes]))


class Sample:
    """Something to be mistaken in."""

    def twice(self, number: int) -> int:
        return number * 2

    def thrice(self, number: int) -> int:
        return number + number + number


def test_a_mutation_is_found_by_its_tree_whatever_its_layout(monkeypatch: pytest.MonkeyPatch) -> None:
    mutate(monkeypatch, Sample, "twice", "(number*2)", "number * 20")
    mutate(monkeypatch, Sample, "thrice", "return (number+number\n  +number)", "number *= 30\nreturn number")

    assert (Sample().twice(1), Sample().thrice(1)) == (20, 30)


def test_a_mutation_that_no_longer_fits_the_product_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(AssertionError, match="stands 0 times"):
        mutate(monkeypatch, Sample, "twice", "number * 3", "number")
    with pytest.raises(AssertionError, match="stands 3 times"):
        mutate(monkeypatch, Sample, "thrice", "number", "1")
