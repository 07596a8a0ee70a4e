"""Which partitions of which child tenants have a record in a store that others may write.

Theory. `core/custody.py` judges what is found of a partition by a manifest. For a thousand tenants one manifest would
be two megabytes, written whenever a partition joins. So each tenant has a manifest of its own, with the landmarks of
its partitions, and the roll names all tenants and partitions: a manifest that somebody removes is missed. Both bear
seals, and a manifest counts only under the generation of the roll, so that no older one can take its place.

| the roll is | the tenant has | its records are judged by |
|---|---|---|
| sealed | a sealed manifest of the roll's generation | that one |
| sealed | none such, or one that lacks a partition on the roll | the oldest event as the place; this is reported |
| not sealed, or missing | any manifest | the newest that can be read, as one that is not sealed |

Rules: pure. The manifest is stored before the roll when a partition joins, and after it when one leaves, so that a
crash between leaves no partition on the roll without its landmark.
"""

from __future__ import annotations

import json
from typing import FrozenSet, Mapping, NamedTuple, Optional, Sequence, Tuple

from falcon_streams.core.custody import WHO, Manifest, Seal, Sealed, newest_manifest, oldest
from falcon_streams.core.partition_name import name_of, split


class Roll(NamedTuple):
    """The partitions of child tenants that have a record, by tenant, as a generation has left them. `sealed` says
    whether its seal fits."""

    generation: int
    tenants: Mapping[str, FrozenSet[str]]
    sealed: bool = True

    def to_text(self, name: str) -> str:
        """The roll of an input, as it is stored and sealed."""
        ids = {tenant: sorted(split(each)[1] for each in names) for tenant, names in self.tenants.items() if names}
        return json.dumps({"input": name, "generation": self.generation, "tenants": ids}, sort_keys=True)

    @staticmethod
    def seal_of(text: str, seal: Seal) -> str:
        """The seal of a roll's text; nothing else with the same text has it."""
        return seal.of(f"roll\0{text}")


def newest_roll(name: str, found: Sequence[Sealed], seal: Seal) -> Optional[Roll]:
    """The newest roll whose seal fits, else the newest that can be read, else None."""
    rolls = [roll for roll in (_read_roll(name, each, seal) for each in found) if roll is not None]
    return max(rolls, key=lambda each: (each.sealed, each.generation), default=None)


def manifest_of(
    name: str, tenant: str, found: Sequence[Sealed], roll: Optional[Roll], seal: Seal
) -> Tuple[Optional[Manifest], str]:
    """The manifest by which a tenant's records are judged, None for none; and what to report, empty for nothing."""
    if roll is None or not roll.sealed:
        newest = newest_manifest(name, found, seal, tenant)
        return (None if newest is None else newest._replace(sealed=False)), ""
    of_roll = [each for each in found if each.generation == roll.generation]
    manifest = newest_manifest(name, of_roll, seal, tenant)
    landmarks = manifest.landmarks if manifest is not None and manifest.sealed else {}
    missed = {each: oldest(name, each) for each in roll.tenants.get(tenant, frozenset()) if each not in landmarks}
    trouble = f"a place that its manifest should name is missing: {WHO}" if missed else ""
    return Manifest(roll.generation, {**landmarks, **missed}), trouble


def _read_roll(name: str, found: Sealed, seal: Seal) -> Optional[Roll]:
    try:
        tree = json.loads(found.text)
        whose = (tree["input"], tree["generation"])
        tenants = {cid: frozenset(name_of(cid, id) for id in ids) for cid, ids in tree["tenants"].items()}
    except (ValueError, RecursionError, KeyError, TypeError, AttributeError):
        return None
    if whose != (name, found.generation):
        return None
    return Roll(found.generation, tenants, Roll.seal_of(found.text, seal) == found.seal)
