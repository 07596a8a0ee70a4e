"""The operations of the audit trail, as `knowledge/audit.yaml` has them, and the keys of its pairs."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Dict, List, NamedTuple

import yaml

from tools.package import ROOT

AUDIT = ROOT / "knowledge" / "audit.yaml"
_KEYS = {"class", "action", "object", "change", "sensitive", "meaning"}


class Operation(NamedTuple):
    """One operation of the audit trail: the row of the lookup that says what it means."""

    operation: str
    audit_class: str
    audit_action: str
    change_type: str
    object_category: str
    sensitive: str
    meaning: str


def read_audit_keys(path: Path = AUDIT) -> List[str]:
    """The keys of the audit trail that become fields."""
    keys: List[str] = _read(path)["keys"]
    return keys


def read_operations(path: Path = AUDIT) -> List[Operation]:
    """What each operation means, in the order in which they are tried. Raises ValueError for what is not known here."""
    return [_operation(name, said) for name, said in _read(path)["operations"].items()]


def _operation(name: str, said: Dict[str, Any]) -> Operation:
    wrong = sorted(set(said) - _KEYS)
    if wrong:
        raise ValueError(f"audit.yaml: {name}: {wrong[0]!r} is not known here")
    thing = said.get("object", "")
    return Operation(
        name,
        said["class"],
        said.get("action", ""),
        said.get("change", thing),
        thing,
        str(int(said.get("sensitive", False))),
        said.get("meaning", ""),
    )


def _read(path: Path) -> Any:
    with path.open(encoding="utf-8") as file:
        return yaml.safe_load(file)
