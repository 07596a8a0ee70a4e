"""An input asks for no more tokens than Falcon gives an address in a minute."""

from __future__ import annotations

from random import Random
from typing import List

from hypothesis import given
from hypothesis import strategies as st

from falcon_streams.core.token_budget import AT_ONCE, EVENLY, MINUTE, USUAL_LIMIT, TokenBudget


def admitted(budget: TokenBudget, instants: List[float]) -> List[float]:
    return [at for at in instants if budget.admits(at)]


def test_a_thousand_at_once_get_a_tenth_of_the_limit_and_the_rest_evenly() -> None:
    budget = TokenBudget()
    assert len(admitted(budget, [0.0] * 1000)) == USUAL_LIMIT * AT_ONCE
    each_second = [len(admitted(budget, [float(second)] * 1000)) for second in range(1, 61)]

    assert set(each_second) == {4, 5}
    assert sum(each_second) == USUAL_LIMIT * EVENLY


def test_a_thousand_tenants_have_a_token_within_four_minutes() -> None:
    budget = TokenBudget()
    assert sum(len(admitted(budget, [float(second)] * 1000)) for second in range(240)) >= 1000


@given(st.lists(st.floats(0, 300), max_size=400).map(sorted), st.integers(1, 40))
def test_no_minute_has_more_than_falcon_said(instants: List[float], limit: int) -> None:
    budget = TokenBudget()
    budget.follow(limit)
    taken = admitted(budget, instants)

    for begin in taken:
        assert sum(begin <= at < begin + MINUTE for at in taken) <= max(1.0, AT_ONCE * limit) + EVENLY * limit


@given(st.integers(0, 1000))
def test_requests_that_wait_on_their_way_keep_the_limit_too(seed: int) -> None:
    budget, draw = TokenBudget(), Random(seed)
    sent = admitted(budget, [second / 4 for second in range(600)])
    arrived = sorted(at + draw.uniform(0.0, 3.5) for at in sent)

    for begin in arrived:
        assert sum(begin <= at < begin + MINUTE for at in arrived) <= USUAL_LIMIT


def test_a_larger_limit_is_followed_and_one_that_makes_no_sense_is_not() -> None:
    for limit in (6000, 10**9):
        budget = TokenBudget()
        budget.follow(limit)
        assert sum(len(admitted(budget, [float(second)] * 9999)) for second in range(61)) == 600 + 5100


def test_a_429_stops_all_until_its_time_has_come() -> None:
    budget = TokenBudget()
    budget.refused(10.0, 30.0)
    assert admitted(budget, [11.0, 39.9, 40.0]) == [40.0]
