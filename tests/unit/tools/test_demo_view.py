"""What the demonstration shows: one line a second where there is no terminal, a panel where there is one."""

from __future__ import annotations

import io
from typing import Optional

import pytest
from rich.console import Console

from tools.demo_view import Moment, Partition, View, line_of, verdict_of


def moment(indexed: int = 300, rate: float = 100.0, state: str = "running", lag: Optional[float] = 2.0) -> Moment:
    one = Partition("0", state, 412_345_678, indexed, rate, lag)
    return Moment(7, "reading the backlog", 1000, [one, Partition("1", "starting", None, 0, 0.0, None)])


def shown(terminal: bool, *moments: Moment) -> str:
    out = io.StringIO()
    with View(Console(file=out, force_terminal=terminal, width=100, no_color=True, highlight=False)) as view:
        for each in moments:
            view.show(each)
        view.say("killed")
    view.end(verdict_of(1000, 1001, 0, 1), True, "Next: x")
    return out.getvalue()


def test_without_a_terminal_each_second_is_a_line() -> None:
    text = shown(False, moment(), moment(400))
    assert text.splitlines()[:3] == [
        "  7 s      300 indexed  partition 0 running, 100/s; partition 1 starting, 0/s",
        "  7 s      400 indexed  partition 0 running, 100/s; partition 1 starting, 0/s",
        "-- killed",
    ]
    assert "1,000 sent \u00b7 1,001 indexed \u00b7 0 missing \u00b7 1 repeated\nThe promise held" in text


def test_in_a_terminal_a_panel_has_the_backlog_with_an_estimate_and_each_partition() -> None:
    text = shown(True, moment())
    for part in ("reading the backlog", "read in about 7 s", "412,345,678", "2.0 s", "starting"):
        assert part in text


@pytest.mark.parametrize(
    ("indexed", "rate", "left"), [(300, 100.0, 7.0), (300, 0.0, None), (1000, 100.0, 0.0), (2000, 0.0, 0.0)]
)
def test_the_estimate_is_what_is_missing_over_the_pace(indexed: int, rate: float, left: Optional[float]) -> None:
    assert moment(indexed, rate).left == left


def test_a_state_that_needs_patience_is_told_in_words() -> None:
    assert "partition 0 waiting for Falcon to free the app ID" in line_of(moment(state="waiting_app_id"))


def test_a_verdict_that_did_not_hold_says_so_loudly() -> None:
    out = io.StringIO()
    View(Console(file=out, force_terminal=False)).end(verdict_of(2, 1, 1, 0), False, "")
    assert "1 missing" in out.getvalue()
    assert "THE PROMISE DID NOT HOLD." in out.getvalue()
