"""The model is not blind: three mistakes in the product, and each is found with an example that shows it."""

from __future__ import annotations

from typing import Tuple, Union

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from falcon_streams import commits
from falcon_streams.core.roster import Roster
from falcon_streams.reader import Reader
from tests.model.machine import InputMachine
from tests.model.mutation import mutate

LIMITS = settings(
    max_examples=3000,  # a mistake ends the search; without one a few hold as well as many
    stateful_step_count=25,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
# name: (class or module, function, its text, the mistake, what the model must say)
Mutation = Tuple[Union[type, object], str, str, str, str]
MUTATIONS = {
    "commit before write": (
        Reader,
        "_deliver",
        "ticket = self._sink.write(self.lease.partition, wanted)",
        "last and self._progress.wrote(last, 0, self._clock.monotonic()); "
        "ticket = self._sink.write(self.lease.partition, wanted)",
        "partition .: (.*)",
    ),
    "refresh timer of the wrong partition": (
        Roster,
        "_session_intents",
        "RefreshOf(member.lease)",
        "RefreshOf(next(each.lease for each in self.members.values() if each.lease))",
        "was not refreshed",
    ),
    "offset 0 taken for none": (
        commits,
        "resume_at_step",
        "step.offset is None",
        "not step.offset",
        "was committed before a clean stop",
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", MUTATIONS)
def test_the_model_finds_a_mistake_made_on_purpose(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    place, function, before, after, sentence = MUTATIONS[name]
    mutate(monkeypatch, place, function, before, after)  # type: ignore[arg-type]
    with pytest.raises(AssertionError, match=sentence) as found:
        run_state_machine_as_test(InputMachine, settings=LIMITS)  # type: ignore[no-untyped-call]
    notes = getattr(found.value, "__notes__", [])  # where hypothesis leaves the example
    print("\n".join([f"{name}: {str(found.value).splitlines()[0]}", *notes]))


@pytest.mark.slow
def test_without_a_mistake_the_same_examples_hold() -> None:
    run_state_machine_as_test(InputMachine, settings=settings(LIMITS, max_examples=60))  # type: ignore[no-untyped-call]


def test_a_mutation_that_no_longer_fits_the_product_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(AssertionError, match="stands 0 times"):
        mutate(monkeypatch, Reader, "_deliver", "no such text", "")
