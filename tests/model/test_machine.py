"""Whatever happens to an input, in any order: nothing is lost, nothing waits for ever, no rule of Falcon's is broken."""

from __future__ import annotations

from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.model.machine import InputMachine
from tests.profile import examples


def test_no_order_of_faults_stops_and_kills_loses_an_event() -> None:
    run_state_machine_as_test(  # type: ignore[no-untyped-call]
        InputMachine,
        settings=settings(
            max_examples=examples(40),
            stateful_step_count=25,
            deadline=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        ),
    )
