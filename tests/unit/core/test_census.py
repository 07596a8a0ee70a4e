"""Children that are new are read at once; one is left only when two lists in a row are without it."""

from __future__ import annotations

from typing import FrozenSet, List

from hypothesis import given
from hypothesis import strategies as st

from falcon_streams.core.census import LIST_EVERY, LOOK_AGAIN, MOST_TENANTS, Census, Change
from falcon_streams.core.tenant_choice import TenantChoice

CIDS = [f"{number:032x}" for number in range(6)]
A, B, C = (frozenset({cid}) for cid in CIDS[:3])
NONE: FrozenSet[str] = frozenset()


def census(known: FrozenSet[str] = NONE, own: bool = False) -> Census:
    return Census(TenantChoice(own=own, children=True), known, lambda: 1.0)


def test_an_input_without_children_never_asks_for_them() -> None:
    single = Census(TenantChoice(), A, lambda: 0.0)

    assert single.tenants == {""}
    assert not single.is_due(0.0)


def test_it_begins_with_what_its_records_know_and_asks_at_once() -> None:
    here = census(A, own=True)

    assert here.tenants == {"", *A}
    assert here.is_due(0.0)
    assert not here.is_due(1.0)  # while the first is under way


def test_a_new_child_is_begun_with_the_first_list_that_has_it() -> None:
    here = census()
    assert here.is_due(0.0)
    assert here.listed(A, 0.0) == Change(A, NONE)
    assert not here.is_due(LIST_EVERY - 1)
    assert here.is_due(LIST_EVERY)
    assert here.listed(A | B, LIST_EVERY) == Change(B, NONE)


def test_a_child_that_one_list_lacks_stays_and_a_second_one_decides() -> None:
    here = census(A | B)
    assert here.is_due(0.0)
    assert here.listed(A, 0.0) == Change()
    assert here.is_due(LOOK_AGAIN)
    assert here.listed(A, LOOK_AGAIN) == Change(NONE, B)
    assert here.tenants == A


def test_a_child_that_comes_back_in_the_second_list_was_never_left() -> None:
    here = census(A | B)
    here.listed(A, 0.0)
    assert here.listed(A | B, 60.0) == Change()
    assert here.listed(A, 960.0) == Change()  # the count begins anew


def test_a_failed_list_is_asked_for_again_no_sooner_than_the_server_wants() -> None:
    here = census(A)
    assert here.is_due(0.0)
    here.failed(0.0, 30.0)
    assert not here.is_due(29.0)
    assert here.is_due(31.0 + 300.0)
    assert here.tenants == A


def test_there_is_an_end_to_how_many_are_read() -> None:
    here = census(A)
    here.listed(A | frozenset(f"{number:032x}" for number in range(9000, 9000 + MOST_TENANTS)), 0.0)

    assert len(here.tenants) == MOST_TENANTS
    assert here.beyond == 1


@given(st.lists(st.sets(st.sampled_from(CIDS)).map(frozenset), max_size=20))
def test_what_was_begun_and_left_adds_up_whatever_falcon_lists(
    lists: List[FrozenSet[str]],
) -> None:
    here = census()
    read: FrozenSet[str] = NONE
    for number, children in enumerate(lists):
        begun, left = here.listed(children, 60.0 * number)
        assert begun.isdisjoint(read)
        assert left <= read
        assert left.isdisjoint(children)
        if number:
            assert left.isdisjoint(lists[number - 1])
        read = read - left | begun
        assert read == here.tenants
        assert children <= read
