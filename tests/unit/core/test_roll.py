"""A tenant's manifest that somebody removes, or replaces by an older one, is missed."""

from __future__ import annotations

import json
from typing import Any, Dict, FrozenSet, List, Optional, Sequence

import pytest

from falcon_streams.core.custody import Manifest, Seal, Sealed, newest_manifest
from falcon_streams.core.record import Owner, Record, StartPosition, first_record
from falcon_streams.core.roll import Roll, manifest_of, newest_roll

NAME = "main"
ONE, OTHER = "a" * 32, "b" * 32
SEAL, FOREIGN = Seal("the account's secret"), Seal("another")


def record(partition: str, generation: int = 3) -> Record:
    first = first_record(NAME, partition, Owner("h", "id", ""), StartPosition(None, 7), 1000.0, None)
    return Record(**{**vars(first), "generation": generation})


def manifest(tenant: str, *ids: str, generation: int = 3, seal: Seal = SEAL) -> Sealed:
    landmarks = {f"{tenant}/{id}": record(f"{tenant}/{id}", generation) for id in ids}
    text = Manifest(generation, landmarks).to_text(NAME)
    return Sealed("key", generation, text, Manifest.seal_of(text, seal, tenant))


def roll(generation: int = 3, seal: Seal = SEAL, **tenants: str) -> Sealed:
    """A roll with the ids of `one` and of `other`."""
    names: Dict[str, FrozenSet[str]] = {
        cid: frozenset(f"{cid}/{id}" for id in tenants[key])
        for key, cid in (("one", ONE), ("other", OTHER))
        if key in tenants
    }
    text = Roll(generation, names).to_text(NAME)
    return Sealed("key", generation, text, Roll.seal_of(text, seal))


def judged(found: Sequence[Sealed], of_roll: Optional[Sealed], tenant: str = ONE) -> Any:
    """The landmarks' places, whether they count as sealed, and what is reported."""
    read = None if of_roll is None else newest_roll(NAME, [of_roll], SEAL)
    manifest, trouble = manifest_of(NAME, tenant, found, read, SEAL)
    if manifest is None:
        return None, None, trouble
    places = {name[33:]: each.origin.not_before for name, each in manifest.landmarks.items()}
    return places, manifest.sealed, trouble[:17]


MISSED = "a place that its "


@pytest.mark.parametrize(
    "found, of_roll, expected",
    [
        ([manifest(ONE, "0", "1")], roll(one="01"), ({"0": 7, "1": 7}, True, "")),
        ([manifest(ONE, "0", "1")], roll(one="0"), ({"0": 7, "1": 7}, True, "")),  # a crash before the roll was stored
        ([], roll(one="01"), ({"0": None, "1": None}, True, MISSED)),
        ([manifest(ONE, "0", "1", generation=2)], roll(one="01"), ({"0": None, "1": None}, True, MISSED)),
        ([manifest(ONE, "0", "1", seal=FOREIGN)], roll(one="01"), ({"0": None, "1": None}, True, MISSED)),
        ([manifest(ONE, "0")], roll(one="01"), ({"0": 7, "1": None}, True, MISSED)),  # one from before it joined
        ([manifest(OTHER, "0")], roll(one="0"), ({"0": None}, True, MISSED)),  # another tenant's, under its key
        ([], roll(other="0"), ({}, True, "")),
        ([manifest(ONE, "0")], roll(one="01", seal=FOREIGN), ({"0": 7}, False, "")),
        ([manifest(ONE, "0")], None, ({"0": 7}, False, "")),
        ([], None, (None, None, "")),
        ([manifest(ONE, "0", generation=2), manifest(ONE, "1")], None, ({"1": 7}, False, "")),
    ],
)
def test_the_manifest_that_counts(found: List[Sealed], of_roll: Optional[Sealed], expected: Any) -> None:
    assert judged(found, of_roll) == expected


def test_the_newest_sealed_roll_counts_else_the_newest_that_can_be_read() -> None:
    rolls = [roll(2, one="0"), roll(3, one="01"), roll(9, seal=FOREIGN, one="")]
    newest = newest_roll(NAME, rolls, SEAL)
    assert newest == Roll(3, {ONE: frozenset({f"{ONE}/0", f"{ONE}/1"})})

    newest = newest_roll(NAME, rolls, Seal("a third"))
    assert newest is not None and (newest.generation, newest.sealed) == (9, False)
    assert newest_roll(NAME, [], SEAL) is None


@pytest.mark.parametrize("text", ["", "{", "[]", "null", "[" * 5_000, '{"input": "main"}', "9" * 5_000])
def test_a_roll_that_makes_no_sense_is_none(text: str) -> None:
    assert newest_roll(NAME, [Sealed("key", 3, text, Roll.seal_of(text, SEAL))], SEAL) is None


@pytest.mark.parametrize("change", [{"input": "other"}, {"generation": 4}, {"tenants": 5}, {"tenants": {ONE: 5}}])
def test_a_roll_of_another_input_or_generation_is_none(change: Dict[str, Any]) -> None:
    text = json.dumps({**json.loads(roll(one="0").text), **change})
    assert newest_roll(NAME, [Sealed("key", 3, text, Roll.seal_of(text, SEAL))], SEAL) is None


def test_a_tenants_manifest_is_none_of_the_own_tenant_whatever_key_it_is_put_under() -> None:
    """The own tenant's partitions would be taken for new ones."""
    found = newest_manifest(NAME, [manifest(ONE, "0")], SEAL)
    assert found is not None and not found.sealed
