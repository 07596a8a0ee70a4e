"""Shards share all tenants, none is read twice or by nobody, and a further shard moves only its share."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from falcon_streams.core.tenant_choice import Shard, TenantChoice, read_choice

CIDS = [f"{number:032x}" for number in range(1000)]
A, B = CIDS[10], CIDS[11]


@pytest.mark.parametrize(
    ("tenants", "read"),
    [
        (["own"], {""}),
        (["children"], {A, B}),
        (["own", "children"], {"", A, B}),
        ([B.upper() + "-1F"], {B}),
        ([B, "own"], {"", B}),
        ([CIDS[99], "children"], {A, B, CIDS[99]}),
    ],
)
def test_the_setting_says_which_tenants_are_read(tenants: list[str], read: set[str]) -> None:
    assert read_choice(tenants, "1/1").of(frozenset({A, B})) == read


def test_an_input_without_the_setting_reads_its_accounts_own_tenant_alone() -> None:
    assert TenantChoice().only_own
    assert TenantChoice().of(frozenset({A})) == {""}


@given(st.integers(1, 9))
def test_each_tenant_belongs_to_one_shard(count: int) -> None:
    for tenant in ["", *CIDS[:40]]:
        assert [Shard(number, count).has(tenant) for number in range(1, count + 1)].count(True) == 1


def test_a_further_shard_takes_its_share_and_moves_no_other_tenant() -> None:
    before = {cid: next(n for n in (1, 2, 3) if Shard(n, 3).has(cid)) for cid in CIDS}
    after = {cid: next(n for n in (1, 2, 3, 4) if Shard(n, 4).has(cid)) for cid in CIDS}
    moved = [cid for cid in CIDS if before[cid] != after[cid]]

    assert {after[cid] for cid in moved} == {4}
    assert 200 < len(moved) < 300
    assert min(list(after.values()).count(number) for number in (1, 2, 3, 4)) > 200
