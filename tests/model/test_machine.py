"""Whatever happens to an input, in any order: nothing is lost, waits for ever or breaks a rule of Falcon's."""

from __future__ import annotations

from hypothesis.stateful import run_state_machine_as_test

from tests.model.machine import InputMachine
from tests.profile import trying


def test_no_order_of_faults_stops_and_kills_loses_an_event() -> None:
    run_state_machine_as_test(InputMachine, settings=trying(40, steps=25))  # type: ignore[no-untyped-call]
