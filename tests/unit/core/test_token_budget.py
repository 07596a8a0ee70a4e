"""An input asks for no more tokens than Falcon gives an address in a minute."""

from __future__ import annotations

from typing import List

from hypothesis import given
from hypothesis import strategies as st

from falcon_streams.core.token_budget import MINUTE, SHARE, USUAL_LIMIT, TokenBudget


def admitted(budget: TokenBudget, instants: List[float]) -> List[float]:
    return [at for at in instants if budget.admits(at)]


def test_a_thousand_at_once_get_nine_tenths_of_the_limit_at_once() -> None:
    assert len(admitted(TokenBudget(), [0.0] * 1000)) == USUAL_LIMIT * SHARE


@given(st.lists(st.floats(0, 300), max_size=400).map(sorted), st.integers(1, 40))
def test_no_minute_has_more_than_falcon_said(instants: List[float], limit: int) -> None:
    budget = TokenBudget()
    budget.follow(limit)
    taken = admitted(budget, instants)

    for begin in taken:
        assert sum(begin <= at < begin + MINUTE for at in taken) <= max(1, limit * SHARE)


def test_a_larger_limit_is_followed_and_one_that_makes_no_sense_is_not() -> None:
    budget = TokenBudget()
    budget.follow(6000)
    assert len(admitted(budget, [0.0] * 9999)) == 5400
    budget.follow(10**9)
    assert len(admitted(budget, [100.0] * 9999)) == 5400


def test_a_429_stops_all_until_its_time_has_come() -> None:
    budget = TokenBudget()
    budget.refused(10.0, 30.0)
    assert admitted(budget, [11.0, 39.9, 40.0]) == [40.0]
