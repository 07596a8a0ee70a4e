"""An input that has finished has itself disabled, and stays idle where it may not."""

from __future__ import annotations

import logging
from queue import SimpleQueue
from typing import Callable, Dict, List

import pytest

from falcon_streams.errors import Refused, SplunkdGone, Unanswered
from falcon_streams.run.happenings import Discovered, Ending, Happening, Stop
from falcon_streams.run.retirement import retire
from tests.fakes.clock import FakeClock


class Splunkd:
    """Answers the request to disable an input as it is told; `asked` counts."""

    def __init__(self, answer: Callable[[], None] = lambda: None) -> None:
        self.asked = 0
        self._answer = answer

    def switch_off(self) -> None:
        self.asked += 1
        self._answer()


def run(splunkd: Splunkd, inbox: SimpleQueue[Happening], clock: FakeClock, on_tick: Callable[[], None]) -> Stop:
    return retire(splunkd.switch_off, clock, inbox, lambda name, work: work(), on_tick)


def test_it_ends_when_splunkd_has_disabled_it() -> None:
    splunkd, clock = Splunkd(), FakeClock()
    assert run(splunkd, SimpleQueue(), clock, lambda: None) == Stop(Ending.FINISHED)
    assert splunkd.asked == 1


def test_a_stop_that_comes_before_the_answer_ends_the_wait() -> None:
    """splunkd stops the process of an input that it disables."""
    clock, inbox = FakeClock(), SimpleQueue[Happening]()
    clock.after(3.0, lambda: inbox.put(Stop(Ending.STOPPED)))
    began = clock.monotonic()

    assert retire(lambda: None, clock, inbox, lambda name, work: None, lambda: None) == Stop(Ending.FINISHED)
    assert clock.monotonic() - began == 3.0


@pytest.mark.parametrize("error", [Refused(403, "no permission"), Unanswered(503, "splunkd did not answer")])
def test_where_splunkd_refuses_it_says_so_each_minute_and_stays_idle_until_it_is_stopped(
    error: Refused, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)

    def answer() -> None:
        raise error

    splunkd, clock, inbox = Splunkd(answer), FakeClock(), SimpleQueue[Happening]()
    clock.after(200.0, lambda: inbox.put(Stop(Ending.STOPPED)))

    assert run(splunkd, inbox, clock, lambda: None) == Stop(Ending.FINISHED)
    assert splunkd.asked == 1
    lines: List[Dict[str, object]] = [dict(record.args) for record in caplog.records]  # type: ignore[arg-type]
    assert {(line["state"], line["trouble"]) for line in lines} == {
        ("finished", f"this input has finished, and splunkd did not disable it ({error}). Disable it")
    }
    assert [record.msg for record in caplog.records] == ["state_changed", *["stream_stats"] * 3]


def test_late_happenings_of_the_run_mean_nothing_and_an_orphan_ends() -> None:
    clock, inbox, ticks = FakeClock(), SimpleQueue[Happening](), []
    inbox.put(Discovered(None))  # type: ignore[arg-type]

    def tick() -> None:
        ticks.append(clock.monotonic())
        if len(ticks) == 3:
            raise SplunkdGone("splunkd has vanished")

    with pytest.raises(SplunkdGone):
        retire(lambda: None, clock, inbox, lambda name, work: None, tick)
