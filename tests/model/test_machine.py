"""Whatever happens to an input, in any order: nothing is lost, waits for ever or breaks a rule of Falcon's."""

from __future__ import annotations

from hypothesis.stateful import run_state_machine_as_test

from tests.model.family import FamilyMachine
from tests.model.machine import InputMachine
from tests.profile import trying

EXAMPLES, STEPS = 100, 25


def test_no_order_of_faults_stops_and_kills_loses_an_event() -> None:
    limits = trying(EXAMPLES, steps=STEPS)
    run_state_machine_as_test(InputMachine, settings=limits)  # type: ignore[no-untyped-call]
    print(f"the model of an input: {limits.max_examples} examples")


def test_children_that_come_and_go_lose_no_event_either() -> None:
    limits = trying(EXAMPLES // 2, steps=STEPS)
    run_state_machine_as_test(FamilyMachine, settings=limits)  # type: ignore[no-untyped-call]
    print(f"the model of an input with children: {limits.max_examples} examples")
